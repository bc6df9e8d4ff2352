// Sender reports: RFC 3550 section 6.4.1.

package import Wire

/// What a sender says of its clock and its output.
package struct SenderReport: Hashable, Sendable {
  package var ssrc: SSRC
  /// The wall clock at the moment the report was made.
  package var time: NTPTime
  /// The same moment on the stream's RTP clock.
  package var timestamp: RTPTimestamp
  /// Packets sent since the start, wrapping.
  package var packetCount: UInt32
  /// Payload bytes sent since the start, wrapping.
  package var octetCount: UInt32

  static let bodyLength = 24

  package init(
    ssrc: SSRC, time: NTPTime, timestamp: RTPTimestamp, packetCount: UInt32, octetCount: UInt32
  ) {
    self.ssrc = ssrc
    self.time = time
    self.timestamp = timestamp
    self.packetCount = packetCount
    self.octetCount = octetCount
  }

  /// Reads an item of kind `.senderReport`; `.truncated` when it is shorter than its count says.
  package init(
    parsing item: RTCPItem, in datagram: borrowing Span<UInt8>
  ) throws(WireError) {
    _ = try SenderReport.reports(of: item)
    let start = item.body.lowerBound
    ssrc = try datagram.u32(at: start)
    time = try NTPTime(rawValue: datagram.u64(at: start + 4))
    timestamp = try RTPTimestamp(datagram.u32(at: start + 12))
    packetCount = try datagram.u32(at: start + 16)
    octetCount = try datagram.u32(at: start + 20)
  }

  /// The report blocks that follow the sender's own figures.
  package static func reports(of item: RTCPItem) throws(WireError) -> ReportBlocks {
    try ReportBlocks(item: item, after: bodyLength)
  }

  /// Appends the report with `reports`, at most 31.
  ///
  /// - Throws: `.noSpace` or `.tooMany`; then nothing was written.
  package func write(
    reports: borrowing Span<ReportBlock>, to buffer: inout WireBuffer
  ) throws(WireError) {
    guard reports.count <= ReportBlock.countMax else { throw .tooMany }
    try buffer.appendRTCPHeader(
      packetType: RTCPKind.PacketType.senderReport, count: UInt8(reports.count),
      bodyLength: SenderReport.bodyLength + reports.count * ReportBlock.length)
    try buffer.append(u32: ssrc)
    try buffer.append(u64: time.rawValue)
    try buffer.append(u32: timestamp.rawValue)
    try buffer.append(u32: packetCount)
    try buffer.append(u32: octetCount)
    for index in 0..<reports.count { try reports[index].write(to: &buffer) }
  }

  /// Appends the report without report blocks.
  package func write(to buffer: inout WireBuffer) throws(WireError) {
    try write(reports: Span(), to: &buffer)
  }
}
