// What repackaging a room costs: packets to parts and playlists, in virtual time.

import HLS
import HLSFeed
import HLSServing
import HTTP
import Media
import RTP
import Wire

/// Feeds `RoomFeed` with what a session of three layers brings.
struct RepackageBench {
  private var feed = RoomFeed(layers: MadeUpLayers.names, timing: HLSTiming(), run: "b")
  private var desk = RequestDesk()
  private var numbers: [UInt16] = [0, 0, 0]
  private var packetCount = 0
  private var playlistCount = 0

  private static let wall = WallTime(nanoseconds: 1_780_000_000_000_000_000)
  private static let seconds = 60
  private static let delay = 0.05

  /// CPU of this thread per second of media, and counts.
  static func run(hasSound: Bool) throws -> KeyValuePairs<String, Double> {
    var bench = RepackageBench()
    let packets = try (0..<50).map { try soundPacket($0) }
    let begin = ThreadClock.nanoseconds()
    for number in 0..<(seconds * MadeUpLayers.framesPerSecond) {
      bench.frame(number)
      if hasSound { bench.sound(number, packets) }
      try bench.advance(number)
    }
    let used = Double(ThreadClock.nanoseconds() - begin) / 1e9
    let parts = bench.feed.presentation?.renditions.map { $0.nextPartNumber } ?? []
    return [
      "cores": used / Double(seconds), "packets_per_s": Double(bench.packetCount) / Double(seconds),
      "parts": Double(parts.reduce(0, +)), "playlists": Double(bench.playlistCount),
      "renditions": Double(parts.count),
    ]
  }

  private static func soundPacket(_ seed: Int) throws -> [UInt8] {
    let encoder = try OpusEncoder(channelCount: 2)
    var packet: [UInt8] = []
    let samples = (0..<1920).map { Int16(truncatingIfNeeded: ($0 &* 7919 &+ seed) % 4001 - 2000) }
    try encoder.encode(samples.span, into: &packet)
    return packet
  }

  private static func report(rate: Double, at: Double) -> SenderReport {
    SenderReport(
      ssrc: SSRC(1), time: NTPTime(wall + TimeSpan(fractionalSeconds: at)),
      timestamp: RTPTimestamp(UInt32(at * rate)), packetCount: 0, octetCount: 0)
  }

  private mutating func frame(_ number: Int) {
    let time = Double(number) / Double(MadeUpLayers.framesPerSecond)
    let arrival = Instant.zero + TimeSpan(fractionalSeconds: time + RepackageBench.delay)
    // As `takeKeyframeWishes` would have it: at each cut.
    let isKey = number % 60 == 1
    for layer in MadeUpLayers.names.indices {
      if number % 3 == 0 {
        feed.receive(
          RepackageBench.report(rate: 90_000, at: time), arrival: arrival, layer: layer)
      }
      let payloads = MadeUpLayers.payloads(layer: layer, isKey: isKey)
      for (index, payload) in payloads.enumerated() {
        numbers[layer] &+= 1
        packetCount += 1
        feed.receive(
          SerialNumber16(numbers[layer]), timestamp: RTPTimestamp(UInt32(time * 90_000)),
          marker: index == payloads.count - 1, payload: payload.span, layer: layer, at: arrival)
      }
    }
  }

  private mutating func sound(_ number: Int, _ packets: [[UInt8]]) {
    // 50 packets of 20 ms in 30 frames.
    for packet in (number * 5 / 3)..<((number + 1) * 5 / 3) {
      let time = Double(packet) / 50
      let arrival = Instant.zero + TimeSpan(fractionalSeconds: time + RepackageBench.delay)
      if packet % 5 == 0 {
        feed.receiveSound(RepackageBench.report(rate: 48_000, at: time), arrival: arrival)
      }
      packetCount += 1
      let payload = packets[packet % packets.count]
      feed.receiveSound(
        Int64(packet), timestamp: RTPTimestamp(UInt32(packet * 960)),
        payload: payload.span, at: arrival)
    }
  }

  /// Lets time pass, and has one viewer of each rendition, so that each playlist is written for each part.
  private mutating func advance(_ number: Int) throws {
    let time = Double(number) / Double(MadeUpLayers.framesPerSecond) + RepackageBench.delay
    let now = Instant.zero + TimeSpan(fractionalSeconds: time)
    feed.advance(at: now)
    guard number % 10 == 0, let presentation = feed.presentation else { return }
    for rendition in presentation.renditions {
      let target = try HTTPTarget("/hls/b/\(rendition.name)/index.m3u8?_HLS_msn=0&_HLS_skip=YES")
      let asked = HTTPRequest(.get, target, headers: ["Accept-Encoding": "gzip"])
      let ticket = RequestTicket(connection: 1, request: 1, asked)
      let answer = desk.answer(
        asked, ticket, room: "b", presentation, at: now, wall: RepackageBench.wall)
      if answer?.status == 200 { playlistCount += 1 }
    }
  }
}
