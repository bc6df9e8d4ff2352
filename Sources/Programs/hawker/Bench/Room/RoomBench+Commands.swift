// Durable commands over sockets: how many a second, and how long one waits at half that.

import Access
import ClientShell
import JSON
import Loop
import Wire

extension RoomBench {
  /// Chat, votes and pins of moderators in 200 rooms, each with a key of its own.
  ///
  /// Everyone keeps to the product's own rates: a member of staff may say 20 things at once and two a
  /// second, and vote 20 times a second; a socket may ask 20 times a second. At 5 commands a
  /// second each of the sockets says three or four of them, for as long as the 20 last.
  func commands(sockets count: Int, seconds: Int) throws -> JSONObject {
    let rooms = max(1, min(200, count / 2))
    try swarm.join(count) { ("room-\($0 % rooms)", .moderator, "member-\($0)") }
    for socket in swarm.sockets.prefix(rooms) { try openPoll(socket) }
    let full = count * 5
    swarm.waits = BenchWaits(after: swarm.waits)
    let cpu = server.cpuNanoseconds
    try drive(full / 2, for: .seconds(Int64(seconds)))
    let half = swarm.waits
    let halfCPU = server.cpuNanoseconds - cpu
    swarm.waits = BenchWaits(after: swarm.waits)
    let start = SystemClock.now()
    try drive(full, for: .seconds(Int64(min(seconds, 8))))
    let waits = swarm.waits
    let time = (waits.lastAcknowledgedAt - start).seconds
    return JSONObject([
      ("sockets", .integer(Int64(count))), ("rooms", .integer(Int64(rooms))),
      ("offered_per_s", .integer(Int64(full))),
      ("commands_per_s", .integer(Int64(Double(waits.acknowledged.count) / time))),
      ("unacknowledged", .integer(Int64(waits.count - waits.acknowledged.count))),
      ("acknowledged_p99_ms", BenchWaits.milliseconds(waits.acknowledged, 0.99)),
      ("half_per_s", .integer(Int64(full / 2))),
      ("half_acknowledged_p50_ms", BenchWaits.milliseconds(half.acknowledged, 0.5)),
      ("half_acknowledged_p99_ms", BenchWaits.milliseconds(half.acknowledged, 0.99)),
      (
        "server_cpu_us_per_command",
        .double((Double(halfCPU) / Double(max(1, half.count)) / 100).rounded() / 10)
      ),
    ])
  }

  private func drive(_ perSecond: Int, for span: TimeSpan) throws {
    let count = swarm.sockets.count
    try paced(perSecond, for: span) { turn in
      let socket = swarm.sockets[turn % count]
      // Of twenty commands fourteen say something, five vote and one pins.
      switch (turn / count + turn) % 20 {
      case 0..<14: say(socket, .chat, "How lovely, and what a colour")
      case 14..<19: vote(socket)
      default:
        guard let message = socket.lastMessage else { return vote(socket) }
        send(socket, .other) { _ in "\"type\":\"pinMessage\",\"message\":\(message)" }
      }
    }
    let waits = swarm.waits
    let deadline = SystemClock.now() + .seconds(5)
    try swarm.run(until: deadline) {
      swarm.waits.acknowledged.count + swarm.errors < waits.count
    }
  }
}
