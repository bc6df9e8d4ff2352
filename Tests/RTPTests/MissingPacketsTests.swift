// Missing packets: when they are asked for, again, and given up.

import Testing
import Wire

@testable import RTP

private func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

@Suite("Missing packets")
struct MissingPacketsTests {
  var missing = MissingPackets()
  let roundTrip = TimeSpan.milliseconds(50)

  mutating func due(_ milliseconds: Int64) -> [UInt16] {
    var list: [SerialNumber16] = []
    list.reserveCapacity(MissingPackets.missingMax)
    missing.takeDue(at: at(milliseconds), roundTrip: roundTrip, into: &list)
    return list.map(\.rawValue)
  }

  @Test("packets in order miss nothing, wherever they begin")
  mutating func inOrder() {
    for number in 70_000..<70_100 { missing.receive(Int64(number), at: at(0)) }
    #expect(missing.isEmpty && due(2000).isEmpty)
    #expect(missing.nextDue(roundTrip: roundTrip) == nil)
  }

  @Test("a packet overtaken by one is not asked for; by two it is")
  mutating func reorder() {
    missing.receive(10, at: at(0))
    missing.receive(12, at: at(1))
    #expect(due(1).isEmpty)
    missing.receive(11, at: at(2))
    #expect(missing.isEmpty)
    missing.receive(14, at: at(3))
    missing.receive(15, at: at(4))
    #expect(due(4) == [13])
  }

  @Test("without newer packets it is asked for after the reorder wait")
  mutating func reorderWait() {
    missing.receive(10, at: at(0))
    missing.receive(12, at: at(1))
    #expect(missing.nextDue(roundTrip: roundTrip) == at(11))
    #expect(due(10).isEmpty)
    #expect(due(11) == [11])
  }

  @Test("it is asked for again each round trip, never faster than 20 ms")
  mutating func retries() {
    missing.receive(0, at: at(0))
    missing.receive(3, at: at(0))
    #expect(due(0) == [1])
    #expect(due(10) == [2])
    #expect(due(49).isEmpty)
    #expect(missing.nextDue(roundTrip: roundTrip) == at(50))
    #expect(due(50) == [1])
    #expect(due(60) == [2])
    var list: [SerialNumber16] = []
    list.reserveCapacity(8)
    missing.takeDue(at: at(79), roundTrip: .zero, into: &list)
    #expect(list.map(\.rawValue) == [1])
  }

  @Test("an arrival ends the asking")
  mutating func arrival() {
    missing.receive(0, at: at(0))
    missing.receive(4, at: at(0))
    #expect(due(10) == [1, 2, 3])
    missing.receive(2, at: at(20))
    missing.receive(2, at: at(21))
    #expect(due(60) == [1, 3])
    #expect(missing.abandoned == 0)
  }

  @Test("after ten requests nothing more is asked; after a second it is given up")
  mutating func givesUp() {
    missing.receive(0, at: at(0))
    missing.receive(2, at: at(0))
    var requests = 0
    for time in stride(from: Int64(0), to: 999, by: 1) { requests += due(time).count }
    #expect(requests == MissingPackets.triesMax)
    #expect(missing.count == 1)
    #expect(missing.nextDue(roundTrip: roundTrip) == at(1000))
    #expect(due(1000).isEmpty)
    #expect(missing.isEmpty && missing.abandoned == 1)
  }

  @Test("a jump beyond the limit gives up everything and goes on from there")
  mutating func jump() {
    missing.receive(0, at: at(0))
    missing.receive(2, at: at(0))
    missing.receive(3 + Int64(MissingPackets.missingMax), at: at(0))
    #expect(missing.count == MissingPackets.missingMax)
    missing.receive(5 + 2 * Int64(MissingPackets.missingMax), at: at(0))
    let isEmpty = missing.isEmpty
    #expect(isEmpty)
    #expect(missing.abandoned == 1 + 2 * MissingPackets.missingMax + 1)
  }

  @Test("many small gaps never exceed the limit; the oldest are given up first")
  mutating func bounded() {
    for number in stride(from: Int64(0), to: 4000, by: 2) { missing.receive(number, at: at(0)) }
    #expect(missing.count == MissingPackets.missingMax)
    #expect(due(0).last == 3995)
    #expect(missing.abandoned == 1999 - MissingPackets.missingMax)
  }

  @Test("numbers wrap on the wire and not in here")
  mutating func wire() {
    missing.receive(65535, at: at(0))
    missing.receive(65538, at: at(0))
    #expect(due(10) == [0, 1])
  }

  @Test("what comes before a keyframe is forgotten, and is not abandoned")
  mutating func keyframe() {
    missing.receive(0, at: at(0))
    missing.receive(10, at: at(0))
    missing.forget(before: 5)
    #expect(due(10) == [5, 6, 7, 8, 9])
    missing.forget(before: 50)
    #expect(missing.isEmpty && missing.abandoned == 0)
  }

  @Test("a full list leaves the rest due")
  mutating func fullList() {
    missing.receive(0, at: at(0))
    missing.receive(200, at: at(0))
    var list: [SerialNumber16] = []
    list.reserveCapacity(16)
    let capacity = list.capacity
    missing.takeDue(at: at(10), roundTrip: roundTrip, into: &list)
    #expect(list.count == capacity && list.capacity == capacity)
    list.removeAll(keepingCapacity: true)
    missing.takeDue(at: at(10), roundTrip: roundTrip, into: &list)
    #expect(list.first?.rawValue == UInt16(capacity + 1))
  }

  @Test("extreme numbers do not trap")
  mutating func extremes() {
    missing.receive(.min, at: at(0))
    missing.receive(.max, at: at(0))
    missing.receive(0, at: at(0))
    #expect(missing.isEmpty)
    missing.reset()
    missing.receive(5, at: at(0))
    #expect(missing.isEmpty)
  }
}
