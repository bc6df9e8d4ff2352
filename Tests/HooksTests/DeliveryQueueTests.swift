// The delivery queue against a scripted disk and scripted receivers, in virtual time.

import Crypto
import RoomLog
import Testing

@testable import Hooks

/// A disk, a network and a clock around one queue.
struct HookWorld {
  /// What a receiver does with a try: the outcome, and how long that takes.
  typealias Receiver = (_ delivery: Int64, _ attempt: Int) -> (HookOutcome, afterMs: Int64)

  struct Sent: Equatable {
    let delivery: Int64
    let atMs: Int64
  }

  private enum Later {
    case outcome(HookOutcome, Int64, Int64)
    case loaded([HookDeliveryRow], Int64)
    case recorded(Int64, Int64)
  }

  var queue: DeliveryQueue
  var now: Int64 = 1_000_000
  var disk: [Int64: HookDeliveryRow] = [:]
  var endpoints: [HookEndpointRow] = []
  var receivers: [Int64: Receiver] = [:]
  var sent: [Int64: [Sent]] = [:]
  var disabled: [Int64] = []
  var loads = 0
  var underWayMost: [Int64: Int] = [:]
  private var underWay: [Int64: Int] = [:]
  private var later: [(atMs: Int64, what: Later)] = []
  private var random: RandomSource
  private var lastDelivery: Int64 = 0

  init(endpoints ids: [Int64], seed: UInt64 = 1) {
    queue = DeliveryQueue(random: .seeded(seed))
    random = .seeded(seed &+ 1)
    endpoints = ids.map {
      var row = HookEndpointRow(
        merchant: "m", url: "https://m.example/", keys: [], topics: ["*"], deadlineMs: 3000,
        createdMs: 0)
      row.id = $0
      return row
    }
    queue.set(endpoints)
  }

  mutating func make(_ count: Int, for endpoint: Int64) {
    for _ in 0..<count {
      lastDelivery += 1
      disk[lastDelivery] = HookDeliveryRow(
        id: lastDelivery, endpoint: endpoint, message: "msg_\(lastDelivery)", topic: "room.live",
        body: [], dueMs: now, createdMs: now)
    }
    queue.notice([endpoint])
  }

  /// The process dies and starts again: only the disk is left.
  mutating func restart() {
    queue = DeliveryQueue(random: .seeded(UInt64(now)))
    queue.set(endpoints)
    later = []
    underWay = [:]
  }

  /// Runs until nothing is left to happen, or `untilMs`.
  mutating func run(untilMs: Int64 = .max) {
    while true {
      for effect in queue.advance(atMs: now) { carryOut(effect) }
      let next = [later.map(\.atMs).min(), queue.nextDueMs.map { max($0, now) }].compactMap { $0 }
        .min()
      guard let next, next <= untilMs else { break }
      now = max(now, next)
      guard let index = later.indices.min(by: { later[$0].atMs < later[$1].atMs }),
        later[index].atMs <= now
      else { continue }
      happen(later.remove(at: index).what)
    }
    if untilMs != .max { now = max(now, untilMs) }
  }

  private mutating func happen(_ what: Later) {
    switch what {
    case .outcome(let outcome, let delivery, let endpoint):
      underWay[endpoint, default: 0] -= 1
      for effect in queue.take(outcome, of: delivery, to: endpoint, atMs: now) {
        carryOut(effect)
      }
    case .loaded(let rows, let endpoint): queue.found(rows, of: endpoint)
    case .recorded(let delivery, let endpoint): queue.recorded(delivery, of: endpoint)
    }
  }

  private mutating func carryOut(_ effect: DeliveryQueue.Effect) {
    switch effect {
    case .load(let endpoint):
      loads += 1
      // What is read is what was there when the reading began.
      let rows = disk.values.filter { $0.endpoint == endpoint && $0.state == .waiting }
        .sorted { ($0.dueMs, $0.id) < ($1.dueMs, $1.id) }.prefix(HookLimits.laneMax)
      later.append((now + delay(20), .loaded(Array(rows), endpoint)))
    case .send(let row):
      sent[row.endpoint, default: []].append(Sent(delivery: row.id, atMs: now))
      underWay[row.endpoint, default: 0] += 1
      underWayMost[row.endpoint] = max(
        underWayMost[row.endpoint] ?? 0, underWay[row.endpoint] ?? 0)
      guard let receiver = receivers[row.endpoint] else { return }
      let (outcome, after) = receiver(row.id, row.attempts + 1)
      later.append((now + after, .outcome(outcome, row.id, row.endpoint)))
    case .record(let attempt, _):
      guard var row = disk[attempt.delivery] else { return }
      row.attempts = attempt.attempts
      row.state = attempt.state
      row.dueMs = attempt.dueMs
      row.lastError = attempt.error
      disk[attempt.delivery] = row
      later.append((now + delay(20), .recorded(row.id, row.endpoint)))
    case .disable(let endpoint, _):
      disabled.append(endpoint)
      for index in endpoints.indices where endpoints[index].id == endpoint {
        endpoints[index].disabledMs = now
      }
      queue.set(endpoints)
    }
  }

  private mutating func delay(_ max: UInt64) -> Int64 { Int64(random.next() % max) }

  func count(_ state: HookDeliveryRow.State, of endpoint: Int64) -> Int {
    disk.values.count { $0.endpoint == endpoint && $0.state == state }
  }
}

@Suite("Delivery of webhooks in virtual time")
struct DeliveryQueueTests {
  private static let ok = HookOutcome.answered(status: 200, retryAfterMs: nil)
  private static let down = HookOutcome.failed("connection refused")

  @Test("everything is delivered, once each, when receivers answer", arguments: 0..<20)
  func delivered(_ seed: Int) {
    var world = HookWorld(endpoints: [1, 2], seed: UInt64(seed))
    world.receivers = [1: { _, _ in (Self.ok, 30) }, 2: { _, _ in (Self.ok, 3) }]
    world.make(700, for: 1)
    world.run(untilMs: world.now + 500)
    world.make(300, for: 2)
    world.run()
    #expect(world.count(.delivered, of: 1) == 700)
    #expect(world.count(.delivered, of: 2) == 300)
    #expect(world.sent[1]?.count == 700, "none twice")
    #expect(world.sent[2]?.count == 300)
    #expect(world.underWayMost[1] ?? 0 <= HookLimits.underWayPerEndpoint)
  }

  @Test("a receiver that is down is tried at the schedule's times, ten in all, and then it is dead")
  func schedule() throws {
    for seed in 0..<50 {
      var world = HookWorld(endpoints: [1], seed: UInt64(seed))
      world.receivers = [1: { _, _ in (Self.down, 0) }]
      world.make(1, for: 1)
      let start = world.now
      world.run()
      let times = (world.sent[1] ?? []).map(\.atMs)
      #expect(times.count == 10)
      #expect(times[0] - start <= 20, "the first at once")
      for (index, wanted) in RetrySchedule.waitsMs.enumerated() {
        let wait = Double(times[index + 1] - times[index])
        // A record takes up to 20 ms here.
        #expect((Double(wanted) * 0.8...Double(wanted) * 1.2 + 20).contains(wait))
      }
      #expect(world.count(.dead, of: 1) == 1)
      #expect(world.disk[1]?.lastError == "connection refused")
    }
  }

  @Test("receivers that fail now and then get everything in the end", arguments: 0..<20)
  func flaky(_ seed: Int) {
    var world = HookWorld(endpoints: [1], seed: UInt64(seed))
    let statuses = [500, 302, 404, 429, 200, 503]
    world.receivers = [
      1: { delivery, attempt in
        let status =
          attempt >= 8 ? 204 : statuses[(Int(delivery) * 7 + attempt * 3 + seed) % 6]
        return (.answered(status: status, retryAfterMs: nil), 10)
      }
    ]
    world.make(500, for: 1)
    world.run()
    #expect(world.count(.delivered, of: 1) == 500)
  }

  @Test("one that hangs delays no other")
  func isolation() {
    var world = HookWorld(endpoints: Array(1...40))
    for id in Int64(1)...39 { world.receivers[id] = { _, _ in (Self.down, 15_000) } }
    world.receivers[40] = { _, _ in (Self.ok, 5) }
    for id in Int64(1)...39 { world.make(200, for: id) }
    world.run(untilMs: world.now + 1000)
    world.make(50, for: 40)
    let start = world.now
    world.run(untilMs: start + 1000)
    #expect(world.count(.delivered, of: 40) == 50)
    let last = world.sent[40]?.last?.atMs ?? .max
    #expect(last - start < 500)
  }

  @Test(
    "however many hang, another has a place; and nothing is due by itself while places are taken")
  func manyHang() {
    var world = HookWorld(endpoints: Array(1...300))
    for id in Int64(1)...299 { world.receivers[id] = { _, _ in (Self.down, 15_000) } }
    world.receivers[300] = { _, _ in (Self.ok, 5) }
    for id in Int64(1)...299 { world.make(20, for: id) }
    world.run(untilMs: world.now + 1000)
    #expect((299...HookLimits.underWayMax + 299).contains(world.queue.sendingCount))
    #expect(world.queue.nextDueMs == nil)
    world.make(50, for: 300)
    let start = world.now
    world.run(untilMs: start + 2000)
    #expect(world.count(.delivered, of: 300) == 50)
  }

  @Test("more than memory holds waits on the disk, and newer ones go before those that wait long")
  func memory() {
    var world = HookWorld(endpoints: [1])
    world.receivers = [1: { delivery, _ in (delivery <= 1000 ? Self.down : Self.ok, 1) }]
    world.make(1000, for: 1)
    world.run(untilMs: world.now + 60_000)
    world.make(20, for: 1)
    world.run(untilMs: world.now + 1000)
    #expect(world.count(.delivered, of: 1) == 20)
    world.run()
    #expect(world.count(.dead, of: 1) == 1000)
    #expect((world.sent[1]?.count ?? 0) == 10_020)
    #expect(world.loads < 1000)
  }

  @Test(
    "410 ends the endpoint: nothing more is sent, what waits is kept for when it is wanted again")
  func gone() {
    var world = HookWorld(endpoints: [1])
    world.receivers = [1: { _, _ in (.answered(status: 410, retryAfterMs: nil), 5) }]
    world.make(50, for: 1)
    world.run()
    #expect(world.disabled.first == 1)
    #expect((world.sent[1]?.count ?? 0) <= HookLimits.underWayPerEndpoint)
    let dead = world.count(.dead, of: 1)
    #expect(world.count(.waiting, of: 1) == 50 - dead)
    world.receivers = [1: { _, _ in (Self.ok, 5) }]
    world.endpoints[0].disabledMs = nil
    world.queue.set(world.endpoints)
    world.run()
    #expect(world.count(.delivered, of: 1) == 50 - dead)
  }

  @Test("a crash between sending and recording sends again; nothing is lost", arguments: 0..<30)
  func crash(_ seed: Int) {
    var world = HookWorld(endpoints: [1], seed: UInt64(seed))
    world.receivers = [1: { _, _ in (Self.ok, 40) }]
    world.make(300, for: 1)
    for step in 1...10 {
      world.run(untilMs: world.now + Int64(37 * step % 211))
      world.restart()
    }
    world.run()
    #expect(world.count(.delivered, of: 1) == 300)
    #expect(Set((world.sent[1] ?? []).map(\.delivery)).count == 300)
    #expect((world.sent[1]?.count ?? 0) <= 300 + 10 * HookLimits.underWayPerEndpoint)
  }

  @Test("an endpoint that goes takes its tries along; their outcome means nothing")
  func removed() {
    var world = HookWorld(endpoints: [1, 2])
    world.receivers = [1: { _, _ in (Self.ok, 1000) }, 2: { _, _ in (Self.ok, 10) }]
    world.make(10, for: 1)
    world.run(untilMs: world.now + 500)
    #expect(world.queue.sendingCount == 4)
    world.endpoints.removeFirst()
    world.queue.set(world.endpoints)
    #expect(world.queue.sendingCount == 0)
    world.make(3, for: 2)
    world.run()
    #expect(world.count(.delivered, of: 2) == 3)
    #expect(world.queue.sendingCount == 0)
  }
}
