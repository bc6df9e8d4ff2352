// The RTX payload format: RFC 4588 section 4.

package import Wire

/// What one RTX packet wraps: the original packet's number, then its payload.
package struct Retransmission: Hashable, Sendable {
  /// OSN: the sequence number of the original packet.
  package let originalSequenceNumber: SerialNumber16
  /// The original payload: byte offsets from the start of the RTX packet.
  package let originalPayload: Range<Int>

  /// Bytes of OSN before the original payload.
  package static let headerLength = 2

  /// Reads the RTX packet whose header is `header`.
  ///
  /// - Throws: `.missing` when nothing is wrapped: browsers probe bandwidth with RTX packets that are
  ///   padding only. `.truncated` when there is less than an OSN and one byte.
  package init(
    parsing packet: borrowing Span<UInt8>, header: RTPHeader
  ) throws(WireError) {
    if header.payload.isEmpty { throw .missing }
    guard header.payload.count > Retransmission.headerLength else { throw .truncated }
    originalSequenceNumber = try SerialNumber16(packet.u16(at: header.payload.lowerBound))
    originalPayload =
      (header.payload.lowerBound + Retransmission.headerLength)..<header.payload.upperBound
  }

  /// Turns the RTX packet into the original one, in place: the header moves over the OSN.
  ///
  /// Header extensions stay as the RTX packet had them (a RRID is not turned into a RID).
  ///
  /// - Parameters:
  ///   - header: the header `packet` was read with.
  ///   - payloadType: the original's, which the RTX payload type's apt names.
  ///   - ssrc: the original stream's.
  /// - Returns: where the original packet lies in `packet`; padding is left off.
  /// - Throws: `.noSpace` when `header` is not this packet's.
  @_lifetime(packet: copy packet)
  package func unwrap(
    _ packet: inout MutableSpan<UInt8>, header: RTPHeader, payloadType: PayloadType, ssrc: SSRC
  ) throws(WireError) -> Range<Int> {
    let shift = Retransmission.headerLength
    guard header.headerLength + shift == originalPayload.lowerBound,
      originalPayload.upperBound <= packet.count
    else { throw .noSpace }
    for index in stride(from: header.headerLength - 1, through: 0, by: -1) {
      packet[index + shift] = packet[index]
    }
    packet[shift] &= ~0x20  // No padding any more.
    try packet.put(u8: (header.marker ? 0x80 : 0) | (payloadType & 0x7F), at: shift + 1)
    try packet.put(u16: originalSequenceNumber.rawValue, at: shift + 2)
    try packet.put(u32: ssrc, at: shift + 8)
    return shift..<originalPayload.upperBound
  }
}
