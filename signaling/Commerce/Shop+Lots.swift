// What the events of auctions mean: bids move the price, the end moves the unit.

extension Shop {
  mutating func applyLot(_ event: ShopEvent, at place: ShopPlace) -> Bool {
    switch event {
    case .lotOpened(let event): return open(event, at: place)
    case .lotStarted(let id):
      guard let index = lotIndex(id), lots[index].stage == .upcoming else { return false }
      lots[index].stage = .open
      lots[index].reprice()
      return true
    case .bidPlaced(let event): return bid(event, at: place)
    case .lotProlonged(let id, let endsAtMs):
      guard let index = lotIndex(id), lots[index].stage == .open, endsAtMs > lots[index].endsAtMs,
        lots[index].prolongedCount < ShopLimits.prolongedMax
      else { return false }
      lots[index].endsAtMs = endsAtMs
      lots[index].prolongedCount += 1
      return true
    case .lotClosing(let id, let closesAtMs):
      guard let index = lotIndex(id) else { return false }
      if lots[index].stage == .closing, !lots[index].isFinal {
        // The host closes what its time has closed: no late bid reopens it.
        lots[index].isFinal = true
        return true
      }
      guard lots[index].stage == .open else { return false }
      lots[index].stage = .closing
      lots[index].closesAtMs = closesAtMs
      if place.atMs < lots[index].endsAtMs {
        lots[index].endsAtMs = place.atMs
        lots[index].isFinal = true
      }
      return true
    case .lotAwarded(let id, let buyer, let priceMinor, let untilMs):
      return award(id, buyer, priceMinor, untilMs, at: place)
    case .lotClosed(let id, let end): return close(id, end)
    default: return false
    }
  }

  private mutating func open(_ event: LotOpenedEvent, at place: ShopPlace) -> Bool {
    guard liveLot == nil, event.startsAtMs >= place.atMs, event.endsAtMs >= event.startsAtMs,
      makeRoom(
        in: \.lots, max: ShopLimits.lotsMax, where: { $0.unit == .gone || $0.unit == .sold }),
      stock.move(event.sku, 1, from: .shelf, to: .reserved)
    else { return false }
    lots.append(Lot(id: place.sequence, event, at: place.atMs))
    return true
  }

  private mutating func bid(_ event: BidPlacedEvent, at place: ShopPlace) -> Bool {
    guard let index = lotIndex(event.lot), lots[index].isLive, place.buyer != .server,
      (1...ShopLimits.minorMax).contains(event.maxMinor), event.maxMinor >= event.amountMinor
    else { return false }
    let old = lots[index].bids[place.buyer]
    guard old != nil || lots[index].bids.count < ShopLimits.biddersMax,
      event.maxMinor > old?.maxMinor ?? 0
    else { return false }
    let isOwnRaise = lots[index].leader == place.buyer
    if let old { lots[index].ranking[old] = nil }
    let bid = Bid(
      maxMinor: event.maxMinor, adjustedMs: event.adjustedMs, sequence: place.sequence)
    lots[index].bids[place.buyer] = bid
    lots[index].ranking[bid] = place.buyer
    lots[index].bidCount += 1
    lots[index].endsAtMs = event.endsAtMs
    if lots[index].stage == .closing, event.endsAtMs > place.atMs {
      lots[index].stage = .open
      lots[index].closesAtMs = nil
    }
    // Who raises the own maximum bids against nobody: only the reserve can move the price.
    if isOwnRaise { lots[index].meetReserve() } else { lots[index].reprice() }
    return true
  }

  private mutating func award(
    _ id: ShopID, _ buyer: BuyerID, _ priceMinor: Minor, _ untilMs: Int64, at place: ShopPlace
  ) -> Bool {
    guard let index = lotIndex(id), lots[index].unit == .reserved,
      lots[index].stage == .closing || lots[index].stage == .sold,
      let bid = lots[index].bids[buyer], (1...bid.maxMinor).contains(priceMinor),
      !lots[index].asked.contains(buyer),
      stock.move(lots[index].sku, 1, from: .reserved, to: .held)
    else { return false }
    lots[index].stage = .sold
    lots[index].unit = .held
    lots[index].winner = buyer
    lots[index].priceMinor = priceMinor
    lots[index].asked.append(buyer)
    add(
      Hold(
        id: place.sequence, buyer: buyer, sku: lots[index].sku, quantity: 1,
        priceMinor: priceMinor, untilMs: untilMs, source: .lot(id)))
    return true
  }

  private mutating func close(_ id: ShopID, _ end: LotEnd) -> Bool {
    guard let index = lotIndex(id), lots[index].unit == .reserved,
      stock.move(lots[index].sku, 1, from: .reserved, to: .shelf)
    else { return false }
    lots[index].stage = end == .cancelled ? .cancelled : .unsold
    lots[index].unit = .gone
    lots[index].winner = nil
    return true
  }
}

extension Lot {
  /// The price the bids come to: what is needed to lead, at most the leader's maximum. It never falls.
  mutating func reprice() {
    guard stage != .upcoming, let top = ranking.first else { return }
    if let second = Array(ranking.prefix(2)).dropFirst().first {
      let needed = second.key.maxMinor + step(from: second.key.maxMinor)
      priceMinor = max(priceMinor, min(top.key.maxMinor, needed))
    }
    meetReserve()
  }

  /// A maximum that reaches the reserve bids it at once.
  mutating func meetReserve() {
    guard stage != .upcoming, let reserveMinor, let top = ranking.first?.key.maxMinor,
      top >= reserveMinor
    else { return }
    priceMinor = max(priceMinor, reserveMinor)
  }

  /// Who is asked to pay next, and what; nil when nobody is left who reaches the reserve.
  var next: (buyer: BuyerID, priceMinor: Minor)? {
    guard asked.count < ShopLimits.winnersAskedMax else { return nil }
    // At most three were asked: one more is enough.
    let left = ranking.prefix(ShopLimits.winnersAskedMax + 1).first { !asked.contains($0.value) }
    guard let top = left, top.key.maxMinor >= reserveMinor ?? 0 else { return nil }
    // Who follows pays the price that stood, up to the own maximum: were it less, two could keep
    // everyone else away with bids that one of them does not mean, and the other buy at the start.
    return (top.value, min(priceMinor, top.key.maxMinor))
  }
}
