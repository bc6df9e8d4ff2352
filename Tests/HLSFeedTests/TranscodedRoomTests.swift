// A room that sends VP8: in virtual time, with real pictures through a real line.

import HLS
import Media
import RTP
import Testing
import Transcoding
import Wire

@testable import HLSFeed

/// A room whose publisher sends VP8 in two sizes, and an encoder thread that is as quick as `lag` says.
private struct Room {
  static let wall = WallTime(nanoseconds: 1_780_000_000_000_000_000)
  static let sizes = [(160, 90), (320, 180)]
  var feed: RoomFeed
  let line: TranscodeLine
  /// Results come so many frames later.
  var lag = 0
  private var waiting: [[TranscodeOrder]] = []
  private var encoders: [VP8Encoder] = []
  private var packetizers: [VP8Packetizer] = []
  private var canvases: [VideoFrame] = []
  private var numbers: [UInt16] = [10, 65_500]
  private var payloads = PayloadBatch()
  private var frame = EncodedVideoFrame()
  /// Frames that were to be decoded, one number for each step.
  var decoded: [Int] = []
  /// Layers the feed asked keyframes of.
  var asked: [Int] = []

  init(silenceMax: TimeSpan = RoomFeed.silenceMax) throws {
    let ladder = try #require(Ladder("180:400,90:100"))
    feed = RoomFeed(
      layers: ["low", "high"], timing: HLSTiming(), run: "t", ladder: ladder,
      silenceMax: silenceMax)
    line = TranscodeLine(ladder, EncoderSettings())
    for (width, height) in Room.sizes {
      encoders.append(
        try VP8Encoder(
          VP8Encoder.Configuration(
            width: width, height: height, bitrate: .kilobits(300), framesPerSecond: 30,
            keyframeInterval: nil)))
      packetizers.append(VP8Packetizer(payloadBytesMax: 1100, fields: .init()))
      canvases.append(try #require(VideoFrame(width: width, height: height)))
    }
  }

  static func instant(_ at: Double) -> Instant { .zero + TimeSpan(fractionalSeconds: at) }

  mutating func report(_ layer: Int, at: Double) {
    let report = SenderReport(
      ssrc: SSRC(1), time: NTPTime(Room.wall + TimeSpan(fractionalSeconds: at)),
      timestamp: RTPTimestamp(UInt32((at * 90_000).rounded())), packetCount: 0, octetCount: 0)
    feed.receive(report, arrival: Room.instant(at), layer: layer)
  }

  /// One frame of each of `layers`, captured at frame `number`, then what follows from it.
  mutating func step(_ number: Int, layers: [Int], loses: Bool = false) throws {
    let time = Double(number) / 30
    let now = Room.instant(time + 0.05)
    for layer in layers {
      if number % 15 == 0 { report(layer, at: time) }
      if asked.contains(layer) { encoders[layer].requestKeyframe() }
      try encoders[layer].encode(canvases[layer], at: Int64(number) * 3000, into: &frame)
      try packetizers[layer].packetize(frame, into: &payloads)
      for index in 0..<payloads.count {
        numbers[layer] &+= 1
        if loses { continue }
        let payload = payloads.bytes(at: index).toArray()
        feed.receive(
          SerialNumber16(numbers[layer]), codec: .vp8,
          timestamp: RTPTimestamp(UInt32(number) * 3000), marker: payloads.isLast(index),
          payload: payload.span, layer: layer, at: now)
      }
    }
    waiting.append(feed.takeOrders())
    decoded.append(waiting[waiting.count - 1].count { if case .frame = $0 { true } else { false } })
    while waiting.count > lag {
      var results: [TranscodeResult] = []
      line.run(waiting.removeFirst()) { results.append($0) }
      for result in results { feed.receive(result, at: now) }
    }
    asked = feed.takeKeyframeWishes(at: now)
    feed.advance(at: now)
  }

  mutating func run(_ frames: Range<Int>, layers: [Int]) throws {
    for number in frames { try step(number, layers: layers) }
  }

  func parts(_ name: String) throws -> [Part] {
    let room = try #require(feed.presentation)
    return try #require(room.renditions.first { $0.name == name }).segments.flatMap(\.parts)
  }
}

@Suite("A room that is transcoded")
struct TranscodedRoomTests {
  @Test("both rungs have every picture, and begin their segments together with keyframes")
  func renditions() throws {
    var room = try Room()
    room.lag = 2
    try room.run(0..<240, layers: [0, 1])
    let presentation = try #require(room.feed.presentation)
    #expect(presentation.renditions.map(\.name).sorted() == ["high", "low"])
    for rendition in presentation.renditions {
      let parts = rendition.segments.flatMap(\.parts)
      #expect(parts.count > 20 && parts.allSatisfy { !$0.isGap })
      let whole = rendition.segments.dropLast()
      #expect(whole.count >= 3)
      #expect(whole.allSatisfy { $0.parts.first?.isIndependent == true })
      #expect(rendition.segments.filter(\.isDiscontinuity).isEmpty)
    }
    let starts = presentation.renditions.map { $0.segments.map { $0.start } }
    #expect(starts[0] == starts[1])
    guard
      case .avc(let format)? = presentation.renditions.first(where: { $0.name == "high" })?.format
    else {
      Issue.record("no picture")
      return
    }
    #expect((format.width, format.height) == (320, 180))
  }

  @Test("publishers are not asked for keyframes at cuts, only by who needs one")
  func wishes() throws {
    var room = try Room()
    var asked = 0
    for number in 0..<240 {
      try room.step(number, layers: [0, 1])
      asked += room.asked.count
    }
    #expect(asked == 0)
  }

  @Test("the best layer that comes is decoded: another when it stops, and it again when it is back")
  func choice() throws {
    var room = try Room()
    try room.run(0..<60, layers: [0, 1])
    #expect(room.feed.transcoding.source == 1)
    try room.run(60..<120, layers: [0])
    #expect(room.feed.transcoding.source == 0)
    try room.run(120..<200, layers: [0, 1])
    #expect(room.feed.transcoding.source == 1)
    let high = try #require(room.feed.presentation?.renditions.first { $0.name == "high" })
    // Less than a second was without a picture while the layer's silence was noticed.
    #expect(high.segments.flatMap(\.parts).filter(\.isGap).count <= 3)
  }

  @Test("a layer that stops costs a discontinuity and no gap; one layer is decoded at a time")
  func fallback() throws {
    var room = try Room()
    try room.run(0..<100, layers: [0, 1])
    try room.run(100..<200, layers: [0])
    try room.run(200..<320, layers: [0, 1])
    // Both in the moment of going over.
    #expect(room.decoded.allSatisfy { $0 <= 2 } && room.decoded.count { $0 == 2 } <= 2)
    let renditions = try #require(room.feed.presentation?.renditions)
    for rendition in renditions {
      let segments = rendition.segments
      let begun = segments.filter { $0.isDiscontinuity }
      #expect(begun.count == 2)
      #expect(begun.allSatisfy { $0.parts.first?.isIndependent == true })
      #expect(segments.flatMap(\.parts).allSatisfy { !$0.isGap })
    }
    let cuts = renditions.map { $0.segments.filter(\.isDiscontinuity).map(\.start) }
    #expect(cuts[0] == cuts[1])
  }

  @Test("a layer that misses some frames is not left")
  func hiccup() throws {
    var room = try Room()
    try room.run(0..<60, layers: [0, 1])
    try room.run(60..<66, layers: [0])
    for number in 66..<130 {
      try room.step(number, layers: [0, 1])
      #expect(room.feed.transcoding.source == 1)
    }
    let high = try #require(room.feed.presentation?.renditions.first { $0.name == "high" })
    #expect(high.segments.allSatisfy { !$0.isDiscontinuity })
  }

  @Test("encoders rest while nobody watches, and the show goes on with a slate")
  func rest() throws {
    var room = try Room(silenceMax: .seconds(3))
    // A show that has just begun goes on, watched or not.
    room.feed.restEncoders(true)
    #expect(!room.feed.encodersRest)
    try room.run(0..<330, layers: [0, 1])
    room.feed.restEncoders(true)
    #expect(room.feed.encodersRest)
    room.lag = 2
    var asked = 0
    for number in 330..<480 {
      try room.step(number, layers: [0, 1])
      asked += room.asked.count
    }
    #expect(asked == 0)
    #expect(room.decoded[330...].allSatisfy { $0 == 0 })
    let isEnded = room.feed.presentation?.isEnded
    #expect(isEnded == false)
    for name in ["low", "high"] {
      let parts = try room.parts(name)
      // Where the slate begins its pictures may fall so that a part has none.
      #expect(parts.allSatisfy { !$0.isGap || $0.start < 90_000 * 25 / 2 })
      #expect(parts.count { $0.isGap } <= 2)
      #expect((parts.last.map { $0.start + $0.duration } ?? 0) > 90_000 * 14)
    }
  }

  @Test(
    "encoders that rested go on with a keyframe that is asked for at once, and it is playable in a second"
  )
  func wakes() throws {
    var room = try Room()
    try room.run(0..<330, layers: [0, 1])
    room.feed.restEncoders(true)
    try room.run(330..<420, layers: [0, 1])
    #expect(room.feed.slate.isShown)
    room.feed.restEncoders(false)
    #expect(room.feed.takeKeyframeWishes(at: Room.instant(420.0 / 30)) == [1])
    try room.run(420..<450, layers: [0, 1])
    #expect(!room.feed.slate.isShown)
    for name in ["low", "high"] {
      let parts = try room.parts(name)
      // A part with the keyframe is complete.
      let live = parts.filter { $0.isIndependent && $0.start >= 90_000 * 420 / 30 }
      #expect(live.count == 1 && parts.allSatisfy { !$0.isGap })
    }
  }

  @Test("lost frames are followed by a keyframe that was asked for")
  func loss() throws {
    var room = try Room()
    try room.run(0..<60, layers: [1])
    try room.step(60, layers: [1], loses: true)
    var asked = 0
    for number in 61..<240 {
      try room.step(number, layers: [1])
      asked += room.asked.contains(1) ? 1 : 0
    }
    #expect(asked >= 1 && asked < 10)
    #expect(try room.parts("high").suffix(4).allSatisfy { !$0.isGap })
  }

  @Test("encoders that stand still make the feed discard, in bounds, and ask for a keyframe")
  func overload() throws {
    var room = try Room()
    room.lag = .max
    try room.run(0..<200, layers: [1])
    #expect(room.feed.discardedFrames > 0)
    #expect(room.feed.transcoding.wantsKeyframe(1, at: Room.instant(7)))
    // They go on.
    room.lag = 0
    try room.run(200..<500, layers: [1])
    #expect(try room.parts("high").suffix(4).allSatisfy { !$0.isGap })
  }
}
