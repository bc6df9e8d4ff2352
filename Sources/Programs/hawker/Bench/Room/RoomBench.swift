// `hawker bench room`: what a served room costs, measured over real sockets against a child process.

import Config
import Doctor
import Glibc
import JSON
import Loop
import Wire

/// A measurement with a server of its own, on a disk, and clients on this thread.
struct RoomBench {
  /// What can be measured.
  enum Subject: String, CaseIterable {
    case commands, fanout, lively, stalled
  }

  let folder: String
  let server: BenchChild
  let swarm: BenchSwarm

  /// Measures one subject in a folder below `folder`, which must be on a disk.
  ///
  /// - Parameter server: the binary that serves, to compare builds.
  static func run(
    _ subject: Subject, sockets: Int?, seconds: Int, in folder: String, server: String
  ) throws -> JSONValue {
    guard FolderFacts(measuring: folder).storage != .memory else {
      throw UsageError(text: "\(folder) is in memory: give a folder on a disk with --data")
    }
    let path = folder + "/hawker-bench-\(getpid())"
    try Files.makeFolder(path)
    defer { remove(path) }
    let bench = try RoomBench(path, server)
    defer { bench.server.end() }
    var report: JSONObject
    switch subject {
    case .commands: report = try bench.commands(sockets: sockets ?? 1400, seconds: seconds)
    case .fanout: report = try bench.fanOut(sockets: sockets ?? 9000, rounds: seconds * 2)
    case .lively: report = try bench.lively(sockets: sockets ?? 2000, seconds: seconds)
    case .stalled: report = try bench.stalled(sockets: sockets ?? 1000, seconds: seconds)
    }
    report["benchmark"] = .string("room-" + subject.rawValue)
    report["errors"] = .integer(Int64(bench.swarm.errors))
    if let text = bench.swarm.firstError { report["first_error"] = .string(text) }
    report["load_average"] = .double(loadAverage)
    return .object(report)
  }

  init(_ path: String, _ binary: String, store: StoreChoice = .sqlite) throws {
    folder = path
    var flags = ["serve", "--http", "127.0.0.1:0", "--udp-port", "0", "--data", path + "/data"]
    if case .postgres(let url) = store { flags += ["--store", url] }
    server = try BenchChild(flags, log: path + "/serve.log", binary: binary)
    swarm = try BenchSwarm(server.address, data: path + "/data")
  }

  static func remove(_ path: String) {
    for folder in [path + "/data", path] {
      guard let stream = unsafe opendir(folder) else { continue }
      while let entry = unsafe readdir(stream) {
        _ = unsafe withUnsafePointer(to: &entry.pointee.d_name.0) { name in
          unsafe unlinkat(dirfd(stream), name, 0)
        }
      }
      unsafe closedir(stream)
      _ = unsafe rmdir(folder)
    }
  }

  /// Of the last minute: what else the machine did.
  static var loadAverage: Double {
    var average = 0.0
    return unsafe getloadavg(&average, 1) == 1 ? average : 0
  }

  // MARK: Sending

  /// Sends a command with a key of its own; `text` may hold `~#~`, the mark that is looked for.
  func send(_ socket: BenchSocket, _ kind: BenchWaits.Kind, _ members: (Int) -> String) {
    let number = swarm.waits.send(kind, at: SystemClock.now())
    socket.send("{\"id\":\"\(number)\",\"key\":\"k-\(number)\",\(members(number))}")
  }

  func say(_ socket: BenchSocket, _ kind: BenchWaits.Kind, _ words: String) {
    send(socket, kind) { "\"type\":\"say\",\"text\":\"~\($0)~ \(words)\"" }
  }

  /// Opens a poll and waits until it is there.
  func openPoll(_ socket: BenchSocket) throws {
    send(socket, .other) { _ in
      "\"type\":\"openPoll\",\"question\":\"Next colour?\",\"options\":[\"Blue\",\"Green\"],"
        + "\"changeable\":true,\"results\":\"live\""
    }
    let deadline = SystemClock.now() + .seconds(5)
    try swarm.run(until: deadline) { swarm.polls[socket.room] == nil }
  }

  func vote(_ socket: BenchSocket) {
    guard let poll = swarm.polls[socket.room] else { return }
    socket.lastChoice = 1 - socket.lastChoice
    let choice = socket.lastChoice
    send(socket, .other) { _ in
      "\"type\":\"vote\",\"poll\":\(poll),\"options\":[\(choice)]"
    }
  }

  /// Calls `body` `perSecond` times a second, with 0, 1, 2, …, for a time.
  func paced(_ perSecond: Int, for span: TimeSpan, _ body: (Int) -> Void) throws {
    let start = SystemClock.now()
    var count = 0
    while SystemClock.now() - start < span {
      let due = start + TimeSpan.seconds(1) * Int64(count) / Int64(perSecond)
      if SystemClock.now() >= due {
        body(count)
        count += 1
      } else {
        try swarm.run(until: due)
      }
    }
  }
}
