// A lively room, with everybody reading and with some who don't.

import Access
import ClientShell
import JSON
import Loop
import Wire

extension RoomBench {
  private static let tick = 200

  /// 50 chats and 40 reactions a second, 10 votes, and the host's own words once a second as what
  /// must not wait.
  func lively(sockets count: Int, seconds: Int) throws -> JSONObject {
    try gather(count)
    for socket in swarm.sockets { socket.frames = 0 }
    swarm.waits = BenchWaits(after: swarm.waits)
    let cpu = server.cpuNanoseconds
    let start = SystemClock.now()
    try paced(RoomBench.tick, for: .seconds(Int64(seconds))) { liven($0) }
    let time = (SystemClock.now() - start).seconds
    let used = Double(server.cpuNanoseconds - cpu) / 1e9 / time
    let frames = swarm.sockets.dropFirst().map { Double($0.frames) / time }.sorted()
    try swarm.run(until: SystemClock.now() + .seconds(1))
    var report = waits(count)
    report["seconds"] = .double((time * 10).rounded() / 10)
    report["server_cores"] = .double((used * 1000).rounded() / 1000)
    report["frames_per_s_per_socket"] = .double((frames[frames.count / 2] * 100).rounded() / 100)
    return report
  }

  /// The same while one in twenty stops reading, for all but the last seconds.
  func stalled(sockets count: Int, seconds: Int) throws -> JSONObject {
    try gather(count)
    let lazy = swarm.sockets.dropFirst().enumerated().filter { $0.offset % 20 == 0 }.map(\.element)
    for socket in lazy { try swarm.stall(socket, true) }
    let others = swarm.sockets.dropFirst().filter { each in !lazy.contains { $0 === each } }
    let before = server.residentBytes
    swarm.waits = BenchWaits(after: swarm.waits)
    try paced(RoomBench.tick, for: .seconds(Int64(seconds))) { turn in
      liven(turn, words: String(repeating: "lovely ", count: 60), others)
    }
    let grown = server.residentBytes - before
    var report = waits(count)
    swarm.looksForGaps = true
    for socket in lazy { try swarm.stall(socket, false) }
    try swarm.run(until: SystemClock.now() + .seconds(3))
    report["stalled"] = .integer(Int64(lazy.count))
    report["stalled_closed"] = .integer(Int64(swarm.closed))
    report["stalled_told_of_gaps"] = .integer(Int64(swarm.gaps))
    report["stalled_given_snapshots"] = .integer(Int64(swarm.snapshots))
    report["rss_bytes_per_stalled"] = .integer(Int64(grown / max(1, lazy.count)))
    return report
  }

  private func gather(_ count: Int) throws {
    try swarm.join(1) { _ in ("lively", .host, "host") }
    try swarm.join(count - 1) { ("lively", .viewer, "viewer-\($0)") }
    try openPoll(swarm.sockets[0])
    try swarm.run(until: SystemClock.now() + .seconds(1))
  }

  /// One two-hundredth of a second of the room. Viewers take turns, within what each may do.
  private func liven(
    _ turn: Int, words: String = "what a lovely colour", _ some: [BenchSocket]? = nil
  ) {
    let viewers = some ?? Array(swarm.sockets.dropFirst())
    let viewer = viewers[turn * 7 % viewers.count]
    switch turn % RoomBench.tick {
    case 0: say(swarm.sockets[0], .state, "now the next one")
    case let step where step % 4 == 1: say(viewer, .chat, words)
    case let step where step % 5 == 2:
      send(viewer, .other) { _ in "\"type\":\"react\",\"emoji\":\"❤️\",\"count\":1" }
    case let step where step % 20 == 3: vote(viewer)
    default: break
    }
    if turn % 40 == 5 {
      let share = swarm.sockets.count / 60 + 1
      for socket in swarm.sockets.dropFirst(turn / 40 % 60 * share).prefix(share) {
        socket.send("{\"type\":\"ping\"}")
      }
    }
  }

  private func waits(_ count: Int) -> JSONObject {
    let waits = swarm.waits
    return JSONObject([
      ("sockets", .integer(Int64(count))),
      ("chats_seen", .integer(Int64(waits.seen(.chat).count))),
      ("events_seen", .integer(Int64(waits.seen(.state).count))),
      ("state_p50_ms", BenchWaits.milliseconds(waits.seen(.state), 0.5)),
      ("state_p99_ms", BenchWaits.milliseconds(waits.seen(.state), 0.99)),
      ("chat_p50_ms", BenchWaits.milliseconds(waits.seen(.chat), 0.5)),
      ("chat_p99_ms", BenchWaits.milliseconds(waits.seen(.chat), 0.99)),
      ("acknowledged_p99_ms", BenchWaits.milliseconds(waits.acknowledged, 0.99)),
    ])
  }
}
