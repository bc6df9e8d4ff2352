// What a fuzzer feeds: frames of any codec to the transcoder, and ladders to be read.

import Media
import RTP
import Wire

/// The fuzz body of this target. The libraries are run; what they must not do is trap or never end.
package enum TranscodingFuzzBody {
  private static let codecs: [Codec] = [.vp8, .vp9, .av1, .h264]

  /// Reads `bytes` as a codec and frames, each behind two bytes of length; traps when an invariant is
  /// broken.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    var reader = ByteReader(bytes.extracting(0..<bytes.count))
    guard let first = try? reader.u8() else { return }
    let transcoder = Transcoder(.standard, EncoderSettings())
    var last: WallTime?
    var number: Int64 = 0
    while let length = try? reader.u16(),
      let frame = try? reader.take(min(Int(length), reader.remaining))
    {
      number += 1
      let source = SourceFrame(
        codec: codecs[Int(first & 3)], capturedAt: WallTime(nanoseconds: number),
        bytes: frame.toArray(), isKeyframe: number == 1, beginsSegment: length & 1 == 1)
      var samples: [TranscodedSample] = []
      try? transcoder.take(source, into: &samples)
      for sample in samples where sample.rung == 0 {
        precondition(last.map { sample.picture.capturedAt > $0 } ?? true, "time goes backwards")
        last = sample.picture.capturedAt
      }
    }
    readLadder(bytes)
  }

  private static func readLadder(_ bytes: borrowing Span<UInt8>) {
    guard let ladder = Ladder(String(decoding: bytes.toArray(), as: UTF8.self)) else { return }
    for size in ladder.sizes(width: 1920, height: 1080, begun: []) {
      precondition(size.width <= 1920 && size.height <= 1080, "a rung enlarges")
    }
  }
}
