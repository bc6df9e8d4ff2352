// What a publisher is told it may send.

import Congestion
import Testing
import Wire

/// A publisher of 1000-byte packets at a steady rate, of which some are lost.
private struct Source {
  var estimate = ReceiveEstimate()
  var now = Instant.zero + .seconds(1)
  var expected: Int64 = 0
  var lost: Int64 = 0
  var last = Bitrate.zero

  /// Sends for so many tenths of a second at `kilobits`, losing one packet in `lostEvery`.
  mutating func send(_ kilobits: Int, tenths: Int, lostEvery: Int64 = .max) {
    let gap = TimeSpan(nanoseconds: Int64(8_000_000_000 / kilobits))
    for _ in 0..<tenths {
      let end = now + .milliseconds(100)
      while now < end {
        expected += 1
        if expected % lostEvery == 0 {
          lost += 1
        } else {
          estimate.record(byteCount: 1000, at: now)
        }
        now = now + gap
      }
      now = end
      last = estimate.update(expected: expected, lost: lost, at: now)
    }
  }
}

@Suite("REMB: the estimate of what a publisher may send")
struct ReceiveEstimateTests {
  @Test("without loss it is 1.25 times what comes")
  func growth() {
    var source = Source()
    source.send(1000, tenths: 20)
    #expect((1_200_000...1_300_000).contains(source.last.bitsPerSecond))
  }

  @Test("it never falls below where an encoder starts, even when nothing comes")
  func floor() {
    var source = Source()
    source.send(50, tenths: 20, lostEvery: 2)
    #expect(source.last == ReceiveEstimate.bitrateMin)
  }

  @Test("a picture that stands still does not pull it down")
  func stillPicture() {
    var source = Source()
    source.send(1000, tenths: 20)
    source.send(80, tenths: 30)
    #expect(source.last.bitsPerSecond >= 1_200_000)
  }

  @Test("loss over 10 % takes it below what comes")
  func backOff() {
    var source = Source()
    source.send(2000, tenths: 20)
    source.send(2000, tenths: 6, lostEvery: 5)
    // Four fifths of 2 Mbit/s come.
    #expect((1_300_000...1_500_000).contains(source.last.bitsPerSecond))
  }

  @Test("the losses of before the publisher could know are not held against it twice")
  func oneBackOffAtATime() {
    var source = Source()
    source.send(2000, tenths: 20)
    source.send(2000, tenths: 6, lostEvery: 5)
    let first = source.last
    source.send(1000, tenths: 4, lostEvery: 5)
    #expect(source.last == first)
  }

  @Test("loss between 2 and 10 % changes nothing")
  func hold() {
    var source = Source()
    source.send(1000, tenths: 20, lostEvery: 20)
    #expect(source.last == ReceiveEstimate.bitrateMin)
  }

  @Test("counters that start anew are no loss")
  func renewedCounters() {
    var source = Source()
    source.send(1000, tenths: 20, lostEvery: 50)
    let before = source.last
    source.expected = 0
    source.lost = 0
    source.send(1000, tenths: 20)
    #expect(source.last >= before)
  }
}
