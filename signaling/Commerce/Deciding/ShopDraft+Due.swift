// What time alone brings about: openings, decisions, ends and holds that run out.

extension ShopDraft {
  /// Brings the shop to the context's time. What is left when it was too much is due still.
  mutating func advance() {
    guard isDue else { return }
    if context.hasMerchant, state.awaitsMerchant { add(.merchantAwaited(false)) }
    if let decision = soleDecision {
      add(decision)
      return
    }
    for id in state.drops.map(\.id) { advance(drop: id) }
    for id in state.lots.map(\.id) { advance(lot: id) }
    askAgain()
    for _ in 0..<ShopLimits.endedAtOnceMax {
      guard let clock = state.clocks.first?.key, clock.atMs <= atMs else { return }
      if let hold = state.holds[clock.id] {
        if let order = hold.order { add(.orderMoved(order, .expired, reason: nil)) }
        end(hold, .expired)
      } else {
        add(.orderMoved(clock.id, .expired, reason: nil))
      }
    }
  }

  /// The decision of one drop's window when nothing else is due: then thousands of claims are put in
  /// order once, by `apply`, and not on a copy before.
  private var soleDecision: ShopEvent? {
    mutating get {
      let shop = state
      let (isPaused, isPayable) = (shop.settings.isPaused, isPayable(shop))
      let due = shop.drops.filter {
        $0.nextDueMs(isPaused: isPaused, isPayable: isPayable) ?? .max <= atMs
      }
      guard let drop = due.first, due.count == 1, drop.stage == .window,
        shop.lots.allSatisfy({
          $0.nextDueMs(isPaused: isPaused, isPayable: isPayable) ?? .max > atMs
        }), shop.stock.clocks.first?.key.atMs ?? .max > atMs,
        shop.clocks.first?.key.atMs ?? .max > atMs
      else { return nil }
      return decided(drop)
    }
  }

  private func decided(_ drop: Drop) -> ShopEvent {
    .dropDecided(drop.id, seed: drop.secret, untilMs: time(in: drop.holdSeconds))
  }

  private var isDue: Bool {
    mutating get { state.nextDueMs(hasMerchant: context.hasMerchant).map { $0 <= atMs } ?? false }
  }

  private func isPayable(_ shop: Shop) -> Bool {
    shop.isHandingOn(hasMerchant: context.hasMerchant)
  }

  /// Questions for units that nobody has answered in time: once more, and after that no more.
  private mutating func askAgain() {
    for _ in 0..<ShopLimits.endedAtOnceMax {
      let shop = state
      guard let clock = shop.stock.clocks.first, clock.key.atMs <= atMs,
        let ask = shop.stock.stock(clock.value)?.asks[clock.key.id]
      else { return }
      if ask.times < ShopLimits.asksTimesMax, !shop.isOver {
        add(.unitsAskedAgain(clock.key.id, clock.value))
      } else {
        add(.unitsUnanswered(clock.key.id, clock.value))
      }
    }
  }

  private mutating func advance(drop id: ShopID) {
    // Each step leads to the next stage; a shop from a damaged snapshot must not keep us here.
    for _ in Drop.Stage.allCases {
      let shop = state
      guard let drop = shop.drop(id),
        let dueMs = drop.nextDueMs(
          isPaused: shop.settings.isPaused, isPayable: isPayable(shop)), dueMs <= atMs
      else { return }
      if drop.canHandOn, isPayable(shop) {
        settleUp(drop: id)
        continue
      }
      switch drop.stage {
      case .scheduled:
        // From now, not from the planned time: who could not reach us before has the same chance.
        add(
          .dropOpened(
            id, windowMs: drop.mode == .hold ? windowMs : 0,
            endsAtMs: time(in: drop.durationSeconds)))
      case .window: add(decided(drop))
      case .open: add(.dropEnded(id, .time))
      case .ended: return
      }
      settleUp(drop: id)
    }
  }

  private mutating func advance(lot id: ShopID) {
    for _ in Lot.Stage.allCases {
      let shop = state
      guard let lot = shop.lot(id),
        let dueMs = lot.nextDueMs(isPaused: shop.settings.isPaused, isPayable: isPayable(shop)),
        dueMs <= atMs
      else { return }
      switch lot.stage {
      case .upcoming: add(.lotStarted(id))
      // No process ran when it should have ended: whoever would have bid then can do so now.
      case .open
      where atMs - lot.endsAtMs > ShopLimits.outageMs
        && lot.prolongedCount < ShopLimits.prolongedMax:
        add(.lotProlonged(id, endsAtMs: time(in: lot.softSeconds)))
      // From now, not from the planned end: who could not reach us before has the same time.
      case .open: add(.lotClosing(id, closesAtMs: atMs + windowMs))
      case .closing, .sold: askNext(lot: id)
      case .unsold, .cancelled: return
      }
    }
  }
}
