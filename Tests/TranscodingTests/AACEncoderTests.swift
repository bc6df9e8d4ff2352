// Sound to AAC: frames come out one for one, and say what the priming is.

import Media
import Testing
import Transcoding
import Wire

@Suite("AAC encoder")
struct AACEncoderTests {
  @Test("every 1024 samples make a frame, after the first")
  func frames() throws {
    let encoder = try AACEncoder(channelCount: 2, bitsPerSecond: 96_000)
    #expect(encoder.priming == 1024)
    var sizes: [Int] = []
    for index in 0..<50 {
      let samples = (0..<2048).map { Int16(truncatingIfNeeded: ($0 * 37 + index * 11) % 4000) }
      try encoder.encode(samples.span) { sizes.append($0.count) }
    }
    #expect(sizes.count >= 49)
    // 96 kbit/s are 256 bytes a frame.
    #expect(sizes.reduce(0, +) / sizes.count < 600)
  }

  @Test("other sizes and channels are refused")
  func refusals() throws {
    #expect(throws: CodecError.badConfiguration) {
      _ = try AACEncoder(channelCount: 3, bitsPerSecond: 96_000)
    }
    let encoder = try AACEncoder(channelCount: 1, bitsPerSecond: 64_000)
    #expect(throws: CodecError.badSize) {
      try encoder.encode([Int16](repeating: 0, count: 2048).span) { _ in }
    }
  }
}
