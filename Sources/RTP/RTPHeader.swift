// The RTP header as a value: RFC 3550 section 5.1, with the extension block of section 5.3.1.

package import Wire

/// The header of one RTP packet and where its parts lie, in byte offsets from the packet's start.
///
///      0                   1                   2                   3
///     |V=2|P|X|  CC   |M|     PT      |       sequence number         |   0
///     |                           timestamp                           |   4
///     |                             SSRC                              |   8
///     |                       CSRC, 4 bytes each                      |  12
///     |      extension profile        |    extension length, words    |  12 + 4 CC
package struct RTPHeader: Hashable, Sendable {
  package var marker: Bool
  /// 0...127.
  package var payloadType: PayloadType
  package var sequenceNumber: SerialNumber16
  package var timestamp: RTPTimestamp
  package var ssrc: SSRC
  /// 0...15.
  package var csrcCount: UInt8
  /// Whether the packet ends in padding, already taken off `payload`.
  package var hasPadding: Bool
  /// The 16 bits that name the extension's form; 0 when there is no extension.
  package var extensionProfile: UInt16
  /// The extension's elements without the four bytes before them; empty when there are none.
  package var extensionBlock: Range<Int>
  /// Bytes before the payload, 12...: fixed header, CSRCs, extension.
  package var headerLength: Int
  /// The payload without padding; empty in a packet that is padding only.
  package var payload: Range<Int>

  /// The length of the header without CSRCs and extension.
  package static let fixedLength = 12

  /// Reads the header of `packet`, one whole RTP packet in clear.
  ///
  /// - Throws: `.badVersion` unless the version is 2, `.truncated` when the header or extension goes
  ///   past the end, `.badLength` when the padding count is 0 or reaches into the header.
  package init(parsing packet: borrowing Span<UInt8>) throws(WireError) {
    guard packet.count >= RTPHeader.fixedLength else { throw .truncated }
    let first = try packet.u8(at: 0)
    guard first >> 6 == 2 else { throw .badVersion }
    let second = try packet.u8(at: 1)
    marker = second & 0x80 != 0
    payloadType = second & 0x7F
    sequenceNumber = try SerialNumber16(packet.u16(at: 2))
    timestamp = try RTPTimestamp(packet.u32(at: 4))
    ssrc = try packet.u32(at: 8)
    csrcCount = first & 0x0F
    hasPadding = first & 0x20 != 0

    var end = RTPHeader.fixedLength + 4 * Int(csrcCount)
    extensionProfile = 0
    extensionBlock = end..<end
    if first & 0x10 != 0 {
      extensionProfile = try packet.u16(at: end)
      let length = try 4 * Int(packet.u16(at: end + 2))
      extensionBlock = (end + 4)..<(end + 4 + length)
      end = extensionBlock.upperBound
    }
    guard end <= packet.count else { throw .truncated }
    headerLength = end

    var payloadEnd = packet.count
    if hasPadding {
      let padding = try Int(packet.u8(at: packet.count - 1))
      guard padding >= 1, padding <= packet.count - end else { throw .badLength }
      payloadEnd -= padding
    }
    payload = end..<payloadEnd
  }
}

extension RTPHeader {
  /// The fields of a header that is being written: no CSRCs, no padding.
  package struct Fields: Hashable, Sendable {
    package var marker: Bool
    /// 0...127; the high bit is ignored.
    package var payloadType: PayloadType
    package var sequenceNumber: SerialNumber16
    package var timestamp: RTPTimestamp
    package var ssrc: SSRC
    package init(
      marker: Bool, payloadType: PayloadType, sequenceNumber: SerialNumber16,
      timestamp: RTPTimestamp, ssrc: SSRC
    ) {
      self.marker = marker
      self.payloadType = payloadType
      self.sequenceNumber = sequenceNumber
      self.timestamp = timestamp
      self.ssrc = ssrc
    }

    /// Writes the twelve fixed bytes at the start of `packet`.
    ///
    /// - Parameter hasExtension: the X bit; the caller then writes a block with
    ///   `HeaderExtensionWriter(at: RTPHeader.fixedLength)`.
    /// - Throws: `.noSpace` when `packet` is shorter than twelve bytes.
    @_lifetime(packet: copy packet)
    package func write(hasExtension: Bool, to packet: inout MutableSpan<UInt8>)
      throws(WireError)
    {
      guard packet.count >= RTPHeader.fixedLength else { throw .noSpace }
      try packet.put(u8: hasExtension ? 0x90 : 0x80, at: 0)
      try packet.put(u8: (marker ? 0x80 : 0) | (payloadType & 0x7F), at: 1)
      try packet.put(u16: sequenceNumber.rawValue, at: 2)
      try packet.put(u32: timestamp.rawValue, at: 4)
      try packet.put(u32: ssrc, at: 8)
    }
  }
}
