// A viewer's stream stays one stream whatever happens to the source.

import Forwarding
import RTP
import Testing
import Wire

/// A source of VP8 packets for one encoding: frames of a few packets, three temporal layers.
struct VP8Source {
  var encoding: UInt8
  var sequence: Int64
  var picture: UInt16
  var tl0: Int16
  var frame = 0
  let packetsPerFrame: Int

  init(encoding: UInt8, sequence: Int64, picture: UInt16, tl0: Int16, packetsPerFrame: Int = 3) {
    self.encoding = encoding
    self.sequence = sequence
    self.picture = picture
    self.tl0 = tl0
    self.packetsPerFrame = packetsPerFrame
  }

  /// The packets of the next frame; L1T3: 0 2 1 2.
  mutating func next(keyframe: Bool = false, at now: Instant) -> [PacketInfo] {
    let temporal: UInt8 = keyframe ? 0 : [0, 2, 1, 2][frame % 4]
    if keyframe { frame = 0 }
    if temporal == 0 { tl0 = (tl0 + 1) & 0xFF }
    var packets: [PacketInfo] = []
    for index in 0..<packetsPerFrame {
      var info = PacketInfo(
        encoding: encoding, codec: .vp8, sequence: sequence,
        ticks: now.nanoseconds * 9 / 100_000, arrival: now)
      info.marker = index == packetsPerFrame - 1
      info.startsFrame = index == 0
      info.isKeyframe = keyframe
      info.pictureID = picture
      info.pictureIDBytes = 2
      info.tl0PicIdx = tl0
      info.temporalID = temporal
      info.isSwitchingPoint = temporal > 0
      info.payloadLength = 1000
      packets.append(info)
      sequence += 1
    }
    picture = (picture + 1) & 0x7FFF
    frame += 1
    return packets
  }
}

func makeStream(rtx: Bool = true) -> ViewerStream {
  ViewerStream(
    ssrc: 1000, rtxSSRC: rtx ? 1001 : nil, kind: .video,
    payloadTypes: PayloadTypeTable([(.vp8, 96, rtx ? 97 : nil), (.h264, 102, nil)]),
    seed: 0x1234_5678_7FFE_7FFE)
}

/// Sends frames into a stream and keeps what came out.
struct Harness {
  var stream = makeStream()
  var out: [HeaderPatch] = []
  var transport: UInt16 = 0

  mutating func feed(_ packets: [PacketInfo], at now: Instant) {
    for info in packets {
      if let patch = stream.forward(info, transportSequence: transport, at: now) {
        out.append(patch)
        transport &+= 1
      }
    }
  }
}

@Suite("A viewer's stream is one stream")
struct ViewerStreamTests {
  let frame = TimeSpan.milliseconds(33)

  @Test("a layer switch at a keyframe continues numbers, picture ids and timestamps")
  func switchContinues() {
    var low = VP8Source(encoding: 0, sequence: 70_000, picture: 32_760, tl0: 250)
    var high = VP8Source(encoding: 2, sequence: 200_123, picture: 17, tl0: 3, packetsPerFrame: 5)
    var harness = Harness()
    harness.stream.attach()
    harness.stream.align(offset: 0)
    harness.stream.wait(for: 0)
    var now = Instant.zero
    for index in 0..<40 {
      if index == 20 { harness.stream.wait(for: 2) }
      harness.feed(low.next(keyframe: index == 0, at: now), at: now)
      harness.feed(high.next(keyframe: index == 30, at: now), at: now)
      now = now + frame
    }
    let numbers = harness.out.map(\.sequence)
    #expect(numbers == Array(numbers[0]..<(numbers[0] + Int64(numbers.count))))
    #expect(numbers.count == 31 * 3 + 10 * 5)
    var pictures = harness.out.map { $0.pictureID & 0x7FFF }
    pictures = pictures.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    for (a, b) in zip(pictures, pictures.dropFirst()) { #expect((a &+ 1) & 0x7FFF == b) }
    for (a, b) in zip(harness.out, harness.out.dropFirst()) {
      #expect(RTPTimestamp(b.timestamp).distance(from: RTPTimestamp(a.timestamp)) >= 0)
    }
    #expect(harness.stream.current == 2)
  }

  @Test("dropping temporal layers leaves no gap in numbers or picture ids")
  func temporalDropLeavesNoGap() {
    var source = VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9)
    var harness = Harness()
    harness.stream.attach()
    harness.stream.align(offset: 0)
    harness.stream.temporalMax = 0
    harness.stream.wait(for: 0)
    var now = Instant.zero
    for index in 0..<64 {
      harness.feed(source.next(keyframe: index == 0, at: now), at: now)
      now = now + frame
    }
    let numbers = harness.out.map(\.sequence)
    #expect(numbers == Array(numbers[0]..<(numbers[0] + Int64(numbers.count))))
    #expect(numbers.count == 16 * 3)
    let pictures = harness.out.map { $0.pictureID & 0x7FFF }
    #expect(Set(pictures).count == 16)
    #expect(Int(pictures.last ?? 0) - Int(pictures[0]) == 15)
  }

  @Test("a late packet of a kept frame takes the number that was reserved for it")
  func lateTakesReservedNumber() {
    var source = VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9)
    var harness = Harness()
    harness.stream.attach()
    harness.stream.align(offset: 0)
    harness.stream.temporalMax = 0
    harness.stream.wait(for: 0)
    let key = source.next(keyframe: true, at: .zero)
    harness.feed([key[0], key[2]], at: .zero)
    let dropped = source.next(at: Instant.zero + frame)
    harness.feed(dropped, at: Instant.zero + frame)
    var late = key[1]
    late.isLate = true
    harness.feed([late], at: Instant.zero + frame)
    #expect(harness.out.map { $0.sequence - harness.out[0].sequence } == [0, 2, 1])
    #expect(harness.out[2].timestamp == harness.out[0].timestamp)
    #expect(harness.out[2].pictureID == harness.out[0].pictureID)
    harness.feed([late], at: Instant.zero + frame)
    #expect(harness.out.count == 3, "a second copy of it is not sent under the same number")
  }

  @Test("a late packet of a dropped frame is replaced by an empty one")
  func lateDroppedIsEmpty() {
    var source = VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9)
    var harness = Harness()
    harness.stream.attach()
    harness.stream.align(offset: 0)
    harness.stream.temporalMax = 0
    harness.stream.wait(for: 0)
    harness.feed(source.next(keyframe: true, at: .zero), at: .zero)
    let upper = source.next(at: Instant.zero + frame)
    harness.feed([upper[0], upper[2]], at: Instant.zero + frame)
    var late = upper[1]
    late.isLate = true
    harness.feed([late], at: Instant.zero + frame)
    #expect(harness.out.count == 4)
    #expect(harness.out[3].isEmpty)
  }

  @Test("late packets from before a switch never take a number after it")
  func lateBeforeSwitch() {
    var low = VP8Source(encoding: 0, sequence: 10, picture: 1, tl0: 1)
    var high = VP8Source(encoding: 1, sequence: 900, picture: 1, tl0: 1)
    var harness = Harness()
    harness.stream.attach()
    harness.stream.align(offset: 0)
    harness.stream.wait(for: 0)
    harness.feed(low.next(keyframe: true, at: .zero), at: .zero)
    harness.stream.wait(for: 1)
    harness.feed(high.next(keyframe: true, at: Instant.zero + frame), at: Instant.zero + frame)
    var late = low.next(at: Instant.zero + frame)
    for index in late.indices { late[index].isLate = true }
    harness.feed(late, at: Instant.zero + frame)
    #expect(harness.out.count == 6)
  }

  @Test("whatever order, loss, switches and re-publishes: no number is used for two packets")
  func numbersAreUnique() {
    for seed in UInt64(1)...40 {
      var random = SplitMix(seed)
      var harness = Harness()
      harness.stream.attach()
      harness.stream.align(offset: 0)
      var sources = (0..<3).map {
        VP8Source(
          encoding: UInt8($0), sequence: Int64(random.next() % 1_000_000) + 70_000,
          picture: UInt16(random.next() & 0x7FFF), tl0: Int16(random.next() & 0xFF))
      }
      harness.stream.wait(for: 0)
      var held: [PacketInfo] = []
      var now = Instant.zero
      for _ in 0..<400 {
        if random.next() % 50 == 0 { harness.stream.wait(for: UInt8(random.next() % 3)) }
        if random.next() % 60 == 0 { harness.stream.temporalMax = UInt8(random.next() % 3) }
        if random.next() % 120 == 0 {
          harness.stream.attach()
          harness.stream.align(offset: 0)
          held.removeAll()
          harness.stream.wait(for: UInt8(random.next() % 3))
        }
        for index in sources.indices {
          for var info in sources[index].next(keyframe: random.next() % 20 == 0, at: now) {
            if random.next() % 10 == 0 {
              info.isLate = true
              held.append(info)
            } else {
              harness.feed([info], at: now)
            }
          }
        }
        while held.count > 8 { harness.feed([held.removeFirst()], at: now) }
        now = now + frame
      }
      let numbers = harness.out.map(\.sequence)
      #expect(Set(numbers).count == numbers.count, "seed \(seed)")
      #expect(numbers.count > 300, "seed \(seed)")
    }
  }

  @Test("without RTX a NACK is answered by the identical header; with RTX by a number of its own")
  func retransmission() {
    for rtx in [false, true] {
      var source = VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9)
      var stream = makeStream(rtx: rtx)
      stream.attach()
      stream.align(offset: 0)
      stream.wait(for: 0)
      let packets = source.next(keyframe: true, at: .zero)
      let sent = packets.compactMap { stream.forward($0, transportSequence: 5, at: .zero) }
      // As soon as on a short path: the first answer does not wait.
      let later = Instant.zero + .milliseconds(1)
      let wanted = SerialNumber16(UInt16(truncatingIfNeeded: sent[1].sequence))
      let again = stream.retransmit(
        wanted, source: { _ in packets[1] }, transportSequence: 77, at: later)
      let patch = try? #require(again?.patch)
      #expect(patch?.ssrc == (rtx ? 1001 : 1000))
      #expect(patch?.payloadType == (rtx ? 97 : 96))
      #expect(patch?.transportSequence == (rtx ? 77 : 5))
      #expect(patch?.originalSequence == (rtx ? wanted.rawValue : nil))
      if !rtx {
        #expect(patch?.sequence == sent[1].sequence)
        #expect(patch?.timestamp == sent[1].timestamp)
        #expect(patch?.marker == sent[1].marker)
        #expect(patch?.includesMID == sent[1].includesMID)
      }
      let soon = stream.retransmit(
        wanted, source: { _ in packets[1] }, transportSequence: 78,
        at: later + ForwardingLimits.retransmitInterval - .microseconds(1))
      #expect(soon == nil, "the last one is still in flight")
      let repeated = stream.retransmit(
        wanted, source: { _ in packets[1] }, transportSequence: 79,
        at: later + ForwardingLimits.retransmitInterval)
      #expect(repeated != nil)
    }
  }

  @Test("a viewer starts from the chain, stamped just before live, and goes over without a jump")
  func catchUp() {
    var source = VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9)
    var stream = makeStream()
    stream.attach()
    stream.align(offset: 0)
    var chain: [PacketInfo] = []
    var now = Instant.zero
    for index in 0..<30 {
      chain += source.next(keyframe: index == 0, at: now)
      now = now + frame
    }
    let edge = chain[chain.count - 1].ticks
    stream.start(
      0, chainStart: chain[0].sequence, edgeTicks: edge, layerRate: .kilobits(800), at: now)
    var out: [(at: Instant, patch: HeaderPatch)] = []
    let joined = now
    var live = joined
    while out.count < 500, now < joined + .seconds(1) {
      if now >= live {
        let fresh = source.next(at: live)
        chain += fresh
        for info in fresh {
          if let patch = stream.forward(info, transportSequence: 0, at: now) {
            out.append((now, patch))
          }
        }
        live = live + frame
      }
      while let next = stream.catchUpNext(at: now) {
        guard let info = chain.first(where: { $0.sequence == next.sequence }) else {
          stream.finishCatchUp()
          break
        }
        if let patch = stream.catchUp(info, transportSequence: 0, at: now) {
          out.append((now, patch))
        }
      }
      now = now + .milliseconds(5)
    }
    let numbers = out.map(\.patch.sequence)
    #expect(numbers == Array(numbers[0]..<(numbers[0] + Int64(numbers.count))))
    for (a, b) in zip(out, out.dropFirst()) {
      #expect(RTPTimestamp(b.patch.timestamp).distance(from: RTPTimestamp(a.patch.timestamp)) >= 0)
    }
    guard case .live = stream.phase else {
      Issue.record("the viewer is live after a second")
      return
    }
    // Jitter a receiver sees: arrival against timestamp, over the whole start.
    let lags = out.map { item in
      (item.at - joined).seconds * 90_000
        - Double(
          RTPTimestamp(item.patch.timestamp).distance(from: RTPTimestamp(out[0].patch.timestamp)))
    }
    let spread = (lags.max() ?? 0) - (lags.min() ?? 0)
    // The margin (40 ms), a frame (33 ms), a tick (5 ms) and rounding.
    #expect(spread < 90 * 90, "timestamps follow the sending instants")
  }

  @Test("a catch-up goes on with a newer keyframe, but not in the middle of a frame")
  func skipCatchUp() {
    var source = VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9)
    var stream = makeStream()
    stream.attach()
    stream.align(offset: 0)
    var chain: [PacketInfo] = []
    for index in 0..<4 {
      chain += source.next(keyframe: index % 3 == 0, at: .zero + frame * Int64(index))
    }
    let keyframe = chain[3 * (chain.count / 4)]
    #expect(keyframe.startsKeyframe)
    stream.start(
      0, chainStart: 500, edgeTicks: chain[chain.count - 1].ticks, layerRate: .kilobits(800),
      at: .zero)
    var out: [HeaderPatch] = []
    var sources: [Int64] = []
    while let next = stream.catchUpNext(at: .zero), next.sequence < 500 + Int64(chain.count) {
      let info = chain[Int(next.sequence - 500)]
      let mayLeave = !sources.isEmpty
      if mayLeave, stream.skipCatchUp(to: keyframe.sequence, at: info) { continue }
      sources.append(info.sequence)
      if let patch = stream.catchUp(info, transportSequence: 0, at: .zero) { out.append(patch) }
    }
    stream.finishCatchUp()
    let perFrame = Int64(chain.count / 4)
    #expect(
      sources == Array(500..<(500 + perFrame))
        + Array(keyframe.sequence..<(keyframe.sequence + perFrame)))
    let numbers = out.map(\.sequence)
    #expect(numbers == Array(numbers[0]..<(numbers[0] + 2 * perFrame)))
    #expect(Set(out.map(\.pictureID)).count == 2)
    #expect(out.last?.pictureID == out.first.map { $0.pictureID + 1 })
    guard case .live = stream.phase else {
      Issue.record("the viewer is live")
      return
    }
  }

  @Test("a re-publish goes on with time, from the first keyframe of the new track")
  func rePublish() {
    var first = VP8Source(encoding: 0, sequence: 500, picture: 100, tl0: 9)
    var second = VP8Source(encoding: 0, sequence: 9_000, picture: 3, tl0: 1)
    var harness = Harness()
    harness.stream.attach()
    harness.stream.align(offset: 0)
    harness.stream.wait(for: 0)
    harness.feed(first.next(keyframe: true, at: .zero), at: .zero)
    harness.stream.attach()
    harness.stream.align(offset: 0)
    harness.stream.wait(for: 0)
    let later = Instant.zero + .seconds(2)
    harness.feed(second.next(at: later), at: later)
    #expect(harness.out.count == 3)
    harness.feed(second.next(keyframe: true, at: later), at: later)
    #expect(harness.out.count == 6)
    let gap = RTPTimestamp(harness.out[3].timestamp)
      .distance(from: RTPTimestamp(harness.out[2].timestamp))
    #expect(abs(gap - 180_000) < 90)
    #expect(harness.out[3].sequence == harness.out[2].sequence + 1)
  }
}

/// A small seeded generator: tests replay from their seed.
struct SplitMix {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
