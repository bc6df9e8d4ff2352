// A decision as it is being written: events, and the state they lead to.

/// Events that follow each other. Later ones are judged by the state that earlier ones lead to.
struct ShopDraft {
  let context: ShopContext
  let firstSequence: Int64
  private(set) var decision = ShopDecision()
  private var shop: Shop
  /// How many of the events `shop` has.
  private var appliedCount = 0

  init(shop: Shop, context: ShopContext, firstSequence: Int64) {
    self.shop = shop
    self.context = context
    self.firstSequence = firstSequence
  }

  /// The sequence number of the next event.
  var nextSequence: Int64 { firstSequence + Int64(decision.events.count) }

  /// The state after all events so far. Events are applied when somebody asks: the one event of most
  /// decisions never is.
  var state: Shop {
    mutating get {
      while appliedCount < decision.events.count {
        let place = ShopPlace(
          sequence: firstSequence + Int64(appliedCount), atMs: context.atMs, buyer: context.buyer)
        // What decides and what applies hold the same rules; the tests look for a difference.
        _ = shop.apply(decision.events[appliedCount], at: place)
        appliedCount += 1
      }
      return shop
    }
  }

  /// Something happens; returns its sequence number.
  @discardableResult
  mutating func add(_ event: ShopEvent) -> ShopID {
    decision.events.append(event)
    return nextSequence - 1
  }

  /// Something happens that the reply names.
  mutating func make(_ event: ShopEvent) { decision.made = add(event) }

  /// The reply names what was there already.
  mutating func decision(made id: ShopID) { decision.made = id }

  /// What was asked is recorded as refused.
  mutating func note(_ refusal: ShopRefusal) { decision.refusal = refusal }

  // MARK: Checks

  var atMs: Int64 { context.atMs }

  /// The time `seconds` from now, which is within bounds.
  func time(in seconds: Int64) -> Int64 { context.atMs + seconds * 1000 }

  /// How late the actor sees the show, never more than the wait that makes up for it.
  func delayMs(atMost windowMs: Int64) -> Int64 { min(max(context.delayMs, 0), windowMs) }

  /// How long this decision's windows last.
  var windowMs: Int64 {
    min(max(context.windowMs, ShopLimits.windowMsMin), ShopLimits.windowMsMax)
  }

  /// A number within bounds.
  func check(
    _ value: Int64, _ name: String, in range: ClosedRange<Int64>
  ) throws(ShopRefusal) {
    guard range.contains(value) else {
      throw ShopRefusal(.badField, "\(name): \(range.lowerBound)…\(range.upperBound)")
    }
  }

  func checkPrice(_ value: Minor, _ name: String) throws(ShopRefusal) {
    try check(value, name, in: 1...ShopLimits.minorMax)
  }

  /// Sales are on, and the actor is one of the audience.
  mutating func checkSales() throws(ShopRefusal) {
    guard !state.settings.isPaused else {
      throw ShopRefusal(.salesPaused, "the host has paused all sales")
    }
    try checkBuyer()
  }

  func checkBuyer() throws(ShopRefusal) {
    guard context.buyer != .server, context.buyer.rawValue <= ShopLimits.buyersMax else {
      throw ShopRefusal(.notEligible, "nobody buys here")
    }
  }

  func checkIsNoStaff() throws(ShopRefusal) {
    guard !context.isStaff else {
      throw ShopRefusal(.notEligible, "the room's staff takes no part in its own sales")
    }
  }

  /// A SKU that is offered.
  mutating func checkOffered(_ sku: SKU) throws(ShopRefusal) -> Listing {
    guard let listing = state.listing(of: sku) else {
      throw ShopRefusal(.unknownSKU, "this room offers no such SKU")
    }
    return listing
  }

  mutating func checkListing(_ id: ShopID) throws(ShopRefusal) -> Listing {
    guard let listing = state.listing(id) else {
      throw ShopRefusal(.unknownListing, "there is no such listing")
    }
    return listing
  }

  // MARK: Deciding

  mutating func decide(_ command: ShopCommand) throws(ShopRefusal) {
    switch command {
    case .setShop(let change): try setShop(change)
    case .putListing(let draft): try put(draft)
    case .importListings(let drafts): try importListings(drafts)
    case .removeListing(let id): try removeListing(id)
    case .orderListings(let ids): try orderListings(ids)
    case .setVariant(let sku, let priceMinor, let units):
      try setVariant(sku, priceMinor: priceMinor, units: units)
    case .pinListing(let slot, let id): try pin(id, slot: slot)
    case .scheduleDrop(let draft): try schedule(draft)
    case .startDrop(let id): try startDrop(id)
    case .cancelDrop(let id): try cancelDrop(id)
    case .claim(let id, let quantity): try claim(id, quantity)
    case .leaveDrop(let id): try leaveDrop(id)
    case .openLot(let draft): try open(draft)
    case .bid(let id, let amountMinor, let maxMinor):
      try bid(id, amountMinor, maxMinor ?? amountMinor)
    case .closeLot(let id): try closeLot(id)
    case .cancelLot(let id): try cancelLot(id)
    case .setCart(let sku, let quantity): try setCart(sku, quantity)
    case .applyVoucher(let code): try applyVoucher(code)
    case .checkout(let hold?): try checkout(hold: hold)
    case .checkout(nil): try checkoutCart()
    case .releaseHold(let id): try releaseHold(id)
    case .cancelOrder(let id): try cancelOrder(id)
    case .refundOrder(let id, let reason): try refund(id, reason: reason)
    case .shipOrder(let id): try ship(id)
    case .putVoucher(let draft): try put(draft)
    case .removeVoucher(let code): try removeVoucher(code)
    case .server(.due): break
    case .server(.checkoutAnswered(let id, let reply)): try answer(id, reply)
    case .server(.orderReported(let id, let report)): try take(report, of: id)
    case .server(.pricesChecked(let id, let reply)): try price(id, reply)
    case .server(.holdChecked(let id, let reply)): price(hold: id, reply)
    case .server(.giftPosted(let posting)): try post(posting)
    case .server(.stockGranted(let id, let quantity)): try grant(quantity, of: id)
    case .server(.listingsPut(let drafts)): try importListings(drafts)
    case .server(.over): end()
    }
  }
}
