// A shop's events to log rows: JSON bodies over numbers, SKUs and the shop's own texts.

package import JSON
import Wire

extension ShopEvent {
  /// The member of a body that no export and no reader outside of the server may see; the room's
  /// coding keeps it apart.
  package static let secretKey = "secret"

  /// The body as the log holds it. Members that are nil are left out.
  package var body: JSONObject { JSONObject(members.filter { $0.1 != .null }) }

  private var members: [(String, JSONValue)] {
    switch self {
    case .shopSet(let settings): settings.members
    case .listingPut(let id, let draft): [("listing", json(id))] + draft.members
    case .listingRemoved(let id): [("listing", .integer(id))]
    case .listingsOrdered(let ids): [("listings", .array(ids.map { .integer($0) }))]
    case .variantSet(let sku, let priceMinor, let units):
      [("sku", .string(sku)), ("priceMinor", .integer(priceMinor)), ("units", .integer(units))]
    case .listingPinned(let slot, let id): [("slot", .integer(slot)), ("listing", json(id))]
    case .voucherPut(let draft): draft.members
    case .voucherRemoved(let code): [("code", .string(code))]
    case .cartSet(let sku, let quantity):
      [("sku", .string(sku)), ("quantity", .integer(quantity))]
    case .voucherApplied(let code): [("code", json(code))]
    case .orderMade(let event): event.members
    case .orderPriced(let id, let lines, let discountMinor):
      [
        ("order", .integer(id)), ("lines", .array(lines.map { .object($0.body) })),
        ("discountMinor", .integer(discountMinor)),
      ]
    case .paymentOffered(let id, let url):
      [("order", .integer(id)), (ShopEvent.secretKey, url.isEmpty ? .null : .string(url))]
    case .orderMoved(let id, let status, let reason):
      [("order", .integer(id)), ("status", .string(status.rawValue)), ("reason", json(reason))]
    case .reportRefused(let id, let report):
      [("order", .integer(id)), ("report", .string(report.rawValue))]
    case .gifted(let event): event.members
    case .unitsAsked(let sku, let wanted, let quantity):
      [("sku", .string(sku)), ("wanted", .integer(wanted)), ("quantity", .integer(quantity))]
    case .unitsGranted(let id, let sku, let quantity):
      [("ask", .integer(id)), ("sku", .string(sku)), ("quantity", .integer(quantity))]
    case .unitsAskedAgain(let id, let sku), .unitsUnanswered(let id, let sku):
      [("ask", .integer(id)), ("sku", .string(sku))]
    case .unitsReturned(let sku, let quantity):
      [("sku", .string(sku)), ("quantity", .integer(quantity))]
    case .shopOver: []
    default: saleMembers
    }
  }

  private var saleMembers: [(String, JSONValue)] {
    switch self {
    case .dropScheduled(let event): event.members
    case .dropStarted(let id, let startsAtMs):
      [("drop", .integer(id)), ("startsAtMs", .integer(startsAtMs))]
    case .dropOpened(let id, let windowMs, let endsAtMs):
      [("drop", .integer(id)), ("windowMs", .integer(windowMs)), ("endsAtMs", .integer(endsAtMs))]
    case .claimed(let event): event.members
    case .dropLeft(let id), .dropSettled(let id): [("drop", .integer(id))]
    case .dropDecided(let id, let seed, let untilMs):
      [
        ("drop", .integer(id)), ("seed", .string(Hex.text(seed))), ("untilMs", .integer(untilMs)),
      ]
    case .merchantAwaited(let isAwaited): [("awaited", .bool(isAwaited))]
    case .dropRestocked(let id, let quantity):
      [("drop", .integer(id)), ("quantity", .integer(quantity))]
    case .holdMade(let event): event.members
    case .holdPriced(let id, let buyer, let priceMinor):
      [("hold", .integer(id)), ("buyer", json(buyer)), ("priceMinor", .integer(priceMinor))]
    case .holdEnded(let id, let buyer, let end):
      [("hold", .integer(id)), ("buyer", json(buyer)), ("why", .string(end.rawValue))]
    case .dropEnded(let id, let end): [("drop", .integer(id)), ("why", .string(end.rawValue))]
    case .lotOpened(let event): event.members
    case .lotStarted(let id): [("lot", .integer(id))]
    case .bidPlaced(let event): event.members
    case .lotProlonged(let id, let endsAtMs):
      [("lot", .integer(id)), ("endsAtMs", .integer(endsAtMs))]
    case .lotClosing(let id, let closesAtMs):
      [("lot", .integer(id)), ("closesAtMs", .integer(closesAtMs))]
    case .lotAwarded(let id, let buyer, let priceMinor, let untilMs):
      [
        ("lot", .integer(id)), ("buyer", json(buyer)), ("priceMinor", .integer(priceMinor)),
        ("untilMs", .integer(untilMs)),
      ]
    case .lotClosed(let id, let end): [("lot", .integer(id)), ("why", .string(end.rawValue))]
    default: []
    }
  }
}

private func json(_ buyer: BuyerID) -> JSONValue { .integer(Int64(buyer.rawValue)) }

private func json(_ number: Int64?) -> JSONValue { number.map { .integer($0) } ?? .null }

private func json(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

extension ShopSettings {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("currency", json(currency)), ("paused", .bool(isPaused)),
      ("holdSeconds", .integer(holdSeconds)), ("merchant", json(merchant)),
    ]
  }
}

extension ListingDraft {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("reference", .string(reference)), ("title", .string(title)),
      ("description", json(description)), ("images", .array(images.map { .string($0) })),
      ("url", json(url)), ("currency", .string(currency)),
      ("variants", .array(variants.map { .object($0.body) })),
    ]
  }
}

extension VariantDraft {
  fileprivate var body: JSONObject {
    let members: [(String, JSONValue)] = [
      ("sku", .string(sku)), ("title", json(title)), ("priceMinor", .integer(priceMinor)),
      ("compareAtMinor", json(compareAtMinor)), ("units", .integer(units)),
    ]
    return JSONObject(members.filter { $0.1 != .null })
  }
}

extension VoucherDraft {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("code", .string(code)), ("kind", .string(kind.rawValue)), ("value", .integer(value)),
      ("minimumMinor", json(minimumMinor)), ("usesMax", json(usesMax)),
      ("perBuyer", .integer(perBuyer)), ("startsAtMs", json(startsAtMs)),
      ("endsAtMs", json(endsAtMs)),
    ]
  }
}

extension DropScheduledEvent {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("sku", .string(sku)), ("quantity", .integer(quantity)), ("priceMinor", .integer(priceMinor)),
      ("countdownSeconds", .integer(countdownSeconds)),
      ("durationSeconds", .integer(durationSeconds)), ("perBuyer", .integer(perBuyer)),
      ("mode", .string(mode.rawValue)), ("holdSeconds", .integer(holdSeconds)),
      ("startsAtMs", json(startsAtMs)), ("commitment", .string(Hex.text(commitment))),
      (ShopEvent.secretKey, secret.isEmpty ? .null : .string(Hex.text(secret))),
    ]
  }
}

extension ClaimedEvent {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("drop", .integer(drop)), ("quantity", .integer(quantity)),
      ("adjustedMs", .integer(adjustedMs)), ("held", .integer(held)),
      ("untilMs", .integer(untilMs)),
    ]
  }
}

extension HoldMadeEvent {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("drop", .integer(drop)), ("claim", .integer(claim)), ("buyer", json(buyer)),
      ("quantity", .integer(quantity)), ("untilMs", .integer(untilMs)),
    ]
  }
}

extension LotOpenedEvent {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("sku", .string(sku)), ("startMinor", .integer(startMinor)),
      ("reserveMinor", json(reserveMinor)),
      (
        "increments",
        .array(increments.map { .array([.integer($0.fromMinor), .integer($0.stepMinor)]) })
      ),
      ("softClose", .bool(isSoft)), ("softSeconds", .integer(softSeconds)),
      ("holdSeconds", .integer(holdSeconds)), ("startsAtMs", .integer(startsAtMs)),
      ("endsAtMs", .integer(endsAtMs)),
    ]
  }
}

extension BidPlacedEvent {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("lot", .integer(lot)), ("amountMinor", .integer(amountMinor)),
      ("adjustedMs", .integer(adjustedMs)), ("endsAtMs", .integer(endsAtMs)),
      ("outbid", outbid.map { json($0) } ?? .null),
      // Who sells must not learn how far somebody would go.
      (ShopEvent.secretKey, .string(String(maxMinor))),
    ]
  }
}

extension OrderLine {
  fileprivate var body: JSONObject {
    [
      "sku": .string(sku), "quantity": .integer(quantity), "priceMinor": .integer(priceMinor),
    ]
  }
}

extension OrderMadeEvent {
  fileprivate var members: [(String, JSONValue)] {
    var hold: JSONValue = .null
    var claim: JSONValue = .null
    switch source {
    case .cart: break
    case .hold(let id): hold = .integer(id)
    case .claim(let id): claim = .integer(id)
    }
    return [
      ("hold", hold), ("claim", claim),
      ("lines", .array(lines.map { .object($0.body) })),
      ("discountMinor", .integer(discountMinor)), ("voucher", json(voucher)),
      ("untilMs", .integer(untilMs)), ("merchant", json(merchant)),
    ]
  }
}

extension GiftedEvent {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("number", .integer(posting.number)), ("buyer", json(posting.buyer)),
      ("gift", .string(posting.gift)), ("count", .integer(posting.count)),
      ("coins", .integer(posting.coins)), ("combo", .integer(combo)),
    ]
  }
}
