// Waits, wake-ups, mailboxes, rings, threads, signals and clocks.

import Glibc
import Loop
import Synchronization
import Testing
import Wire

/// What a thread of a test hands back.
private final class Outcome: Sendable {
  let count = Atomic<Int>(0)
  let checksum = Atomic<UInt64>(0)
  let failures = Atomic<Int>(0)
}

// `#expect` cannot take spans apart.
extension PacketRing {
  fileprivate func push(_ header: Header, copying packet: [UInt8]) -> Bool {
    push(header, copying: packet.span)
  }
}

@Suite("Crossing points between threads")
struct CrossingTests {
  @Test("a wait ends at its deadline, not before")
  func deadline() throws {
    let loop = try EventLoop()
    let deadline = loop.now + .milliseconds(2)
    while loop.now < deadline { loop.wait(until: deadline) }
    #expect(loop.now >= deadline)
    #expect(loop.readiness.isEmpty)
  }

  @Test("a wake-up given while the loop is awake ends its next wait, once")
  func wakeBeforeWait() throws {
    let loop = try EventLoop()
    loop.waker.wake()
    loop.waker.wake()
    let late = patience()
    loop.wait(until: late)
    #expect(loop.now < late)
    #expect(loop.readiness.isEmpty)
    let deadline = SystemClock.now() + .milliseconds(1)
    loop.wait(until: deadline)
    #expect(loop.now >= deadline)
  }

  @Test("a mailbox refuses what exceeds its capacity and gives what it took in order")
  func mailboxBound() throws {
    let loop = try EventLoop()
    let mailbox = Mailbox<Int>(capacity: 3, waker: loop.waker)
    #expect((0..<5).map { mailbox.post($0) } == [true, true, true, false, false])
    let late = patience()
    loop.wait(until: late)
    #expect(loop.now < late)
    var taken = [99]
    mailbox.drain(into: &taken)
    #expect(taken == [0, 1, 2])
    mailbox.drain(into: &taken)
    #expect(taken.isEmpty)
    #expect(mailbox.post(7))
    mailbox.drain(into: &taken)
    #expect(taken == [7])
  }

  @Test("messages of several threads all arrive, each thread's in order, waking a loop that sleeps")
  func mailboxThreads() throws {
    let loop = try EventLoop()
    let mailbox = Mailbox<(thread: Int, number: Int)>(capacity: 64, waker: loop.waker)
    let each = 5000
    let threads = try (0..<3).map { thread in
      try WorkerThread(name: "post-\(thread)", config: mailbox) { mailbox in
        var number = 0
        let deadline = patience()
        while number < each && SystemClock.now() < deadline {
          if mailbox.post((thread, number)) { number += 1 } else { sched_yield() }
        }
      }
    }
    var next = [0, 0, 0]
    var taken: [(thread: Int, number: Int)] = []
    let deadline = patience()
    while next != [each, each, each] && loop.now < deadline {
      // A lost wake-up shows as a wait until the deadline.
      loop.wait(until: deadline)
      mailbox.drain(into: &taken)
      for message in taken {
        try #require(message.number == next[message.thread])
        next[message.thread] += 1
      }
    }
    #expect(loop.now < deadline)
    for thread in threads { thread.join() }
  }

  @Test("a ring is bounded, keeps order, and refuses what is empty or too long")
  func ringBound() throws {
    let loop = try EventLoop()
    let ring = PacketRing<UInt32>(capacity: 4, waker: loop.waker)
    #expect(!ring.consume { _, _ in })
    #expect(!ring.push(0, copying: [UInt8]()))
    #expect(!ring.push(0, copying: payload(Limits.ringSlotBytes + 1, seed: 0)))
    for round in 0..<3 {
      for number in 0..<4 {
        let packet = payload(Limits.ringSlotBytes - number, seed: number + round)
        #expect(ring.push(UInt32(number), copying: packet))
      }
      #expect(!ring.push(9, copying: [1]))
      for number in 0..<4 {
        let expected = payload(Limits.ringSlotBytes - number, seed: number + round)
        var found: (UInt32, [UInt8]) = (99, [])
        #expect(
          ring.consume { header, packet in
            found = (header, (0..<packet.count).map { packet[$0] })
          })
        #expect(found == (UInt32(number), expected))
      }
      #expect(!ring.consume { _, _ in })
    }
  }

  @Test("packets through a ring arrive once, unharmed and in order, waking a consumer that sleeps")
  func ringStress() throws {
    struct Config: Sendable {
      let ring: PacketRing<UInt64>
      let outcome: Outcome
    }
    let loop = try EventLoop()
    let config = Config(
      ring: PacketRing<UInt64>(capacity: 64, waker: loop.waker), outcome: Outcome())
    let total: UInt64 = 50_000
    let producer = try WorkerThread(name: "produce", config: config) { config in
      var checksum: UInt64 = 0
      var number: UInt64 = 0
      let deadline = patience()
      while number < total && SystemClock.now() < deadline {
        let length = 8 + Int(number % 93)
        let pushed = config.ring.push(number) { slot in
          for index in 0..<length {
            slot[index] = UInt8(truncatingIfNeeded: number &+ UInt64(index))
          }
          return length
        }
        // Batches of changing size, and always when full: the consumer may sleep in between.
        if !pushed || number % 7 == 0 { config.ring.wakeConsumer() }
        guard pushed else {
          sched_yield()
          continue
        }
        for index in 0..<length {
          checksum =
            checksum &* 31 &+ UInt64(UInt8(truncatingIfNeeded: number &+ UInt64(index)))
        }
        number += 1
      }
      config.ring.wakeConsumer()
      config.outcome.checksum.store(checksum, ordering: .releasing)
    }
    var next: UInt64 = 0
    var disorder = 0
    var checksum: UInt64 = 0
    let deadline = patience()
    while next < total && loop.now < deadline {
      loop.wait(until: deadline)
      while config.ring.consume({ header, packet in
        if header != next || packet.count != 8 + Int(header % 93) { disorder += 1 }
        for index in 0..<packet.count { checksum = checksum &* 31 &+ UInt64(packet[index]) }
      }) { next += 1 }
    }
    #expect(loop.now < deadline)
    producer.join()
    #expect(disorder == 0)
    #expect(checksum == config.outcome.checksum.load(ordering: .acquiring))
  }

  @Test("a worker thread has its name, runs its function and is joined")
  func workerThread() throws {
    let outcome = Outcome()
    let thread = try WorkerThread(name: "hawker-media-10", config: outcome) { outcome in
      outcome.count.store(Int(pthread_self()), ordering: .releasing)
    }
    thread.join()
    thread.join()
    #expect(outcome.count.load(ordering: .acquiring) != 0)
    #expect(outcome.count.load(ordering: .acquiring) != Int(pthread_self()))
  }

  @Test("a loop knows its own thread")
  func loopThread() throws {
    let outcome = Outcome()
    let thread = try WorkerThread(name: "loop", config: outcome) { outcome in
      guard let loop = try? EventLoop() else { return }
      if loop.isCurrent { outcome.count.store(1, ordering: .releasing) }
    }
    thread.join()
    #expect(outcome.count.load(ordering: .acquiring) == 1)
  }

  @Test("blocked signals are read one after the other as readiness")
  func signals() throws {
    let outcome = Outcome()
    // On a thread of its own: a signal to the process could end other tests.
    let thread = try WorkerThread(name: "signals", config: outcome) { outcome in
      guard let watch = try? SignalWatch(), let loop = try? EventLoop(),
        (try? loop.add(watch.descriptor, token: 5, interest: .reading)) != nil
      else { return }
      if (try? watch.next()) == .some(nil) { outcome.count.add(1, ordering: .relaxed) }
      pthread_kill(pthread_self(), SIGHUP)
      pthread_kill(pthread_self(), SIGTERM)
      loop.wait(until: patience())
      if loop.readiness.map(\.token) == [5] { outcome.count.add(10, ordering: .relaxed) }
      let seen = [try? watch.next(), try? watch.next()].compactMap { $0 }
      if Set(seen) == [.hangup, .terminate] { outcome.count.add(100, ordering: .relaxed) }
    }
    thread.join()
    #expect(outcome.count.load(ordering: .acquiring) == 111)
  }

  @Test("the monotonic clock never goes back, and the wall clock is of this age")
  func clocks() {
    let first = SystemClock.now()
    #expect(SystemClock.now() >= first)
    #expect(SystemClock.wallTime().milliseconds > 1_700_000_000_000)
  }

  @Test("an error says which call failed and why")
  func errors() {
    let error = #expect(throws: SystemError.self) {
      try UDPSocket(binding: SocketAddress(ip: IPAddress(ipv4: 0xC000_0201), port: 0))
    }
    #expect(error?.call == .bind)
    #expect(error?.description == "bind: Cannot assign requested address")
  }
}
