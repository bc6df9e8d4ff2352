// One thread's wait for readiness, time and wake-ups: epoll, level-triggered, no callbacks.

import CLinux
import Glibc
package import Wire

/// What a descriptor is ready for.
package struct Readiness: Sendable, Equatable {
  /// The number the owner gave the descriptor.
  package let token: UInt64
  /// Reading will not block; it may say end of stream.
  package let readable: Bool
  /// Writing will not block.
  package let writable: Bool
  /// The connection failed or both ends are closed. Reported even without interest, and again at each
  /// wait: the owner must close the descriptor.
  package let hangup: Bool
}

/// What the owner wants to hear about a descriptor.
package struct Interest: OptionSet, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }
  package static let reading = Interest(rawValue: UInt32(CLINUX_READABLE))
  package static let writing = Interest(rawValue: UInt32(CLINUX_WRITABLE))
}

/// The loop of one thread, which made it and alone may use it; only `waker` is for others.
///
/// A turn: `wait(until:)`, then look at `readiness` and drain every mailbox and ring of this loop.
/// A final class because the kernel knows it by identity for the whole life of its thread.
package final class EventLoop {
  /// Ends this loop's wait from any thread.
  package let waker: Waker
  /// The monotonic time this turn began.
  package private(set) var now: Instant
  /// What became ready in this turn, at most 256 entries; refilled by each wait. An entry may name a descriptor the
  /// owner closed earlier in the same turn: never reuse tokens.
  package private(set) var readiness: [Readiness] = []

  private let epoll: FileDescriptor
  private var raw = [clinux_readiness](
    repeating: clinux_readiness(), count: Int(CLINUX_READINESS_MAX))
  private let thread = pthread_self()

  /// A loop for the calling thread.
  ///
  /// - Parameter waker: made by another thread, where mailboxes must exist before the loop does; used
  ///   by one loop only.
  package init(waker: Waker? = nil) throws(SystemError) {
    epoll = FileDescriptor(owning: try checked(.epoll) { clinux_epoll_create() })
    if let waker { self.waker = waker } else { self.waker = try Waker() }
    now = SystemClock.now()
    readiness.reserveCapacity(raw.count)
    // Edge-triggered, alone of all: each write is one edge, so the eventfd is never read.
    try checked(.epoll) {
      clinux_epoll_add(
        epoll.rawValue, self.waker.descriptor.rawValue, CLINUX_READABLE | CLINUX_EDGE,
        EventLoop.wakerToken)
    }
  }

  /// Whether the caller is on the thread that made this loop.
  package var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }

  /// Starts reporting `descriptor` as `token`, which must not be `UInt64.max`.
  package func add(_ descriptor: FileDescriptor, token: UInt64, interest: Interest)
    throws(SystemError)
  {
    assert(isCurrent)
    precondition(token != EventLoop.wakerToken, "the waker's token is reserved")
    try checked(.epoll) {
      clinux_epoll_add(epoll.rawValue, descriptor.rawValue, interest.rawValue, token)
    }
  }

  /// Changes what is reported of a descriptor added before.
  package func modify(_ descriptor: FileDescriptor, token: UInt64, interest: Interest)
    throws(SystemError)
  {
    assert(isCurrent)
    precondition(token != EventLoop.wakerToken, "the waker's token is reserved")
    try checked(.epoll) {
      clinux_epoll_modify(epoll.rawValue, descriptor.rawValue, interest.rawValue, token)
    }
  }

  /// Stops reporting a descriptor. Needed before handing it to another thread; closing removes it too.
  package func remove(_ descriptor: FileDescriptor) throws(SystemError) {
    assert(isCurrent)
    try checked(.epoll) { clinux_epoll_remove(epoll.rawValue, descriptor.rawValue) }
  }

  /// Waits until something is ready, someone wakes the loop or `deadline` comes; a past deadline polls.
  ///
  /// Refills `readiness` and refreshes `now`. May return early with nothing ready.
  package func wait(until deadline: Instant) {
    assert(isCurrent)
    let timeout = sleepTime(until: deadline)
    let epoll = self.epoll.rawValue
    let count = unsafe raw.withUnsafeMutableBufferPointer { buffer -> Int in
      guard let start = buffer.baseAddress else { return 0 }
      return unsafe Int(clinux_epoll_wait(epoll, start, timeout))
    }
    waker.beginTurn()
    now = SystemClock.now()
    // EINTR is an early return; anything else means the epoll descriptor is wrong, our bug.
    precondition(count >= 0 || count == Int(-EINTR), "epoll_wait failed")
    collect(max(0, count))
  }

  /// The nanoseconds to sleep: 0 when the deadline is past or someone woke us already, -1 for ever.
  private func sleepTime(until deadline: Instant) -> Int64 {
    let left = deadline == .distantFuture ? -1 : (deadline - SystemClock.now()).nanoseconds
    if left <= 0 && deadline != .distantFuture { return 0 }
    return waker.fallAsleep() ? left : 0
  }

  private func collect(_ count: Int) {
    readiness.removeAll(keepingCapacity: true)
    for index in 0..<count where raw[index].token != EventLoop.wakerToken {
      let events = raw[index].events
      readiness.append(
        Readiness(
          token: raw[index].token, readable: events & CLINUX_READABLE != 0,
          writable: events & CLINUX_WRITABLE != 0, hangup: events & CLINUX_HANGUP != 0))
    }
  }

  private static let wakerToken = UInt64.max
}
