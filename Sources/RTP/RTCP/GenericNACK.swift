// Generic NACK: RFC 4585 section 6.2.1.

package import Wire

/// The packets a receiver misses: pairs of a packet id and a bit mask of the sixteen after it.
package struct GenericNACK: Hashable, Sendable {
  package let sender: SSRC
  /// The stream that misses packets.
  package let media: SSRC
  private var offset: Int
  private let end: Int
  private var packetID = SerialNumber16(0)
  /// Bit 0 is the packet id itself, bits 1...16 are the BLP.
  private var pending: UInt32 = 0

  static let format: UInt8 = 1
  /// The most pairs one message is written with: what a 1200-byte datagram holds.
  package static let pairsMax = 290

  /// Reads an item of kind `.genericNACK`; then `next` gives the sequence numbers.
  ///
  /// - Throws: `.truncated` when it is too short.
  package init(
    parsing item: RTCPItem, in datagram: borrowing Span<UInt8>
  ) throws(WireError) {
    guard item.body.count >= 8 else { throw .truncated }
    sender = try datagram.u32(at: item.body.lowerBound)
    media = try datagram.u32(at: item.body.lowerBound + 4)
    offset = item.body.lowerBound + 8
    end = item.body.upperBound
  }

  /// The next missing sequence number, in the order of the message; nil after the last.
  ///
  /// At most 17 for each four bytes of the message: the caller's budget bounds what is answered.
  package mutating func next(in datagram: borrowing Span<UInt8>) -> SerialNumber16? {
    if pending == 0 {
      guard offset <= end - 4, let id = try? datagram.u16(at: offset),
        let mask = try? datagram.u16(at: offset + 2)
      else { return nil }
      offset += 4
      packetID = SerialNumber16(id)
      pending = UInt32(mask) << 1 | 1
    }
    let bit = pending.trailingZeroBitCount
    pending &= pending - 1
    return packetID.advanced(by: bit)
  }

  /// Appends a message that asks for `missing`, in ascending order.
  ///
  /// - Throws: `.noSpace`, `.tooMany` beyond `pairsMax` pairs, `.missing` when there is nothing to ask
  ///   for; then nothing was written.
  package static func write(
    sender: SSRC, media: SSRC, missing: borrowing Span<SerialNumber16>, to buffer: inout WireBuffer
  ) throws(WireError) {
    var pairs = 0
    var index = 0
    while index < missing.count {
      _ = takePair(missing, &index)
      pairs += 1
    }
    guard pairs > 0 else { throw .missing }
    guard pairs <= pairsMax else { throw .tooMany }
    try buffer.appendRTCPHeader(
      packetType: RTCPKind.PacketType.transportLayerFeedback, count: format,
      bodyLength: 8 + 4 * pairs)
    try buffer.append(u32: sender)
    try buffer.append(u32: media)
    index = 0
    while index < missing.count { try buffer.append(u32: takePair(missing, &index)) }
  }

  /// The pair that begins with the number at `index`, moving it past what the pair covers.
  private static func takePair(
    _ missing: borrowing Span<SerialNumber16>, _ index: inout Int
  ) -> UInt32 {
    let first = missing[index]
    var mask: UInt32 = 0
    index += 1
    while index < missing.count {
      let distance = missing[index].distance(from: first)
      guard (0...16).contains(distance) else { break }
      if distance > 0 { mask |= 1 << UInt32(distance - 1) }
      index += 1
    }
    return UInt32(first.rawValue) << 16 | mask
  }
}
