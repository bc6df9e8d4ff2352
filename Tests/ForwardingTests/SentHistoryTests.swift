// What was sent, and which numbers may still be used.

import Testing
import Wire

@testable import Forwarding

private func sent(_ sequence: Int64, source: Int64 = 0) -> SentPacket {
  SentPacket(
    sequence: sequence, sourceSequence: source, epoch: 0, encoding: 0, timestamp: 0,
    transportSequence: 0, pictureID: 0, tl0PicIdx: 0, includesMID: false, isEmpty: false,
    sendTime: 0, ticks: 0)
}

@Suite("The history of sent packets guards their numbers")
struct SentHistoryTests {
  @Test("a number is free once")
  func once() {
    var history = SentHistory(capacity: 8)
    #expect(history.record(sent(10)) == true)
    #expect(history.record(sent(10)) == false)
    #expect(history.record(sent(12)) == true)
    #expect(history.record(sent(11)) == true)
    #expect(history.record(sent(11)) == false)
  }

  @Test("a number older than the ring reaches is never free, used or not")
  func tooOld() {
    var history = SentHistory(capacity: 8)
    #expect(history.record(sent(100)) == true)
    #expect(!history.isFree(92))
    #expect(history.isFree(93))
    #expect(history.record(sent(93)) == true)
    #expect(history.record(sent(101)) == true)
    #expect(!history.isFree(93), "its place went to 101, and it must not come back")
  }

  @Test("a NACK's 16 bits name the packet nearest to the highest, also across the wrap")
  func wire() {
    var history = SentHistory(capacity: 512)
    for sequence in Int64(65_400)..<65_600 {
      #expect(history.record(sent(sequence, source: sequence)) == true)
    }
    #expect(history.packet(wire: SerialNumber16(65_500))?.sourceSequence == 65_500)
    #expect(history.packet(wire: SerialNumber16(10))?.sourceSequence == 65_546)
    #expect(history.packet(wire: SerialNumber16(64)) == nil, "not sent yet")
    #expect(history.packet(wire: SerialNumber16(40_000)) == nil)
  }

  @Test("nothing is found in an empty history")
  func empty() {
    let history = SentHistory(capacity: 8)
    for number in stride(from: UInt16(0), through: 65_000, by: 500) {
      #expect(history.packet(wire: SerialNumber16(number)) == nil)
    }
    #expect(history.isFree(0))
  }

  @Test("sending again moves only the time")
  func resent() {
    var history = SentHistory(capacity: 8)
    #expect(history.record(sent(10, source: 3)) == true)
    history.markResent(10, at: .zero + .seconds(1))
    #expect(history.packet(10)?.resentAt == .zero + .seconds(1))
    #expect(history.packet(10)?.sourceSequence == 3)
  }
}
