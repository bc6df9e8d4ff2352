// Timers against their deadlines and against a plain model.

import Loop
import Testing
import Wire

private func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

extension TimerQueue {
  fileprivate mutating func expired(at now: Instant) -> [UInt64] {
    var tokens: [UInt64] = []
    while let token = popExpired(at: now) { tokens.append(token) }
    return tokens
  }
}

@Suite("Timers")
struct TimerQueueTests {
  @Test("timers fire once, at their deadline, soonest first")
  func order() {
    var timers = TimerQueue()
    #expect(timers.nextDeadline == .distantFuture)
    for (token, deadline) in [(1, 30), (2, 10), (3, 20)] as [(UInt64, Int64)] {
      timers.schedule(token, at: at(deadline))
    }
    #expect(timers.nextDeadline == at(10))
    #expect(timers.expired(at: at(9)) == [])
    #expect(timers.expired(at: at(20)) == [2, 3])
    #expect(timers.expired(at: at(20)) == [])
    #expect(timers.expired(at: at(100)) == [1])
    #expect(timers.nextDeadline == .distantFuture)
  }

  @Test("a cancelled timer does not fire and may be set again")
  func cancel() {
    var timers = TimerQueue()
    timers.schedule(1, at: at(10))
    timers.cancel(1)
    timers.cancel(2)
    #expect(timers.expired(at: at(50)) == [])
    timers.schedule(1, at: at(60))
    timers.cancel(1)
    timers.schedule(1, at: at(70))
    #expect(timers.expired(at: at(65)) == [])
    #expect(timers.expired(at: at(70)) == [1])
  }

  @Test("a timer moved later or earlier fires at its last deadline only")
  func move() {
    var timers = TimerQueue()
    timers.schedule(1, at: at(10))
    timers.schedule(1, at: at(30))
    #expect(timers.expired(at: at(29)) == [])
    timers.schedule(1, at: at(15))
    #expect(timers.nextDeadline == at(15))
    #expect(timers.expired(at: at(29)) == [1])
    #expect(timers.expired(at: at(100)) == [])
  }

  @Test("any mix of settings agrees with a plain table")
  func random() {
    var generator = SplitMix(seed: 11)
    var timers = TimerQueue()
    var model: [UInt64: Instant] = [:]
    var now = Instant.zero
    for _ in 0..<20_000 {
      let token = UInt64.random(in: 0..<40, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: now = now + .milliseconds(Int64.random(in: 0..<5, using: &generator))
      case 1:
        timers.cancel(token)
        model[token] = nil
      default:
        let deadline = now + .milliseconds(Int64.random(in: 0..<60, using: &generator))
        timers.schedule(token, at: deadline)
        model[token] = deadline
      }
      let due = model.filter { $0.value <= now }.keys.sorted()
      #expect(timers.nextDeadline <= (model.values.min() ?? .distantFuture))
      #expect(timers.expired(at: now).sorted() == due)
      for token in due { model[token] = nil }
    }
  }
}
