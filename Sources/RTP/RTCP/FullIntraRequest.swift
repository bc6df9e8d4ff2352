// FIR: RFC 5104 section 4.3.1.

package import Wire

/// Requests for keyframes, each with a number that tells repetitions from new requests.
package struct FullIntraRequest: Hashable, Sendable {
  /// One stream to refresh.
  package struct Entry: Hashable, Sendable {
    package var ssrc: SSRC
    /// Moves by one, wrapping, with each new request.
    package var sequenceNumber: UInt8
    package init(ssrc: SSRC, sequenceNumber: UInt8) {
      self.ssrc = ssrc
      self.sequenceNumber = sequenceNumber
    }
  }

  package let sender: SSRC
  /// Entries in the message; bounded by the datagram.
  package let count: Int
  private let start: Int

  static let format: UInt8 = 4
  private static let entryLength = 8

  /// Reads an item of kind `.fullIntraRequest`.
  ///
  /// - Throws: `.truncated` when it is too short, `.badLength` when its entries are not whole.
  package init(
    parsing item: RTCPItem, in datagram: borrowing Span<UInt8>
  ) throws(WireError) {
    guard item.body.count >= 8 else { throw .truncated }
    sender = try datagram.u32(at: item.body.lowerBound)
    start = item.body.lowerBound + 8
    let length = item.body.upperBound - start
    guard length % FullIntraRequest.entryLength == 0 else { throw .badLength }
    count = length / FullIntraRequest.entryLength
  }

  /// The entry at `index`, 0..<`count`; nil outside.
  package func entry(at index: Int, in datagram: borrowing Span<UInt8>) -> Entry? {
    guard index >= 0, index < count else { return nil }
    let offset = start + index * FullIntraRequest.entryLength
    guard let ssrc = try? datagram.u32(at: offset),
      let number = try? datagram.u8(at: offset + 4)
    else { return nil }
    return Entry(ssrc: ssrc, sequenceNumber: number)
  }

  /// Appends a message with one entry; `.noSpace` writes nothing.
  package static func write(
    sender: SSRC, entry: Entry, to buffer: inout WireBuffer
  ) throws(WireError) {
    try buffer.appendRTCPHeader(
      packetType: RTCPKind.PacketType.payloadSpecificFeedback, count: format,
      bodyLength: 8 + entryLength)
    try buffer.append(u32: sender)
    try buffer.append(u32: 0)  // The media source is unused (RFC 5104 section 4.3.1.2).
    try buffer.append(u32: entry.ssrc)
    try buffer.append(u8: entry.sequenceNumber)
    try buffer.append(zeros: 3)
  }
}
