// Four-character codes of ISO base media boxes: ISO/IEC 14496-12 section 4.2.

/// The type of a box, a brand or a handler: four bytes, written as characters.
package struct BoxType: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// Big-endian, as on the wire.
  package let rawValue: UInt32

  /// The code with these bytes.
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The code of the first four bytes of `text`; shorter texts end in zeros.
  package init(stringLiteral text: String) {
    var value: UInt32 = 0
    var count = 0
    for byte in text.utf8.prefix(4) {
      value = value << 8 | UInt32(byte)
      count += 1
    }
    rawValue = value << (8 * UInt32(4 - count))
  }

  package var description: String {
    String(
      decoding: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: rawValue >> UInt32($0)) },
      as: UTF8.self)
  }
}
