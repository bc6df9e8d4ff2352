// The record layer's header, as far as datagrams must be cut by it (RFC 6347 section 4.1).

import Wire

/// One record's header.
///
/// ```
///  0     1        3      5                  11       13
/// | type | version | epoch | sequence number | length | fragment ...
/// ```
struct DTLSRecord {
  let contentType: UInt8
  /// The low byte of the version: 0xFF for 1.0, 0xFD for 1.2.
  let minorVersion: UInt8
  let epoch: UInt16
  /// Bytes of the fragment behind the header.
  let length: Int

  /// Reads a header and passes over the fragment, of which all bytes must be there.
  ///
  /// - Throws: `.truncated`, `.badVersion` for anything but DTLS 1.x.
  init(_ reader: inout ByteReader) throws(WireError) {
    contentType = try reader.u8()
    guard try reader.u8() == DTLSRecord.majorVersion else { throw .badVersion }
    minorVersion = try reader.u8()
    epoch = try reader.u16()
    try reader.skip(6)
    length = Int(try reader.u16())
    try reader.skip(length)
  }

  static let headerLength = 13
  /// The ones' complement of 1.
  static let majorVersion: UInt8 = 0xFE
  /// DTLS 1.2; a first flight may carry 1.0 for the sake of old peers.
  static let minorVersion12: UInt8 = 0xFD
  static let changeCipherSpec: UInt8 = 20
  static let alert: UInt8 = 21
  static let handshake: UInt8 = 22
  static let applicationData: UInt8 = 23
}
