// Finds the owner of a check without verifying anything: for passing datagrams between workers.

import Wire

/// Reads what routing needs from a datagram nobody has authenticated yet.
package enum STUNRouting {
  /// Where our ufrag lies in a Binding Request: the part of USERNAME before the colon.
  ///
  /// Nothing is verified: a forger can name any ufrag, so the result may only decide which worker
  /// looks at the datagram. Nil for anything but a Binding Request that has such a USERNAME.
  package static func localUfrag(in datagram: borrowing Span<UInt8>) -> Range<Int>? {
    var reader = ByteReader(copy datagram)
    return try? findLocalUfrag(&reader)
  }

  private static func findLocalUfrag(_ reader: inout ByteReader) throws(WireError) -> Range<Int> {
    guard try reader.u16() == STUNWriter.bindingRequestType else { throw .badValue }
    try reader.skip(2)
    guard try reader.u32() == STUNMessage.magicCookie else { throw .badVersion }
    try reader.skip(12)
    while true {
      let type = try reader.u16()
      let length = try Int(reader.u16())
      let start = reader.offset
      let value = try reader.take(length)
      if type == STUNAttributeType.username {
        guard length <= STUNMessage.usernameBytesMax else { throw .badLength }
        for index in 0..<length where value.byte(at: index) == UInt8(ascii: ":") {
          return start..<(start &+ index)
        }
        throw .missing
      }
      try reader.skip((4 &- length % 4) % 4)
    }
  }
}
