// An allowance is a burst and a rate.

import Testing
import Wire

@testable import Peer

@Suite("A budget allows a burst, then a rate")
struct BudgetTests {
  @Test("the burst is there at once, then tokens come at the rate, never above the burst")
  func rate() {
    var budget = Budget(perSecond: 10, burst: 5, at: .zero)
    var taken = 0
    for _ in 0..<20 where budget.take(at: .zero) { taken += 1 }
    #expect(taken == 5)
    for step in Int64(1)...1000 where budget.take(at: .zero + .milliseconds(step * 10)) {
      taken += 1
    }
    #expect(taken == 5 + 100)
    taken = 0
    for _ in 0..<20 where budget.take(at: .zero + .seconds(1000)) { taken += 1 }
    #expect(taken == 5)
  }

  @Test("a refused request costs nothing; several tokens are taken together or not at all")
  func refusal() {
    var budget = Budget(perSecond: 1, burst: 3, at: .zero)
    #expect(budget.take(4, at: .zero) == false)
    #expect(budget.take(3, at: .zero) == true)
    #expect(budget.take(at: .zero) == false)
    #expect(budget.take(at: .zero + .milliseconds(999)) == false)
    #expect(budget.take(at: .zero + .milliseconds(1000)) == true)
  }

  @Test("time that stands still or runs backwards gives nothing, and a century overflows nothing")
  func oddTimes() {
    var budget = Budget(perSecond: 800, burst: 1, at: .zero + .seconds(10))
    #expect(budget.take(at: .zero + .seconds(10)) == true)
    #expect(budget.take(at: .zero) == false)
    #expect(budget.take(at: .zero + .seconds(3_000_000_000)) == true)
  }
}

@Suite("A viewer is told of media time when it changes")
struct MediaTimeMappingTests {
  private func wall(_ milliseconds: Int64) -> WallTime {
    WallTime(nanoseconds: milliseconds * 1_000_000)
  }

  @Test("the first relation is told, the same again is not, a drift over 8 ms is")
  func changes() {
    var mapping = MediaTimeMapping()
    let first = mapping.update(ticks: 90_000, mediaTime: wall(5000), offset: 7, clockRate: 90_000)
    #expect(first?.timestamp.rawValue == 90_007)
    #expect(first?.mediaTime == wall(5000))
    let same = mapping.update(ticks: 180_000, mediaTime: wall(6000), offset: 7, clockRate: 90_000)
    #expect(same == nil)
    let near = mapping.update(ticks: 180_000, mediaTime: wall(6007), offset: 7, clockRate: 90_000)
    #expect(near == nil)
    let drifted = mapping.update(
      ticks: 180_000, mediaTime: wall(6009), offset: 7, clockRate: 90_000)
    #expect(drifted != nil)
  }

  @Test("another offset, as after a re-publish, is told at once; timestamps wrap")
  func offset() {
    var mapping = MediaTimeMapping()
    _ = mapping.update(ticks: 0, mediaTime: wall(5000), offset: 0, clockRate: 90_000)
    let moved = mapping.update(
      ticks: 0, mediaTime: wall(5000), offset: 0x1_0000_0005, clockRate: 90_000)
    #expect(moved?.timestamp.rawValue == 5)
  }
}
