// One event to everyone in a large room, against a bare epoll writer; and the memory of idle sockets.

import Access
import JSON
import Loop
import Wire

extension RoomBench {
  /// What a round of one writer came to.
  private struct Rounds {
    var cpuNanoseconds: Int64 = 0
    var delivered = 0
    var longest = TimeSpan.zero
  }

  /// The host says things of about 300 bytes on the wire, and in between a process writes as many bytes
  /// to as many connections and does nothing else.
  func fanOut(sockets count: Int, rounds: Int) throws -> JSONObject {
    let child = try BenchChild(["bench", "writer"], log: folder + "/writer.log")
    defer { child.end() }
    var bare = try BareReader(child, count)
    try swarm.join(1) { _ in ("big", .host, "host") }
    let before = server.residentBytes
    try swarm.join(count) { ("big", .viewer, "viewer-\($0)") }
    try swarm.run(until: SystemClock.now() + .seconds(2))
    let grown = server.residentBytes - before
    var room = Rounds()
    var floor = Rounds()
    for round in 0...rounds {
      try tell(round, count, &room)
      try bare.round(&floor.cpuNanoseconds, &floor.delivered, &floor.longest)
      // The first of both fills caches.
      if round == 0 {
        room = Rounds()
        floor = Rounds()
      }
    }
    let (cost, least) = (perEvent(room), perEvent(floor))
    return JSONObject([
      ("sockets", .integer(Int64(count))), ("rounds", .integer(Int64(rounds))),
      ("missing", .integer(Int64(rounds * (count + 1) - room.delivered))),
      ("cpu_us_per_event", .double(cost)), ("bare_cpu_us_per_event", .double(least)),
      ("cpu_ratio_to_bare", .double((cost / least * 1000).rounded() / 1000)),
      ("all_delivered_ms", .double((room.longest.milliseconds * 10).rounded() / 10)),
      ("bare_all_delivered_ms", .double((floor.longest.milliseconds * 10).rounded() / 10)),
      ("rss_bytes_per_socket", .integer(Int64(grown / count))),
    ])
  }

  private func perEvent(_ rounds: Rounds) -> Double {
    (Double(rounds.cpuNanoseconds) / Double(max(1, rounds.delivered)) / 10).rounded() / 100
  }

  private func tell(_ round: Int, _ count: Int, _ rounds: inout Rounds) throws {
    let cpu = server.cpuNanoseconds
    let start = SystemClock.now()
    // What stands around the text has about 210 bytes.
    say(swarm.sockets[0], .state, String(repeating: "x", count: 82))
    let deadline = start + .seconds(5)
    try swarm.run(until: deadline) { swarm.waits.newestSeen <= count }
    rounds.longest = max(rounds.longest, SystemClock.now() - start)
    try swarm.run(until: SystemClock.now() + .milliseconds(20))
    rounds.cpuNanoseconds += server.cpuNanoseconds - cpu
    rounds.delivered += swarm.waits.newestSeen
    // As pages do; between the rounds.
    let share = swarm.sockets.count / 20 + 1
    for socket in swarm.sockets.dropFirst(round % 20 * share).prefix(share) {
      socket.send("{\"type\":\"ping\"}")
    }
    try swarm.run(until: SystemClock.now() + .milliseconds(430))
  }
}

/// The other end of a bare writer.
private struct BareReader {
  private let loop: EventLoop
  private let child: BenchChild
  private var streams: [TCPStream] = []
  private let buffer = [UInt8](repeating: 0, count: 64 * 1024)

  init(_ child: BenchChild, _ count: Int) throws {
    loop = try EventLoop()
    self.child = child
    for number in 0...count {
      let stream = try TCPStream(connectingTo: child.address, queuedBytesMax: 1024)
      streams.append(stream)
      try loop.add(stream.descriptor, token: UInt64(number), interest: .writing)
      // One after the other: the first must be the first.
      loop.wait(until: SystemClock.now() + .seconds(5))
      try stream.finishConnecting()
      try loop.modify(stream.descriptor, token: UInt64(number), interest: .reading)
    }
  }

  mutating func round(
    _ cpuNanoseconds: inout Int64, _ delivered: inout Int, _ longest: inout TimeSpan
  ) throws {
    let cpu = child.cpuNanoseconds
    let start = SystemClock.now()
    _ = streams[0].write([UInt8(1)].span)
    let wanted = (streams.count - 1) * BareWriter.frameBytes
    var buffer = self.buffer
    var bytes = 0
    while bytes < wanted, SystemClock.now() - start < .seconds(5) {
      loop.wait(until: start + .seconds(5))
      for readiness in loop.readiness {
        var span = buffer.mutableSpan
        if case .bytes(let count) = streams[Int(readiness.token)].read(into: &span) {
          bytes += count
        }
      }
    }
    longest = max(longest, SystemClock.now() - start)
    cpuNanoseconds += child.cpuNanoseconds - cpu
    delivered += bytes / BareWriter.frameBytes
  }
}
