// Frames in, renditions out: sizes, keyframes, times, and what is late or broken.

import Media
import RTP
import Testing
import Wire

@testable import Transcoding

@Suite("Transcoder")
struct TranscoderTests {
  /// What decoding a rendition again gives.
  private func pictures(_ samples: [TranscodedSample], rung: Int) throws -> [Picture] {
    let decoder = try VideoDecoder(.h264)
    return try samples.filter { $0.rung == rung }.compactMap {
      try decoder.decode($0.picture.bytes.span, capturedAt: $0.picture.capturedAt)
    }
  }

  @Test("each rung shows every picture, at its size, with its time and its colours")
  func rungs() throws {
    var room = try TestRoom(width: 640, height: 360)
    let ladder = try Ladder("360:800,180:300").orThrow()
    let transcoder = Transcoder(ladder, EncoderSettings())
    var samples: [TranscodedSample] = []
    for _ in 0..<10 { try transcoder.take(room.next(), into: &samples) }
    for (rung, size) in [(0, (640, 360)), (1, (320, 180))] {
      let shown = try pictures(samples, rung: rung)
      try #require(shown.count == 10)
      for (number, picture) in shown.enumerated() {
        #expect((picture.width, picture.height) == size)
        #expect(picture.capturedAt == TestRoom.time(number))
        #expect(picture.timeCode?.frameNumber == UInt16(number))
      }
      let source = try Picture(room.canvas, capturedAt: TestRoom.epoch)
      for plane in 0...2 {
        #expect(abs(shown[9].mean(plane) - source.mean(plane)) < 2, "plane \(plane) differs")
      }
    }
  }

  @Test("a keyframe that is due comes on the same picture of every rung, and no other does")
  func keyframes() throws {
    var room = try TestRoom(width: 640, height: 360)
    let ladder = try Ladder("360:800,180:300,90:100").orThrow()
    let transcoder = Transcoder(ladder, EncoderSettings())
    var samples: [TranscodedSample] = []
    for number in 0..<20 {
      // The one that is due at 12 is due when nothing is encoded.
      try transcoder.take(
        room.next(cut: number == 7 || number == 12), encodes: number != 12, into: &samples)
    }
    for rung in 0...2 {
      let keys = samples.filter { $0.rung == rung && $0.picture.isKeyframe }
      #expect(keys.map(\.picture.capturedAt) == [0, 7, 13].map(TestRoom.time))
    }
    #expect(transcoder.skippedCount == 1)
  }

  @Test("another size of the source is another size of its renditions, with a keyframe")
  func resize() throws {
    var wide = try TestRoom(width: 640, height: 360)
    var tall = try TestRoom(width: 180, height: 320)
    tall.number = 5
    let transcoder = Transcoder(.standard, EncoderSettings())
    var samples: [TranscodedSample] = []
    for _ in 0..<5 { try transcoder.take(wide.next(), into: &samples) }
    for _ in 0..<5 { try transcoder.take(tall.next(), into: &samples) }
    let shown = try pictures(samples, rung: 0)
    #expect(shown.map(\.width) == Array(repeating: 640, count: 5) + Array(repeating: 180, count: 5))
    #expect(
      samples.filter { $0.picture.isKeyframe }.map(\.picture.capturedAt)
        == [0, 5].map(TestRoom.time))
  }

  @Test("a picture that is not newer than the last is not encoded again")
  func again() throws {
    var room = try TestRoom(width: 320, height: 180)
    var other = try TestRoom(width: 640, height: 360)
    let transcoder = Transcoder(.standard, EncoderSettings())
    var samples: [TranscodedSample] = []
    try transcoder.take(room.next(), into: &samples)
    try transcoder.take(other.next(), into: &samples)
    try transcoder.take(other.next(), into: &samples)
    #expect(samples.filter { $0.rung == 0 }.map(\.picture.capturedAt) == [0, 1].map(TestRoom.time))
  }

  @Test("a frame without its keyframe is refused, and the next keyframe goes on")
  func broken() throws {
    var room = try TestRoom(width: 320, height: 180)
    let transcoder = Transcoder(.standard, EncoderSettings())
    var samples: [TranscodedSample] = []
    _ = try room.next()
    let second = try room.next()
    #expect(throws: CodecError.decodingFailed) { try transcoder.take(second, into: &samples) }
    room.encoder.requestKeyframe()
    try transcoder.take(room.next(), into: &samples)
    #expect(samples.count == 1)
  }

  @Test("what is behind is decoded only, so that the newest is shown")
  func behind() throws {
    var room = try TestRoom(width: 320, height: 180)
    let line = TranscodeLine(.standard, EncoderSettings())
    let orders = try (0..<12).map { _ in TranscodeOrder.frame(try room.next()) }
    var times: [WallTime] = []
    var taken = 0
    line.run(orders) { result in
      switch result {
      case .sample(let sample) where sample.rung == 0: times.append(sample.picture.capturedAt)
      case .taken: taken += 1
      default: break
      }
    }
    #expect(times == (7..<12).map(TestRoom.time))
    #expect(taken == 12 && line.skippedCount == 7)
  }

  @Test("VP9 and AV1 are decoded", arguments: [Codec.vp9, .av1])
  func codecs(codec: Codec) throws {
    var room = try TestRoom(width: 320, height: 180)
    let encoder = try #require(
      LibraryEncoder(codec == .vp9 ? "libvpx-vp9" : "libaom-av1", width: 320, height: 180))
    let decoder = try VideoDecoder(codec)
    var numbers: [UInt16?] = []
    for _ in 0..<5 {
      let time = room.draw()
      for frame in encoder.encode(room.canvas) {
        guard let picture = try decoder.decode(frame.span, capturedAt: time) else { continue }
        numbers.append(picture.timeCode?.frameNumber)
      }
    }
    #expect(numbers == [0, 1, 2, 3, 4])
  }

  @Test("a ladder never enlarges, keeps the shape, and reads what is in range")
  func ladder() throws {
    let standard = Ladder.standard
    func sizes(_ width: Int, _ height: Int, _ begun: Set<Int> = []) -> [[Int]] {
      standard.sizes(width: width, height: height, begun: begun).map { [$0.width, $0.height] }
    }
    #expect(sizes(1280, 720) == [[1280, 720], [640, 360]])
    #expect(sizes(1920, 1080) == [[1280, 720], [640, 360]])
    #expect(sizes(720, 1280) == [[720, 1280], [360, 640]])
    #expect(sizes(640, 360) == [[640, 360]])
    #expect(sizes(640, 360, [0, 1]) == [[640, 360], [640, 360]])
    #expect(sizes(321, 181) == [[320, 180]])
    #expect(sizes(8, 8).isEmpty)
    for text in ["", "720", "720:", "360:700,720:2500", "721:100", "720:10", "20:100", "720:2500,"]
    {
      #expect(Ladder(text) == nil, "\(text)")
    }
    #expect(Ladder("1080:5000,720:2500,360:700")?.rungs.count == 3)
    #expect(Ladder("1080:5000,720:2500,360:700,180:100") == nil)
  }

  @Test("an encoder that this machine lacks is known before it is needed")
  func settings() {
    #expect(EncoderSettings().isAvailable)
    for (name, preset) in [("none", "fast"), ("libx264", "placebo"), ("mjpeg", "fast")] {
      var settings = EncoderSettings()
      (settings.name, settings.preset) = (name, preset)
      #expect(!settings.isAvailable)
    }
  }

  @Test(
    "frames with flipped bits never trap, and a keyframe ends the damage",
    arguments: [
      Codec.vp8, .vp9, .av1, .h264,
    ])
  func damage(codec: Codec) throws {
    var room = try TestRoom(width: 160, height: 90)
    var generator = SeededGenerator(seed: 7)
    let frames = try TranscoderTests.frames(codec, &room)
    for _ in 0..<12 {
      let transcoder = Transcoder(.standard, EncoderSettings())
      var samples: [TranscodedSample] = []
      for frame in frames {
        var bytes = frame.bytes
        for _ in 0..<Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
          let place = Int.random(in: 0..<bytes.count, using: &generator)
          bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        }
        if Int.random(in: 0..<8, using: &generator) == 0 {
          bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
        }
        let damaged = SourceFrame(
          codec: codec, capturedAt: frame.capturedAt, bytes: bytes, isKeyframe: frame.isKeyframe,
          beginsSegment: false)
        try? transcoder.take(damaged, into: &samples)
      }
      let sound = SourceFrame(
        codec: codec, capturedAt: TestRoom.time(1000), bytes: frames[0].bytes, isKeyframe: true,
        beginsSegment: false)
      try? transcoder.take(sound, into: &samples)
      #expect(samples.contains { $0.picture.capturedAt == TestRoom.time(1000) })
    }
  }

  /// A few frames of a codec, the first a keyframe.
  private static func frames(_ codec: Codec, _ room: inout TestRoom) throws -> [SourceFrame] {
    if codec == .vp8 { return try (0..<6).map { _ in try room.next() } }
    if codec == .h264 {
      let transcoder = Transcoder(.standard, EncoderSettings())
      var samples: [TranscodedSample] = []
      for _ in 0..<6 { try transcoder.take(room.next(), into: &samples) }
      return samples.map {
        SourceFrame(
          codec: .h264, capturedAt: $0.picture.capturedAt, bytes: $0.picture.bytes,
          isKeyframe: $0.picture.isKeyframe, beginsSegment: false)
      }
    }
    let encoder = try LibraryEncoder(
      codec == .vp9 ? "libvpx-vp9" : "libaom-av1", width: 160, height: 90
    ).orThrow()
    var frames: [SourceFrame] = []
    for _ in 0..<6 {
      let time = room.draw()
      for bytes in encoder.encode(room.canvas) {
        frames.append(
          SourceFrame(
            codec: codec, capturedAt: time, bytes: bytes, isKeyframe: frames.isEmpty,
            beginsSegment: false))
      }
    }
    return frames
  }
}

/// A small generator for seeded sweeps (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
