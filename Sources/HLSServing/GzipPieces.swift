// Long playlists in gzip, of which most was compressed before: RFC 1951 lets deflated pieces stand side by side.

import CZlib
import HLS

/// Compresses playlists piece by piece, and remembers the pieces that stand.
///
/// A playlist of hours has a megabyte and changes with every part; compressed as a whole it would cost 20 ms each
/// time. Its pieces are deflated each by itself, ended at a byte, and put together to one gzip member.
struct GzipPieces {
  private struct Piece {
    let bytes: [UInt8]
    let checksum: UInt
    let plainCount: Int
  }

  private var known: [PieceName: Piece] = [:]

  /// Pieces of a kilobyte: of a window of twelve hours, all kinds of playlists of some renditions. Beyond it all are
  /// made anew.
  private static let knownMax = 8192

  /// The content as one gzip member; nil if memory is exhausted.
  mutating func compress(_ content: LibraryContent) -> [UInt8]? {
    guard content.pieceNames.contains(where: { $0 != nil }) else {
      return Gzip.compress(content.bytes)
    }
    // Deflate with no name, no time, of an unknown system (RFC 1952 section 2.3.1).
    var output: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var checksum = crc32(0, nil, 0)
    var plainCount = 0
    for (chunk, name) in zip(content.chunks, content.pieceNames) where !chunk.isEmpty {
      guard let piece = piece(chunk, name) else { return nil }
      output += piece.bytes
      checksum = crc32_combine(checksum, piece.checksum, piece.plainCount)
      plainCount += piece.plainCount
    }
    // An empty last block, the checksum and the length.
    output += [0x03, 0x00]
    for number in [UInt32(truncatingIfNeeded: checksum), UInt32(truncatingIfNeeded: plainCount)] {
      for shift in [UInt32(0), 8, 16, 24] {
        output.append(UInt8(truncatingIfNeeded: number >> shift))
      }
    }
    return output
  }

  private mutating func piece(_ chunk: [UInt8], _ name: PieceName?) -> Piece? {
    if let name, let piece = known[name] { return piece }
    guard let bytes = Gzip.deflate(chunk) else { return nil }
    let sum = unsafe chunk.withUnsafeBufferPointer { bytes in
      unsafe crc32(0, bytes.baseAddress, UInt32(bytes.count))
    }
    let piece = Piece(bytes: bytes, checksum: sum, plainCount: chunk.count)
    if let name {
      // What left the window is not asked for again.
      if known.count >= GzipPieces.knownMax { known.removeAll() }
      known[name] = piece
    }
    return piece
  }
}
