// Steps through the RTCP packets of one datagram: RFC 3550 section 6.1, reduced-size RFC 5506.

package import Wire

/// What one RTCP packet is.
package enum RTCPKind: UInt8, Hashable, Sendable {
  case senderReport, receiverReport, sourceDescription, goodbye, extendedReport
  /// RFC 4585 section 6.2.1.
  case genericNACK
  /// Transport-wide congestion control feedback.
  case transportFeedback
  /// RFC 4585 section 6.3.1.
  case pictureLossIndication
  /// RFC 5104 section 4.3.1.
  case fullIntraRequest
  /// Payload-specific application layer feedback; only REMB has a parser.
  case applicationFeedback
  /// Well-formed and of no interest.
  case other
}

/// One RTCP packet of a datagram.
package struct RTCPItem: Hashable, Sendable {
  package var kind: RTCPKind
  /// 192...223 in practice; anything is passed on.
  package var packetType: UInt8
  /// The five bits after the padding bit: a report or source count, or a feedback message type (FMT).
  package var count: UInt8
  /// What follows the four bytes of header, without padding: byte offsets in the datagram.
  package var body: Range<Int>
}

/// A cursor over the packets of one datagram of RTCP in clear.
///
///     |V=2|P|  count  |  packet type  |      length, words - 1        |
package struct RTCPCompound: Hashable, Sendable {
  private var offset = 0

  /// Bytes before each packet's body.
  package static let headerLength = 4

  /// A cursor at the first packet.
  package init() {}

  /// The next packet; nil after the last.
  ///
  /// Any packet may come first (reduced-size RTCP is always accepted).
  ///
  /// - Throws: `.truncated` for an empty datagram or a packet that goes past its end, `.badVersion`
  ///   unless the version is 2, `.badLength` for padding that is empty, larger than its packet, no
  ///   multiple of four, or not in the last packet. What came before the error is sound.
  package mutating func next(in datagram: borrowing Span<UInt8>) throws(WireError) -> RTCPItem? {
    if offset == datagram.count, offset > 0 { return nil }
    let first = try datagram.u8(at: offset)
    guard first >> 6 == 2 else { throw .badVersion }
    let type = try datagram.u8(at: offset + 1)
    let length = try 4 * Int(datagram.u16(at: offset + 2))
    let start = offset + RTCPCompound.headerLength
    guard length <= datagram.count - start else { throw .truncated }
    var end = start + length
    offset = end
    if first & 0x20 != 0 {
      guard end == datagram.count, length > 0 else { throw .badLength }
      let padding = try Int(datagram.u8(at: end - 1))
      guard padding > 0, padding % 4 == 0, padding <= length else { throw .badLength }
      end -= padding
    }
    let count = first & 0x1F
    return RTCPItem(
      kind: RTCPKind(packetType: type, count: count), packetType: type, count: count,
      body: start..<end)
  }
}

extension RTCPKind {
  /// The registered packet types and feedback message types.
  enum PacketType {
    static let senderReport: UInt8 = 200
    static let receiverReport: UInt8 = 201
    static let sourceDescription: UInt8 = 202
    static let goodbye: UInt8 = 203
    static let transportLayerFeedback: UInt8 = 205
    static let payloadSpecificFeedback: UInt8 = 206
    static let extendedReport: UInt8 = 207
  }

  init(packetType: UInt8, count: UInt8) {
    switch (packetType, count) {
    case (PacketType.senderReport, _): self = .senderReport
    case (PacketType.receiverReport, _): self = .receiverReport
    case (PacketType.sourceDescription, _): self = .sourceDescription
    case (PacketType.goodbye, _): self = .goodbye
    case (PacketType.extendedReport, _): self = .extendedReport
    case (PacketType.transportLayerFeedback, GenericNACK.format): self = .genericNACK
    case (PacketType.transportLayerFeedback, TransportFeedback.format): self = .transportFeedback
    case (PacketType.payloadSpecificFeedback, PictureLossIndication.format):
      self = .pictureLossIndication
    case (PacketType.payloadSpecificFeedback, FullIntraRequest.format): self = .fullIntraRequest
    case (PacketType.payloadSpecificFeedback, ReceiverEstimatedMaximumBitrate.format):
      self = .applicationFeedback
    default: self = .other
    }
  }
}

extension WireBuffer {
  /// Appends the header of an RTCP packet whose body has `bodyLength` bytes, a multiple of four.
  ///
  /// - Throws: `.noSpace` when header and body do not both fit; then nothing was written.
  mutating func appendRTCPHeader(
    packetType: UInt8, count: UInt8, bodyLength: Int
  ) throws(WireError) {
    guard capacity - self.count >= RTCPCompound.headerLength + bodyLength else { throw .noSpace }
    guard bodyLength / 4 <= Int(UInt16.max) else { throw .tooMany }
    try append(u8: 0x80 | (count & 0x1F))
    try append(u8: packetType)
    try append(u16: UInt16(bodyLength / 4))
  }
}
