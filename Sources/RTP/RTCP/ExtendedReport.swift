// Extended reports: RFC 3611. Receiver reference time and DLRR are read, other blocks passed over.

package import Wire

/// The blocks of one XR packet, read one at a time.
package struct ExtendedReport: Hashable, Sendable {
  /// One block.
  package enum Block: Hashable, Sendable {
    /// The reporter's wall clock when it reported, section 4.4.
    case receiverReferenceTime(NTPTime)
    /// Answers to such reports, section 4.5.
    case delaySinceLastReport(DelayEntries)
    /// A block of another type.
    case other(type: UInt8)
  }

  /// The entries of one DLRR block.
  package struct DelayEntries: Hashable, Sendable {
    /// How long ago the answered report of one receiver arrived.
    package struct Entry: Hashable, Sendable {
      package var ssrc: SSRC
      /// The middle 32 bits of the report's NTP time.
      package var lastReport: UInt32
      /// In 1/65536 s.
      package var delay: UInt32
    }
    package let count: Int
    let start: Int
    static let entryLength = 12

    /// The entry at `index`, 0..<`count`; nil outside.
    package func entry(at index: Int, in datagram: borrowing Span<UInt8>) -> Entry? {
      guard index >= 0, index < count else { return nil }
      let offset = start + index * DelayEntries.entryLength
      guard let ssrc = try? datagram.u32(at: offset),
        let lastReport = try? datagram.u32(at: offset + 4),
        let delay = try? datagram.u32(at: offset + 8)
      else { return nil }
      return Entry(ssrc: ssrc, lastReport: lastReport, delay: delay)
    }
  }

  /// The reporter.
  package let ssrc: SSRC
  private var offset: Int
  private let end: Int
  private static let receiverReferenceTimeType: UInt8 = 4
  private static let delayType: UInt8 = 5

  /// Reads an item of kind `.extendedReport`; `.truncated` when it is too short.
  package init(
    parsing item: RTCPItem, in datagram: borrowing Span<UInt8>
  ) throws(WireError) {
    guard item.body.count >= 4 else { throw .truncated }
    ssrc = try datagram.u32(at: item.body.lowerBound)
    offset = item.body.lowerBound + 4
    end = item.body.upperBound
  }

  /// The next block; nil after the last.
  ///
  /// - Throws: `.truncated` when a block goes past the end, `.badLength` when its length is not its
  ///   type's.
  package mutating func next(in datagram: borrowing Span<UInt8>) throws(WireError) -> Block? {
    guard offset < end else { return nil }
    guard end - offset >= 4 else { throw .truncated }
    let type = try datagram.u8(at: offset)
    let length = try 4 * Int(datagram.u16(at: offset + 2))
    let start = offset + 4
    guard length <= end - start else { throw .truncated }
    offset = start + length
    switch type {
    case Self.receiverReferenceTimeType:
      guard length == 8 else { throw .badLength }
      return try .receiverReferenceTime(NTPTime(rawValue: datagram.u64(at: start)))
    case Self.delayType:
      guard length % DelayEntries.entryLength == 0 else { throw .badLength }
      return .delaySinceLastReport(
        DelayEntries(count: length / DelayEntries.entryLength, start: start))
    default: return .other(type: type)
    }
  }
}
