// A track's encodings: chains, activity and ranks.

import Forwarding
import MediaControl
import RTP
import Testing
import Wire

private func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

/// A track with its packets made up as needed.
private struct TrackHarness {
  var track: Track
  var sequences: [Int64]

  init(_ rids: [String?] = ["q", "h", "f"]) {
    track = Track(TrackDescription(id: TrackID(1), kind: .video, rids: rids))
    sequences = Array(repeating: 1000, count: max(1, rids.count))
  }

  @discardableResult
  mutating func send(
    _ encoding: Int, at milliseconds: Int64, keyframe: Bool = false, bytes: Int = 1000,
    width: UInt16 = 0, skip: Int64 = 0
  ) -> Bool {
    sequences[encoding] += skip
    var info = PacketInfo(
      encoding: UInt8(encoding), codec: .vp8, sequence: sequences[encoding],
      ticks: milliseconds * 90, arrival: at(milliseconds))
    sequences[encoding] += 1
    info.startsFrame = true
    info.marker = true
    info.isKeyframe = keyframe
    info.payloadLength = UInt16(bytes)
    info.width = width
    info.height = width
    let payload = [UInt8](repeating: 1, count: bytes)
    let isNew = track.insert(
      info, descriptor: payload.span.extracting(0..<0), payload: payload.span)
    track.finishTurn()
    return isNew
  }

  func active(_ milliseconds: Int64) -> [Bool] {
    track.encodings.indices.map { track.isActive(UInt8($0), at: at(milliseconds)) }
  }
}

@Suite("A keyframe chain starts viewers")
struct KeyframeChainTests {
  @Test("there is a chain from the newest keyframe to the live edge, for two seconds")
  func age() {
    var harness = TrackHarness([nil])
    #expect(harness.track.encodings[0].chain(at: at(0)) == nil)
    harness.send(0, at: 0)
    #expect(harness.track.encodings[0].chain(at: at(0)) == nil, "no keyframe came yet")
    harness.send(0, at: 33, keyframe: true)
    harness.send(0, at: 66)
    let chain = harness.track.encodings[0].chain(at: at(66))
    #expect(chain?.start == 1001)
    #expect(chain?.edgeTicks == Int64(66 * 90))
    let later = harness.track.encodings[0].chain(at: at(1066))
    #expect(later?.edgeTicks == Int64(1066 * 90), "the edge is where a frame of now would be")
    #expect(harness.track.encodings[0].chain(at: at(2033)) != nil)
    #expect(harness.track.encodings[0].chain(at: at(2034)) == nil)
    harness.send(0, at: 2050, keyframe: true)
    #expect(harness.track.encodings[0].chain(at: at(2060))?.start == 1003)
  }

  @Test("a chain knows its rate from its own bytes, also where nothing was measured yet")
  func rate() {
    var harness = TrackHarness([nil])
    for index in 0..<30 {
      harness.send(0, at: Int64(index) * 33, keyframe: index == 0, bytes: 1000)
    }
    let rate = harness.track.encodings[0].chain(at: at(1000))?.layerRate
    #expect(rate == .kilobits(240))
    harness.send(0, at: 1000, keyframe: true, bytes: 1000)
    let alone = harness.track.encodings[0].chain(at: at(1000))?.layerRate
    #expect(alone == .kilobits(32), "a keyframe is not taken for a rate")
  }

  @Test("a chain ends when it is larger than the cache")
  func bytes() {
    var harness = TrackHarness([nil])
    harness.send(0, at: 0, keyframe: true, bytes: 1400)
    var count = 1
    while count * 1400 + 1400 <= ForwardingLimits.videoCacheBytes, count < 700 {
      harness.send(0, at: 1, bytes: 1400)
      count += 1
    }
    #expect(harness.track.encodings[0].chain(at: at(2)) != nil)
    for _ in 0..<60 { harness.send(0, at: 1, bytes: 1400) }
    #expect(harness.track.encodings[0].chain(at: at(2)) == nil)
  }

  @Test("a chain does not lead over a leap of the source's numbers")
  func leap() {
    var harness = TrackHarness([nil])
    harness.send(0, at: 0, keyframe: true)
    harness.send(0, at: 33, skip: ForwardingLimits.gapMax - 1)
    #expect(harness.track.encodings[0].chain(at: at(40)) != nil, "this much may be loss")
    harness.send(0, at: 66, skip: ForwardingLimits.gapMax)
    #expect(harness.track.encodings[0].chain(at: at(70)) == nil)
    harness.send(0, at: 99, keyframe: true, skip: 100_000)
    #expect(harness.track.encodings[0].chain(at: at(100)) != nil)
  }
}

@Suite("A track knows which of its layers come")
struct TrackActivityTests {
  @Test("a layer that stops while another speaks is left after 300 ms")
  func oneStops() {
    var harness = TrackHarness()
    for time in stride(from: Int64(0), through: 1000, by: 20) {
      for encoding in 0..<3 where encoding < 2 || time <= 500 { harness.send(encoding, at: time) }
    }
    #expect(harness.active(1000) == [true, true, false])
    #expect(harness.track.choose(.automatic, cap: .f, at: at(1000)) == 1)
    #expect(harness.track.choose(.pinned(.f), cap: .f, at: at(1000)) == 2)
  }

  @Test("a layer silent for less than 300 ms is not left")
  func shortPause() {
    var harness = TrackHarness()
    for encoding in 0..<3 { harness.send(encoding, at: 0) }
    harness.send(0, at: 299)
    #expect(harness.active(299) == [true, true, true])
    harness.send(0, at: 300)
    #expect(harness.active(300) == [true, false, false])
  }

  @Test("all silent at once is not stopped, until two seconds have passed")
  func allSilent() {
    var harness = TrackHarness()
    for encoding in 0..<3 { harness.send(encoding, at: Int64(encoding)) }
    #expect(harness.active(1900) == [true, true, true])
    #expect(harness.active(2002) == [false, false, false])
    #expect(harness.track.choose(.automatic, cap: .f, at: at(2002)) == nil)
  }

  @Test("activity is told once per change")
  func changes() {
    var harness = TrackHarness([nil])
    #expect(harness.track.activityChange(at: at(0)) == nil)
    harness.send(0, at: 0)
    #expect(harness.track.activityChange(at: at(1)) == true)
    #expect(harness.track.activityChange(at: at(2)) == nil)
    #expect(harness.track.activityChange(at: at(2000)) == false)
  }

  @Test("ranks go by size once sizes are known, by RID before, whatever the order announced")
  func order() {
    var harness = TrackHarness(["f", "q", "h"])
    #expect(harness.track.order == [1, 2, 0])
    harness = TrackHarness(["a", "b"])
    #expect(harness.track.order == [0, 1])
    harness.send(0, at: 0, keyframe: true, width: 1280)
    harness.send(1, at: 0, keyframe: true, width: 320)
    #expect(harness.track.order == [1, 0])
    #expect(harness.track.rank(of: 0) == .f)
  }

  @Test("a packet of an encoding that was not announced is refused")
  func unannounced() {
    var harness = TrackHarness([nil])
    harness.sequences = [0, 0, 0, 0, 0]
    for encoding in 1..<5 { #expect(harness.send(encoding, at: 0) == false) }
  }

  @Test("rates are measured over a second")
  func rates() {
    var harness = TrackHarness([nil])
    for frame in Int64(0)..<25 { harness.send(0, at: frame * 40, bytes: 1000) }
    #expect(harness.track.measure(at: at(999)) == false)
    #expect(harness.track.measure(at: at(1000)) == true)
    let status = harness.track.status(of: 0, at: at(1000))
    #expect(status?.bitrate == Bitrate(bitsPerSecond: 200_000))
    #expect(status?.framesPerSecond == 25)
    #expect(harness.track.measure(at: at(2000)) == true)
    #expect(harness.track.status(of: 0, at: at(2000))?.bitrate == .zero)
  }
}
