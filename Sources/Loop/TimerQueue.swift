// Deadlines by token, soonest first. Sans-IO: the owner asks for the next one and passes the time.

package import Wire

/// A set of one-shot timers, one per token.
///
/// Moving a timer later costs no heap work: the queued entry is put back when it comes up, so a
/// connection may push its idle deadline on every message.
package struct TimerQueue {
  private struct Queued {
    let at: Instant
    let token: UInt64
  }
  private struct Timer {
    /// When to fire; nil when cancelled.
    var wanted: Instant?
    /// The entry of `heap` that stands for this timer; others are stale.
    var queued: Instant
  }

  private var heap: [Queued] = []
  private var timers: [UInt64: Timer] = [:]

  package init() {}

  /// Sets the timer of `token` to `deadline`, replacing an earlier setting.
  package mutating func schedule(_ token: UInt64, at deadline: Instant) {
    if let timer = timers[token], timer.queued <= deadline {
      timers[token]?.wanted = deadline
      return
    }
    timers[token] = Timer(wanted: deadline, queued: deadline)
    push(Queued(at: deadline, token: token))
  }

  /// Forgets the timer of `token`, if any.
  package mutating func cancel(_ token: UInt64) { timers[token]?.wanted = nil }

  /// No timer fires before this; `distantFuture` when there are none. May be early by a moved timer.
  package var nextDeadline: Instant { heap.first?.at ?? .distantFuture }

  /// Takes one timer whose deadline is not after `now`; nil when there is none.
  package mutating func popExpired(at now: Instant) -> UInt64? {
    while let first = heap.first, first.at <= now {
      removeFirst()
      guard let timer = timers[first.token], timer.queued == first.at else { continue }
      guard let wanted = timer.wanted else {
        timers[first.token] = nil
        continue
      }
      if wanted <= now {
        timers[first.token] = nil
        return first.token
      }
      timers[first.token]?.queued = wanted
      push(Queued(at: wanted, token: first.token))
    }
    return nil
  }

  private mutating func push(_ entry: Queued) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if heap[parent].at <= heap[child].at { return }
      heap.swapAt(parent, child)
      child = parent
    }
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].at < heap[least].at { least = child }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
