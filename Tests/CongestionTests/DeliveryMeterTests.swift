// Whether a path carries what it is given, by when packets arrive.

import RTP
import Testing
import Wire

@testable import Congestion

/// A path that carries a share of what it is given.
private struct Path {
  var meter = DeliveryMeter()
  var sentAt = Instant.zero + .seconds(100)
  /// The viewer's clock, in ticks, is so far ahead.
  var skew: Int64 = 4_000_000
  var queue = TimeSpan.zero
  private var number: UInt16 = 0

  /// Sends a packet every 10 ms; `jitter` says how late each is besides the queue.
  mutating func send(
    milliseconds: Int64, share: Double, jitter: (Int64) -> Int64 = { _ in 0 }
  ) {
    for step in 0..<(milliseconds / 10) {
      let growth = 10.0 * (1 / share - 1)
      queue = max(.zero, queue + TimeSpan(fractionalSeconds: growth / 1000))
      let arrival = sentAt + queue + .milliseconds(20 + jitter(step))
      meter.record(
        .init(
          number: SerialNumber16(number), sentAt: sentAt, byteCount: 1200,
          arrivalTicks: arrival.nanoseconds / 250_000 + skew), at: arrival)
      number &+= 1
      sentAt = sentAt + .milliseconds(10)
    }
  }

  var measured: Double? { meter.share(since: .zero, at: sentAt) }
}

@Suite("The share of what we send that a viewer's path carries")
struct DeliveryMeterTests {
  @Test("a path that carries everything has no share, whatever the viewer's clock says")
  func clear() {
    for skew in [-4_000_000, 0, 4_000_000] as [Int64] {
      var path = Path()
      path.skew = skew
      path.send(milliseconds: 3000, share: 1)
      #expect(path.measured == nil)
    }
  }

  @Test("a path that carries two thirds is measured within a second and a half")
  func narrow() {
    var path = Path()
    path.send(milliseconds: 1000, share: 1)
    path.send(milliseconds: 1500, share: 2.0 / 3)
    #expect(path.measured.map { (0.62...0.70).contains($0) } ?? false)
  }

  @Test("jitter of 30 ms is no queue")
  func jitter() {
    var path = Path()
    for _ in 0..<12 {
      path.send(milliseconds: 500, share: 1) { $0 * 17 % 31 }
      #expect(path.measured == nil)
    }
  }

  @Test("a queue that drains is no trouble")
  func draining() {
    var path = Path()
    path.send(milliseconds: 2000, share: 0.5)
    #expect(path.measured != nil)
    path.send(milliseconds: 1500, share: 4)
    #expect(path.measured == nil)
  }

  @Test("a viewer's clock that leaps is no queue")
  func leap() {
    var path = Path()
    path.send(milliseconds: 1200, share: 1)
    path.skew += 4 * 60_000
    path.send(milliseconds: 1200, share: 1)
    #expect(path.measured == nil)
  }

  @Test("a measurement is forgotten with time")
  func forgetting() {
    var path = Path()
    path.send(milliseconds: 2000, share: 0.5)
    #expect(path.meter.share(since: .zero, at: path.sentAt + .seconds(6)) == nil)
  }

  @Test("what was sent before a change says nothing of what is sent since")
  func change() {
    var path = Path()
    path.send(milliseconds: 2000, share: 0.5)
    let change = path.sentAt
    #expect(path.meter.share(since: change, at: path.sentAt) == nil)
    path.send(milliseconds: 900, share: 0.5)
    #expect(path.meter.share(since: change, at: path.sentAt) == nil)
    path.send(milliseconds: 1200, share: 0.5)
    #expect(path.meter.share(since: change, at: path.sentAt) != nil)
  }

  @Test("a queue that stands is told until it has drained")
  func queue() {
    var path = Path()
    path.send(milliseconds: 1000, share: 1)
    #expect(!path.meter.isQueued(at: path.sentAt))
    path.send(milliseconds: 2000, share: 0.5)
    path.send(milliseconds: 2000, share: 1)
    #expect(path.measured == nil)
    #expect(path.meter.isQueued(at: path.sentAt))
    path.send(milliseconds: 4000, share: 4)
    #expect(!path.meter.isQueued(at: path.sentAt))
  }
}
