// The whole commerce state of a room: what `decide` reads and `apply` changes.

/// One room's shop: a plain value, a function of the room's log alone.
///
/// `decide` judges a command and changes nothing; `apply` gives an event its meaning and can't fail.
/// Units are allotted to the room, so nothing outside is asked for one: what is sold here is decided here.
package struct Shop: Hashable, Sendable {
  package internal(set) var settings = ShopSettings()
  /// In the host's order.
  package internal(set) var listings: [Listing] = []
  package internal(set) var stock = StockBook()
  /// On screen now, by slot.
  package internal(set) var pins: [Pin] = []
  /// Taken away or replaced, oldest first; at most `ShopLimits.pinsMax`.
  package internal(set) var pinHistory: [Pin] = []
  /// By code.
  package internal(set) var vouchers = SortedTable<String, Voucher>()
  /// Oldest first; ended ones are forgotten when there are too many.
  package internal(set) var drops: [Drop] = []
  package internal(set) var lots: [Lot] = []
  package internal(set) var holds = SortedTable<ShopID, Hold>()
  package internal(set) var orders = SortedTable<ShopID, Order>()
  package internal(set) var buyers = SortedTable<BuyerID, Buyer>()
  package internal(set) var gifts = GiftTally()
  package internal(set) var revenue = Revenue()
  /// The show has ended: units the merchant gave go back as they come free.
  package internal(set) var isOver = false
  /// No merchant takes orders, and something that came free waits for one.
  package internal(set) var awaitsMerchant = false
  /// When holds and orders end.
  var clocks = SortedTable<ShopClock, Bool>()
  /// Orders that came to nothing and were never paid: the oldest makes room when there are too many.
  var forgettable = SortedTable<ShopID, Bool>()
  /// Buyers with something in their cart.
  var cartCount = 0

  /// A shop without a history.
  package init() {}

  // MARK: Deciding

  /// What a command comes to. Reads only: a refusal leaves no trace.
  ///
  /// What is due by the context's time happens first, in the same decision.
  ///
  /// - Parameter firstSequence: the number that the first event will have in the log.
  package func decide(
    _ command: ShopCommand, by context: ShopContext, firstSequence: Int64
  ) throws(ShopRefusal) -> ShopDecision {
    guard (0...ShopLimits.timeMsMax).contains(context.atMs),
      (1...ShopLimits.timeMsMax).contains(firstSequence)
    else { throw ShopRefusal(.badField, "a time or number out of range") }
    var draft = ShopDraft(shop: self, context: context, firstSequence: firstSequence)
    draft.advance()
    try draft.decide(command)
    if !stock.leaving.isEmpty || command.movesUnits { draft.returnUnits() }
    return draft.decision
  }

  // MARK: Applying

  /// Makes an event part of the state. Total: false for what can't be, and nothing is changed then.
  package mutating func apply(_ event: ShopEvent, at place: ShopPlace) -> Bool {
    switch event {
    case .shopSet, .listingPut, .listingRemoved, .listingsOrdered, .variantSet, .listingPinned,
      .voucherPut, .voucherRemoved:
      return applyShelf(event, at: place)
    case .dropScheduled, .dropStarted, .dropOpened, .claimed, .dropLeft, .dropDecided, .holdMade,
      .dropEnded, .dropSettled, .dropRestocked:
      return applyDrop(event, at: place)
    case .merchantAwaited(let isAwaited):
      guard awaitsMerchant != isAwaited, !isAwaited || canHandOn else { return false }
      awaitsMerchant = isAwaited
      return true
    case .holdPriced(let id, let buyer, let priceMinor):
      return price(hold: id, of: buyer, priceMinor)
    case .holdEnded(let id, let buyer, _): return endHold(id, of: buyer)
    case .lotOpened, .lotStarted, .bidPlaced, .lotProlonged, .lotClosing, .lotAwarded, .lotClosed:
      return applyLot(event, at: place)
    case .cartSet(let sku, let quantity): return setCart(sku, quantity, of: place.buyer)
    case .voucherApplied(let code): return applyVoucher(code, of: place.buyer)
    case .orderMade, .orderPriced, .paymentOffered, .orderMoved, .reportRefused:
      return applyOrder(event, at: place)
    case .gifted(let event): return gifts.add(event, at: place.atMs)
    case .unitsAsked(let sku, let wanted, let quantity):
      return stock.ask(
        sku, wanted: wanted, quantity: quantity, as: place.sequence, at: place.atMs)
    case .unitsGranted(let id, let sku, let quantity):
      return stock.grant(sku, quantity, of: id)
    case .unitsAskedAgain(let id, let sku): return stock.askAgain(sku, id, at: place.atMs)
    case .unitsUnanswered(let id, let sku): return stock.giveUp(sku, id)
    case .unitsReturned(let sku, let quantity): return stock.giveBack(sku, quantity)
    case .shopOver:
      isOver = true
      stock.wantNothing()
      return true
    }
  }

  // MARK: Reading

  /// When the server's `due` has something to do, milliseconds since 1970; nil: never.
  package var nextDueMs: Int64? { nextDueMs(hasMerchant: true) }

  /// The same while a merchant takes orders, or (false) none does: then nobody is handed what they could
  /// not pay for. That this begins, and that it is over, goes on record at once.
  package func nextDueMs(hasMerchant: Bool) -> Int64? {
    if hasMerchant, awaitsMerchant { return 0 }
    var next = clocks.first?.key.atMs
    if let due = stock.clocks.first?.key.atMs { next = min(next ?? due, due) }
    let isPayable = isHandingOn(hasMerchant: hasMerchant)
    for drop in drops {
      if let due = drop.nextDueMs(isPaused: settings.isPaused, isPayable: isPayable) {
        next = min(next ?? due, due)
      }
    }
    for lot in lots {
      if let due = lot.nextDueMs(isPaused: settings.isPaused, isPayable: isPayable) {
        next = min(next ?? due, due)
      }
    }
    return next
  }

  /// Whether a unit is free and somebody is next for it, and no pause keeps it.
  package var canHandOn: Bool {
    !settings.isPaused && (drops.contains(where: \.canHandOn) || lots.contains(where: \.canHandOn))
  }

  /// Whether there is something to do when a unit is free and somebody waits: to hand it on, or to put on
  /// record that it waits for a merchant.
  func isHandingOn(hasMerchant: Bool) -> Bool {
    !settings.isPaused && (hasMerchant || !awaitsMerchant)
  }

  package func listing(_ id: ShopID) -> Listing? { listings.first { $0.id == id } }

  /// The listing that offers a SKU.
  package func listing(of sku: SKU) -> Listing? {
    stock.stock(sku)?.listing.flatMap { listing($0) }
  }

  package func drop(_ id: ShopID) -> Drop? { dropIndex(id).map { drops[$0] } }

  package func lot(_ id: ShopID) -> Lot? { lotIndex(id).map { lots[$0] } }

  /// The lot that takes bids, or will; at most one.
  package var liveLot: Lot? { lots.last(where: \.isLive) }

  func listingIndex(_ id: ShopID) -> Int? { listings.firstIndex { $0.id == id } }

  func dropIndex(_ id: ShopID) -> Int? { drops.lastIndex { $0.id == id } }

  func lotIndex(_ id: ShopID) -> Int? { lots.lastIndex { $0.id == id } }

  // MARK: Buyers

  /// Changes what is known of a buyer, and forgets who has nothing left.
  mutating func updateBuyer(_ id: BuyerID, _ change: (inout Buyer) -> Void) {
    var buyer = buyers[id] ?? Buyer()
    let hadCart = !buyer.cart.isEmpty
    change(&buyer)
    cartCount += (buyer.cart.isEmpty ? 0 : 1) - (hadCart ? 1 : 0)
    buyers[id] = buyer.isEmpty ? nil : buyer
  }
}
