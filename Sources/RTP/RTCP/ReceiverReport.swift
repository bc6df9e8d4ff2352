// Receiver reports: RFC 3550 section 6.4.2.

package import Wire

/// A report by someone who may send nothing.
package struct ReceiverReport: Hashable, Sendable {
  /// The reporter.
  package var ssrc: SSRC
  /// The blocks of a report that was read.
  package var reports: ReportBlocks

  static let bodyLength = 4

  /// Reads an item of kind `.receiverReport`; `.truncated` when it is shorter than its count says.
  package init(
    parsing item: RTCPItem, in datagram: borrowing Span<UInt8>
  ) throws(WireError) {
    reports = try ReportBlocks(item: item, after: ReceiverReport.bodyLength)
    ssrc = try datagram.u32(at: item.body.lowerBound)
  }

  /// Appends a report with `reports`, at most 31, possibly none.
  ///
  /// - Throws: `.noSpace` or `.tooMany`; then nothing was written.
  package static func write(
    ssrc: SSRC, reports: borrowing Span<ReportBlock>, to buffer: inout WireBuffer
  ) throws(WireError) {
    guard reports.count <= ReportBlock.countMax else { throw .tooMany }
    try buffer.appendRTCPHeader(
      packetType: RTCPKind.PacketType.receiverReport, count: UInt8(reports.count),
      bodyLength: bodyLength + reports.count * ReportBlock.length)
    try buffer.append(u32: ssrc)
    for index in 0..<reports.count { try reports[index].write(to: &buffer) }
  }
}
