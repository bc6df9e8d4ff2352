// Dropped temporal layers beside losses: what may be loss keeps its numbers, so that it can be asked for.

import Forwarding
import Testing
import Wire

@Suite("Temporal layers dropped beside a gap")
struct TemporalGapTests {
  private let frame = TimeSpan.milliseconds(33)

  /// A stream of the base layer alone, and its source.
  private func make() -> (VP8Source, Harness) {
    var harness = Harness()
    harness.stream.attach()
    harness.stream.align(offset: 0)
    harness.stream.temporalMax = 0
    harness.stream.wait(for: 0)
    return (VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9), harness)
  }

  @Test("the end of a frame lost just before a dropped one keeps its number until it comes")
  func lossBeforeDrop() throws {
    var (source, harness) = make()
    let key = source.next(keyframe: true, at: .zero)
    harness.feed(Array(key[0..<2]), at: .zero)
    var now = Instant.zero
    for _ in 0..<3 {
      now = now + frame
      harness.feed(source.next(at: now), at: now)
    }
    now = now + frame
    harness.feed(source.next(at: now), at: now)
    let first = try #require(harness.out.first).sequence
    #expect(harness.out.map { $0.sequence - first } == [0, 1, 3, 4, 5])
    var late = key[2]
    late.isLate = true
    harness.feed([late], at: now)
    #expect(harness.out.last?.sequence == first + 2)
    #expect(harness.out.last?.pictureID == harness.out.first?.pictureID)
  }

  @Test("a whole frame lost between dropped ones stays a gap: nobody knows its layer")
  func lostFrameBetweenDrops() throws {
    var (source, harness) = make()
    harness.feed(source.next(keyframe: true, at: .zero), at: .zero)
    var now = Instant.zero
    for index in 1...4 {
      now = now + frame
      let packets = source.next(at: now)
      // Of 2, 1, 2, 0 the frame of layer 1 is lost.
      if index != 2 { harness.feed(packets, at: now) }
    }
    let first = try #require(harness.out.first).sequence
    #expect(harness.out.map { $0.sequence - first } == [0, 1, 2, 6, 7, 8])
  }
}
