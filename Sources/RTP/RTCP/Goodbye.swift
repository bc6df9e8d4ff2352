// BYE: RFC 3550 section 6.6. The reason is passed over.

package import Wire

/// The sources that leave.
package struct Goodbye: Hashable, Sendable {
  /// 0...31.
  package let count: Int
  private let start: Int

  /// Checks an item of kind `.goodbye`; `.truncated` when its sources do not fit its body.
  package init(item: RTCPItem) throws(WireError) {
    count = Int(item.count)
    start = item.body.lowerBound
    guard 4 * count <= item.body.count else { throw .truncated }
  }

  /// The source at `index`, 0..<`count`; nil outside.
  package func source(at index: Int, in datagram: borrowing Span<UInt8>) -> SSRC? {
    guard index >= 0, index < count else { return nil }
    return try? datagram.u32(at: start + 4 * index)
  }

  /// Appends a BYE for `sources`, at most 31, without a reason.
  ///
  /// - Throws: `.noSpace` or `.tooMany`; then nothing was written.
  package static func write(
    sources: borrowing Span<SSRC>, to buffer: inout WireBuffer
  ) throws(WireError) {
    guard sources.count <= 31 else { throw .tooMany }
    try buffer.appendRTCPHeader(
      packetType: RTCPKind.PacketType.goodbye, count: UInt8(sources.count),
      bodyLength: 4 * sources.count)
    for index in 0..<sources.count { try buffer.append(u32: sources[index]) }
  }
}
