// What time alone brings about: openings, decisions, ends and holds that run out.

import Wire

extension ShopDraft {
  /// Brings the shop to the context's time. What is left when it was too much is due still.
  mutating func advance() {
    guard isDue else { return }
    for id in state.drops.map(\.id) { advance(drop: id) }
    for id in state.lots.map(\.id) { advance(lot: id) }
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

  private var isDue: Bool {
    mutating get { state.nextDueMs.map { $0 <= atMs } ?? false }
  }

  private mutating func advance(drop id: ShopID) {
    while let drop = state.drop(id), let dueMs = drop.nextDueMs, dueMs <= atMs {
      switch drop.stage {
      case .scheduled:
        // From now, not from the planned time: who could not reach us before has the same chance.
        add(
          .dropOpened(
            id, windowMs: drop.mode == .hold ? windowMs : 0,
            endsAtMs: time(in: drop.durationSeconds)))
      case .window: add(.dropDecided(id, seed: drop.secret, untilMs: time(in: drop.holdSeconds)))
      case .open: add(.dropEnded(id, .time))
      case .ended: return
      }
      settleUp(drop: id)
    }
  }

  private mutating func advance(lot id: ShopID) {
    while let lot = state.lot(id), let dueMs = lot.nextDueMs, dueMs <= atMs {
      switch lot.stage {
      case .upcoming: add(.lotStarted(id))
      case .open: add(.lotClosing(id, closesAtMs: lot.endsAtMs + windowMs))
      case .closing: askNext(lot: id)
      case .sold, .unsold, .cancelled: return
      }
    }
  }
}
