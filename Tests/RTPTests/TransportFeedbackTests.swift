// Transport-wide feedback: every chunk form read, what is written read back the same.

import Testing
import Wire

@testable import RTP

private func statuses(_ datagram: [UInt8]) throws -> [TransportFeedback.Status] {
  var feedback = try TransportFeedback(parsing: onlyItem(datagram), in: datagram.span)
  var all: [TransportFeedback.Status] = []
  while let status = feedback.next(in: datagram.span) { all.append(status) }
  #expect(all.count == feedback.statusCount)
  return all
}

private func feedback(_ rest: String) -> [UInt8] {
  var body = hex("00000001 00000002" + rest)
  while body.count % 4 != 0 { body.append(0) }
  return [0x8F, 0xCD, 0, UInt8(body.count / 4)] + body
}

@Suite("Transport-wide feedback, reading")
struct TransportFeedbackReadingTests {
  @Test("run lengths, one-bit and two-bit vectors, small, large and negative deltas")
  func allChunks() throws {
    // Base 65534, 3 + 14 + 7 statuses, reference 2 (512 ticks), message 9.
    // A run of 3 small; 14 of one bit, first and last small; 7 of two bits, large, small, none...
    let datagram = feedback("FFFE 0018 000002 09 2003 A001 E400  01 02 03  04 05 FFFB 06")
    let read = try TransportFeedback(parsing: onlyItem(datagram), in: datagram.span)
    #expect(read.baseSequence == SerialNumber16(65534))
    #expect(read.referenceTime == 2 && read.feedbackCount == 9)
    #expect(read.sender == 1 && read.media == 2)
    let all = try statuses(datagram)
    #expect(all.map(\.sequenceNumber.rawValue) == (0..<24).map { UInt16(65534) &+ $0 })
    var expected: [Int64?] = [513, 515, 518, 522]
    expected += Array(repeating: nil, count: 12)
    expected += [527, 522, 528, nil, nil, nil, nil, nil]
    #expect(all.map(\.arrivalTicks) == expected)
  }

  @Test("the reference time is signed")
  func negativeReference() throws {
    let all = try statuses(feedback("0000 0001 FFFFFF 00 2001 05"))
    #expect(all == [.init(sequenceNumber: SerialNumber16(0), arrivalTicks: -251)])
  }

  @Test("no packets, the reserved symbol, missing deltas or chunks, and too many are refused")
  func refusals() {
    for (text, error) in [
      ("0000 0000 000000 00 2001 05", WireError.badValue), ("0000 0001 000000 00 6001", .badValue),
      ("0000 0001 000000 00 F000", .badValue), ("0000 0001 000000 00", .truncated),
      ("0000 0004 000000 00 2004 0102", .truncated), ("0000 0003 000000 00 2003", .truncated),
      ("0000 2001 000000 00 1FFF 1FFF", .tooMany), ("0000 FFFF 000000 00 1FFF 1FFF", .tooMany),
    ] {
      let datagram = feedback(text)
      #expect(throws: error) {
        try TransportFeedback(parsing: onlyItem(datagram), in: datagram.span)
      }
    }
  }
}

@Suite("Transport-wide feedback, writing")
struct TransportFeedbackWritingTests {
  private let origin = TransportFeedback.Origin(sender: 1, media: 2, feedbackCount: 3)
  private let none = TransportFeedback.notReceived

  /// Writes all of `arrivals` in as many messages as it takes; returns what they say, and their count.
  private func roundTrip(
    _ arrivals: [Int64], base: UInt16, capacity: Int
  ) throws -> (read: [Int64?], messages: Int) {
    var read: [Int64?] = []
    var messages = 0
    while read.count < arrivals.count {
      var rest = Array(arrivals[read.count...])
      // Losses at the end of the stream are reported with the next arrival.
      while rest.last == none { rest.removeLast() }
      if rest.isEmpty { break }
      let first = SerialNumber16(base &+ UInt16(truncatingIfNeeded: read.count))
      var covered = 0
      let datagram = try written(capacity: capacity) {
        covered = try TransportFeedback.write(origin, base: first, arrivals: rest.span, to: &$0)
      }
      let all = try statuses(datagram)
      #expect(all.first?.sequenceNumber == first)
      #expect(all.count == covered)
      read += all.map(\.arrivalTicks)
      messages += 1
    }
    return (read, messages)
  }

  @Test("one arrival is one run-length chunk and one delta")
  func single() throws {
    let datagram = try written {
      let covered = try TransportFeedback.write(
        origin, base: SerialNumber16(5), arrivals: [1000].span, to: &$0)
      #expect(covered == 1)
    }
    #expect(datagram == hex("8FCD0005 00000001 00000002 0005 0001 000003 03 2001 E8 00"))
  }

  @Test("a long run of one kind takes one chunk")
  func runs() throws {
    let arrivals = (0..<100).map { Int64($0 * 4) }
    let datagram = try written {
      _ = try TransportFeedback.write(
        origin, base: SerialNumber16(0), arrivals: arrivals.span, to: &$0)
    }
    #expect(datagram.count == (4 + 16 + 2 + 100 + 3) / 4 * 4)
  }

  @Test("random arrivals come back as they went, in any number of messages", arguments: 0..<40)
  func random(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var now = Int64.random(in: 0...1_000_000, using: &generator)
    let loss = [0, 1, 5, 9][Int(seed % 4)]
    let arrivals: [Int64] = (0..<Int.random(in: 1...900, using: &generator)).map { _ in
      now += Int64.random(in: -20...60, using: &generator)
      if Int.random(in: 0..<50, using: &generator) == 0 { now += 2000 }
      return Int.random(in: 0..<10, using: &generator) < loss ? none : max(0, now)
    }
    let capacity = Int.random(in: 60...1200, using: &generator)
    let (read, _) = try roundTrip(arrivals, base: UInt16(seed) &* 6553, capacity: capacity)
    // A receiver knows arrivals modulo 2^24 reference units only; these are far below.
    #expect(read == arrivals[..<read.count].map { $0 == none ? nil : $0 })
    #expect(arrivals[read.count...].allSatisfy { $0 == none })
  }

  @Test("a delta beyond 16 bits begins another message")
  func largeGap() throws {
    let (read, messages) = try roundTrip([100, 101, 101 + 40_000, 101], base: 0, capacity: 1200)
    #expect(read == [100, 101, 40_101, 101])
    #expect(messages == 3)
  }

  @Test("the reference time wraps at 24 bits")
  func wraps() throws {
    let ticks = (Int64(1) << 24) * 256 + 300
    let all = try statuses(
      try written {
        _ = try TransportFeedback.write(
          origin, base: SerialNumber16(0), arrivals: [ticks].span, to: &$0)
      })
    #expect(all[0].arrivalTicks == 300)
  }

  @Test("nothing received, or no space, writes nothing")
  func refusals() {
    var buffer = WireBuffer(capacity: 24)
    #expect(throws: WireError.missing) {
      try TransportFeedback.write(
        origin, base: SerialNumber16(0), arrivals: [none, none].span, to: &buffer)
    }
    #expect(throws: WireError.noSpace) {
      try TransportFeedback.write(
        origin, base: SerialNumber16(0), arrivals: [7].span, to: &buffer)
    }
    #expect(buffer.count == 0)
  }
}
