// One report block: RFC 3550 section 6.4.1.

package import Wire

/// How one source is received by the reporter.
package struct ReportBlock: Hashable, Sendable {
  /// The source reported on.
  package var ssrc: SSRC
  /// Lost since the last report, in 1/256.
  package var fractionLost: UInt8
  /// -8388608...8388607; negative when duplicates outnumber losses.
  package var cumulativeLost: Int32
  /// Cycles in the high half, the highest sequence number in the low.
  package var extendedHighest: UInt32
  /// Interarrival jitter in ticks of the source's clock.
  package var jitter: UInt32
  /// The middle 32 bits of the last SR's NTP time; 0 when none came.
  package var lastSenderReport: UInt32
  /// Time since then, in 1/65536 s; 0 when none came.
  package var delaySinceLastSenderReport: UInt32

  /// Bytes of one block on the wire.
  package static let length = 24
  /// The most blocks one report holds: the count has five bits.
  package static let countMax = 31

  package init(
    ssrc: SSRC, fractionLost: UInt8, cumulativeLost: Int32, extendedHighest: UInt32,
    jitter: UInt32, lastSenderReport: UInt32, delaySinceLastSenderReport: UInt32
  ) {
    self.ssrc = ssrc
    self.fractionLost = fractionLost
    self.cumulativeLost = cumulativeLost
    self.extendedHighest = extendedHighest
    self.jitter = jitter
    self.lastSenderReport = lastSenderReport
    self.delaySinceLastSenderReport = delaySinceLastSenderReport
  }

  /// Reads the block at `offset`; `.truncated` when it is not wholly inside.
  package init(parsing datagram: borrowing Span<UInt8>, at offset: Int) throws(WireError) {
    ssrc = try datagram.u32(at: offset)
    fractionLost = try datagram.u8(at: offset + 4)
    let lost = try datagram.u24(at: offset + 5)
    cumulativeLost = Int32(bitPattern: lost << 8) >> 8
    extendedHighest = try datagram.u32(at: offset + 8)
    jitter = try datagram.u32(at: offset + 12)
    lastSenderReport = try datagram.u32(at: offset + 16)
    delaySinceLastSenderReport = try datagram.u32(at: offset + 20)
  }

  func write(to buffer: inout WireBuffer) throws(WireError) {
    try buffer.append(u32: ssrc)
    try buffer.append(u8: fractionLost)
    try buffer.append(u24: UInt32(bitPattern: cumulativeLost) & 0xFF_FFFF)
    try buffer.append(u32: extendedHighest)
    try buffer.append(u32: jitter)
    try buffer.append(u32: lastSenderReport)
    try buffer.append(u32: delaySinceLastSenderReport)
  }
}

/// The report blocks of one SR or RR, read one at a time.
package struct ReportBlocks: Hashable, Sendable {
  /// 0...31.
  package let count: Int
  private let start: Int

  /// Checks that the item's blocks lie inside its body, from byte `offset` of the body on.
  init(item: RTCPItem, after offset: Int) throws(WireError) {
    count = Int(item.count)
    start = item.body.lowerBound + offset
    guard count * ReportBlock.length <= item.body.upperBound - start else { throw .truncated }
  }

  /// The block at `index`, 0..<`count`; nil outside.
  package func block(at index: Int, in datagram: borrowing Span<UInt8>) -> ReportBlock? {
    guard index >= 0, index < count else { return nil }
    return try? ReportBlock(parsing: datagram, at: start + index * ReportBlock.length)
  }
}
