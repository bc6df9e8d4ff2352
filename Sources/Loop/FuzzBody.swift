// What a fuzzer runs: the one parser of this target.

import Wire

/// The fuzz body of the frame reader.
package enum LoopFuzzBody {
  /// Reads `bytes` as a framed stream, at once and in pieces: both must find the same frames.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    let whole = digest(bytes, pieceMax: max(1, bytes.count))
    // The first byte chooses the size of the pieces, 1...16.
    let pieces = digest(bytes, pieceMax: 1 + Int((bytes.byte(at: 0) ?? 0) & 15))
    precondition(whole == pieces, "the split of a stream changed its frames")
  }

  /// Frames found, a checksum over them, and whether the stream was refused.
  private struct Digest: Equatable {
    var frameCount = 0
    var checksum: UInt64 = 0
    var isRefused = false
  }

  private static func digest(_ bytes: borrowing Span<UInt8>, pieceMax: Int) -> Digest {
    var reader = FrameReader()
    var digest = Digest()
    var start = 0
    while start < bytes.count && !digest.isRefused {
      let end = min(bytes.count, start + pieceMax)
      take(bytes.extracting(start..<end), &reader, &digest)
      start = end
    }
    return digest
  }

  private static func take(
    _ piece: borrowing Span<UInt8>, _ reader: inout FrameReader, _ digest: inout Digest
  ) {
    var offset = 0
    do throws(FrameError) {
      while try reader.advance(piece, from: &offset) {
        digest.frameCount += 1
        let checksum = digest.checksum
        digest.checksum = reader.withFrame { frame in
          var sum = checksum &+ UInt64(frame.count)
          for index in 0..<frame.count { sum = sum &* 31 &+ UInt64(frame[index]) }
          return sum
        }
      }
    } catch {
      digest.isRefused = true
    }
  }
}
