// The demo shop's chaos: what buyers and the shop's own machines do wrong, from a seed.

import Crypto

/// What becomes of one order, and how.
struct ShopFate: Hashable, Sendable {
  /// Reports, each with how long after its page was asked for it is sent.
  var reports: [(outcome: String, afterMs: Int)] = []

  static func == (a: ShopFate, b: ShopFate) -> Bool {
    a.reports.map(\.outcome) == b.reports.map(\.outcome)
      && a.reports.map(\.afterMs) == b.reports.map(\.afterMs)
  }

  func hash(into hasher: inout Hasher) {
    for report in reports { hasher.combine(report.outcome) }
  }
}

/// Draws fates and mishaps; the same seed draws the same ones.
struct ShopChaos: Sendable {
  private var random: RandomSource
  /// When an order's time is over for sure: no hold is shorter than half a minute.
  private static let lateMs = 33_000

  init(seed: UInt64) { random = .seeded(seed == 0 ? 1 : seed) }

  private mutating func number(_ bound: UInt64) -> Int { Int(random.next() % bound) }

  /// How long an answer waits: mostly not at all, sometimes longer than the deadline of a question.
  mutating func slowMs() -> Int {
    switch number(20) {
    case 0: 3500
    case 1...4: number(800)
    default: 0
    }
  }

  /// Whether this message is answered 500 the first time it comes.
  mutating func fails() -> Bool { number(8) == 0 }

  /// What becomes of an order.
  mutating func fate() -> ShopFate {
    let soon = 200 + number(2000)
    switch number(10) {
    case 0: return ShopFate(reports: [("failed", soon)])
    case 1: return ShopFate(reports: [("cancelled", soon)])
    // Nobody pays, and the money comes after all when it is too late.
    case 2: return ShopFate(reports: [("paid", ShopChaos.lateMs)])
    case 3: return ShopFate()
    // In the wrong order.
    case 4: return ShopFate(reports: [("failed", soon), ("paid", soon + 300)])
    case 5:
      return ShopFate(reports: [("paid", soon), ("failed", soon + 300), ("paid", soon + 600)])
    case 6: return ShopFate(reports: [("paid", soon), ("shipped", soon + 400)])
    case 7: return ShopFate(reports: [("paid", soon), ("refunded", soon + 500)])
    default: return ShopFate(reports: [("paid", soon)])
    }
  }

  /// How often a report is sent.
  mutating func repeats() -> Int { number(3) == 0 ? 3 : 1 }

  /// Whether something false is reported beside it.
  mutating func lies() -> Bool { number(4) == 0 }
}
