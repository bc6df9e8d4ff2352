// Source descriptions: RFC 3550 section 6.5. Only CNAME is read and written.

package import Wire

/// The chunks of one SDES packet, read one at a time.
package struct SourceDescription: Hashable, Sendable {
  /// What one chunk says of one source.
  package struct Chunk: Hashable, Sendable {
    package var ssrc: SSRC
    /// Byte offsets in the datagram, 0...255 bytes; nil when the chunk has no CNAME.
    package var cname: Range<Int>?
  }

  private var offset: Int
  private let end: Int
  private var chunksLeft: UInt8
  private static let cnameType: UInt8 = 1

  /// A cursor over an item of kind `.sourceDescription`.
  package init(item: RTCPItem) {
    offset = item.body.lowerBound
    end = item.body.upperBound
    chunksLeft = item.count
  }

  /// The next chunk; nil after the last. `.truncated` when an item or its end is missing.
  package mutating func next(in datagram: borrowing Span<UInt8>) throws(WireError) -> Chunk? {
    guard chunksLeft > 0 else { return nil }
    chunksLeft -= 1
    guard end - offset >= 4 else { throw .truncated }
    let start = offset
    var chunk = Chunk(ssrc: try datagram.u32(at: offset), cname: nil)
    offset += 4
    while true {
      guard offset < end else { throw .truncated }
      let type = try datagram.u8(at: offset)
      if type == 0 { break }
      let length = try Int(datagram.u8(at: offset + 1))
      let text = (offset + 2)..<(offset + 2 + length)
      guard text.upperBound <= end else { throw .truncated }
      if type == SourceDescription.cnameType { chunk.cname = text }
      offset = text.upperBound
    }
    // The list ends with one to four zero bytes, up to the next word of the chunk.
    offset += 4 - (offset - start) % 4
    guard offset <= end else { throw .truncated }
    return chunk
  }

  /// Appends a packet with one chunk: `ssrc` is called `cname`, at most 255 bytes.
  ///
  /// - Throws: `.noSpace` or `.tooMany`; then nothing was written.
  package static func write(
    ssrc: SSRC, cname: borrowing Span<UInt8>, to buffer: inout WireBuffer
  ) throws(WireError) {
    guard cname.count <= 255 else { throw .tooMany }
    let itemLength = 2 + cname.count
    let padding = 4 - itemLength % 4
    try buffer.appendRTCPHeader(
      packetType: RTCPKind.PacketType.sourceDescription, count: 1,
      bodyLength: 4 + itemLength + padding)
    try buffer.append(u32: ssrc)
    try buffer.append(u8: cnameType)
    try buffer.append(u8: UInt8(cname.count))
    try buffer.append(cname)
    try buffer.append(zeros: padding)
  }
}
