// REMB: draft-alvestrand-rmcat-remb-03 section 2.2.

package import Wire

/// The bitrate a receiver believes it can take, over all the streams it names.
package struct ReceiverEstimatedMaximumBitrate: Hashable, Sendable {
  package var sender: SSRC
  /// At least 0; what is beyond an `Int64` is refused.
  package var bitrate: Bitrate
  /// Streams named, 0...255.
  package private(set) var count = 0
  private var start = 0

  static let format: UInt8 = 15
  private static let identifier: UInt32 = 0x5245_4D42  // "REMB"
  private static let mantissaMax: Int64 = 0x3_FFFF

  package init(sender: SSRC, bitrate: Bitrate) {
    self.sender = sender
    self.bitrate = bitrate
  }

  /// Reads an item of kind `.applicationFeedback`.
  ///
  /// - Throws: `.badVersion` when it is not REMB, `.truncated` when it is too short, `.badValue` when
  ///   the bitrate exceeds 63 bits.
  package init(
    parsing item: RTCPItem, in datagram: borrowing Span<UInt8>
  ) throws(WireError) {
    let body = item.body.lowerBound
    guard item.body.count >= 16 else { throw .truncated }
    sender = try datagram.u32(at: body)
    guard try datagram.u32(at: body + 8) == Self.identifier else { throw .badVersion }
    let word = try datagram.u32(at: body + 12)
    count = Int(word >> 24)
    start = body + 16
    guard 4 * count <= item.body.upperBound - start else { throw .truncated }
    let exponent = Int((word >> 18) & 0x3F)
    let mantissa = Int64(word & UInt32(Self.mantissaMax))
    guard mantissa == 0 || exponent < mantissa.leadingZeroBitCount else { throw .badValue }
    bitrate = Bitrate(bitsPerSecond: mantissa << Int64(exponent))
  }

  /// The stream at `index`, 0..<`count`; nil outside.
  package func stream(at index: Int, in datagram: borrowing Span<UInt8>) -> SSRC? {
    guard index >= 0, index < count else { return nil }
    return try? datagram.u32(at: start + 4 * index)
  }

  /// Appends the message for `streams`, at most 255. The bitrate is rounded down to 18 bits; a
  /// negative one is written as 0.
  ///
  /// - Throws: `.noSpace` or `.tooMany`; then nothing was written.
  package func write(
    streams: borrowing Span<SSRC>, to buffer: inout WireBuffer
  ) throws(WireError) {
    guard streams.count <= 255 else { throw .tooMany }
    try buffer.appendRTCPHeader(
      packetType: RTCPKind.PacketType.payloadSpecificFeedback, count: Self.format,
      bodyLength: 16 + 4 * streams.count)
    var mantissa = max(0, bitrate.bitsPerSecond)
    var exponent: UInt32 = 0
    while mantissa > Self.mantissaMax {
      mantissa >>= 1
      exponent += 1
    }
    try buffer.append(u32: sender)
    try buffer.append(u32: 0)  // The media source is always 0.
    try buffer.append(u32: Self.identifier)
    try buffer.append(u32: UInt32(streams.count) << 24 | exponent << 18 | UInt32(mantissa))
    for index in 0..<streams.count { try buffer.append(u32: streams[index]) }
  }
}
