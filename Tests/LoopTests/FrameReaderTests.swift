// Frames cut from a stream, however it is split.

import Loop
import Testing
import Wire

extension FrameReader {
  /// The frames that `bytes` complete.
  mutating func frames(of bytes: [UInt8]) throws(FrameError) -> [[UInt8]] {
    var frames: [[UInt8]] = []
    var offset = 0
    while try advance(bytes.span, from: &offset) {
      frames.append(withFrame { frame in (0..<frame.count).map { frame[$0] } })
    }
    return frames
  }
}

func framed(_ packets: [[UInt8]]) -> [UInt8] {
  packets.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 0xFF)] + $0 }
}

@Suite("Framing over TCP, RFC 4571")
struct FrameReaderTests {
  private let packets = [3, 1, 300, 2, 40].enumerated().map { payload($1, seed: $0) }

  @Test("a stream split anywhere in two gives the same frames")
  func splits() throws {
    let stream = framed(packets)
    for split in 0...stream.count {
      var reader = FrameReader()
      var frames = try reader.frames(of: Array(stream[..<split]))
      frames += try reader.frames(of: Array(stream[split...]))
      #expect(frames == packets, "split at \(split)")
    }
  }

  @Test("a stream that comes byte by byte gives the same frames")
  func byteByByte() throws {
    var reader = FrameReader()
    var frames: [[UInt8]] = []
    for byte in framed(packets) { frames += try reader.frames(of: [byte]) }
    #expect(frames == packets)
  }

  @Test("every truncation gives the frames before it and no other")
  func truncations() throws {
    let stream = framed(packets)
    for length in 0...stream.count {
      var complete: [[UInt8]] = []
      var end = 0
      for packet in packets {
        end += packet.count + 2
        if end <= length { complete.append(packet) }
      }
      var reader = FrameReader()
      #expect(try reader.frames(of: Array(stream[..<length])) == complete)
    }
  }

  @Test("empty frames are passed over")
  func emptyFrames() throws {
    var reader = FrameReader()
    #expect(try reader.frames(of: framed([[], [], [7], [], [8, 9], []])) == [[7], [8, 9]])
    #expect(try reader.frames(of: framed([[1]])) == [[1]])
  }

  @Test(
    "the largest frame is taken; a longer one is refused as soon as its length is known, for good")
  func oversize() throws {
    var reader = FrameReader()
    let largest = payload(Limits.frameBytesMax, seed: 5)
    #expect(try reader.frames(of: framed([largest])) == [largest])
    for length in [Limits.frameBytesMax + 1, 65_535] {
      var reader = FrameReader()
      let header = [UInt8(length >> 8), UInt8(length & 0xFF)]
      #expect(throws: FrameError.tooLong) { try reader.frames(of: header) }
      #expect(throws: FrameError.tooLong) { try reader.frames(of: [1, 2, 3]) }
      #expect(throws: FrameError.tooLong) { try reader.frames(of: []) }
    }
  }

  @Test("random streams, cut at random, never trap and do not depend on the cut")
  func randomStreams() {
    var generator = SplitMix(seed: 4571)
    for _ in 0..<2000 {
      let count = Int.random(in: 0...200, using: &generator)
      // Small high bytes, so that most lengths are legal.
      let bytes = (0..<count).map { _ in
        Bool.random(using: &generator)
          ? UInt8.random(in: 0...8, using: &generator)
          : UInt8.random(in: 0...255, using: &generator)
      }
      LoopFuzzBody.run(bytes.span)
    }
  }
}

/// A small seeded generator (Steele, Lea and Flood, 2014).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
