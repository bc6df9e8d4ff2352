// gzip (RFC 1952) by zlib, in one go.

import CZlib

/// Compresses texts that many ask for.
package enum Gzip {
  /// The bytes as one gzip member; nil if memory is exhausted or there are 2 GiB of them.
  ///
  /// - Parameter level: 1 (quick) to 9. Playlists are made three times a second and asked for by thousands: 6 costs
  ///   a tenth of a millisecond more than 1 and saves a third of the bytes.
  package static func compress(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8]? {
    run(bytes, isRaw: false, level: level)
  }

  /// The bytes as deflated blocks that end at a byte and need nothing in front of them, none of them the last; nil
  /// likewise.
  static func deflate(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8]? {
    run(bytes, isRaw: true, level: level)
  }

  private static func run(_ bytes: [UInt8], isRaw: Bool, level: Int32) -> [UInt8]? {
    guard bytes.count < Int(Int32.max) else { return nil }
    var stream = unsafe z_stream()
    let begun = unsafe isRaw ? shim_raw_begin(&stream, level) : shim_gzip_begin(&stream, level)
    guard begun == Z_OK else { return nil }
    defer { unsafe deflateEnd(&stream) }
    let most = unsafe Int(deflateBound(&stream, UInt(bytes.count))) + flushBytes
    var isWhole = false
    var input = bytes
    let output = unsafe [UInt8](unsafeUninitializedCapacity: most) { output, count in
      unsafe input.withUnsafeMutableBufferPointer { input in
        unsafe stream.next_in = input.baseAddress
        unsafe stream.avail_in = UInt32(input.count)
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = UInt32(most)
        if isRaw {
          // Room that is left says that all has been written.
          isWhole = unsafe CZlib.deflate(&stream, Z_SYNC_FLUSH) == Z_OK && stream.avail_out > 0
        } else {
          isWhole = unsafe CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END
        }
      }
      count = isWhole ? unsafe most - Int(stream.avail_out) : 0
    }
    return isWhole ? output : nil
  }

  /// An empty stored block, which ends what is flushed, and something over.
  private static let flushBytes = 16
}
