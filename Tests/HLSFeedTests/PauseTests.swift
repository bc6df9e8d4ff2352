// A camera that is paused: slate and silence, and the picture again.

import HLS
import Media
import RTP
import Testing
import Transcoding
import Wire

@testable import HLSFeed

/// A room that sends H.264 with sound, made by encoders of ours; its line works at once.
private struct PausedRoom {
  static let wall = WallTime(nanoseconds: 1_780_000_000_000_000_000)
  var feed = RoomFeed(layers: ["low", "high"], timing: HLSTiming(), run: "t")
  let line = TranscodeLine(.standard, EncoderSettings())
  let source: Transcoder
  private var number: UInt16 = 0
  private var sequence: Int64 = 0
  private let vp8: VP8Encoder
  private let opus: OpusEncoder
  private var canvas: VideoFrame
  private var wantsKeyframe = true

  init() throws {
    source = Transcoder(try #require(Ladder("180:300")), EncoderSettings())
    vp8 = try VP8Encoder(
      VP8Encoder.Configuration(
        width: 320, height: 180, bitrate: .kilobits(300), framesPerSecond: 30, keyframeInterval: nil
      )
    )
    opus = try OpusEncoder(channelCount: 2)
    canvas = try #require(VideoFrame(width: 320, height: 180))
  }

  static func instant(_ at: Double) -> Instant { .zero + TimeSpan(fractionalSeconds: at) }

  static func report(_ rate: Double, at: Double) -> SenderReport {
    SenderReport(
      ssrc: SSRC(1), time: NTPTime(wall + TimeSpan(fractionalSeconds: at)),
      timestamp: RTPTimestamp(UInt32((at * rate).rounded())), packetCount: 0, octetCount: 0)
  }

  /// A frame time, with or without a picture and sound.
  mutating func step(
    _ index: Int, picture: Bool, sound: Bool, reports: Bool = true
  ) throws {
    let time = Double(index) / 30
    let now = PausedRoom.instant(time + 0.05)
    if reports, index % 15 == 0 {
      feed.receive(PausedRoom.report(90_000, at: time), arrival: now, layer: 1)
      feed.receiveSound(PausedRoom.report(48_000, at: time), arrival: now)
    }
    if picture { try sendPicture(time, now) }
    if sound {
      while Double(sequence) * 0.02 < time + 0.033 { try sendSound(now) }
    } else {
      sequence = Int64((time + 0.033) / 0.02)
    }
    settle(now)
    if feed.takeKeyframeWishes(at: now).contains(1) { wantsKeyframe = true }
    feed.advance(at: now)
    settle(now)
  }

  private mutating func settle(_ now: Instant) {
    var results: [TranscodeResult] = []
    line.run(feed.takeOrders()) { results.append($0) }
    for result in results { feed.receive(result, at: now) }
  }

  private mutating func sendPicture(_ time: Double, _ now: Instant) throws {
    var frame = EncodedVideoFrame()
    if wantsKeyframe { vp8.requestKeyframe() }
    try vp8.encode(canvas, at: Int64(time * 90_000), into: &frame)
    var samples: [TranscodedSample] = []
    try source.take(
      SourceFrame(
        codec: .vp8, capturedAt: PausedRoom.wall + TimeSpan(fractionalSeconds: time),
        bytes: frame.bytes.toArray(), isKeyframe: frame.isKeyframe, beginsSegment: wantsKeyframe),
      into: &samples)
    wantsKeyframe = false
    var unit = EncodedVideoFrame()
    for sample in samples { try unit.append(sample.picture.bytes.span) }
    var payloads = PayloadBatch()
    var packetizer = H264Packetizer(payloadBytesMax: 1100)
    try packetizer.packetize(unit, into: &payloads)
    for index in 0..<payloads.count {
      number &+= 1
      let payload = payloads.bytes(at: index).toArray()
      feed.receive(
        SerialNumber16(number), timestamp: RTPTimestamp(UInt32((time * 90_000).rounded())),
        marker: payloads.isLast(index), payload: payload.span, layer: 1, at: now)
    }
  }

  private mutating func sendSound(_ now: Instant) throws {
    var packet: [UInt8] = []
    let samples = (0..<1920).map { Int16(truncatingIfNeeded: ($0 / 2) * 377 % 4000) }
    try opus.encode(samples.span, into: &packet)
    feed.receiveSound(
      sequence, timestamp: RTPTimestamp(UInt32(sequence * 960)), payload: packet.span, at: now)
    sequence += 1
  }

  func parts(_ name: String, from: Double, to: Double) throws -> [Part] {
    let room = try #require(feed.presentation)
    let rendition = try #require(room.renditions.first { $0.name == name })
    let scale = name == "sound" ? 48_000.0 : 90_000
    return rendition.segments.flatMap(\.parts).filter {
      Double($0.start) / scale >= from && Double($0.start + $0.duration) / scale <= to
    }
  }
}

@Suite("Pauses")
struct PauseTests {
  @Test(
    "a paused camera becomes a slate without gaps, and then the picture is back with a keyframe")
  func camera() throws {
    var room = try PausedRoom()
    for index in 0..<150 { try room.step(index, picture: true, sound: true) }
    for index in 150..<450 { try room.step(index, picture: false, sound: true) }
    let slate = try room.parts("high", from: 8.5, to: 12.5)
    #expect(slate.count > 8 && slate.allSatisfy { !$0.isGap })
    for index in 450..<600 { try room.step(index, picture: true, sound: true) }
    // From the slate's first picture to the end nothing is missing.
    let after = try room.parts("high", from: 8.5, to: 18.5)
    #expect(after.allSatisfy { !$0.isGap })
    // The picture has other parameter sets than the slate.
    let high = try #require(room.feed.presentation?.renditions.first { $0.name == "high" })
    #expect(high.formats.count == 3)
    let changes = high.segments.filter { $0.parts.first?.isIndependent == true }
    #expect(changes.count >= 7)
    #expect(!room.feed.slate.isShown)
    #expect(try room.parts("sound", from: 0.5, to: 18).allSatisfy { !$0.isGap })
  }

  @Test("another session while the host is away, which tells no time: the slate goes on")
  func session() throws {
    var room = try PausedRoom()
    for index in 0..<150 { try room.step(index, picture: true, sound: true) }
    for index in 150..<300 {
      try room.step(index, picture: false, sound: false, reports: false)
    }
    room.feed.beginSession()
    for index in 300..<450 {
      try room.step(index, picture: false, sound: false, reports: false)
    }
    for name in ["high", "sound"] {
      let parts = try room.parts(name, from: 10.5, to: 14.5)
      #expect(parts.count > 8 && parts.allSatisfy { !$0.isGap })
    }
    for index in 450..<540 { try room.step(index, picture: true, sound: true) }
    let live = try room.parts("high", from: 15.5, to: 17.5)
    #expect(!live.isEmpty && live.allSatisfy { !$0.isGap })
  }

  @Test("while the slate is shown only a keyframe takes its place, and one is asked for")
  func back() throws {
    var room = try PausedRoom()
    for index in 0..<90 { try room.step(index, picture: true, sound: false) }
    for index in 90..<270 { try room.step(index, picture: false, sound: false) }
    #expect(room.feed.slate.isShown)
    func output(isSync: Bool) -> LayerFeed.Output {
      LayerFeed.Output(
        capturedAt: PausedRoom.wall + .seconds(9), bytes: [], isSync: isSync, format: nil)
    }
    let early = room.feed.leaveSlate(output(isSync: false), 1)
    #expect(early == nil)
    #expect(room.feed.layers[1].wantsKeyframe && room.feed.slate.isShown)
    // A keyframe brings its parameter sets, though they are those of before the slate.
    let format = room.feed.leaveSlate(output(isSync: true), 1) ?? nil
    #expect(format != nil && format == room.feed.layers[1].configuration)
    #expect(!room.feed.slate.isShown)
  }

  @Test("sound that stops becomes silence, and joins again where it belongs")
  func sound() throws {
    var room = try PausedRoom()
    for index in 0..<150 { try room.step(index, picture: true, sound: true) }
    for index in 150..<300 { try room.step(index, picture: true, sound: false) }
    let silence = try room.parts("sound", from: 8, to: 8.8)
    #expect(!silence.isEmpty && silence.allSatisfy { !$0.isGap })
    for index in 300..<450 { try room.step(index, picture: true, sound: true) }
    #expect(try room.parts("sound", from: 8, to: 14).allSatisfy { !$0.isGap })
    let end = try #require(room.feed.sound?.writtenEnd)
    #expect(abs(Double(end) / 48_000 - 15) < 0.1)
  }

  @Test(
    "a room that is repackaged has a poster and small pictures, under names that change with them")
  func stills() throws {
    var room = try PausedRoom()
    for index in 0..<480 { try room.step(index, picture: true, sound: true) }
    let presentation = try #require(room.feed.presentation)
    func file(_ path: String) throws -> LibraryContent? {
      guard let request = try presentation.request(path: path, query: ""),
        case .content(let content) = presentation.answer(request)
      else { return nil }
      return content
    }
    let poster = try #require(try file("poster.jpg"))
    #expect(poster.mediaType == "image/jpeg" && poster.bytes.starts(with: [0xFF, 0xD8]))
    let list = String(decoding: try #require(try file("thumbnails.vtt")).bytes, as: UTF8.self)
    #expect(list.hasPrefix("WEBVTT\n\nNOTE epoch 1780000000"))
    let lines = list.split(separator: "\n")
    #expect(lines.filter { $0.contains(" --> ") }.count == 2)
    let name = try #require(lines.last?.split(separator: "#").first.map(String.init))
    #expect(lines.last?.hasSuffix("#xywh=160,0,160,90") == true)
    #expect(try file(name)?.lifetime == .immutable)
    #expect(try file("sprite-t1-9-1.jpg") == nil)
  }

  @Test("a show that is kept has its poster and every small picture, listed to the end")
  func keptStills() throws {
    var room = try PausedRoom()
    room.feed.keepsStills = true
    var keeper = RoomKeeper(room: "demo")
    var files: [String: [UInt8]] = [:]
    var last: KeepOrder?
    func take(_ orders: [KeepOrder]) {
      for order in orders {
        switch order {
        case .file(let path, let bytes, _): files[path] = bytes
        case .append(let text): files[text.path, default: []] += Array(text.text.utf8)
        case .segment, .finish: break
        }
        last = order
      }
    }
    for index in 0..<1000 {
      try room.step(index, picture: true, sound: true)
      take(keeper.take(&room.feed))
    }
    room.feed.end()
    take(keeper.take(&room.feed))
    guard case .finish(let folder) = last else {
      Issue.record("the end is not what comes last")
      return
    }
    #expect(files["\(folder)/poster.jpg"]?.starts(with: [0xFF, 0xD8]) == true)
    let list = String(decoding: try #require(files["\(folder)/thumbnails.vtt"]), as: UTF8.self)
    let cues = list.split(separator: "\n").filter { $0.contains(" --> ") }
    #expect(cues.count == 4, "\(list)")
    let sheets = Set(
      list.split(separator: "\n").filter { $0.contains("#xywh") }.compactMap {
        $0.split(separator: "#").first
      })
    for sheet in sheets { #expect(files["\(folder)/\(sheet)"] != nil) }
    // One begins where the one before it ends.
    for (a, b) in zip(cues, cues.dropFirst()) { #expect(a.hasSuffix(b.prefix(12))) }
  }
}
