// Reception statistics and round-trip time: the figures of RFC 3550's appendices.

import Testing
import Wire

@testable import RTP

private func milliseconds(_ n: Int64) -> Instant { .zero + .milliseconds(n) }

@Suite("Reception statistics, RFC 3550 appendices A.1, A.3, A.8")
struct ReceptionStatisticsTests {
  var statistics = ReceptionStatistics(ssrc: 5, clockRate: 90_000)

  mutating func receive(_ numbers: [UInt16]) {
    for number in numbers {
      statistics.receive(SerialNumber16(number), timestamp: RTPTimestamp(0), at: .zero)
    }
  }

  @Test("nothing is reported before the first packet")
  mutating func silent() {
    #expect(statistics.makeReportBlock(at: .zero) == nil)
    receive([9])
    let block = statistics.makeReportBlock(at: .zero)
    #expect(block?.ssrc == 5 && block?.extendedHighest == 9 && block?.cumulativeLost == 0)
    #expect(block?.lastSenderReport == 0 && block?.delaySinceLastSenderReport == 0)
  }

  @Test("losses count cumulatively, and as a fraction since the last report")
  mutating func losses() {
    receive([1, 2, 4])
    var block = statistics.makeReportBlock(at: .zero)
    #expect(block?.fractionLost == 64 && block?.cumulativeLost == 1)
    receive([5, 6])
    block = statistics.makeReportBlock(at: .zero)
    #expect(block?.fractionLost == 0 && block?.cumulativeLost == 1)
    receive([3])
    block = statistics.makeReportBlock(at: .zero)
    #expect(block?.fractionLost == 0 && block?.cumulativeLost == 0)
  }

  @Test("duplicates make the cumulative loss negative, never the fraction")
  mutating func duplicates() {
    receive([1, 1, 1])
    let block = statistics.makeReportBlock(at: .zero)
    #expect(block?.cumulativeLost == -2 && block?.fractionLost == 0)
  }

  @Test("the sequence number wraps into the next cycle; late packets from before do not")
  mutating func wraps() {
    receive([65534, 65535, 0, 65533, 1])
    #expect(statistics.extendedHighest == 0x1_0001)
    #expect(statistics.cumulativeLost == -1)
  }

  @Test("one stray number far away is not believed; two in a row begin anew")
  mutating func jump() {
    receive([100, 101, 30000])
    #expect(statistics.extendedHighest == 101)
    receive([102, 40000, 40001])
    #expect(statistics.extendedHighest == 40001)
    #expect(statistics.cumulativeLost == 0)
    #expect(statistics.packetsReceived == 6)
  }

  @Test("cumulative loss saturates at 24 bits")
  mutating func saturates() {
    receive([0])
    var number: UInt16 = 0
    for _ in 0..<3000 {
      number &+= 2999
      receive([number])
    }
    #expect(statistics.cumulativeLost == 3000 * 2998)
    #expect(statistics.makeReportBlock(at: .zero)?.cumulativeLost == 0x7F_FFFF)
  }

  @Test("jitter follows the change of transit time by a sixteenth")
  mutating func jitter() {
    for index in 0..<3 {
      statistics.receive(
        SerialNumber16(UInt16(index)), timestamp: RTPTimestamp(UInt32(index) * 3000),
        at: .zero + .nanoseconds(Int64(index) * 33_333_334))
    }
    #expect(statistics.jitter == 0)
    // 10 ms late: 900 ticks, of which a sixteenth.
    statistics.receive(
      SerialNumber16(3), timestamp: RTPTimestamp(9000), at: milliseconds(110))
    #expect(statistics.jitter == 56)
  }

  @Test("a change of clock is not jitter")
  mutating func clockChange() {
    statistics.receive(SerialNumber16(0), timestamp: RTPTimestamp(0), at: .zero)
    statistics.receive(SerialNumber16(1), timestamp: RTPTimestamp(0x7000_0000), at: .zero)
    #expect(statistics.jitter == 0)
  }

  @Test("LSR and DLSR describe the last sender report")
  mutating func senderReport() {
    receive([1])
    let report = SenderReport(
      ssrc: 5, time: NTPTime(rawValue: 0x1111_2222_3333_4444), timestamp: RTPTimestamp(0),
      packetCount: 0, octetCount: 0)
    statistics.receive(report, at: milliseconds(1000))
    let block = statistics.makeReportBlock(at: milliseconds(2500))
    #expect(block?.lastSenderReport == 0x2222_3333)
    #expect(block?.delaySinceLastSenderReport == 0x1_8000)
  }

  @Test("any order of numbers and times is counted without trapping")
  mutating func arbitrary() {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<20_000 {
      statistics.receive(
        SerialNumber16(.random(in: 0...UInt16.max, using: &generator)),
        timestamp: RTPTimestamp(.random(in: 0...UInt32.max, using: &generator)),
        at: Instant(nanoseconds: .random(in: 0...Int64.max / 2, using: &generator)))
      _ = statistics.makeReportBlock(
        at: Instant(nanoseconds: .random(in: 0...Int64.max / 2, using: &generator)))
    }
    #expect(statistics.packetsReceived == 20_000)
  }
}

@Suite("Round-trip time, RFC 3550 section 6.4.1")
struct RoundTripTimeTests {
  private func block(lsr: UInt32, dlsr: UInt32) -> ReportBlock {
    ReportBlock(
      ssrc: 1, fractionLost: 0, cumulativeLost: 0, extendedHighest: 0, jitter: 0,
      lastSenderReport: lsr, delaySinceLastSenderReport: dlsr)
  }
  private func now(_ compact: UInt32) -> NTPTime { NTPTime(rawValue: UInt64(compact) << 16) }

  @Test("the RFC's own example gives 6.125 s")
  func example() {
    let time = RoundTripTime.measure(
      block(lsr: 0xB705_2000, dlsr: 0x0005_4000), at: now(0xB710_8000))
    #expect(time == TimeSpan(nanoseconds: 6_125_000_000))
  }

  @Test("no SR answered, negative and absurd times are passed over; rounding is not")
  func outOfRange() {
    #expect(RoundTripTime.measure(block(lsr: 0, dlsr: 5), at: now(9)) == nil)
    #expect(RoundTripTime.measure(block(lsr: 0x10000, dlsr: 0x10000), at: now(0x10000)) == nil)
    #expect(RoundTripTime.measure(block(lsr: 1, dlsr: 0), at: now(0x20_0000)) == nil)
    #expect(RoundTripTime.measure(block(lsr: 0x10000, dlsr: 3), at: now(0x10000)) == .zero)
  }

  @Test("a new measurement moves the smoothed time by an eighth")
  func smoothing() {
    var roundTrip = RoundTripTime()
    roundTrip.receive(block(lsr: 0x10000, dlsr: 0), at: now(0x20000))
    #expect(roundTrip.smoothed == .seconds(Int64(1)))
    roundTrip.receive(block(lsr: 0x10000, dlsr: 0), at: now(0x30000))
    #expect(roundTrip.latest == .seconds(Int64(2)))
    #expect(roundTrip.smoothed == .milliseconds(1125))
  }
}

extension TimeSpan {
  fileprivate static func nanoseconds(_ n: Int64) -> TimeSpan { TimeSpan(nanoseconds: n) }
}
