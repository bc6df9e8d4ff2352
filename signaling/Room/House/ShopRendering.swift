// The things of a room's shop as members see them (PROTOCOL.md, "The shop").

import Commerce
import JSON
import Wire

/// Writes the shop's things with what the house knows of people.
struct ShopRendering {
  let entries: EntryRendering

  private var shop: Shop { entries.state.shop }

  private func member(_ buyer: BuyerID) -> JSONValue { entries.member(buyer.person) }

  // MARK: The shelf

  func settings(forStaff: Bool) -> JSONObject {
    let settings = shop.settings
    var object: JSONObject = [
      "currency": json(settings.currency), "paused": .bool(settings.isPaused),
      "holdSeconds": .integer(settings.holdSeconds),
    ]
    if forStaff { object["merchant"] = json(settings.merchant) }
    return object
  }

  func listing(_ listing: Listing, forStaff: Bool) -> JSONValue {
    [
      "id": .integer(listing.id), "reference": .string(listing.reference),
      "title": .string(listing.title), "description": json(listing.description),
      "images": .array(listing.images.map { .string($0) }), "url": json(listing.url),
      "variants": .array(listing.variants.map { variant($0, forStaff: forStaff) }),
    ]
  }

  /// A variant: for staff with where all its units are.
  func variant(_ variant: Variant, forStaff: Bool) -> JSONValue {
    let stock = shop.stock.stock(variant.sku)
    var object: JSONObject = [
      "sku": .string(variant.sku), "title": json(variant.title),
      "priceMinor": .integer(variant.priceMinor), "compareAtMinor": json(variant.compareAtMinor),
      "available": .integer(stock?.available ?? 0), "sold": .integer(stock?.sold ?? 0),
    ]
    if forStaff, let stock { for (name, value) in units(stock) { object[name] = value } }
    return .object(object)
  }

  /// What the room's team knows of a SKU's units beside what everyone knows.
  func units(_ stock: Stock) -> [(String, JSONValue)] {
    [
      ("units", .integer(stock.units)), ("held", .integer(stock.held)),
      ("reserved", .integer(stock.reserved)), ("pending", .integer(stock.pending)),
      ("unanswered", .integer(stock.unanswered)),
    ]
  }

  func pin(_ pin: Pin) -> JSONObject {
    [
      "id": .integer(pin.id), "slot": .integer(pin.slot), "listing": .integer(pin.listing),
      "atMs": .integer(pin.atMs), "mediaTimeMs": json(pin.mediaTimeMs),
    ]
  }

  func voucher(_ voucher: Voucher) -> JSONValue {
    let draft = voucher.draft
    return [
      "code": .string(draft.code), "kind": .string(draft.kind.rawValue),
      "value": .integer(draft.value), "minimumMinor": json(draft.minimumMinor),
      "usesMax": json(draft.usesMax), "perBuyer": .integer(draft.perBuyer),
      "startsAtMs": json(draft.startsAtMs), "endsAtMs": json(draft.endsAtMs),
      "uses": .integer(voucher.uses),
    ]
  }

  // MARK: Drops and lots

  func drop(_ drop: Drop) -> JSONValue {
    [
      "id": .integer(drop.id), "listing": json(shop.stock.stock(drop.sku)?.listing),
      "sku": .string(drop.sku), "quantity": .integer(drop.quantity),
      "priceMinor": .integer(drop.priceMinor), "perBuyer": .integer(drop.perBuyer),
      "mode": .string(drop.mode.rawValue), "holdSeconds": .integer(drop.holdSeconds),
      "countdownSeconds": .integer(drop.countdownSeconds),
      "durationSeconds": .integer(drop.durationSeconds), "stage": .string(drop.stage.rawValue),
      "startsAtMs": json(drop.startsAtMs), "windowMs": .integer(drop.windowMs),
      "endsAtMs": json(drop.endsAtMs), "endWhy": json(drop.endedBy?.rawValue),
      "settled": .bool(drop.isSettled), "remaining": .integer(drop.free),
      "sold": .integer(drop.sold), "waiting": .integer(Int64(drop.waiting)),
      "commitment": .string(Hex.text(drop.commitment)),
      "seed": json(drop.seed.map { Hex.text($0) }),
    ]
  }

  func lot(_ lot: Lot) -> JSONValue {
    [
      "id": .integer(lot.id), "listing": json(shop.stock.stock(lot.sku)?.listing),
      "sku": .string(lot.sku), "stage": .string(lot.stage.rawValue),
      "startMinor": .integer(lot.startMinor), "priceMinor": .integer(lot.priceMinor),
      "nextMinor": .integer(lot.nextMinor), "bids": .integer(lot.bidCount),
      "leader": lot.leader.map { member($0) } ?? .null, "reserveMet": .bool(lot.isReserveMet),
      "winner": lot.winner.map { member($0) } ?? .null, "startsAtMs": .integer(lot.startsAtMs),
      "endsAtMs": .integer(lot.endsAtMs), "closesAtMs": json(lot.closesAtMs),
      "softClose": .bool(lot.isSoft), "softSeconds": .integer(lot.softSeconds),
    ]
  }

  /// A claim as it stands: of one that waits for nothing more, that it is held.
  func claim(_ id: ShopID, in drop: Drop) -> JSONValue {
    let claim = drop.claims[id]
    let position = drop.position(of: id)
    let status =
      switch (claim, drop.stage, position) {
      case (nil, _, _): "held"
      case (_, .scheduled, _), (_, .window, _): "pending"
      case (_, _, nil): "entitled"
      default: "waiting"
      }
    return [
      "id": .integer(id), "drop": .integer(drop.id), "quantity": .integer(claim?.quantity ?? 0),
      "status": .string(status), "position": json(position.map { Int64($0) + 1 }),
    ]
  }

  func hold(_ hold: Hold) -> JSONValue {
    let (source, id) =
      switch hold.source {
      case .drop(let id): ("drop", id)
      case .lot(let id): ("lot", id)
      }
    return [
      "id": .integer(hold.id), "sku": .string(hold.sku), "quantity": .integer(hold.quantity),
      "priceMinor": .integer(hold.priceMinor), "priced": .bool(hold.isPriced),
      "untilMs": .integer(hold.untilMs), "source": .string(source), source: .integer(id),
      "order": json(hold.order),
    ]
  }

  // MARK: Buying

  func cart(_ buyer: Buyer?) -> JSONValue {
    let voucher = buyer?.voucher.flatMap { shop.vouchers[$0]?.draft }
    return [
      "lines": .array(
        (buyer?.cart ?? []).map {
          ["sku": .string($0.sku), "quantity": .integer($0.quantity)]
        }),
      "voucher": voucher.map { draft in
        [
          "code": .string(draft.code), "kind": .string(draft.kind.rawValue),
          "value": .integer(draft.value), "minimumMinor": json(draft.minimumMinor),
        ]
      } ?? .null,
    ]
  }

  /// An order: for its buyer with where to pay, for staff with whose it is.
  func order(_ order: Order, forStaff: Bool) -> JSONValue {
    let (hold, claim): (ShopID?, ShopID?) =
      switch order.source {
      case .cart: (nil, nil)
      case .hold(let id): (id, nil)
      case .claim(let id): (nil, id)
      }
    var object = JSONObject([
      ("id", .integer(order.id)), ("status", .string(order.status.rawValue)),
      ("lines", .array(order.lines.map { line($0) })), ("totalMinor", .integer(order.totalMinor)),
      ("discountMinor", .integer(order.discountMinor)), ("voucher", json(order.voucher)),
      ("currency", json(shop.settings.currency)), ("untilMs", .integer(order.untilMs)),
      ("atMs", .integer(order.atMs)), ("hold", json(hold)), ("claim", json(claim)),
      ("reason", json(order.reason)),
    ])
    if forStaff {
      object["member"] = member(order.buyer)
    } else {
      object["paymentURL"] = order.status == .awaitingPayment ? json(order.paymentURL) : .null
    }
    return .object(object)
  }

  private func line(_ line: OrderLine) -> JSONValue {
    [
      "sku": .string(line.sku), "quantity": .integer(line.quantity),
      "priceMinor": .integer(line.priceMinor),
    ]
  }

  func revenue() -> JSONValue {
    let revenue = shop.revenue
    return [
      "paidCount": .integer(revenue.paidCount), "paidMinor": .integer(revenue.paidMinor),
      "refundedCount": .integer(revenue.refundedCount),
      "refundedMinor": .integer(revenue.refundedMinor),
    ]
  }

  /// What is one buyer's own.
  func own(_ buyer: BuyerID) -> JSONValue {
    let known = shop.buyers[buyer]
    var orders = EntryPage()
    for id in (known?.orders ?? []).suffix(ShopRendering.ownOrdersMax).reversed() {
      guard let order = shop.orders[id], orders.add(self.order(order, forStaff: false)) else {
        break
      }
    }
    let claims = shop.drops.flatMap { drop in
      drop.claims(of: buyer).map { claim($0, in: drop) }
    }
    let bids = shop.lots.suffix(1).compactMap { lot in
      lot.maxMinor(of: buyer).map { bid(lot.id, maxMinor: $0) }
    }
    return [
      "cart": cart(known),
      "holds": .array((known?.holds ?? []).compactMap { shop.holds[$0] }.map { hold($0) }),
      "claims": .array(claims), "bids": .array(bids), "orders": .array(orders.items),
    ]
  }

  /// Orders in `me`; older ones by the query.
  private static let ownOrdersMax = 20

  func bid(_ lot: ShopID, maxMinor: Minor) -> JSONValue {
    ["lot": .integer(lot), "maxMinor": .integer(maxMinor)]
  }

  // MARK: Gifts

  func leaders(_ max: Int) -> JSONValue {
    .array(
      shop.gifts.leaders.prefix(max).map {
        ["member": member($0.buyer), "coins": .integer($0.coins)]
      })
  }
}

extension GiftCatalogue {
  /// What members are shown of it.
  var members: [(String, JSONValue)] {
    [
      (
        "gifts",
        .array(
          gifts.map {
            ["id": .string($0.id), "emoji": .string($0.emoji), "coins": .integer($0.coins)]
          })
      ),
      (
        "packs",
        .array(
          packs.map {
            [
              "id": .string($0.id), "coins": .integer($0.coins),
              "priceMinor": .integer($0.priceMinor), "currency": .string($0.currency),
            ]
          })
      ),
    ]
  }
}

/// A text, or null.
func json(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
