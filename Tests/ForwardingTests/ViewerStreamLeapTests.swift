// A viewer's stream goes on when its source begins anew, and keeps frames whole.

import Forwarding
import RTP
import Testing
import Wire

@Suite("A viewer's stream survives its source")
struct ViewerStreamLeapTests {
  let frame = TimeSpan.milliseconds(33)

  /// A stream live on encoding 0 after one keyframe.
  private func live(_ source: inout VP8Source) -> Harness {
    var harness = Harness()
    harness.stream.attach()
    harness.stream.wait(for: source.encoding)
    harness.feed(source.next(keyframe: true, at: .zero), at: .zero)
    return harness
  }

  @Test("a source that leaps is taken up at its next keyframe, without a leap towards the viewer")
  func leap() {
    var source = VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9)
    var harness = live(&source)
    source.sequence += 131_072
    harness.feed(source.next(at: Instant.zero + frame), at: Instant.zero + frame)
    #expect(harness.out.count == 3)
    #expect(harness.stream.current == nil, "so that a keyframe is asked for")
    let later = Instant.zero + frame + frame
    harness.feed(source.next(keyframe: true, at: later), at: later)
    let numbers = harness.out.map(\.sequence)
    #expect(numbers == Array(numbers[0]..<(numbers[0] + 6)))
  }

  @Test("a leap onto a keyframe is taken up at once")
  func leapOntoKeyframe() {
    var source = VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9)
    var harness = live(&source)
    source.sequence += 70_000
    harness.feed(source.next(keyframe: true, at: .zero + frame), at: .zero + frame)
    let numbers = harness.out.map(\.sequence)
    #expect(numbers == Array(numbers[0]..<(numbers[0] + 6)))
  }

  @Test("a gap that may be loss keeps its numbers")
  func gap() {
    var source = VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9)
    var harness = live(&source)
    source.sequence += ForwardingLimits.gapMax - 1
    harness.feed(source.next(at: .zero + frame), at: .zero + frame)
    #expect(harness.out.count == 6)
    #expect(harness.out[3].sequence - harness.out[2].sequence == ForwardingLimits.gapMax)
  }

  @Test("whatever the source does, the viewer's numbers never leap by 2^15")
  func neverOutruns() {
    var random = SplitMix(7)
    var source = VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9)
    var harness = live(&source)
    for index in 0..<500 {
      if random.next() % 4 == 0 { source.sequence += Int64(random.next() % 40_000) }
      let now = Instant.zero + .milliseconds(Int64(index) * 33)
      harness.feed(source.next(keyframe: random.next() % 6 == 0, at: now), at: now)
    }
    #expect(harness.out.count > 300)
    for (a, b) in zip(harness.out, harness.out.dropFirst()) {
      #expect(b.sequence > a.sequence && b.sequence - a.sequence <= ForwardingLimits.gapMax)
    }
  }

  @Test("a picture id that comes round again after a dropped one is sent")
  func pictureIDComesRound() {
    var source = VP8Source(encoding: 0, sequence: 500, picture: 0, tl0: 9, packetsPerFrame: 1)
    var harness = Harness()
    harness.stream.attach()
    harness.stream.temporalMax = 0
    harness.stream.wait(for: 0)
    var now = Instant.zero
    func next(_ keyframe: Bool = false) -> [PacketInfo] {
      var packets = source.next(keyframe: keyframe, at: now)
      for index in packets.indices {
        packets[index].pictureID &= 0x7F
        packets[index].pictureIDBytes = 1
      }
      now = now + frame
      return packets
    }
    harness.feed(next(true), at: now)
    harness.feed(next(), at: now)
    #expect(harness.out.count == 1, "the upper layer's frame was dropped")
    harness.stream.temporalMax = .max
    for _ in 0..<2 { harness.feed(next(), at: now) }
    let before = harness.out.count
    for _ in 0..<256 { harness.feed(next(), at: now) }
    #expect(harness.out.count == before + 256)
  }

  @Test("two layers of one capture instant are two frames: they have different timestamps")
  func switchWithinAnInstant() {
    var low = VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9)
    var high = VP8Source(encoding: 1, sequence: 9000, picture: 7, tl0: 9)
    var harness = live(&low)
    harness.stream.wait(for: 1)
    harness.feed(low.next(at: .zero + frame), at: .zero + frame)
    harness.feed(high.next(keyframe: true, at: .zero + frame), at: .zero + frame)
    #expect(harness.out.count == 9)
    #expect(harness.out[6].timestamp == harness.out[5].timestamp + 1)
    #expect(Set(harness.out[6...].map(\.timestamp)).count == 1)
  }

  @Test("late packets of a frame have its timestamp, in whatever order they come during a catch-up")
  func lateInCatchUp() {
    var source = VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9, packetsPerFrame: 8)
    var stream = makeStream()
    stream.attach()
    let chain = source.next(keyframe: true, at: .zero) + source.next(at: .zero + frame)
    let now = Instant.zero + .seconds(1)
    stream.start(
      0, chainStart: 500, edgeTicks: chain[15].ticks, layerRate: .kilobits(40_000), at: now)
    var timestamps: [Int64: UInt32] = [:]
    let missing: Set<Int64> = [509, 510, 511, 512, 513]
    while let next = stream.catchUpNext(at: now) {
      guard next.sequence < 516 else {
        stream.finishCatchUp()
        break
      }
      if missing.contains(next.sequence) {
        stream.skipMissing()
        continue
      }
      let patch = stream.catchUp(
        chain[Int(next.sequence - 500)], transportSequence: 0, at: now)
      timestamps[next.sequence] = patch?.timestamp
    }
    for number in [Int64(511), 510, 513, 509, 512] {
      var late = chain[Int(number - 500)]
      late.isLate = true
      let patch = stream.forward(late, transportSequence: 0, at: now)
      #expect(patch?.timestamp == timestamps[508], "packet \(number)")
    }
  }

  @Test("a chain that is gone before it was sent leaves the viewer waiting, not live on nothing")
  func chainLost() {
    var source = VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9)
    var stream = makeStream()
    stream.attach()
    stream.start(0, chainStart: 500, edgeTicks: 0, layerRate: .kilobits(800), at: .zero)
    stream.finishCatchUp()
    #expect(stream.current == nil)
    #expect(stream.target == 0)
    let packets = source.next(keyframe: true, at: .zero)
    #expect(stream.forward(packets[0], transportSequence: 0, at: .zero) != nil)
  }

  @Test("numbers go on when a section is negotiated away and comes back")
  func resume() {
    var source = VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9)
    let harness = live(&source)
    var again = makeStream()
    again.resume(harness.stream.numbers)
    again.attach()
    again.wait(for: 0)
    let patch = again.forward(
      source.next(keyframe: true, at: .zero)[0], transportSequence: 0, at: .zero)
    #expect(patch?.sequence == harness.out[2].sequence + 1)
  }

  @Test("after a renegotiation of payload types nothing is repeated that would differ")
  func renegotiated() {
    for rtx in [false, true] {
      var source = VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9)
      var stream = makeStream(rtx: rtx)
      stream.attach()
      stream.wait(for: 0)
      let packets = source.next(keyframe: true, at: .zero)
      let sent = packets.compactMap { stream.forward($0, transportSequence: 0, at: .zero) }
      stream.renegotiate(
        rtxSSRC: rtx ? 1001 : nil, payloadTypes: PayloadTypeTable([(.vp8, 110, rtx ? 111 : nil)]))
      let again = stream.retransmit(
        SerialNumber16(UInt16(truncatingIfNeeded: sent[1].sequence)), source: { _ in packets[1] },
        transportSequence: 0, at: .zero + .seconds(1))
      #expect(again == nil)
      let next = source.next(at: .zero + frame)
      let patch = stream.forward(next[0], transportSequence: 0, at: .zero + frame)
      #expect(patch?.payloadType == 110)
      #expect(patch?.sequence == sent[2].sequence + 1)
    }
  }
}
