// How one stream is received: RFC 3550 appendices A.1, A.3 and A.8, up to the report block.

package import Wire

/// Counts one stream's packets, losses and jitter.
///
/// Every packet must be authentic, so there is no probation: the first one counts.
package struct ReceptionStatistics: Hashable, Sendable {
  package let ssrc: SSRC
  /// Packets received, duplicates included.
  package private(set) var packetsReceived: UInt64 = 0
  private let clockRate: Int64

  private var hasStarted = false
  private var baseSequence: UInt32 = 0
  private var highest = SerialNumber16(0)
  /// 2^16 for each wrap of the sequence number.
  private var cycles: UInt32 = 0
  private var received: UInt32 = 0
  private var expectedBefore: UInt32 = 0
  private var receivedBefore: UInt32 = 0
  /// After a large jump, the number that would confirm it.
  private var jumpCandidate: SerialNumber16?

  private var transit: UInt32?
  /// Sixteen times the jitter, as in appendix A.8.
  private var scaledJitter: Int64 = 0

  private var lastSenderReport: UInt32 = 0
  private var lastSenderReportArrival: Instant?

  /// Numbers further ahead than this are a jump, believed when the next number follows (RFC 3550 A.1).
  package static let dropoutMax = 3000
  /// Numbers up to this far behind are late or repeated; further behind is a jump (RFC 3550 A.1).
  package static let misorderMax = 100
  /// A change of transit time beyond this is a change of clock, not jitter, and is passed over.
  package static let transitChangeMax = TimeSpan.seconds(Int64(5))

  /// Statistics of a stream that has sent nothing yet; `clockRate` in ticks per second.
  package init(ssrc: SSRC, clockRate: Int) {
    self.ssrc = ssrc
    self.clockRate = Int64(clockRate)
  }

  /// Counts one packet of the stream (not of its RTX stream), as it came.
  package mutating func receive(
    _ sequenceNumber: SerialNumber16, timestamp: RTPTimestamp, at now: Instant
  ) {
    packetsReceived += 1
    guard count(sequenceNumber) else { return }
    received &+= 1
    updateJitter(timestamp, at: now)
  }

  /// Notes a sender report of the stream, for LSR and DLSR.
  package mutating func receive(_ report: SenderReport, at now: Instant) {
    lastSenderReport = report.time.compact
    lastSenderReportArrival = now
  }

  /// Cycles in the high half, the highest sequence number in the low.
  package var extendedHighest: UInt32 { cycles &+ UInt32(highest.rawValue) }

  /// Packets expected less packets received; negative when duplicates outnumber losses.
  package var cumulativeLost: Int64 {
    hasStarted ? Int64(expected) - Int64(received) : 0
  }

  /// Packets sent since the first, as far as sequence numbers tell; starts anew with the stream.
  package var packetsExpected: Int64 { hasStarted ? Int64(expected) : 0 }

  /// Interarrival jitter in ticks.
  package var jitter: UInt32 { UInt32(clamping: scaledJitter >> 4) }

  /// The report block for now; what is lost from here on counts in the next one. nil before the first
  /// packet.
  package mutating func makeReportBlock(at now: Instant) -> ReportBlock? {
    guard hasStarted else { return nil }
    return ReportBlock(
      ssrc: ssrc, fractionLost: takeFractionLost(),
      cumulativeLost: Int32(max(-0x80_0000, min(0x7F_FFFF, cumulativeLost))),
      extendedHighest: extendedHighest, jitter: jitter, lastSenderReport: lastSenderReport,
      delaySinceLastSenderReport: delaySinceLastSenderReport(at: now))
  }

  private var expected: UInt32 { extendedHighest &- baseSequence &+ 1 }

  private mutating func start(at number: SerialNumber16) {
    hasStarted = true
    baseSequence = UInt32(number.rawValue)
    highest = number
    cycles = 0
    received = 0
    expectedBefore = 0
    receivedBefore = 0
    jumpCandidate = nil
    transit = nil
  }

  /// Appendix A.1's update_seq; false when the packet is not counted.
  private mutating func count(_ number: SerialNumber16) -> Bool {
    guard hasStarted else {
      start(at: number)
      return true
    }
    let ahead = Int(number.rawValue &- highest.rawValue)
    if ahead < ReceptionStatistics.dropoutMax {
      if number.rawValue < highest.rawValue { cycles &+= 0x1_0000 }
      highest = number
    } else if ahead <= 0x1_0000 - ReceptionStatistics.misorderMax {
      guard number == jumpCandidate else {
        jumpCandidate = number.advanced(by: 1)
        return false
      }
      // Two in a row: the sender began anew without telling.
      start(at: number)
    }
    jumpCandidate = nil
    return true
  }

  private mutating func updateJitter(_ timestamp: RTPTimestamp, at now: Instant) {
    let (seconds, rest) = now.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    let arrival = seconds &* clockRate &+ rest * clockRate / 1_000_000_000
    let newTransit = UInt32(truncatingIfNeeded: arrival) &- timestamp.rawValue
    defer { transit = newTransit }
    guard let transit else { return }
    let change = Int64(Int32(bitPattern: newTransit &- transit)).magnitude
    let changeMax = ReceptionStatistics.transitChangeMax.nanoseconds / 1_000_000_000 * clockRate
    guard change <= UInt64(max(0, changeMax)) else { return }
    scaledJitter += Int64(change) - ((scaledJitter + 8) >> 4)
  }

  /// Appendix A.3: lost since the last call, in 1/256, at most 255.
  private mutating func takeFractionLost() -> UInt8 {
    let expectedNow = Int64(Int32(bitPattern: expected &- expectedBefore))
    let lost = expectedNow - Int64(Int32(bitPattern: received &- receivedBefore))
    expectedBefore = expected
    receivedBefore = received
    guard expectedNow > 0, lost > 0 else { return 0 }
    return UInt8(clamping: lost * 256 / expectedNow)
  }

  private func delaySinceLastSenderReport(at now: Instant) -> UInt32 {
    guard let lastSenderReportArrival else { return 0 }
    let delay = max(0, (now - lastSenderReportArrival).nanoseconds)
    let (seconds, rest) = delay.quotientAndRemainder(dividingBy: 1_000_000_000)
    guard seconds < 0x1_0000 else { return .max }
    return UInt32(seconds << 16) | UInt32((rest << 16) / 1_000_000_000)
  }
}
