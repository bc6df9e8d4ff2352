// What the events of drops mean: units go from the shelf to the drop, to holds and on to who waits.

extension Shop {
  mutating func applyDrop(_ event: ShopEvent, at place: ShopPlace) -> Bool {
    switch event {
    case .dropScheduled(let event): return schedule(event, at: place)
    case .dropStarted(let id, let startsAtMs):
      guard let index = dropIndex(id), drops[index].stage == .scheduled,
        drops[index].startsAtMs == nil
      else { return false }
      drops[index].startsAtMs = startsAtMs
      return true
    case .dropOpened(let id, let windowMs, let endsAtMs):
      return open(id, windowMs: windowMs, endsAtMs: endsAtMs, at: place)
    case .claimed(let event): return claim(event, at: place)
    case .dropLeft(let id): return leave(id, place.buyer)
    case .dropDecided(let id, let seed, let untilMs): return decide(id, seed: seed, untilMs)
    case .holdMade(let event): return handOn(event, at: place)
    case .dropEnded(let id, let why): return end(id, why)
    case .dropSettled(let id): return settle(id)
    case .dropRestocked(let id, let quantity): return restock(id, quantity)
    default: return false
    }
  }

  private mutating func schedule(_ event: DropScheduledEvent, at place: ShopPlace) -> Bool {
    guard makeRoom(in: \.drops, max: ShopLimits.dropsMax, where: \.isSettled),
      stock.move(event.sku, event.quantity, from: .shelf, to: .reserved)
    else { return false }
    drops.append(Drop(id: place.sequence, event))
    return true
  }

  /// Forgets the oldest that is over when the list is full; false when none is.
  mutating func makeRoom<T>(
    in list: WritableKeyPath<Shop, [T]>, max: Int, where isOver: (T) -> Bool
  ) -> Bool {
    guard self[keyPath: list].count >= max else { return true }
    guard let index = self[keyPath: list].firstIndex(where: isOver) else { return false }
    self[keyPath: list].remove(at: index)
    return true
  }

  private mutating func open(
    _ id: ShopID, windowMs: Int64, endsAtMs: Int64, at place: ShopPlace
  ) -> Bool {
    guard let index = dropIndex(id), drops[index].stage == .scheduled,
      let startsAtMs = drops[index].startsAtMs, startsAtMs <= place.atMs,
      (0...ShopLimits.windowMsMax).contains(windowMs), endsAtMs >= place.atMs
    else { return false }
    drops[index].stage = windowMs > 0 ? .window : .open
    drops[index].openedAtMs = place.atMs
    drops[index].windowMs = windowMs
    drops[index].endsAtMs = endsAtMs
    return true
  }

  private mutating func claim(_ event: ClaimedEvent, at place: ShopPlace) -> Bool {
    guard let index = dropIndex(event.drop), place.buyer != .server,
      (1...ShopLimits.perBuyerMax).contains(event.quantity),
      drops[index].taken(by: place.buyer) + event.quantity <= drops[index].perBuyer,
      drops[index].claims.count < ShopLimits.waitingMax
    else { return false }
    let atOnce = drops[index].atOnce(event.quantity)
    switch drops[index].stage {
    case .scheduled, .ended: return false
    case .window, .open: guard event.held == atOnce else { return false }
    }
    drops[index].claimants.change(place.buyer) { $0.taken += event.quantity }
    let claim = Claim(
      buyer: place.buyer, quantity: event.quantity, adjustedMs: event.adjustedMs)
    drops[index].add(claim, place.sequence)
    if atOnce > 0 {
      hold(atOnce, for: place.sequence, as: place.sequence, in: index, until: event.untilMs)
    }
    if drops[index].stage == .open, drops[index].mode == .hold {
      drops[index].wait(place.sequence)
    }
    return true
  }

  /// Units that are free go to a claim.
  private mutating func hold(
    _ quantity: Int64, for claimID: ShopID, as id: ShopID, in index: Int, until untilMs: Int64
  ) {
    guard let claim = drops[index].claims[claimID],
      stock.move(drops[index].sku, quantity, from: .reserved, to: .held)
    else { return }
    drops[index].free -= quantity
    drops[index].held += quantity
    drops[index].serve(claimID, quantity)
    let hold = Hold(
      id: id, buyer: claim.buyer, sku: drops[index].sku, quantity: quantity,
      priceMinor: drops[index].priceMinor, untilMs: untilMs, source: .drop(drops[index].id))
    add(hold)
  }

  mutating func add(_ hold: Hold) {
    holds[hold.id] = hold
    clocks[ShopClock(atMs: hold.untilMs, id: hold.id)] = true
    updateBuyer(hold.buyer) { buyer in
      buyer.holds.insert(hold.id, at: buyer.holds.firstIndex { $0 > hold.id } ?? buyer.holds.count)
    }
  }

  private mutating func leave(_ id: ShopID, _ buyer: BuyerID) -> Bool {
    guard let index = dropIndex(id) else { return false }
    let claims = drops[index].leavable(by: buyer)
    guard !claims.isEmpty else { return false }
    for claim in claims { drops[index].forget(claim) }
    // In a pause units may have waited for who leaves now.
    shelve(index)
    return true
  }

  private mutating func decide(_ id: ShopID, seed: [UInt8], _ untilMs: Int64) -> Bool {
    guard let index = dropIndex(id), drops[index].stage == .window,
      drops[index].secret.isEmpty || drops[index].secret == seed
    else { return false }
    drops[index].stage = .open
    drops[index].seed = seed
    let claims = drops[index].claims.map { (id: $0.key, adjustedMs: $0.value.adjustedMs) }
    for claim in DropOrder.sorted(claims, seed: seed) {
      let wanted = drops[index].claims[claim]?.quantity ?? 0
      let quantity = min(wanted, drops[index].free)
      if quantity > 0 { hold(quantity, for: claim, as: claim, in: index, until: untilMs) }
      drops[index].wait(claim)
    }
    return true
  }

  private mutating func handOn(_ event: HoldMadeEvent, at place: ShopPlace) -> Bool {
    guard let index = dropIndex(event.drop), event.quantity > 0,
      drops[index].waitlist.first?.value == event.claim,
      let claim = drops[index].claims[event.claim], claim.buyer == event.buyer,
      event.quantity <= min(claim.quantity, drops[index].free)
    else { return false }
    hold(event.quantity, for: event.claim, as: place.sequence, in: index, until: event.untilMs)
    shelve(index)
    return true
  }

  private mutating func end(_ id: ShopID, _ why: DropEnd) -> Bool {
    guard let index = dropIndex(id) else { return false }
    if drops[index].stage == .ended {
      // Who still waits after its end waits no longer.
      guard why == .cancelled, drops[index].endedBy != .cancelled, !drops[index].isSettled else {
        return false
      }
    }
    if why == .soldOut, drops[index].sold < drops[index].quantity { return false }
    // A drop can't be over before its claims are decided, unless it is cancelled.
    if why == .time, drops[index].stage != .open { return false }
    drops[index].stage = .ended
    drops[index].endedBy = why
    if why != .time || drops[index].mode == .firstPaid { drops[index].forgetAll() }
    shelve(index)
    return true
  }

  private mutating func settle(_ id: ShopID) -> Bool {
    guard let index = dropIndex(id), drops[index].stage == .ended, drops[index].held == 0,
      drops[index].free == 0, !drops[index].isSettled
    else { return false }
    // Who bought stays known: a payment that comes late counts towards the same limit.
    drops[index].forgetAll()
    drops[index].secret = []
    drops[index].isSettled = true
    return true
  }

  /// Units of an ended drop that nobody waits for return to the shelf.
  mutating func shelve(_ index: Int) {
    let free = drops[index].free
    guard drops[index].stage == .ended, drops[index].waitlist.isEmpty, free > 0,
      stock.move(drops[index].sku, free, from: .reserved, to: .shelf)
    else { return }
    drops[index].free = 0
  }

  // MARK: Holds

  /// A hold ends unpaid: its units return to where they came from.
  mutating func endHold(_ id: ShopID, of buyer: BuyerID) -> Bool {
    guard let hold = holds[id], hold.buyer == buyer, hold.order == nil,
      stock.move(hold.sku, hold.quantity, from: .held, to: .reserved)
    else { return false }
    remove(hold)
    updateBuyer(buyer) { buyer in
      buyer.endedHolds.append(id)
      if buyer.endedHolds.count > ShopLimits.endedHoldsMax { buyer.endedHolds.removeFirst() }
    }
    switch hold.source {
    case .drop(let drop):
      guard let index = dropIndex(drop) else { return true }
      drops[index].held -= hold.quantity
      drops[index].free += hold.quantity
      drops[index].claimants.change(buyer) { $0.taken -= hold.quantity }
      shelve(index)
    case .lot(let lot):
      if let index = lotIndex(lot) { lots[index].unit = .reserved }
    }
    return true
  }

  /// The merchant's price of a hold that nobody has ordered yet.
  mutating func price(hold id: ShopID, of buyer: BuyerID, _ priceMinor: Minor) -> Bool {
    guard let hold = holds[id], hold.buyer == buyer, hold.order == nil, !hold.isPriced,
      (1...hold.priceMinor).contains(priceMinor)
    else { return false }
    holds.update(id) { hold in
      hold.priceMinor = priceMinor
      hold.isPriced = true
    }
    return true
  }

  mutating func remove(_ hold: Hold) {
    holds[hold.id] = nil
    clocks[ShopClock(atMs: hold.untilMs, id: hold.id)] = nil
    updateBuyer(hold.buyer) { buyer in buyer.holds.removeAll { $0 == hold.id } }
  }
}

extension Drop {
  /// Units a claim of so many gets at once: while nobody waits, and after the window.
  func atOnce(_ quantity: Int64) -> Int64 {
    stage == .open && mode == .hold && waitlist.isEmpty ? min(quantity, free) : 0
  }

  mutating func add(_ claim: Claim, _ id: ShopID) {
    claims[id] = claim
    claimants.change(claim.buyer) { $0.claims.append(id) }
  }

  /// A claim has got units; one that has all is no claim any more.
  mutating func serve(_ id: ShopID, _ quantity: Int64) {
    guard let claim = claims[id] else { return }
    guard claim.quantity <= quantity else {
      claims.update(id) { $0.quantity -= quantity }
      return
    }
    remove(id, claim)
  }

  /// A claim that still wants units goes to the end of the waitlist.
  mutating func wait(_ id: ShopID) {
    guard claims[id] != nil else { return }
    rankLast += 1
    let rank = rankLast
    waitlist[rank] = id
    claims.update(id) { $0.rank = rank }
  }

  /// A claim is given up, with the buyer's right to what it wanted.
  mutating func forget(_ id: ShopID) {
    guard let claim = claims[id] else { return }
    remove(id, claim)
    claimants.change(claim.buyer) { $0.taken -= claim.quantity }
  }

  mutating func forgetAll() {
    for id in claims.map(\.key) { forget(id) }
  }

  /// The claims a buyer can give up: those without an order that is being paid.
  func leavable(by buyer: BuyerID) -> [ShopID] {
    claims(of: buyer).filter { claims[$0]?.order == nil }
  }

  mutating func remove(_ id: ShopID, _ claim: Claim) {
    claims[id] = nil
    if let rank = claim.rank { waitlist[rank] = nil }
    claimants.change(claim.buyer) { claimant in claimant.claims.removeAll { $0 == id } }
  }
}
