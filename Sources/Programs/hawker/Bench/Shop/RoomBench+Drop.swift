// A drop that everyone in a room claims within one second: when each is told, over real sockets.

import Access
import ClientShell
import Config
import Glibc
import JSON
import Loop
import Wire

extension RoomBench {
  /// Measures one drop in a folder below `folder`, with a server of its own.
  static func drop(
    buyers: Int, in folder: String, store: StoreChoice, server: String
  ) throws -> JSONObject {
    let path = folder + "/hawker-bench-\(getpid())"
    try Files.makeFolder(path)
    defer { remove(path) }
    let bench = try RoomBench(path, server, store: store)
    defer { bench.server.end() }
    var report = try bench.drop(buyers: buyers)
    report["errors"] = .integer(Int64(bench.swarm.errors))
    if let text = bench.swarm.firstError { report["first_error"] = .string(text) }
    return report
  }

  /// What the buyers of a drop have been told.
  private struct Told {
    var drop: Int64?
    /// When its window ends.
    var windowEnd: Instant?
    var claimedAt: [Int: Instant] = [:]
    /// By buyer, when they were told that they hold a unit or where they stand.
    var decidedAt: [Int: Instant] = [:]
    var heldCount = 0

    /// How long after their claim, and after the window, a buyer knew.
    func wait(of buyer: Int) -> TimeSpan? {
      guard let claimed = claimedAt[buyer], let decided = decidedAt[buyer], let windowEnd else {
        return nil
      }
      return decided - max(claimed, windowEnd)
    }
  }

  private func drop(buyers count: Int) throws -> JSONObject {
    // A PostgreSQL may hold an earlier run's room.
    let room = "drop-\(SystemClock.wallTime().milliseconds)"
    try swarm.join(1) { _ in (room, .host, "host") }
    let cpuBeforeJoins = server.cpuNanoseconds
    let joining = SystemClock.now()
    try swarm.join(count) { (room, .viewer, "viewer-\($0)") }
    let joined = (SystemClock.now() - joining).seconds
    let joinCPU = server.cpuNanoseconds - cpuBeforeJoins
    var told = Told()
    swarm.watch = { text, socket, now in Self.look(text, socket.number, now, &told) }
    defer { swarm.watch = nil }
    send(swarm.sockets[0], .other) { _ in
      "\"type\":\"putListing\",\"reference\":\"mug\",\"title\":\"A mug\",\"currency\":\"EUR\","
        + "\"variants\":[{\"sku\":\"mug\",\"priceMinor\":1000,\"units\":\(ShopBench.unitsOfDrop)}]"
    }
    send(swarm.sockets[0], .other) { _ in
      "\"type\":\"scheduleDrop\",\"sku\":\"mug\",\"quantity\":\(ShopBench.unitsOfDrop),"
        + "\"priceMinor\":900,\"countdownSeconds\":10,\"durationSeconds\":600,\"perBuyer\":1,"
        + "\"mode\":\"hold\",\"start\":\"auto\",\"holdSeconds\":600"
    }
    let opening = SystemClock.now() + .seconds(20)
    try swarm.run(until: opening) { told.windowEnd == nil }
    guard let drop = told.drop else { throw UsageError(text: "the drop did not open") }
    swarm.waits = BenchWaits(after: swarm.waits)
    let cpu = server.cpuNanoseconds
    // Not in the order in which they are told that it is open.
    try paced(count, for: .seconds(1)) { turn in
      guard turn < count else { return }
      let socket = swarm.sockets[1 + (turn * 7919) % count]
      told.claimedAt[socket.number] = SystemClock.now()
      send(socket, .other) { _ in "\"type\":\"claim\",\"drop\":\(drop),\"quantity\":1" }
    }
    let end = SystemClock.now() + .seconds(15)
    try swarm.run(until: end) { told.decidedAt.count < told.claimedAt.count }
    let used = server.cpuNanoseconds - cpu
    return report(told, count, joined, joinCPU, used)
  }

  private func report(
    _ told: Told, _ count: Int, _ joined: Double, _ joinCPU: Int64, _ used: Int64
  ) -> JSONObject {
    var inWindow = LatencyHistogram()
    var all = LatencyHistogram()
    for (buyer, claimed) in told.claimedAt {
      guard let wait = told.wait(of: buyer), let windowEnd = told.windowEnd else { continue }
      all.record(wait)
      if claimed < windowEnd { inWindow.record(wait) }
    }
    let acknowledged = swarm.waits.acknowledged
    return JSONObject([
      ("sockets", .integer(Int64(count))), ("join_s", .double((joined * 100).rounded() / 100)),
      ("join_cpu_us", .integer(joinCPU / Int64(count) / 1000)),
      ("claims", .integer(Int64(told.claimedAt.count))),
      ("claims_in_window", .integer(Int64(inWindow.count))),
      ("acknowledged", .integer(Int64(acknowledged.count))),
      ("acknowledged_p50_ms", BenchWaits.milliseconds(acknowledged, 0.5)),
      ("acknowledged_p99_ms", BenchWaits.milliseconds(acknowledged, 0.99)),
      ("held", .integer(Int64(told.heldCount))),
      ("not_told", .integer(Int64(told.claimedAt.count - all.count))),
      ("window_decided_ms", BenchWaits.milliseconds(inWindow, 1)),
      ("decided_p50_ms", BenchWaits.milliseconds(all, 0.5)),
      ("decided_ms", BenchWaits.milliseconds(all, 1)),
      ("server_cpu_us_per_claim", .integer(used / Int64(max(1, count)) / 1000)),
    ])
  }

  private static func look(_ text: [UInt8], _ socket: Int, _ now: Instant, _ told: inout Told) {
    if socket == 0 {
      // The host is told with everyone; what buyers are told of themselves is not here.
      if told.windowEnd == nil, find(opened, in: text, from: 0) != nil { open(text, now, &told) }
      return
    }
    guard told.decidedAt[socket] == nil, let start = find(claimed, in: text, from: 0) else {
      return
    }
    if find(isHeld, in: text, from: start) != nil {
      told.heldCount += 1
    } else if find(isWaiting, in: text, from: start) == nil {
      return
    }
    told.decidedAt[socket] = now
  }

  private static func open(_ text: [UInt8], _ now: Instant, _ told: inout Told) {
    guard let atMs = number(openedAt, text), let windowMs = number(window, text),
      let drop = number(id, text)
    else { return }
    told.drop = drop
    let agoMs = SystemClock.wallTime().milliseconds - atMs
    told.windowEnd = now + .milliseconds(windowMs - agoMs)
  }

  private static func number(_ name: [UInt8], _ text: [UInt8]) -> Int64? {
    guard let start = find(opened, in: text, from: 0), let at = find(name, in: text, from: start)
    else { return nil }
    let digits = text[(at + name.count)...].prefix { (48...57).contains($0) }
    return Int64(String(decoding: digits, as: UTF8.self))
  }

  /// Where some bytes stand in a message.
  static func find(_ wanted: [UInt8], in text: [UInt8], from start: Int) -> Int? {
    guard text.count >= wanted.count, let first = wanted.first else { return nil }
    var index = start
    while index <= text.count - wanted.count {
      if text[index] == first, text[index..<(index + wanted.count)].elementsEqual(wanted) {
        return index
      }
      index += 1
    }
    return nil
  }

  private static let opened = Array("{\"type\":\"dropOpened\"".utf8)
  private static let openedAt = Array("\"atMs\":".utf8)
  private static let window = Array("\"windowMs\":".utf8)
  private static let id = Array("\"drop\":{\"id\":".utf8)
  private static let claimed = Array("{\"type\":\"claimed\"".utf8)
  private static let isHeld = Array("\"status\":\"held\"".utf8)
  private static let isWaiting = Array("\"status\":\"waiting\"".utf8)
}
