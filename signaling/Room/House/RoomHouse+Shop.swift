// The house's own part in the shop: what fits a message, who has seen a pin, what a merchant is told.

package import Commerce
package import JSON
import Wire

extension RoomHouse {
  /// Whether a merchant takes this room's orders now.
  var hasMerchant: Bool { takers?.takes(state.shop.settings.merchant) ?? true }

  /// What the shop itself can't know.
  func checkShop(
    _ command: RoomCommand, _ envelope: CommandEnvelope
  ) throws(CommandRefusal) {
    guard case .shop(let command) = command else { return }
    switch command {
    case .checkout where !envelope.hasMerchant:
      throw CommandRefusal(.noCheckout, "no merchant takes orders of this room")
    case .putListing(let draft): try check([draft])
    case .importListings(let drafts): try check(drafts)
    default: break
    }
  }

  /// A merchant's own command fits a message, and comes while something can be sold.
  func check(_ command: ShopServerCommand) throws(CommandRefusal) {
    guard case .listingsPut(let drafts) = command else { return }
    guard state.show.phase != .ended else {
      throw CommandRefusal(.roomEnded, "the room has ended")
    }
    try check(drafts)
  }

  private func check(_ drafts: [ListingDraft]) throws(CommandRefusal) {
    for (index, draft) in drafts.enumerated() {
      let plain = draft.images.compactMap { ShopText.plainAuthority(of: $0) }
      guard plain.allSatisfy({ plainShops.contains($0) }) else {
        throw CommandRefusal(
          .badField, "listings[\(index)]: images: at most \(ShopLimits.imagesMax) https URLs")
      }
    }
    for (index, draft) in drafts.enumerated()
    where draft.byteCount > HouseLimits.listingBytesMax {
      throw CommandRefusal(
        .limit,
        "listings[\(index)]: a listing has at most \(HouseLimits.listingBytesMax) bytes of text")
    }
  }

  /// Counts whose page shows a pin, and how late.
  mutating func noteSeen(_ pin: ShopID, by envelope: CommandEnvelope, _ pending: inout Pending) {
    let shown = Set(state.shop.pins.map(\.id))
    pinsSeen = pinsSeen.filter { shown.contains($0.key) }
    guard (pinsSeen[pin]?.count ?? 0) < HouseLimits.seenMax,
      pinsSeen[pin, default: []].insert(envelope.identity).inserted
    else { return }
    measure(pin, by: envelope)
    pending.frames.append(
      Frame(
        audience: .staff, delivery: .counter(.pinSeen(pin)), sequence: state.sequence, bytes: []))
  }
}

extension RoomHouse {
  /// Who came after it was pinned saw it late for that.
  private mutating func measure(_ id: ShopID, by envelope: CommandEnvelope) {
    guard let pin = state.shop.pins.first(where: { $0.id == id }),
      presence.isViewer(envelope.identity),
      let sinceMs = presence.sinceMs(envelope.identity), sinceMs <= pin.atMs
    else { return }
    delays.add(envelope.atMs - (pin.mediaTimeMs ?? pin.atMs), of: envelope.tier)
  }
}

extension RoomHouse {
  /// What a merchant is told to make a payment page for an order; nil when it waits for none.
  package func checkout(of id: ShopID, in room: String) -> (untilMs: Int64, body: JSONObject)? {
    let shop = state.shop
    guard let order = shop.orders[id], order.status == .creating else { return nil }
    let lines = order.lines.map { line -> JSONValue in
      let listing = shop.listing(of: line.sku)
      return [
        "reference": json(listing?.reference), "sku": .string(line.sku),
        "title": json(listing?.title), "variant": json(listing?.variant(line.sku)?.title),
        "quantity": .integer(line.quantity), "priceMinor": .integer(line.priceMinor),
      ]
    }
    return (
      order.untilMs,
      [
        "room": .string(room), "order": .integer(id),
        "buyer": json(people.record(order.buyer.person)?.identity),
        "currency": json(shop.settings.currency), "lines": .array(lines),
        "discountMinor": .integer(order.discountMinor), "voucher": json(order.voucher),
        "totalMinor": .integer(order.totalMinor), "untilMs": .integer(order.untilMs),
      ]
    )
  }

  /// What a merchant is asked about an order's prices; nil when that is settled.
  package func pricesToCheck(of id: ShopID, in room: String) -> JSONObject? {
    guard let order = state.shop.orders[id], !order.isPriced else { return nil }
    return checkout(of: id, in: room)?.body
  }

  /// What a merchant is asked about a hold's price; nil when that is settled, or its buyer has ordered.
  package func priceToCheck(ofHold id: ShopID, in room: String) -> JSONObject? {
    let shop = state.shop
    guard let hold = shop.holds[id], !hold.isPriced, hold.order == nil else { return nil }
    let listing = shop.listing(of: hold.sku)
    // At most ten units of at most 1e11: no sum that overflows.
    let (total, isTooMuch) = hold.priceMinor.multipliedReportingOverflow(by: hold.quantity)
    guard !isTooMuch else { return nil }
    return [
      "room": .string(room), "hold": .integer(id),
      "buyer": json(people.record(hold.buyer.person)?.identity),
      "currency": json(shop.settings.currency),
      "lines": [
        [
          "reference": json(listing?.reference), "sku": .string(hold.sku),
          "title": json(listing?.title), "variant": json(listing?.variant(hold.sku)?.title),
          "quantity": .integer(hold.quantity), "priceMinor": .integer(hold.priceMinor),
        ]
      ],
      "discountMinor": 0, "voucher": .null, "totalMinor": .integer(total),
      "untilMs": .integer(hold.untilMs),
    ]
  }

  /// Holds whose prices nobody has confirmed: of one drop, or (nil) all.
  package func unpricedHolds(of drop: ShopID?) -> [ShopID] {
    state.shop.holds.filter { entry in
      !entry.value.isPriced && entry.value.order == nil
        && (drop.map { entry.value.source == .drop($0) } ?? true)
    }.map(\.key)
  }

  /// Orders that wait for their payment page.
  package var ordersBeingCreated: [ShopID] {
    state.shop.orders.filter { $0.value.status == .creating }.map(\.key)
  }
}

extension ListingDraft {
  /// Roughly the bytes it has in a message.
  fileprivate var byteCount: Int {
    let texts = [reference, title, description ?? "", url ?? ""] + images
    return texts.reduce(256) { $0 + $1.utf8.count + 4 }
      + variants.reduce(0) { $0 + $1.sku.utf8.count + ($1.title?.utf8.count ?? 0) + 128 }
  }
}
