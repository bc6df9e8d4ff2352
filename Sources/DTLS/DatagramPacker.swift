// Cuts OpenSSL's glued output back into datagrams.

import Wire

/// A memory BIO keeps no datagram boundaries, so records are found by their headers and packed again.
enum DatagramPacker {
  /// Whole records in order, as many to a datagram as fit in `datagramBytesMax`; a longer record goes
  /// alone. Bytes that are no record end the output.
  static func pack(_ bytes: [UInt8]) -> [[UInt8]] {
    var datagrams: [[UInt8]] = []
    var start = 0
    var end = 0
    var reader = ByteReader(bytes.span)
    while !reader.isAtEnd, (try? DTLSRecord(&reader)) != nil {
      if reader.offset - start > datagramBytesMax, end > start {
        datagrams.append(Array(bytes[start..<end]))
        start = end
      }
      end = reader.offset
    }
    if end > start { datagrams.append(Array(bytes[start..<end])) }
    return datagrams
  }

  /// Fits every path that carries WebRTC media: the size browsers send media in.
  static let datagramBytesMax = 1200
}
