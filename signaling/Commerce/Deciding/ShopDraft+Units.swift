// Judging where a show's units come from and go to: the host's word, or the merchant's.

/// Who says that a show has units.
enum Allotment: Hashable, Sendable {
  /// The host: what they say is there.
  case byWord
  /// The merchant, who is asked for what the host wants.
  case onRequest
  /// The merchant, who says so unasked.
  case byMerchant
}

extension ShopDraft {
  /// Who allots units in this decision.
  var allotment: Allotment {
    if context.buyer == .server { return .byMerchant }
    return context.reservesStock ? .onRequest : .byWord
  }

  /// A listing with the units that are there before anybody is asked.
  mutating func asAllotted(_ raw: ListingDraft) -> ListingDraft {
    guard allotment == .onRequest else { return raw }
    var draft = raw
    let book = state.stock
    for index in draft.variants.indices {
      draft.variants[index].units = book.stock(draft.variants[index].sku)?.units ?? 0
    }
    return draft
  }

  /// Notes how many units of a SKU the show is to have, and asks the merchant for what is missing.
  mutating func allot(_ sku: SKU, _ total: Int64) throws(ShopRefusal) {
    guard allotment != .byWord, let stock = state.stock.stock(sku) else { return }
    let missing =
      allotment == .onRequest ? max(0, total - stock.units - stock.pending) : 0
    guard missing == 0 || stock.asks.count < ShopLimits.asksMax else {
      throw ShopRefusal(.limit, "\(sku): the merchant has not answered for units yet")
    }
    add(.unitsAsked(sku, wanted: total, quantity: missing))
  }

  /// The merchant answers a question for units.
  mutating func grant(_ quantity: Int64, of id: ShopID) throws(ShopRefusal) {
    guard let item = state.stock.items.first(where: { $0.value.asks[id] != nil }),
      let asked = item.value.asks[id]?.quantity
    else { throw ShopRefusal(.closed, "reserve: answered already, or never asked") }
    try check(quantity, "quantity", in: 0...asked)
    guard item.value.units + quantity <= ShopLimits.unitsMax else {
      throw ShopRefusal(.limit, "a show has at most \(ShopLimits.unitsMax) units of a SKU")
    }
    add(.unitsGranted(id, item.key, quantity))
  }

  /// The show has ended: what the merchant gave goes back as it comes free.
  mutating func end() {
    let shop = state
    guard !shop.isOver, shop.stock.items.contains(where: { $0.value.wanted != nil }) else { return }
    add(.shopOver)
  }

  /// Gives back what the show has no use for.
  mutating func returnUnits() {
    let book = state.stock
    for entry in book.leaving {
      let surplus = book.stock(entry.key)?.surplus ?? 0
      if surplus > 0 { add(.unitsReturned(entry.key, surplus)) }
    }
  }
}
