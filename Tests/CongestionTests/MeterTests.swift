// Rates over a sliding window.

import Testing
import Wire

@testable import Congestion

private func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

@Suite("Rate meters")
struct MeterTests {
  @Test("a steady stream shows its bitrate, and silence shows none")
  func bitrate() {
    var meter = ReceiveRateMeter()
    #expect(meter.bitrate(at: at(0)) == .zero)
    for time in stride(from: Int64(0), to: 3000, by: 10) {
      meter.record(byteCount: 1250, at: at(time))
    }
    let rate = meter.bitrate(at: at(3000)).bitsPerSecond
    #expect((990_000...1_010_000).contains(rate))
    #expect(meter.bitrate(at: at(3450)).bitsPerSecond < 700_000)
    #expect(meter.bitrate(at: at(4100)) == .zero)
  }

  @Test("a young stream is measured over its age")
  func young() {
    var meter = ReceiveRateMeter()
    for time in stride(from: Int64(0), to: 300, by: 10) {
      meter.record(byteCount: 1250, at: at(time))
    }
    #expect((950_000...1_050_000).contains(meter.bitrate(at: at(300)).bitsPerSecond))
  }

  @Test("time that stands still, jumps far or is negative does not trap")
  func oddTimes() {
    var meter = ReceiveRateMeter()
    for time in [Int64.min, -5, 0, 7, 3, .max] {
      meter.record(byteCount: 10, at: Instant(nanoseconds: time))
      #expect(meter.bitrate(at: Instant(nanoseconds: time)).bitsPerSecond >= 0)
    }
  }

  @Test("frames are counted by timestamp, late packets not")
  func frames() {
    var meter = FrameRateMeter()
    for frame in 0..<60 {
      for packet in 0..<3 {
        let timestamp = RTPTimestamp(UInt32(truncatingIfNeeded: frame * 3000 - 30_000))
        meter.record(timestamp, at: at(Int64(frame) * 1000 / 30 + Int64(packet)))
        meter.record(timestamp.advanced(by: -3000), at: at(Int64(frame) * 1000 / 30))
      }
    }
    #expect((28...32).contains(meter.framesPerSecond(at: at(2000))))
    #expect(meter.framesPerSecond(at: at(3500)) == 0)
  }
}
