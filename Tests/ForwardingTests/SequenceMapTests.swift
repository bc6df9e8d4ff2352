// Stretches of a source's numbers, and what became of them.

import Testing

@testable import Forwarding

private func segment(
  _ first: Int64, delta: Int64, encoding: UInt8 = 0, epoch: UInt32 = 1
) -> SequenceMap.Segment {
  .init(
    epoch: epoch, encoding: encoding, first: first, last: .max, delta: delta, pictureDelta: 0,
    tl0Delta: 0)
}

@Suite("The sequence map remembers which numbers a stretch became")
struct SequenceMapTests {
  @Test("a number belongs to the stretch it lies in, of its encoding and epoch only")
  func lookUp() {
    var map = SequenceMap()
    map.begin(segment(100, delta: -90), endingPreviousAt: .min)
    map.begin(segment(500, delta: -480, encoding: 1), endingPreviousAt: 109)
    map.begin(segment(50, delta: 0, epoch: 2), endingPreviousAt: 520)
    #expect(map.segment(holding: 100, encoding: 0, epoch: 1)?.delta == -90)
    #expect(map.segment(holding: 109, encoding: 0, epoch: 1)?.delta == -90)
    #expect(map.segment(holding: 110, encoding: 0, epoch: 1) == nil, "after the switch")
    #expect(map.segment(holding: 99, encoding: 0, epoch: 1) == nil)
    #expect(map.segment(holding: 520, encoding: 1, epoch: 1)?.delta == -480)
    #expect(map.segment(holding: 521, encoding: 1, epoch: 1) == nil)
    #expect(map.segment(holding: 60, encoding: 0, epoch: 2)?.delta == 0)
    #expect(map.segment(holding: 105, encoding: 0, epoch: 3) == nil)
  }

  @Test("of overlapping stretches the newer one counts")
  func newerCounts() {
    var map = SequenceMap()
    map.begin(segment(100, delta: 0), endingPreviousAt: .min)
    map.begin(segment(100, delta: 30), endingPreviousAt: 120)
    #expect(map.segment(holding: 110, encoding: 0, epoch: 1)?.delta == 30)
  }

  @Test("the oldest stretch is forgotten when there are too many")
  func bounded() {
    var map = SequenceMap()
    let count = Int64(ForwardingLimits.segmentsMax)
    for index in 0...count {
      map.begin(segment(index * 10, delta: index), endingPreviousAt: index * 10 - 1)
    }
    #expect(map.segment(holding: 5, encoding: 0, epoch: 1) == nil)
    #expect(map.segment(holding: 15, encoding: 0, epoch: 1)?.delta == 1)
    #expect(map.newest?.delta == count)
    #expect(map.segment(holding: count * 10, encoding: 0, epoch: 1)?.delta == count)
  }

  @Test("packets dropped in a row take one place, so that 64 dropped frames are remembered")
  func emptyStretchesTakeNoPlace() {
    var map = SequenceMap()
    map.begin(segment(0, delta: 0), endingPreviousAt: .min)
    // Of every ten numbers three are dropped.
    for frame in Int64(0)..<40 {
      for dropped in (frame * 10 + 7)..<(frame * 10 + 10) {
        map.begin(segment(dropped + 1, delta: -1), endingPreviousAt: dropped - 1)
      }
    }
    #expect(map.segment(holding: 3, encoding: 0, epoch: 1)?.first == 0)
    #expect(map.segment(holding: 8, encoding: 0, epoch: 1) == nil)
    #expect(map.segment(holding: 12, encoding: 0, epoch: 1)?.first == 10)
  }
}
