// A player against a scripted server: which section a packet is of, what is asked for again, what is reported.

import Client
import Crypto
import MediaControl
import RTP
import Testing
import Wire

@Suite("A playing client")
struct PlayingClientTests {
  private static let formats = [PayloadFormat(payloadType: 96, codec: .vp8, rtxPayloadType: 97)]

  private func start(
    ssrc: SSRC? = 500, feedback: FeedbackSet = [.nack, .pli, .transportWide],
    sections: [PlayingSection]? = nil, ignoredEvery: Int = 0, reducedSize: Bool = true
  ) throws -> (Stage, StagedPlayer) {
    let stage = try Stage()
    var extensions = ExtensionMap()
    extensions[.transportSequence] = 4
    extensions[.mid] = 1
    let section = PlayingSection(
      index: 0, mid: "0", kind: .video, formats: PlayingClientTests.formats, ssrc: ssrc,
      rtxSSRC: ssrc.map { $0 + 1 }, feedback: feedback)
    let client = StagedPlayer(
      PlayingClient(
        PlayingParameters(
          sections: sections ?? [section], extensions: extensions, reducedSizeRTCP: reducedSize,
          cname: "p", ignoredEvery: ignoredEvery),
        transport: try stage.makeTransport(), random: .seeded(3)))
    stage.play(client)
    stage.run(for: .seconds(2))
    try #require(client.transport.isConnected)
    return (stage, client)
  }

  /// A VP8 frame in one packet: picture id of 15 bits, keyframe or not.
  private func frame(_ number: UInt16, keyframe: Bool = false, ssrc: SSRC = 500) -> [UInt8] {
    var payload: [UInt8] = [0x90, 0x80, 0x80 | UInt8(number >> 8 & 0x7F), UInt8(number & 0xFF)]
    payload += keyframe ? [0, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01] : [1, 0, 0]
    return rtp(96, number, ssrc, UInt32(number) &* 3000, payload)
  }

  private func rtp(
    _ type: UInt8, _ number: UInt16, _ ssrc: SSRC, _ timestamp: UInt32, _ payload: [UInt8]
  ) -> [UInt8] {
    var bytes: [UInt8] = [0x80, 0x80 | type, UInt8(number >> 8), UInt8(number & 0xFF)]
    for word in [timestamp, ssrc] {
      for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(word >> shift & 0xFF)) }
    }
    return bytes + payload
  }

  private func lend(_ stage: Stage, _ packet: [UInt8], headerLength: Int = 12) {
    stage.lend(stage.protect(packet, headerLength: headerLength))
  }

  /// Frames `range` 33 ms apart, without those in `lost`.
  private func play(
    _ stage: Stage, _ range: ClosedRange<UInt16>, lost: Set<UInt16> = [], keyframe: UInt16? = nil
  ) {
    for number in range {
      if !lost.contains(number) { lend(stage, frame(number, keyframe: number == keyframe)) }
      stage.run(for: .milliseconds(33))
    }
  }

  @Test("media comes out in clear with extended numbers, across a wrap")
  func media() throws {
    let (stage, client) = try start()
    for number in [65_534, 65_535] as [UInt16] { lend(stage, frame(number)) }
    // The sender's rollover counter is 0 in this script, so the wrap itself is the extender's test.
    #expect(client.played.map(\.sequence) == [0x1_FFFE, 0x1_FFFF])
    #expect(client.played.allSatisfy { $0.section == 0 && $0.codec == .vp8 && $0.marker })
    #expect(client.client.streams[0].packetsReceived == 2)
  }

  @Test("whole frames are counted from the first keyframe on")
  func frames() throws {
    let (stage, client) = try start()
    client.client.keepFrames()
    play(stage, 1...30, keyframe: 5)
    #expect(client.client.streams[0].frames.framesComplete == 26)
    #expect(client.client.streams[0].frames.width == 640)
    var taken: [Bool] = []
    client.client.takeFrames(section: 0) { taken.append($0.isKeyframe) }
    #expect(taken == [true] + [Bool](repeating: false, count: 25))
    client.client.takeFrames(section: 0) { _ in Issue.record("a frame was taken twice") }
    client.client.takeFrames(section: 3) { _ in Issue.record("there is no such section") }
  }

  @Test("what is missing is asked for again, and what comes in RTX fills the gap")
  func repair() throws {
    let (stage, client) = try start()
    play(stage, 1...20, lost: [10, 11], keyframe: 1)
    #expect(Set(stage.nacked) == [10, 11])
    let before = client.client.streams[0].frames.framesComplete
    for number in [10, 11] as [UInt16] {
      let original = frame(number)
      lend(
        stage,
        rtp(
          97, number, 501, UInt32(number) &* 3000,
          [UInt8(number >> 8), UInt8(number & 0xFF)] + original[12...]))
    }
    #expect(client.client.streams[0].repaired == 2)
    #expect(client.client.streams[0].frames.framesComplete == 20)
    #expect(before == 9)
    #expect(client.played.suffix(2).allSatisfy { $0.isRepair })
    stage.run(for: .seconds(1))
    let asked = stage.nacked.count
    stage.run(for: .seconds(1))
    #expect(stage.nacked.count == asked)
  }

  @Test("without NACK agreed nothing is asked for again")
  func noNACK() throws {
    let (stage, client) = try start(feedback: [.pli])
    play(stage, 1...20, lost: [10], keyframe: 1)
    #expect(stage.nacked.isEmpty)
    #expect(!stage.kinds.contains(.transportFeedback))
    #expect(client.client.streams[0].nacksSent == 0)
  }

  @Test("a gap that nobody fills leads to a keyframe request, one in 500 ms")
  func brokenStream() throws {
    let (stage, client) = try start()
    play(stage, 1...20, lost: [10], keyframe: 1)
    play(stage, 21...60)
    let requests = stage.kinds.filter { $0 == .pictureLossIndication }.count
    #expect((1...3).contains(requests))
    #expect(client.client.streams[0].keyframeRequestsSent == UInt64(requests))
    play(stage, 61...90, keyframe: 61)
    #expect(client.client.streams[0].frames.keyframes == 2)
    let settled = stage.kinds.filter { $0 == .pictureLossIndication }.count
    play(stage, 91...120)
    #expect(stage.kinds.filter { $0 == .pictureLossIndication }.count == settled)
  }

  @Test("a caller's own wish for a keyframe has the same budget")
  func ownRequests() throws {
    let (stage, client) = try start()
    play(stage, 1...3, keyframe: 1)
    for _ in 0..<100 {
      client.client.requestKeyframe(section: 0, at: stage.now, into: &stage.batch)
      client.client.requestKeyframe(section: 7, at: stage.now, into: &stage.batch)
      stage.run(for: .milliseconds(10))
    }
    #expect((2...3).contains(stage.kinds.filter { $0 == .pictureLossIndication }.count))
  }

  @Test("duplicates and late packets are told apart from new ones")
  func duplicates() throws {
    let (stage, client) = try start()
    for number in [1, 2, 4, 3] as [UInt16] { lend(stage, frame(number)) }
    lend(stage, rtp(97, 1, 501, 6000, [0, 2] + frame(2)[12...]))
    let stream = client.client.streams[0]
    #expect(stream.packetsReceived == 5)
    #expect(stream.late == 1)
    #expect(stream.duplicates == 1)
    #expect(client.played.map(\.isDuplicate) == [false, false, false, false, true])
  }

  @Test("an unknown SSRC is placed by payload type only where that is one section's own")
  func places() throws {
    let (stage, client) = try start(ssrc: nil)
    lend(stage, frame(1, ssrc: 77))
    #expect(client.client.streams[0].ssrc == 77)
    lend(stage, rtp(97, 1, 78, 0, [0, 9, 0x90, 0x80, 0x80, 9, 1]))
    #expect(client.client.streams[0].rtxSSRC == 78)
    lend(stage, rtp(55, 1, 79, 0, [1]))
    #expect(client.client.unknown == 1)

    let twins = ["a", "b"].enumerated().map {
      PlayingSection(
        index: $0, mid: $1, kind: .video, formats: PlayingClientTests.formats, feedback: [])
    }
    let (other, player) = try start(sections: twins)
    lend(other, frame(1, ssrc: 77))
    #expect(player.client.unknown == 1)
    // With a MID (one-byte element 1) the section is known.
    var packet = frame(2, ssrc: 77)
    packet[0] |= 0x10
    packet.insert(contentsOf: [0xBE, 0xDE, 0, 1, 0x10, UInt8(ascii: "b"), 0, 0], at: 12)
    lend(other, packet, headerLength: 20)
    #expect(player.client.streams[1].ssrc == 77)
    #expect(player.played.map(\.section) == [1])
  }

  @Test("reports every second carry the loss and the delay since the server's report")
  func reports() throws {
    let (stage, client) = try start()
    var buffer = WireBuffer(capacity: 200)
    play(stage, 1...2)
    try SenderReport(
      ssrc: 500, time: NTPTime(stage.wall), timestamp: RTPTimestamp(6000), packetCount: 2,
      octetCount: 40
    ).write(to: &buffer)
    stage.lend(stage.protect(buffer.array))
    play(stage, 3...64, lost: Set(11...26))
    let blocks = stage.rtcp.flatMap { datagram -> [ReportBlock] in
      var compound = RTCPCompound()
      guard let item = try? compound.next(in: datagram.span), item.kind == .receiverReport,
        let report = try? ReceiverReport(parsing: item, in: datagram.span)
      else { return [] }
      return (0..<report.reports.count).compactMap {
        report.reports.block(at: $0, in: datagram.span)
      }
    }
    #expect(blocks.count >= 2)
    let last = try #require(blocks.last)
    #expect(last.ssrc == 500)
    #expect(last.cumulativeLost == 16)
    #expect(last.lastSenderReport == client.client.streams[0].lastReport?.report.time.compact)
    #expect(last.delaySinceLastSenderReport > 0)
    #expect(client.client.streams[0].lastReport?.report.packetCount == 2)
  }

  @Test("without reduced-size RTCP every message follows a report, RFC 3550 section 6.1")
  func compound() throws {
    let (stage, _) = try start(reducedSize: false)
    play(stage, 1...40, lost: [10], keyframe: 1)
    #expect(stage.rtcp.count > 3)
    for datagram in stage.rtcp { #expect(datagram[1] == 201) }
    #expect(stage.kinds.contains(.genericNACK))
  }

  @Test("one packet in so many is treated as lost, and asked for again, where that can be repaired")
  func ignoring() throws {
    let (stage, client) = try start(ignoredEvery: 10)
    play(stage, 1...100, keyframe: 1)
    #expect(client.played.count == 90)
    #expect(Set(stage.nacked).count >= 9)
    let (other, plain) = try start(feedback: [.pli], ignoredEvery: 10)
    play(other, 1...100, keyframe: 1)
    #expect(plain.played.count == 100)
  }

  @Test("transport-wide feedback tells what came")
  func transportFeedback() throws {
    let (stage, _) = try start()
    for number in UInt16(0)..<30 {
      var packet = frame(number)
      packet[0] |= 0x10
      packet.insert(
        contentsOf: [0xBE, 0xDE, 0, 1, 0x41, UInt8(number >> 8), UInt8(number & 0xFF), 0], at: 12)
      lend(stage, packet, headerLength: 20)
      stage.run(for: .milliseconds(20))
    }
    let messages = stage.kinds.filter { $0 == .transportFeedback }.count
    #expect((4...8).contains(messages))
  }

  @Test("authentic packets of every length and any bytes never trap a player")
  func hostile() throws {
    let (stage, client) = try start()
    var state: UInt64 = 5
    for round in 0..<600 {
      var bytes: [UInt8] = [
        0x80 | UInt8(round % 64), round % 2 == 0 ? 96 : 97, 0, UInt8(round & 0xFF),
      ]
      for _ in 0..<(8 + round % 57) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(UInt8(truncatingIfNeeded: state >> 33))
      }
      bytes.replaceSubrange(8..<12, with: [0, 0, 1, 0xF4])
      lend(stage, bytes)
    }
    stage.run(for: .seconds(3))
    #expect(client.transport.isConnected)
  }
}
