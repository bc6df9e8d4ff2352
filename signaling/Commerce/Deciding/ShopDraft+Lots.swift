// Judging auctions: which bids count, when they end and who is asked to pay.

extension ShopDraft {
  // MARK: The host's

  mutating func open(_ draft: LotDraft) throws(ShopRefusal) {
    let shop = state
    guard shop.liveLot == nil else { throw ShopRefusal(.limit, "one auction is open already") }
    guard ShopText.isSKU(draft.sku) else { throw ShopRefusal(.unknownSKU, "sku: no such SKU") }
    try checkForm(draft)
    let increments = try increments(of: draft)
    _ = try checkOffered(draft.sku)
    guard shop.stock.available(draft.sku) >= 1 else {
      throw ShopRefusal(.soldOut, "no unit is free")
    }
    guard
      shop.lots.count < ShopLimits.lotsMax
        || shop.lots.contains(where: { $0.unit == .gone || $0.unit == .sold })
    else { throw ShopRefusal(.limit, "too many auctions wait for payment") }
    let startsAtMs = time(in: draft.startsAfterSeconds)
    make(
      .lotOpened(
        LotOpenedEvent(
          sku: draft.sku, startMinor: draft.startMinor, reserveMinor: draft.reserveMinor,
          increments: increments, isSoft: draft.isSoft, softSeconds: draft.softSeconds,
          holdSeconds: shop.settings.holdSeconds, startsAtMs: startsAtMs,
          endsAtMs: startsAtMs + draft.durationSeconds * 1000)))
  }

  private func checkForm(_ draft: LotDraft) throws(ShopRefusal) {
    try checkPrice(draft.startMinor, "startMinor")
    if let reserve = draft.reserveMinor {
      try check(reserve, "reserveMinor", in: draft.startMinor...ShopLimits.minorMax)
    }
    try check(draft.durationSeconds, "durationSeconds", in: ShopLimits.durationSeconds)
    try check(draft.softSeconds, "softSeconds", in: ShopLimits.softSeconds)
    try check(
      draft.startsAfterSeconds, "startsAfterSeconds", in: 0...ShopLimits.startsAfterSecondsMax)
  }

  private func increments(of draft: LotDraft) throws(ShopRefusal) -> [LotDraft.Increment] {
    guard !draft.increments.isEmpty else {
      // 5 % of the start.
      return [LotDraft.Increment(fromMinor: 0, stepMinor: max(1, draft.startMinor / 20))]
    }
    guard draft.increments.count <= ShopLimits.incrementsMax else {
      throw ShopRefusal(.badField, "increments: at most \(ShopLimits.incrementsMax)")
    }
    for increment in draft.increments {
      try check(increment.fromMinor, "increments", in: 0...ShopLimits.minorMax)
      try checkPrice(increment.stepMinor, "increments")
    }
    for (one, next) in zip(draft.increments, draft.increments.dropFirst())
    where one.fromMinor >= next.fromMinor {
      throw ShopRefusal(.badField, "increments: rising prices")
    }
    return draft.increments
  }

  mutating func closeLot(_ id: ShopID) throws(ShopRefusal) {
    let lot = try checkLot(id)
    switch lot.stage {
    case .open: add(.lotClosing(id, closesAtMs: atMs + windowMs))
    case .closing:
      if !lot.isFinal { add(.lotClosing(id, closesAtMs: lot.closesAtMs ?? atMs)) }
    case .upcoming, .sold, .unsold, .cancelled:
      throw ShopRefusal(.wrongState, "the auction is \(lot.stage.rawValue)")
    }
  }

  mutating func cancelLot(_ id: ShopID) throws(ShopRefusal) {
    let lot = try checkLot(id)
    guard lot.stage != .cancelled else { return }
    // One that was sold and is not paid for may wait for a merchant: it can be let go.
    guard lot.isLive || (lot.stage == .sold && lot.unit == .reserved) else {
      throw ShopRefusal(.wrongState, "the auction is \(lot.stage.rawValue)")
    }
    add(.lotClosed(id, .cancelled))
  }

  // MARK: The audience's

  mutating func bid(_ id: ShopID, _ amountMinor: Minor, _ maxMinor: Minor) throws(ShopRefusal) {
    try checkSales()
    try checkIsNoStaff()
    try checkPrice(amountMinor, "amountMinor")
    try checkPrice(maxMinor, "maxMinor")
    guard maxMinor >= amountMinor else {
      throw ShopRefusal(.badField, "maxMinor: at least the amount")
    }
    let lot = try checkLot(id)
    let adjustedMs = atMs - delayMs(atMost: windowMs)
    guard lot.isLive, adjustedMs <= lot.endsAtMs else {
      throw ShopRefusal(.closed, "the auction takes no more bids")
    }
    let own = lot.bids[context.buyer]
    guard own != nil || lot.bids.count < ShopLimits.biddersMax else {
      throw ShopRefusal(.limit, "\(ShopLimits.biddersMax) members bid already")
    }
    let isLeader = lot.leader == context.buyer
    let least = isLeader ? lot.priceMinor : lot.nextMinor
    guard amountMinor >= least else {
      throw ShopRefusal(.bidTooLow, "amountMinor: at least \(least)")
    }
    if let own, maxMinor <= own.maxMinor {
      throw ShopRefusal(.bidTooLow, "maxMinor: more than your last one")
    }
    make(
      .bidPlaced(
        BidPlacedEvent(
          lot: id, amountMinor: least, maxMinor: maxMinor, adjustedMs: adjustedMs,
          endsAtMs: end(of: lot, bidAt: adjustedMs, maxMinor: maxMinor),
          outbid: outbid(
            lot, Bid(maxMinor: maxMinor, adjustedMs: adjustedMs, sequence: nextSequence)))))
  }

  /// When the lot ends after a bid: a late one sets the end anew, if it changes who leads or the price.
  /// A leader who raises the own maximum keeps nobody waiting by it.
  private func end(of lot: Lot, bidAt adjustedMs: Int64, maxMinor: Minor) -> Int64 {
    let softMs = lot.softSeconds * 1000
    let meetsReserve = !lot.isReserveMet && maxMinor >= lot.reserveMinor ?? 0
    guard lot.isSoft, !lot.isFinal, lot.stage != .upcoming, lot.endsAtMs - adjustedMs < softMs,
      lot.leader != context.buyer || meetsReserve
    else {
      return lot.endsAtMs
    }
    return max(lot.endsAtMs, atMs + softMs)
  }

  /// Who leads no longer by this bid.
  private func outbid(_ lot: Lot, _ bid: Bid) -> BuyerID? {
    guard let leader = lot.leader, leader != context.buyer, let best = lot.ranking.first?.key,
      bid < best
    else { return nil }
    return leader
  }

  // MARK: What follows

  /// The unit goes to the next bidder in line, or back to the shelf.
  mutating func askNext(lot id: ShopID) {
    let shop = state
    // In a pause nobody could pay; while no merchant takes orders, nobody is next for it.
    guard let lot = shop.lot(id), lot.unit == .reserved, !shop.settings.isPaused else { return }
    if let next = lot.next {
      guard lot.stage != .sold || findsMerchant() else { return }
      add(
        .lotAwarded(
          id, next.buyer, priceMinor: next.priceMinor, untilMs: time(in: lot.holdSeconds)))
    } else {
      add(.lotClosed(id, .unsold))
    }
  }

  private mutating func checkLot(_ id: ShopID) throws(ShopRefusal) -> Lot {
    guard let lot = state.lot(id) else {
      throw ShopRefusal(.unknownLot, "there is no such auction any more")
    }
    return lot
  }
}
