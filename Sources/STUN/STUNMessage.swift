// A parsed STUN message that keeps offsets instead of bytes (RFC 8489 section 5).
//
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// |0 0|     STUN Message Type     |         Message Length        |   byte 0
// |                         Magic Cookie                          |        4
// |                     Transaction ID (96 bits)                  |        8
// | Attribute Type | Length | Value, padded to four bytes ...     |       20

package import Crypto
package import Wire

/// What one STUN message says. Ranges index into the datagram it was parsed from.
///
/// Of an attribute that comes twice the first counts, and what comes after MESSAGE-INTEGRITY is
/// ignored but for FINGERPRINT, which must be last (RFC 8489 sections 14, 14.5 and 14.7).
package struct STUNMessage: Sendable {
  package enum Class: UInt8, Hashable, Sendable {
    case request, indication, successResponse, errorResponse
  }

  /// What the sender claims about its role, with its tie-breaker (RFC 8445 section 7.1.3).
  package enum RoleClaim: Hashable, Sendable {
    case controlling(UInt64)
    case controlled(UInt64)
  }

  package enum Fingerprint: Hashable, Sendable {
    case absent, valid
    /// Wrong: the message is to be discarded (RFC 8489 section 7.3).
    case wrong
  }

  package let messageClass: Class
  /// 12 bits; `bindingMethod` is the only one ICE has.
  package let method: UInt16
  package let transactionID: STUNTransactionID
  /// Where USERNAME's value lies; at most `usernameBytesMax` bytes.
  package private(set) var username: Range<Int>?
  package private(set) var priority: UInt32?
  package private(set) var useCandidate = false
  package private(set) var roleClaim: RoleClaim?
  /// XOR-MAPPED-ADDRESS, un-XORed.
  package private(set) var mappedAddress: SocketAddress?
  /// 300...699.
  package private(set) var errorCode: UInt16?
  /// Where the MESSAGE-INTEGRITY attribute begins; nil when there is none.
  package private(set) var integrityOffset: Int?
  package private(set) var fingerprint = Fingerprint.absent
  /// Attributes that must be understood and are not, in order; what exceeds the limit is not listed.
  package private(set) var unknownAttributes = STUNUnknownAttributes()

  package static let bindingMethod: UInt16 = 1
  package static let headerByteCount = 20
  package static let magicCookie: UInt32 = 0x2112_A442
  /// RFC 5389 allowed 513; RFC 8489 section 14.3 a few less.
  package static let usernameBytesMax = 513
  private static let integrityAttributeByteCount = 4 + HMACSHA1.byteCount

  /// Reads one message that fills the whole datagram.
  ///
  /// - Throws: `.truncated` or `.badLength` for lengths that contradict each other, `.badVersion`
  ///   without the magic cookie or with the first two bits set, `.badValue` for an impossible error
  ///   code or address family, or anything after FINGERPRINT.
  package init(_ datagram: borrowing Span<UInt8>) throws(WireError) {
    var reader = ByteReader(copy datagram)
    let type = try reader.u16()
    guard type < 0x4000 else { throw .badVersion }
    let length = try Int(reader.u16())
    guard try reader.u32() == STUNMessage.magicCookie else { throw .badVersion }
    let high = try reader.u32()
    transactionID = try STUNTransactionID(high: high, low: reader.u64())
    guard length % 4 == 0, reader.remaining == length else { throw .badLength }
    messageClass = Class(rawValue: UInt8(type >> 4 & 1 | type >> 7 & 2)) ?? .request
    method = type & 0xF | type >> 1 & 0x70 | type >> 2 & 0xF80
    try readAttributes(&reader, of: datagram)
  }

  private mutating func readAttributes(
    _ reader: inout ByteReader, of datagram: borrowing Span<UInt8>
  )
    throws(WireError)
  {
    while !reader.isAtEnd {
      guard fingerprint == .absent else { throw .badValue }
      let start = reader.offset
      let type = try reader.u16()
      let length = try Int(reader.u16())
      var value = try ByteReader(reader.take(length))
      try reader.skip((4 &- length % 4) % 4)
      if type == STUNAttributeType.fingerprint {
        guard length == 4 else { throw .badLength }
        let expected = STUNFingerprint.value(over: datagram.extracting(first: start))
        fingerprint = try value.u32() == expected ? .valid : .wrong
      } else if integrityOffset == nil {
        try readAttribute(type, &value, at: start)
      }
    }
  }

  /// Reads one attribute whose header begins at `start`.
  private mutating func readAttribute(_ type: UInt16, _ value: inout ByteReader, at start: Int)
    throws(WireError)
  {
    let length = value.remaining
    switch type {
    case STUNAttributeType.username:
      guard length <= STUNMessage.usernameBytesMax else { throw .badLength }
      if username == nil { username = (start &+ 4)..<(start &+ 4 &+ length) }
    case STUNAttributeType.messageIntegrity:
      guard length == HMACSHA1.byteCount else { throw .badLength }
      integrityOffset = start
    case STUNAttributeType.priority:
      guard length == 4 else { throw .badLength }
      if priority == nil { priority = try value.u32() }
    case STUNAttributeType.useCandidate:
      guard length == 0 else { throw .badLength }
      useCandidate = true
    case STUNAttributeType.iceControlling, STUNAttributeType.iceControlled:
      guard length == 8 else { throw .badLength }
      let tieBreaker = try value.u64()
      let claim: RoleClaim =
        type == STUNAttributeType.iceControlling
        ? .controlling(tieBreaker) : .controlled(tieBreaker)
      if roleClaim == nil { roleClaim = claim }
    case STUNAttributeType.xorMappedAddress:
      let address = try STUNMessage.readAddress(&value, transactionID)
      if mappedAddress == nil { mappedAddress = address }
    case STUNAttributeType.errorCode:
      let code = try STUNMessage.readErrorCode(&value)
      if errorCode == nil { errorCode = code }
    case STUNAttributeType.mappedAddress, STUNAttributeType.realm, STUNAttributeType.nonce,
      STUNAttributeType.unknownAttributes, STUNAttributeType.messageIntegritySHA256:
      break  // Understood, and of no use to ICE.
    default:
      if type < STUNAttributeType.firstOptional { unknownAttributes.append(type) }
    }
  }

  /// RFC 8489 section 14.2.
  private static func readAddress(_ value: inout ByteReader, _ id: STUNTransactionID)
    throws(WireError) -> SocketAddress
  {
    let family = try value.u16() & 0xFF
    let port = try value.u16() ^ UInt16(magicCookie >> 16)
    let ip: IPAddress
    switch family {
    case 1: ip = try IPAddress(ipv4: value.u32() ^ magicCookie)
    case 2:
      let high = try value.u64() ^ (UInt64(magicCookie) << 32 | UInt64(id.high))
      ip = try IPAddress(high: high, low: value.u64() ^ id.low)
    default: throw .badValue
    }
    guard value.isAtEnd else { throw .badLength }
    return SocketAddress(ip: ip, port: port)
  }

  /// RFC 8489 section 14.8.
  private static func readErrorCode(_ value: inout ByteReader) throws(WireError) -> UInt16 {
    let word = try value.u32()
    let hundreds = UInt16(word >> 8 & 7)
    let rest = UInt16(word & 0xFF)
    guard (3...6).contains(hundreds), rest < 100 else { throw .badValue }
    return hundreds * 100 + rest
  }

  /// Whether MESSAGE-INTEGRITY is there and made with `key`; in constant time.
  ///
  /// - Parameter datagram: the bytes this message was parsed from.
  package func verifyIntegrity(key: HMACSHA1, in datagram: borrowing Span<UInt8>) -> Bool {
    guard let offset = integrityOffset,
      let tag = datagram.slice((offset &+ 4)..<(offset &+ 4 &+ HMACSHA1.byteCount)),
      let head = datagram.slice(0..<2), let body = datagram.slice(4..<offset)
    else { return false }
    // The tag is made as if the message ended with MESSAGE-INTEGRITY (RFC 8489 section 14.5).
    let covered =
      offset &+ STUNMessage.integrityAttributeByteCount &- STUNMessage.headerByteCount
    let length: [2 of UInt8] = [
      UInt8(truncatingIfNeeded: covered >> 8), UInt8(truncatingIfNeeded: covered),
    ]
    var computation = key.begin()
    computation.update(head)
    computation.update(length.span)
    computation.update(body)
    return computation.isValid(tag: tag)
  }

  /// Whether USERNAME is there and is exactly `expected`.
  package func hasUsername(_ expected: borrowing Span<UInt8>, in datagram: borrowing Span<UInt8>)
    -> Bool
  {
    guard let username, let value = datagram.slice(username) else { return false }
    return value.elementsEqual(expected)
  }
}
