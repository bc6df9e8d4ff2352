// Pictures and sound come back from the codecs recognizably.
import Testing
import Wire

@testable import Media

@Suite("VP8 and Opus codecs")
struct CodecTests {
  /// Encodes `count` frames of the test picture at 30 fps and gives each to `body`.
  static func encode(
    _ configuration: VP8Encoder.Configuration, count: Int,
    _ body: (_ index: Int, _ picture: borrowing VideoFrame, _ frame: borrowing EncodedVideoFrame)
      throws -> Void
  ) throws {
    let (width, height) = (configuration.width, configuration.height)
    let picture = try TestPicture(width: width, height: height, title: "codec").orThrow()
    var canvas = try VideoFrame(width: width, height: height).orThrow()
    let encoder = try VP8Encoder(configuration)
    var frame = EncodedVideoFrame()
    for index in 0..<count {
      let wall = someMoment + TimeSpan.milliseconds(1000) * Int64(index) / 30
      picture.draw(at: wall, frameNumber: UInt16(index), into: &canvas)
      try encoder.encode(canvas, at: Int64(index) * 3000, into: &frame)
      try body(index, canvas, frame)
    }
  }

  @Test("every frame at 640x360 and 500 kbit/s shows the picture and its exact time code")
  func quality() throws {
    let decoder = try VP8Decoder()
    var shown = try VideoFrame(width: 16, height: 16).orThrow()
    var small = try VideoFrame(width: 320, height: 180).orThrow()
    var bytes = 0
    try Self.encode(.init(width: 640, height: 360, bitrate: .kilobits(500)), count: 90) {
      index, picture, frame in
      bytes += frame.byteCount
      #expect(frame.timestamp == RTPTimestamp(UInt32(index) * 3000))
      try decoder.decode(frame.bytes, into: &shown)
      #expect(peakSignalToNoise(picture, shown) >= 28)
      #expect(TimeCode.read(from: shown) == TimeCode.read(from: picture))
      shown.scale(into: &small)
      #expect(TimeCode.read(from: small)?.frameNumber == UInt16(index))
    }
    // 90 frames are three seconds; 20 % above the bitrate allows for the first keyframe.
    #expect(bytes * 8 / 3 < 600_000)
  }

  @Test(
    "the time code survives low bitrates",
    arguments: [(640, 360, 300), (320, 180, 150), (160, 90, 80)])
  func lowBitrates(size: (Int, Int, Int)) throws {
    let decoder = try VP8Decoder()
    var shown = try VideoFrame(width: 16, height: 16).orThrow()
    var wrong = 0
    let bitrate = Bitrate.kilobits(Int64(size.2))
    try Self.encode(.init(width: size.0, height: size.1, bitrate: bitrate), count: 90) {
      index, picture, frame in
      try decoder.decode(frame.bytes, into: &shown)
      if TimeCode.read(from: shown)?.frameNumber != UInt16(index) { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  @Test("keyframes come first, at the interval, and on request")
  func keyframes() throws {
    var keyframes: [Int] = []
    let configuration = VP8Encoder.Configuration(
      width: 160, height: 90, bitrate: .kilobits(100), keyframeInterval: 10)
    try Self.encode(configuration, count: 25) { index, _, frame in
      if frame.isKeyframe { keyframes.append(index) }
    }
    #expect(keyframes == [0, 10, 20])

    let encoder = try VP8Encoder(
      .init(width: 160, height: 90, bitrate: .kilobits(100), keyframeInterval: nil))
    let canvas = try VideoFrame(width: 160, height: 90).orThrow()
    var frame = EncodedVideoFrame()
    keyframes = []
    for index in 0..<20 {
      if index == 7 { encoder.requestKeyframe() }
      try encoder.encode(canvas, at: Int64(index) * 3000, into: &frame)
      if frame.isKeyframe { keyframes.append(index) }
    }
    #expect(keyframes == [0, 7])
  }

  @Test("a new bitrate takes effect")
  func bitrateChange() throws {
    let picture = try TestPicture(width: 320, height: 180, title: "rate").orThrow()
    var canvas = try VideoFrame(width: 320, height: 180).orThrow()
    let encoder = try VP8Encoder(.init(width: 320, height: 180, bitrate: .kilobits(400)))
    var frame = EncodedVideoFrame()
    var bytes = [0, 0]
    for index in 0..<180 {
      if index == 90 { try encoder.setBitrate(.kilobits(100)) }
      let wall = someMoment + TimeSpan.milliseconds(1000) * Int64(index) / 30
      picture.draw(at: wall, frameNumber: UInt16(index), into: &canvas)
      try encoder.encode(canvas, at: Int64(index) * 3000, into: &frame)
      // The last second of each half, when rate control has settled.
      if index % 90 >= 60 { bytes[index / 90] += frame.byteCount }
    }
    #expect(bytes[1] * 8 < 130_000)
    #expect(bytes[0] * 8 > 160_000)
  }

  @Test(
    "leaving out upper temporal layers changes nothing in the frames that stay",
    arguments: [(TemporalPattern.two, UInt8(0)), (.three, 1), (.three, 0)])
  func temporalLayers(layers: (TemporalPattern, UInt8)) throws {
    let (pattern, highest) = layers
    let (whole, part) = try (VP8Decoder(), VP8Decoder())
    var shown = try VideoFrame(width: 16, height: 16).orThrow()
    var shownInPart = try VideoFrame(width: 16, height: 16).orThrow()
    var left = 0
    let configuration = VP8Encoder.Configuration(
      width: 320, height: 180, bitrate: .kilobits(300), keyframeInterval: 50, temporal: pattern)
    try Self.encode(configuration, count: 64) { index, _, frame in
      try whole.decode(frame.bytes, into: &shown)
      guard frame.temporalID <= highest else { return }
      left += 1
      try part.decode(frame.bytes, into: &shownInPart)
      #expect(peakSignalToNoise(shown, shownInPart) == 99, "frame \(index)")
    }
    let expected = pattern == .three && highest == 0 ? 50 / 4 + 1 + 4 : 32
    #expect(left == expected)
  }

  @Test("a layer-sync frame can be decoded after the base layer alone")
  func layerSync() throws {
    let (whole, part) = try (VP8Decoder(), VP8Decoder())
    var shown = try VideoFrame(width: 16, height: 16).orThrow()
    var shownInPart = try VideoFrame(width: 16, height: 16).orThrow()
    var marks: [String] = []
    let configuration = VP8Encoder.Configuration(
      width: 160, height: 90, bitrate: .kilobits(100), temporal: .three)
    var isUp = false
    try Self.encode(configuration, count: 24) { index, _, frame in
      if index < 8 {
        marks.append(
          "\(frame.temporalID)\(frame.isLayerSync ? "Y" : "")\(frame.isDiscardable ? "N" : "")")
      }
      try whole.decode(frame.bytes, into: &shown)
      // Moves up at the first sync frame of the middle layer after frame 8, never using layer 2.
      if index > 8, frame.temporalID == 1, frame.isLayerSync { isUp = true }
      guard frame.temporalID == 0 || (isUp && frame.temporalID == 1) else { return }
      try part.decode(frame.bytes, into: &shownInPart)
      #expect(peakSignalToNoise(shown, shownInPart) == 99, "frame \(index)")
    }
    #expect(isUp)
    #expect(marks == ["0Y", "2YN", "1Y", "2N", "0", "2N", "1", "2N"])
  }

  @Test("a decoder refuses garbage and giants, and goes on with the next keyframe")
  func garbage() throws {
    let decoder = try VP8Decoder()
    var shown = try VideoFrame(width: 16, height: 16).orThrow()
    let garbage: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    #expect(throws: CodecError.decodingFailed) { try decoder.decode(garbage.span, into: &shown) }
    #expect(throws: CodecError.decodingFailed) { try decoder.decode([UInt8]().span, into: &shown) }
    let giant: [UInt8] = [0x10, 0, 0, 0x9D, 1, 0x2A, 0xFF, 0x3F, 0xFF, 0x3F, 0, 0]
    #expect(throws: CodecError.badSize) { try decoder.decode(giant.span, into: &shown) }
    try Self.encode(.init(width: 160, height: 90, bitrate: .kilobits(100)), count: 2) {
      index, _, frame in
      try decoder.decode(frame.bytes, into: &shown)
      #expect(shown.width == 160)
    }
  }

  @Test("mutated frames never end the process")
  func mutations() throws {
    let decoder = try VP8Decoder()
    var shown = try VideoFrame(width: 16, height: 16).orThrow()
    var generator = SeededGenerator(seed: 11)
    try Self.encode(.init(width: 160, height: 90, bitrate: .kilobits(100)), count: 30) {
      _, _, frame in
      var bytes = frame.bytes.toArray()
      for _ in 0..<4 { bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= 0x55 }
      try? decoder.decode(bytes.span, into: &shown)
      #expect(shown.width * shown.height <= VideoFrame.pixelsMax)
    }
  }

  @Test("wrong sizes and settings are refused")
  func refusals() throws {
    #expect(throws: CodecError.badSize) {
      try VP8Encoder(.init(width: 0, height: 90, bitrate: .kilobits(100)))
    }
    #expect(throws: CodecError.badConfiguration) {
      try VP8Encoder(.init(width: 160, height: 90, bitrate: .kilobits(100), framesPerSecond: 0))
    }
    let encoder = try VP8Encoder(.init(width: 160, height: 90, bitrate: .kilobits(100)))
    let canvas = try VideoFrame(width: 320, height: 180).orThrow()
    var frame = EncodedVideoFrame()
    #expect(throws: CodecError.badSize) { try encoder.encode(canvas, at: 0, into: &frame) }
    #expect(throws: CodecError.badConfiguration) { try OpusEncoder(channelCount: 3) }
    #expect(throws: CodecError.badConfiguration) { try OpusDecoder(channelCount: 0) }
  }

  private func energy(_ samples: [Int16]) -> Double {
    samples.reduce(0.0) { $0 + Double($1) * Double($1) }
  }

  @Test("sound keeps its energy through Opus", arguments: [1, 2])
  func opus(channelCount: Int) throws {
    let encoder = try OpusEncoder(channelCount: channelCount)
    let decoder = try OpusDecoder(channelCount: channelCount)
    var samples = [Int16](repeating: 0, count: 960 * channelCount)
    var packet: [UInt8] = []
    var heard: [Int16] = []
    var (before, after) = (0.0, 0.0)
    for index in 0..<100 {
      TestTone.fill(
        &samples, from: someMoment + .milliseconds(20) * Int64(index), channelCount: channelCount)
      try encoder.encode(samples.span, into: &packet)
      try decoder.decode(packet.span, into: &heard)
      #expect(heard.count == samples.count)
      before += energy(samples)
      after += energy(heard)
    }
    #expect(before > 0)
    #expect(after > before * 0.7 && after < before * 1.3)
  }

  @Test("a lost packet is made up for from the copy in the next one")
  func opusRecovery() throws {
    // 24 kbit/s: only the speech modes of low bitrates have the copy.
    let encoder = try OpusEncoder(channelCount: 1, bitrate: .kilobits(24))
    let (lossy, whole) = try (OpusDecoder(channelCount: 1), OpusDecoder(channelCount: 1))
    var samples = [Int16](repeating: 0, count: 960)
    var packet: [UInt8] = []
    var (recovered, lost, heard): ([Int16], [Int16], [Int16]) = ([], [], [])
    // Packet 0 is lost, in which silence ends and the bell begins: nothing to extrapolate from.
    let second = WallTime(nanoseconds: 1_700_000_001_000_000_000)
    for index in -5..<2 {
      TestTone.fill(&samples, from: second + .milliseconds(20) * Int64(index), channelCount: 1)
      try encoder.encode(samples.span, into: &packet)
      try whole.decode(packet.span, into: &heard)
      switch index {
      case 0: lost = heard
      case 1: try lossy.recover(before: packet.span, into: &recovered)
      default: try lossy.decode(packet.span, into: &heard)
      }
    }
    #expect(recovered.count == 960)
    #expect(energy(lost) > 0)
    #expect(energy(zip(recovered, lost).map { $0 &- $1 }) < energy(lost) / 20)
  }

  @Test("Opus refuses wrong lengths and garbage")
  func opusRefusals() throws {
    let encoder = try OpusEncoder(channelCount: 1)
    let decoder = try OpusDecoder(channelCount: 1)
    var packet: [UInt8] = []
    var heard: [Int16] = []
    #expect(throws: CodecError.badSize) {
      try encoder.encode([Int16](repeating: 0, count: 959).span, into: &packet)
    }
    #expect(throws: CodecError.decodingFailed) {
      try decoder.decode([UInt8]().span, into: &heard)
    }
    // Code 3 with no frame count behind it (RFC 6716 section 3.2.5).
    #expect(throws: CodecError.decodingFailed) { try decoder.decode([0xFF].span, into: &heard) }
  }
}
