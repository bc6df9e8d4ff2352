// Players that all wait for the next part: how long after the part does each have its playlist?

import ClientShell
import Loop
import Wire

/// So many connections that ask for the playlist with the next part, part after part.
struct BlockedLoad {
  private let loop: EventLoop
  /// The first one reads what it gets; the others only count.
  private var players: [LoadConnection] = []
  private var buffer = [UInt8](repeating: 0, count: 64 * 1024)
  private var latencies = LatencyHistogram()
  private var failures = 0

  static func run(
    _ address: String, _ players: String, _ parts: String
  ) throws -> KeyValuePairs<String, Double> {
    guard let remote = SocketAddress(address), let count = Int(players), let parts = Int(parts)
    else { throw SidecarSettings.Fault(text: HLSBench.usage, status: 2) }
    DescriptorLimit.raise()
    var load = try BlockedLoad(remote, count)
    var next = try load.first()
    var worst: [Double] = []
    for part in 0...parts {
      // The first round brings everybody into step and is not measured.
      if part == 1 { load.latencies = LatencyHistogram() }
      next = try load.round(next)
      if part > 0 { worst.append(load.roundLongest) }
    }
    let sorted = worst.sorted()
    return [
      "players": Double(count), "parts": Double(parts), "failures": Double(load.failures),
      "last_p50_ms": sorted[sorted.count / 2], "last_worst_ms": sorted.last ?? 0,
      "each_p50_ms": load.latencies.percentile(0.5)?.milliseconds ?? 0,
      "each_p99_ms": load.latencies.percentile(0.99)?.milliseconds ?? 0,
    ]
  }

  /// How long the last player of the last round waited, in milliseconds.
  private var roundLongest = 0.0

  private init(_ remote: SocketAddress, _ count: Int) throws {
    loop = try EventLoop()
    for index in 0..<count {
      let player = try LoadConnection(remote)
      try loop.add(player.stream.descriptor, token: UInt64(index), interest: .reading)
      players.append(player)
      // The listener's queue is finite.
      if index % 64 == 63 { loop.wait(until: SystemClock.now() + .milliseconds(5)) }
    }
  }

  private static func request(_ query: String, _ coding: String) -> [UInt8] {
    Array(
      "GET /hls/bench/high/index.m3u8\(query) HTTP/1.1\r\nHost: b\r\nAccept-Encoding: \(coding)\r\n\r\n"
        .utf8)
  }

  /// What to ask for first.
  private mutating func first() throws -> String {
    let until = SystemClock.now() + .seconds(20)
    while SystemClock.now() < until {
      players[0].send(BlockedLoad.request("", "identity"))
      while players[0].receive(&buffer) != true {
        loop.wait(until: SystemClock.now() + .milliseconds(5))
      }
      if players[0].status == 200 { return BlockedLoad.next(players[0].body) }
    }
    throw SidecarSettings.Fault(text: "no playlist", status: 1)
  }

  /// The directives of the next part after a playlist.
  private static func next(_ playlist: ArraySlice<UInt8>) -> String {
    let lines = String(decoding: playlist, as: UTF8.self).split(separator: "\n")
    var sequence = 0
    var part = 0
    for line in lines {
      if line.hasPrefix("#EXT-X-MEDIA-SEQUENCE:") { sequence = Int(line.dropFirst(22)) ?? 0 }
      if line.hasPrefix("#EXTINF") { (sequence, part) = (sequence + 1, 0) }
      if line.hasPrefix("#EXT-X-PART:") { part += 1 }
    }
    return "?_HLS_msn=\(sequence)&_HLS_part=\(part)"
  }

  /// Everybody asks; who has the answer waits for the others. What to ask for next.
  private mutating func round(_ query: String) throws -> String {
    let request = BlockedLoad.request(query, "gzip")
    for player in players.dropFirst() { player.send(request) }
    players[0].send(BlockedLoad.request(query, "identity"))
    var left = players.count
    roundLongest = 0
    let until = SystemClock.now() + .seconds(10)
    while left > 0 {
      guard SystemClock.now() < until else {
        throw SidecarSettings.Fault(text: "\(left) got no answer", status: 1)
      }
      loop.wait(until: until)
      for readiness in loop.readiness where readiness.readable {
        let player = players[Int(readiness.token)]
        guard let isWhole = player.receive(&buffer) else {
          throw SidecarSettings.Fault(text: "a connection was lost", status: 1)
        }
        guard isWhole else { continue }
        left -= 1
        note(player)
      }
    }
    return BlockedLoad.next(players[0].body)
  }

  private mutating func note(_ player: LoadConnection) {
    if player.status != 200 { failures += 1 }
    // Who asked when the part was there already did not wait.
    guard let at = LoadConnection.number(after: BenchRoom.partAt + ": ", in: player.head) else {
      return
    }
    let latency = SystemClock.now() - Instant(nanoseconds: at)
    latencies.record(latency)
    roundLongest = max(roundLongest, latency.milliseconds)
  }
}
