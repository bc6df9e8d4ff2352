// A principal's allowance of something expensive: checked before the work (DESIGN 7.6).

/// A token bucket in whole tokens, in virtual time.
package struct Budget: Sendable {
  private let perSecond: Int64
  private let burst: Int64
  /// Tokens in billionths, so that refilling by nanoseconds stays exact.
  private var level: Int64
  private var refilledAt: Instant

  /// A full bucket that refills `perSecond` tokens a second up to `burst`.
  package init(perSecond: Int, burst: Int, at now: Instant) {
    self.perSecond = Int64(perSecond)
    self.burst = Int64(burst) * 1_000_000_000
    level = self.burst
    refilledAt = now
  }

  /// Takes one token; false when there is none.
  package mutating func take(_ count: Int = 1, at now: Instant) -> Bool {
    let elapsed = min(max(0, (now - refilledAt).nanoseconds), 10_000_000_000)
    refilledAt = now
    level = min(burst, level + elapsed * perSecond)
    let cost = Int64(count) * 1_000_000_000
    guard level >= cost else { return false }
    level -= cost
    return true
  }
}
