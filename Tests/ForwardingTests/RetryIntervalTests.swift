// How often a publisher is asked for one packet.

import RTP
import Testing
import Wire

@testable import Forwarding

@Suite("Requests to publishers follow the time a repair takes")
struct RetryIntervalTests {
  /// A stream in which every tenth packet comes in a repair, so long after it was asked for.
  private static func stream(repairedAfter milliseconds: Int64) -> EncodingIngress {
    var ingress = EncodingIngress(ssrc: 5)
    var list: [SerialNumber16] = []
    list.reserveCapacity(64)
    for number in UInt16(1)...200 {
      let now = Instant.zero + .milliseconds(Int64(number) * 10)
      guard number % 10 != 0 else { continue }
      _ = ingress.receive(
        SerialNumber16(number), timestamp: RTPTimestamp(0), clockRate: 90_000, isRepair: false,
        at: now)
      guard number % 10 == 2, number > 10 else { continue }
      list.removeAll(keepingCapacity: true)
      ingress.takeMissing(at: now, into: &list)
      for lost in list {
        _ = ingress.receive(
          lost, timestamp: RTPTimestamp(0), clockRate: 90_000, isRepair: true,
          at: now + .milliseconds(milliseconds))
      }
    }
    return ingress
  }

  @Test("30 ms before anything is measured and on short paths, 80 ms on long ones")
  func bounds() {
    #expect(EncodingIngress(ssrc: 5).retryInterval == .milliseconds(30))
    #expect(RetryIntervalTests.stream(repairedAfter: 10).retryInterval == .milliseconds(30))
    #expect(RetryIntervalTests.stream(repairedAfter: 300).retryInterval == .milliseconds(80))
  }

  @Test("the time a repair takes in between")
  func between() {
    let interval = RetryIntervalTests.stream(repairedAfter: 60).retryInterval
    #expect(interval > .milliseconds(60) && interval < .milliseconds(70))
  }
}
