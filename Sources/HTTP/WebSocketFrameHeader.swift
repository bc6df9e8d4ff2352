// The header of one frame, RFC 6455 section 5.2.

import Wire

/// A parsed frame header.
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-------+-+-------------+-------------------------------+
/// |F|R|R|R| opcode|M| Payload len |    Extended payload length    |
/// |I|S|S|S|  (4)  |A|     (7)     |             (16/64)           |
/// |N|V|V|V|       |S|             |   (if payload len==126/127)   |
/// | |1|2|3|       |K|             |                               |
/// +-+-+-+-+-------+-+-------------+ - - - - - - - - - - - - - - - +
/// |    Extended payload length continued, if payload len == 127   |
/// + - - - - - - - - - - - - - - - +-------------------------------+
/// |                               |Masking-key, if MASK set to 1  |
/// +-------------------------------+-------------------------------+
/// ```
struct WebSocketFrameHeader: Equatable, Sendable {
  let isFinal: Bool
  let opcode: WebSocketOpcode
  let payloadByteCount: Int
  /// The masking key, first byte highest; 0 where there is none, which masks nothing.
  let maskingKey: UInt32

  /// The longest header: 2 + 8 + 4 bytes.
  static let byteCountMax = 14

  /// How many bytes a header that begins with `first` and `second` has.
  static func byteCount(second: UInt8) -> Int {
    let extended =
      switch second & 0x7F {
      case 126: 2
      case 127: 8
      default: 0
      }
    return 2 + extended + (second & 0x80 != 0 ? 4 : 0)
  }

  /// Judges the first two bytes, before the rest of the header has come.
  static func check(
    first: UInt8, second: UInt8, from sender: WebSocketRole
  ) throws(WebSocketFault) -> WebSocketOpcode {
    guard first & 0x70 == 0 else { throw .reservedBits }
    guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else { throw .unknownOpcode }
    guard (second & 0x80 != 0) == (sender == .client) else { throw .wrongMasking }
    if opcode.isControl {
      guard first & 0x80 != 0 else { throw .fragmentedControlFrame }
      guard second & 0x7F <= 125 else { throw .controlFrameTooLong }
    }
    return opcode
  }

  /// Parses a whole header of `byteCount(second:)` bytes.
  init(_ bytes: [UInt8], from sender: WebSocketRole) throws(WebSocketFault) {
    var reader = ByteReader(bytes.span)
    do {
      let first = try reader.u8()
      let second = try reader.u8()
      let length: UInt64
      switch second & 0x7F {
      case 126: length = try UInt64(reader.u16())
      case 127: length = try reader.u64()
      case let short: length = UInt64(short)
      }
      maskingKey = second & 0x80 != 0 ? try reader.u32() : 0
      isFinal = first & 0x80 != 0
      opcode = try WebSocketFrameHeader.check(first: first, second: second, from: sender)
      payloadByteCount = try WebSocketFrameHeader.checked(length, form: second & 0x7F)
    } catch let fault as WebSocketFault {
      throw fault
    } catch {
      throw .malformedLength
    }
  }

  /// The length, refused when a shorter form would have held it or when it is above 2^63.
  private static func checked(_ length: UInt64, form: UInt8) throws(WebSocketFault) -> Int {
    let least: UInt64 = form == 127 ? 0x1_0000 : form == 126 ? 126 : 0
    guard length >= least, let count = Int(exactly: length) else { throw .malformedLength }
    return count
  }
}
