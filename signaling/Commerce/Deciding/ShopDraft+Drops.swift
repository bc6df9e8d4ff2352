// Judging drops: who may claim, who gets a unit and who waits.

extension ShopDraft {
  // MARK: The host's

  mutating func schedule(_ draft: DropDraft) throws(ShopRefusal) {
    let shop = state
    guard shop.drops.count(where: { $0.stage != .ended }) < ShopLimits.dropsOpenMax else {
      throw ShopRefusal(.limit, "\(ShopLimits.dropsOpenMax) drops are open")
    }
    guard shop.drops.count < ShopLimits.dropsMax || shop.drops.contains(where: \.isSettled) else {
      throw ShopRefusal(.limit, "too many drops still have holds")
    }
    try checkForm(draft)
    _ = try checkOffered(draft.sku)
    guard shop.stock.available(draft.sku) >= draft.quantity else {
      throw ShopRefusal(.soldOut, "quantity: \(shop.stock.available(draft.sku)) units are free")
    }
    guard context.seed.count == ShopLimits.seedByteCount else {
      throw ShopRefusal(.badField, "the server gave no seed")
    }
    make(
      .dropScheduled(
        DropScheduledEvent(
          sku: draft.sku, quantity: draft.quantity, priceMinor: draft.priceMinor,
          countdownSeconds: draft.countdownSeconds, durationSeconds: draft.durationSeconds,
          perBuyer: draft.perBuyer, mode: draft.mode,
          holdSeconds: draft.holdSeconds ?? shop.settings.holdSeconds,
          startsAtMs: draft.start == .auto ? time(in: draft.countdownSeconds) : nil,
          commitment: DropOrder.commitment(seed: context.seed, drop: nextSequence),
          secret: context.seed)))
  }

  private func checkForm(_ draft: DropDraft) throws(ShopRefusal) {
    guard ShopText.isSKU(draft.sku) else { throw ShopRefusal(.unknownSKU, "sku: no such SKU") }
    try check(draft.quantity, "quantity", in: 1...ShopLimits.dropQuantityMax)
    try checkPrice(draft.priceMinor, "priceMinor")
    try check(draft.countdownSeconds, "countdownSeconds", in: ShopLimits.countdownSeconds)
    try check(draft.durationSeconds, "durationSeconds", in: ShopLimits.durationSeconds)
    try check(draft.perBuyer, "perBuyer", in: 1...ShopLimits.perBuyerMax)
    if let seconds = draft.holdSeconds {
      try check(seconds, "holdSeconds", in: ShopLimits.holdSeconds)
    }
  }

  mutating func startDrop(_ id: ShopID) throws(ShopRefusal) {
    let drop = try checkDrop(id)
    guard drop.stage == .scheduled, drop.startsAtMs == nil else {
      throw ShopRefusal(.wrongState, "the drop is started already")
    }
    add(.dropStarted(id, startsAtMs: time(in: drop.countdownSeconds)))
  }

  mutating func cancelDrop(_ id: ShopID) throws(ShopRefusal) {
    let drop = try checkDrop(id)
    guard drop.endedBy != .cancelled else { return }
    // After its end it can still be waited for, as long as a pause or a missing merchant lasts.
    guard drop.stage != .ended || !drop.isSettled else {
      throw ShopRefusal(.wrongState, "the drop is over")
    }
    add(.dropEnded(id, .cancelled))
    settleUp(drop: id)
  }

  // MARK: The audience's

  mutating func claim(_ id: ShopID, _ quantity: Int64) throws(ShopRefusal) {
    try checkSales()
    try checkIsNoStaff()
    try check(quantity, "quantity", in: 1...ShopLimits.perBuyerMax)
    let drop = try checkDrop(id)
    switch drop.stage {
    case .scheduled: throw ShopRefusal(.wrongState, "the drop is not open yet")
    case .ended: throw ShopRefusal(.closed, "the drop takes no more claims")
    case .window, .open: break
    }
    guard drop.taken(by: context.buyer) + quantity <= drop.perBuyer else {
      throw ShopRefusal(.limitPerBuyer, "at most \(drop.perBuyer) for each buyer")
    }
    guard drop.claims.count < ShopLimits.waitingMax else {
      throw ShopRefusal(.limit, "\(ShopLimits.waitingMax) claims wait already")
    }
    let held = drop.atOnce(quantity)
    let adjustedMs = max(drop.openedAtMs ?? 0, atMs - delayMs(atMost: drop.windowMs))
    make(
      .claimed(
        ClaimedEvent(
          drop: id, quantity: quantity, adjustedMs: adjustedMs, held: held,
          untilMs: held > 0 ? time(in: drop.holdSeconds) : 0)))
  }

  mutating func leaveDrop(_ id: ShopID) throws(ShopRefusal) {
    try checkBuyer()
    let drop = try checkDrop(id)
    guard !drop.leavable(by: context.buyer).isEmpty else { return }
    add(.dropLeft(id))
    settleUp(drop: id)
  }

  mutating func releaseHold(_ id: ShopID) throws(ShopRefusal) {
    let hold = try checkHold(id)
    if let order = hold.order { add(.orderMoved(order, .cancelled, reason: nil)) }
    end(hold, .released)
  }

  // MARK: What follows

  /// A hold ends, and its units go on.
  mutating func end(_ hold: Hold, _ why: HoldEnd) {
    add(.holdEnded(hold.id, hold.buyer, why))
    switch hold.source {
    case .drop(let id): settleUp(drop: id)
    case .lot(let id): askNext(lot: id)
    }
  }

  /// Free units go to who waits, and a drop where nothing can come free any more is settled.
  ///
  /// In a pause, and while no merchant takes orders, nobody is given a hold that can't be paid; they are
  /// handed on when it is over.
  mutating func settleUp(drop id: ShopID) {
    var freeBefore = Int64.max
    for _ in 0..<ShopLimits.endedAtOnceMax {
      let shop = state
      guard let drop = shop.drop(id), drop.canHandOn, !shop.settings.isPaused, findsMerchant(),
        drop.free < freeBefore, let next = drop.waitlist.first?.value,
        let claim = drop.claims[next]
      else { break }
      freeBefore = drop.free
      add(
        .holdMade(
          HoldMadeEvent(
            drop: id, claim: next, buyer: claim.buyer, quantity: min(claim.quantity, drop.free),
            untilMs: time(in: drop.holdSeconds))))
    }
    if let drop = state.drop(id), drop.stage != .ended, drop.sold == drop.quantity {
      add(.dropEnded(id, .soldOut))
    }
    if let drop = state.drop(id), drop.stage == .ended, !drop.isSettled, drop.held == 0,
      drop.free == 0
    {
      add(.dropSettled(id))
    }
  }

  /// Whether a merchant takes orders; that something waits for one goes on record, so that the log alone
  /// says why it does.
  mutating func findsMerchant() -> Bool {
    if !context.hasMerchant, !state.awaitsMerchant { add(.merchantAwaited(true)) }
    return context.hasMerchant
  }

  /// What the merchant says to a hold's price: never more than was promised. Once it is ordered, the
  /// order's own question counts.
  mutating func price(hold id: ShopID, _ reply: PriceAnswer) {
    guard let hold = state.holds[id], hold.order == nil, !hold.isPriced, hold.untilMs > atMs else {
      return
    }
    guard case .confirmed(let prices) = reply else { return end(hold, .refused) }
    let price = prices[hold.sku].map { min(max($0, 1), hold.priceMinor) } ?? hold.priceMinor
    add(.holdPriced(id, hold.buyer, priceMinor: price))
  }

  mutating func checkDrop(_ id: ShopID) throws(ShopRefusal) -> Drop {
    guard let drop = state.drop(id) else {
      throw ShopRefusal(.unknownDrop, "there is no such drop any more")
    }
    return drop
  }

  /// A live hold of the actor.
  mutating func checkHold(_ id: ShopID) throws(ShopRefusal) -> Hold {
    try checkBuyer()
    let shop = state
    if shop.buyers[context.buyer]?.endedHolds.contains(id) == true {
      throw ShopRefusal(.holdExpired, "the hold is over")
    }
    guard let hold = shop.holds[id], hold.buyer == context.buyer else {
      throw ShopRefusal(.unknownHold, "you have no such hold")
    }
    guard hold.untilMs > atMs else { throw ShopRefusal(.holdExpired, "the hold is over") }
    return hold
  }
}
