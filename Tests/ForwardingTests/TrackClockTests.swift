// One clock for all encodings, whatever their RTP offsets.

import Forwarding
import Testing
import Wire

/// A publisher whose encodings have random RTP offsets and one NTP clock.
private struct Encodings {
  var clock = TrackClock(clockRate: 90_000)
  let offsets: [UInt32]
  /// The publisher's clock is this far from ours.
  static let wallOffset = TimeSpan.seconds(-7)

  func timestamp(_ encoding: Int, _ milliseconds: Int64) -> RTPTimestamp {
    RTPTimestamp(offsets[encoding] &+ UInt32(truncatingIfNeeded: milliseconds * 90))
  }

  static func wall(_ milliseconds: Int64) -> WallTime {
    WallTime(nanoseconds: 1_800_000_000_000_000_000 + milliseconds * 1_000_000)
  }

  /// A frame captured at `captured` that arrives `delay` later.
  mutating func frame(_ encoding: Int, captured: Int64, delay: Int64 = 10) -> Int64 {
    clock.ticks(
      of: timestamp(encoding, captured), encoding: encoding,
      arrival: .zero + .milliseconds(captured + delay), wall: Encodings.wall(captured + delay))
  }

  mutating func report(_ encoding: Int, at milliseconds: Int64) {
    clock.report(
      encoding: encoding, time: Encodings.wall(milliseconds) + Encodings.wallOffset,
      timestamp: timestamp(encoding, milliseconds), captureOffset: .seconds(7),
      steadyOffset: .seconds(8))
  }
}

@Suite("The track clock is one for all encodings")
struct TrackClockTests {
  @Test(
    "sender reports to viewers run with the publisher's clock, not with corrections of media time")
  func reportTime() {
    var encodings = Encodings(offsets: [90_000])
    _ = encodings.frame(0, captured: 0)
    #expect(encodings.clock.anchor?.reportTime == nil, "a guess from arrival is no report")
    var lines: [Int64] = []
    for (second, correction) in [(Int64(1), Int64(300)), (2, 40), (3, 10)] {
      _ = encodings.frame(0, captured: second * 1000)
      encodings.clock.report(
        encoding: 0, time: Encodings.wall(second * 1000),
        timestamp: encodings.timestamp(0, second * 1000),
        captureOffset: .milliseconds(correction), steadyOffset: .milliseconds(300))
      guard let anchor = encodings.clock.anchor, let time = anchor.reportTime else {
        Issue.record("no anchor")
        return
      }
      #expect(anchor.mediaTime == Encodings.wall(second * 1000 + correction))
      lines.append(anchor.ticks - (time - Encodings.wall(0)).nanoseconds / 1000 * 90 / 1000)
    }
    #expect(Set(lines).count == 1, "all reports lie on one line")
  }

  @Test("a report that comes before the first packet counts, unless it is about other timestamps")
  func early() {
    for offset in [UInt32(90_000), 4_294_960_000] {
      var encodings = Encodings(offsets: [offset])
      encodings.report(0, at: 0)
      #expect(encodings.clock.anchor == nil)
      let ticks = encodings.frame(0, captured: 40)
      #expect(encodings.clock.anchor?.reportTime == Encodings.wall(0) + .seconds(1))
      #expect(encodings.clock.mediaTime(of: ticks) == Encodings.wall(40))
    }
    var restarted = Encodings(offsets: [90_000])
    restarted.report(0, at: 0)
    _ = restarted.frame(0, captured: 11_000)
    #expect(restarted.clock.anchor?.reportTime == nil)
    #expect(restarted.clock.anchor?.mediaTime == Encodings.wall(11_010))
  }

  @Test("encodings with random RTP offsets agree on a capture instant once reports came")
  func agreement() {
    for offsets in [[1, 4_294_967_000], [4_294_960_000, 17], [2_147_483_000, 2_147_490_000]]
      as [[UInt32]]
    {
      var encodings = Encodings(offsets: offsets)
      var apart: [Int64] = []
      for index in Int64(0)..<120 {
        let captured = index * 33
        // The second one is always 25 ms later on the way, so that the guess from arrival is wrong.
        let first = encodings.frame(0, captured: captured)
        let second = encodings.frame(1, captured: captured, delay: 35)
        apart.append(second - first)
        if index == 30 {
          encodings.report(1, at: captured)
          encodings.report(0, at: captured)
        }
      }
      #expect(apart[29] == 25 * 90, "before the reports, arrival counts")
      #expect(apart[119] == 0)
      for (before, after) in zip(apart[30...], apart[31...]) {
        #expect(abs(after - before) <= TrackClock.correctionMax, "correction is gradual")
      }
    }
  }

  @Test("reports in either order align")
  func reportOrder() {
    for order in [[0, 1], [1, 0]] {
      var encodings = Encodings(offsets: [5, 1_000_000])
      _ = encodings.frame(0, captured: 0)
      _ = encodings.frame(1, captured: 0, delay: 20)
      for encoding in order { encodings.report(encoding, at: 30) }
      var apart: Int64 = .max
      for index in Int64(1)..<40 {
        let first = encodings.frame(0, captured: index * 33)
        apart = encodings.frame(1, captured: index * 33) - first
      }
      #expect(apart == 0)
    }
  }

  @Test("ticks run with the capture instants across the wrap of the RTP timestamp")
  func wrap() {
    var encodings = Encodings(offsets: [UInt32.max - 90 * 1000])
    let first = encodings.frame(0, captured: 0)
    for index in Int64(1)..<100 {
      #expect(encodings.frame(0, captured: index * 33) - first == index * 33 * 90)
    }
  }

  @Test("all packets of a frame have the same ticks, late ones too, whatever was corrected since")
  func oneFrameOneTick() {
    var encodings = Encodings(offsets: [5, 1_000_000])
    var ticks: [Int64: Int64] = [:]
    for index in Int64(0)..<20 {
      _ = encodings.frame(0, captured: index * 33)
      ticks[index] = encodings.frame(1, captured: index * 33, delay: 40)
      if index == 5 {
        encodings.report(0, at: index * 33)
        encodings.report(1, at: index * 33)
      }
    }
    for index in Int64(0)..<20 {
      #expect(encodings.frame(1, captured: index * 33, delay: 90) == ticks[index], "frame \(index)")
    }
  }

  @Test("two late packets of a frame that was lost whole agree")
  func lateFrame() {
    var encodings = Encodings(offsets: [5, 1_000_000])
    for index in Int64(0)..<10 where index != 4 {
      _ = encodings.frame(0, captured: index * 33)
      _ = encodings.frame(1, captured: index * 33, delay: 40)
    }
    let first = encodings.frame(1, captured: 4 * 33)
    encodings.report(0, at: 330)
    encodings.report(1, at: 330)
    _ = encodings.frame(1, captured: 10 * 33)
    #expect(encodings.frame(1, captured: 4 * 33) == first)
  }

  @Test("a re-created SSRC goes on where time has gone")
  func reset() {
    var encodings = Encodings(offsets: [5, 1_000_000])
    for index in Int64(0)..<30 {
      _ = encodings.frame(0, captured: index * 33)
      _ = encodings.frame(1, captured: index * 33)
    }
    encodings.report(0, at: 900)
    encodings.report(1, at: 900)
    let before = encodings.frame(0, captured: 990)
    encodings.clock.reset(encoding: 0)
    let renewed = Encodings(clock: encodings.clock, offsets: [3_333_333_333, 1_000_000])
    encodings = renewed
    let after = encodings.frame(0, captured: 1090)
    #expect(abs(after - before - 100 * 90) <= 90)
    // The other one is the reference now, and the new numbers align to it.
    encodings.report(1, at: 1100)
    encodings.report(0, at: 1100)
    var apart: Int64 = .max
    for index in Int64(34)..<80 {
      let first = encodings.frame(0, captured: index * 33)
      apart = encodings.frame(1, captured: index * 33) - first
    }
    #expect(apart == 0)
  }

  @Test("media time is when a tick was captured, by our wall clock")
  func mediaTime() {
    var encodings = Encodings(offsets: [77])
    #expect(encodings.clock.mediaTime(of: 0) == nil)
    for index in Int64(0)..<10 { _ = encodings.frame(0, captured: index * 33, delay: 50) }
    encodings.report(0, at: 300)
    let ticks = encodings.frame(0, captured: 330, delay: 50)
    #expect(encodings.clock.mediaTime(of: ticks) == Encodings.wall(330))
    #expect(encodings.clock.mediaTime(of: ticks - 90 * 330) == Encodings.wall(0))
  }

  @Test("a report from before the first packet, or with any time at all, does no harm")
  func hostileReports() {
    var encodings = Encodings(offsets: [77, 5])
    encodings.report(0, at: 0)
    let first = encodings.frame(0, captured: 0)
    _ = encodings.frame(1, captured: 0)
    for raw in [0, 1, UInt64.max, 1 << 63, 2_208_988_800 << 32] as [UInt64] {
      for timestamp in [0, 1, UInt32.max, 1 << 31] as [UInt32] {
        for encoding in 0..<2 {
          encodings.clock.report(
            encoding: encoding, time: NTPTime(rawValue: raw).wallTime,
            timestamp: RTPTimestamp(timestamp), captureOffset: .zero, steadyOffset: .zero)
        }
      }
    }
    let second = encodings.frame(0, captured: 33)
    #expect(abs(second - first - 33 * 90) <= TrackClock.correctionMax)
  }
}

@Suite("The publisher clock follows the publisher's")
struct PublisherClockTests {
  private func report(_ clock: inout PublisherClock, offset: Int64, delay: Int64) {
    let sent = WallTime(nanoseconds: 1_000_000_000_000)
    clock.report(
      sent: sent, arrival: sent + .milliseconds(offset + delay), roundTrip: .zero)
  }

  @Test("the first report is believed")
  func first() {
    var clock = PublisherClock()
    #expect(clock.offset == nil)
    report(&clock, offset: -5000, delay: 20)
    #expect(clock.offset == .milliseconds(-4980))
  }

  @Test("late reports move it little, quick ones more, and a step of the clock is followed at once")
  func smoothing() {
    var clock = PublisherClock()
    report(&clock, offset: 100, delay: 0)
    report(&clock, offset: 100, delay: 160)
    #expect(clock.offset == .milliseconds(110))
    report(&clock, offset: 100, delay: 0)
    #expect(clock.offset == .milliseconds(105))
    report(&clock, offset: 3000, delay: 0)
    #expect(clock.offset == .milliseconds(3000))
  }

  @Test("half the round trip is the publisher's way to us")
  func roundTrip() {
    var clock = PublisherClock()
    let sent = WallTime(nanoseconds: 0)
    clock.report(sent: sent, arrival: sent + .milliseconds(50), roundTrip: .milliseconds(80))
    #expect(clock.offset == .milliseconds(10))
  }

  @Test("the steady offset stays through late and quick reports, and follows a step")
  func steady() {
    var clock = PublisherClock()
    #expect(clock.steadyOffset == nil)
    report(&clock, offset: 100, delay: 40)
    report(&clock, offset: 100, delay: 0)
    report(&clock, offset: 100, delay: 300)
    #expect(clock.offset != .milliseconds(140))
    #expect(clock.steadyOffset == .milliseconds(140))
    report(&clock, offset: 3000, delay: 0)
    #expect(clock.steadyOffset == .milliseconds(3000))
  }
}
