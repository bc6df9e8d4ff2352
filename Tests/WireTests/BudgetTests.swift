// Token buckets: what they grant over time, to the token.

import Testing
import Wire

@Suite("Budgets")
struct BudgetTests {
  @Test("a full bucket grants its burst at once, then its rate")
  func burstThenRate() {
    var now = Instant.zero + .seconds(5)
    var budget = Budget(perSecond: 10, burst: 3, at: now)
    var granted = (0..<5).map { _ in budget.take(at: now) }
    #expect(granted == [true, true, true, false, false])
    now = now + .milliseconds(99)
    granted = [budget.take(at: now)]
    now = now + .milliseconds(1)
    granted += [budget.take(at: now), budget.take(at: now)]
    #expect(granted == [false, true, false])
  }

  @Test("refusals cost nothing, and fractions of a token are not lost")
  func fractions() {
    var budget = Budget(perSecond: 3, burst: 1, at: .zero)
    var granted = 0
    for millisecond in 0..<10_000 where budget.take(at: .zero + .milliseconds(Int64(millisecond))) {
      granted += 1
    }
    // One at the beginning, then three a second.
    #expect((30...31).contains(granted))
  }

  @Test("a long rest fills the bucket and no more, also one that would overflow")
  func longRest() {
    var budget = Budget(perSecond: 1_000_000, burst: 100, at: .zero)
    let late = Instant.zero + .seconds(200 * 365 * 86_400)
    let granted = [
      budget.take(100, at: .zero), budget.take(at: .zero), budget.take(101, at: late),
      budget.take(100, at: late), budget.take(at: late),
    ]
    #expect(granted == [true, false, false, true, false])
  }

  @Test("time that stands still or goes back grants nothing")
  func backwards() {
    var budget = Budget(perSecond: 10, burst: 1, at: .zero + .seconds(10))
    let granted = [10, 9, 9].map { budget.take(at: .zero + .seconds($0)) }
    #expect(granted == [true, false, false])
  }

  @Test("several tokens are taken together or not at all")
  func together() {
    var budget = Budget(perSecond: 1, burst: 5, at: .zero)
    let granted = [6, 5, 1].map { budget.take($0, at: .zero) }
    #expect(granted == [false, true, false])
  }
}
