// The round-trip time from report blocks: RFC 3550 section 6.4.1.

package import Wire

/// A smoothed round-trip time to one peer.
package struct RoundTripTime: Hashable, Sendable {
  /// The last measurement; nil before the first.
  package private(set) var latest: TimeSpan?
  /// The measurements, each new one weighing an eighth as TCP's does (RFC 6298 section 2).
  package private(set) var smoothed: TimeSpan?

  /// Beyond this a measurement is a mistake or a lie: media at such a delay is of no use.
  package static let measurementMax = TimeSpan.seconds(Int64(10))

  /// Nothing measured yet.
  package init() {}

  /// The time from one of our SRs to the block that answers it, less the peer's own delay.
  ///
  /// - Parameter now: the wall clock our SRs are stamped with.
  /// - Returns: 0...`measurementMax`; nil when the block answers no SR, or gives a time out of range.
  package static func measure(_ block: ReportBlock, at now: NTPTime) -> TimeSpan? {
    guard block.lastSenderReport != 0 else { return nil }
    let units = Int32(
      bitPattern: now.compact &- block.lastSenderReport &- block.delaySinceLastSenderReport)
    // Rounding on both sides may give a few units of 15 µs below zero on a very short path.
    guard units >= -64 else { return nil }
    let time = TimeSpan(nanoseconds: (Int64(max(0, units)) * 1_000_000_000) >> 16)
    return time <= measurementMax ? time : nil
  }

  /// Takes in one report block about one of our streams.
  package mutating func receive(_ block: ReportBlock, at now: NTPTime) {
    guard let time = RoundTripTime.measure(block, at: now) else { return }
    latest = time
    smoothed = smoothed.map { $0 + (time - $0) / 8 } ?? time
  }
}
