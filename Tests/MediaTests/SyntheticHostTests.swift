// A synthetic host does what a real one does, on time, as its arguments say.
import Testing
import Wire

@testable import Media

@Suite("Synthetic host")
struct SyntheticHostTests {
  private let start = Instant(nanoseconds: 5_000_000_000)

  /// Advances a host at each of its deadlines for `milliseconds`, giving each output to `body`.
  private func run(
    _ host: SyntheticHost, milliseconds: Int64,
    _ body: (_ now: Instant, _ output: borrowing HostOutput) throws -> Void
  ) throws {
    var output = HostOutput()
    while host.nextDeadline < start + .milliseconds(milliseconds) {
      let now = host.nextDeadline
      try host.advance(at: now, wall: someMoment + (now - start), into: &output)
      #expect(output.videoCount + output.audioCount > 0)
      #expect(host.nextDeadline > now)
      try body(now, output)
    }
  }

  @Test("a second has 30 frames and 50 packets, with timestamps and capture times that agree")
  func rhythm() throws {
    var configuration = SyntheticHost.Configuration(title: "room", width: 320, height: 180)
    configuration.layers = [
      .init(rid: nil, divisor: 1, bitrate: .kilobits(200), timestampOffset: 0xFFFF_F000)
    ]
    configuration.audioTimestampOffset = 0xFFFF_FF00
    let host = try SyntheticHost(configuration, startingAt: start)
    var frames: [UInt32] = []
    var packets: [UInt32] = []
    try run(host, milliseconds: 1000) { now, output in
      for index in 0..<output.videoCount {
        let video = output.video(index)
        #expect(video.captured == someMoment + (now - start))
        frames.append(video.frame.timestamp.rawValue &- 0xFFFF_F000)
      }
      for index in 0..<output.audioCount {
        let audio = output.audio(index)
        #expect(audio.captured == someMoment + (now - start))
        #expect(!audio.payload.isEmpty)
        packets.append(audio.timestamp.rawValue &- 0xFFFF_FF00)
      }
    }
    #expect(frames == (0..<30).map { $0 * 3000 })
    #expect(packets == (0..<50).map { $0 * 960 })
    #expect(host.framesSkipped == 0)
  }

  @Test("simulcast layers show the same picture at their sizes, each with its time code")
  func simulcast() throws {
    let configuration = SyntheticHost.Configuration(
      title: "simulcast", layers: SyntheticHost.Configuration.simulcast(.kilobits(1680)),
      temporal: .three, channelCount: 0)
    let host = try SyntheticHost(configuration, startingAt: start)
    let decoders = try (0..<3).map { _ in try VP8Decoder() }
    var shown = try VideoFrame(width: 16, height: 16).orThrow()
    var count = 0
    try run(host, milliseconds: 500) { _, output in
      #expect(output.videoCount == 3)
      for index in 0..<output.videoCount {
        let video = output.video(index)
        try decoders[video.layer].decode(video.frame.bytes, into: &shown)
        #expect(shown.width == 640 / [4, 2, 1][video.layer])
        #expect(
          TimeCode.read(from: shown)
            == TimeCode(milliseconds: video.captured.milliseconds, frameNumber: UInt16(count)))
      }
      count += 1
    }
    #expect(count == 15)
  }

  @Test("keyframes come at the interval and on request, for the layer asked")
  func keyframes() throws {
    let configuration = SyntheticHost.Configuration(
      title: "keys", layers: SyntheticHost.Configuration.simulcast(.kilobits(1050)),
      keyframeInterval: .milliseconds(500), channelCount: 0)
    let host = try SyntheticHost(configuration, startingAt: start)
    var keyframes: [[Int]] = [[], [], []]
    var count = 0
    try run(host, milliseconds: 1000) { _, output in
      for index in 0..<output.videoCount where output.video(index).frame.isKeyframe {
        keyframes[output.video(index).layer].append(count)
      }
      count += 1
      if count == 20 { host.requestKeyframe(layer: 1) }
    }
    #expect(keyframes == [[0, 15], [0, 15, 20], [0, 15]])
    host.requestKeyframe(layer: 3)
    host.setActive(false, layer: -1)
  }

  @Test("a layer that stops is silent and comes back with a keyframe")
  func inactiveLayer() throws {
    let configuration = SyntheticHost.Configuration(
      title: "pause", layers: SyntheticHost.Configuration.simulcast(.kilobits(1050)),
      channelCount: 0)
    let host = try SyntheticHost(configuration, startingAt: start)
    var seen: [Int: Bool] = [:]
    var count = 0
    try run(host, milliseconds: 500) { _, output in
      for index in 0..<output.videoCount where output.video(index).layer == 2 {
        seen[count] = output.video(index).frame.isKeyframe
      }
      count += 1
      if count == 5 { host.setActive(false, layer: 2) }
      if count == 10 { host.setActive(true, layer: 2) }
    }
    for index in 0..<15 {
      let expected = (5..<10).contains(index) ? nil : index == 0 || index == 10
      #expect(seen[index] == expected, "frame \(index)")
    }
  }

  @Test("after a stall only the newest frame and 200 ms of sound are made up for")
  func stall() throws {
    let host = try SyntheticHost(
      .init(title: "stall", width: 160, height: 90), startingAt: start)
    var output = HostOutput()
    try host.advance(at: start, wall: someMoment, into: &output)
    #expect(output.videoCount == 1 && output.audioCount == 1)
    let late = TimeSpan.milliseconds(1010)
    try host.advance(at: start + late, wall: someMoment + late, into: &output)
    #expect(output.videoCount == 1 && output.audioCount == 10)
    #expect(host.framesSkipped == 29)
    // Frame 30 was due at one second and shows that moment, though it was drawn 10 ms later.
    #expect(output.video(0).captured == someMoment + .milliseconds(1000))
    #expect(output.video(0).frame.timestamp == RTPTimestamp(90_000))
    #expect(output.audio(9).captured == someMoment + .milliseconds(1000))
    #expect(output.audio(9).timestamp == RTPTimestamp(48_000))
  }

  @Test("nothing is due before the start")
  func beforeStart() throws {
    let host = try SyntheticHost(.init(title: "", width: 160, height: 90), startingAt: start)
    var output = HostOutput()
    try host.advance(at: start - .milliseconds(1), wall: someMoment, into: &output)
    #expect(output.videoCount == 0 && output.audioCount == 0)
    #expect(host.nextDeadline == start)
  }

  @Test("impossible hosts are refused")
  func refusals() {
    var configuration = SyntheticHost.Configuration(title: "", width: 100, height: 50)
    #expect(throws: CodecError.badSize) {
      try SyntheticHost(configuration, startingAt: start)
    }
    configuration = .init(title: "", width: 320, height: 180)
    configuration.layers = SyntheticHost.Configuration.simulcast(.kilobits(1000))
    #expect(throws: CodecError.badSize) { try SyntheticHost(configuration, startingAt: start) }
    configuration.layers = []
    #expect(throws: CodecError.badConfiguration) {
      try SyntheticHost(configuration, startingAt: start)
    }
  }
}
