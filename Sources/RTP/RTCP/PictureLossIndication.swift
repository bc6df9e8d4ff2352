// PLI: RFC 4585 section 6.3.1.

package import Wire

/// A request for a keyframe by a receiver that lost a picture.
package struct PictureLossIndication: Hashable, Sendable {
  package var sender: SSRC
  /// The stream to refresh.
  package var media: SSRC

  static let format: UInt8 = 1

  package init(sender: SSRC, media: SSRC) {
    self.sender = sender
    self.media = media
  }

  /// Reads an item of kind `.pictureLossIndication`; `.truncated` when it is too short. Anything
  /// behind the two SSRCs is passed over.
  package init(
    parsing item: RTCPItem, in datagram: borrowing Span<UInt8>
  ) throws(WireError) {
    guard item.body.count >= 8 else { throw .truncated }
    sender = try datagram.u32(at: item.body.lowerBound)
    media = try datagram.u32(at: item.body.lowerBound + 4)
  }

  /// Appends the message; `.noSpace` writes nothing.
  package func write(to buffer: inout WireBuffer) throws(WireError) {
    try buffer.appendRTCPHeader(
      packetType: RTCPKind.PacketType.payloadSpecificFeedback,
      count: PictureLossIndication.format, bodyLength: 8)
    try buffer.append(u32: sender)
    try buffer.append(u32: media)
  }
}
