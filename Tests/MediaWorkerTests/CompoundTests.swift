// What a datagram of RTCP begins with, with and without reduced size; which congestion feedback goes out.

import Forwarding
import MediaControl
import RTP
import Testing
import Wire

@testable import MediaWorker

@Suite("RTCP towards peers: RFC 3550 section 6.1, RFC 5506")
struct CompoundTests {
  private static func media(
    reducedSize: Bool, feedback: FeedbackSet = [.nack, .pli, .transportWide]
  ) -> MediaParameters {
    var media = publisherMedia(1)
    media.reducedSizeRTCP = reducedSize
    media.receives[0].feedback = feedback
    media.extensions[.transportSequence] = 3
    return media
  }

  /// A VP8 packet with a transport-wide number.
  private static func packet(_ sequence: UInt16, keyframe: Bool = false) -> [UInt8] {
    var packet = rtp(
      sequence, timestamp: UInt32(sequence) &* 2970, payload: vp8(sequence, keyframe: keyframe))
    packet[0] |= 0x10
    let number = [UInt8(sequence >> 8), UInt8(sequence & 0xFF)]
    packet.insert(contentsOf: [0xBE, 0xDE, 0, 1, 0x31] + number + [0], at: 12)
    return packet
  }

  /// Everything the server says to a publisher with losses, and whom a viewer asks for a keyframe.
  private static func datagrams(_ media: MediaParameters) -> [[RTCPKind]] {
    var world = World()
    let host = Far(1)
    world.connect(host, media)
    world.recording.clear()
    for sequence in UInt16(1)...40 where sequence % 10 != 0 {
      world.receive(host.protect(packet(sequence, keyframe: sequence == 1)), on: host.path)
      world.pass(milliseconds: 35)
    }
    world.core.take(
      .keyframe(TrackID(1), encoding: 0, .repair), at: world.now)
    world.pass(milliseconds: 100)
    return host.openCompounds(world.recording.sent).map { $0.items.map(\.kind) }
  }

  @Test("without reduced size every datagram begins with a report and our CNAME")
  func compound() {
    let datagrams = CompoundTests.datagrams(CompoundTests.media(reducedSize: false))
    for kinds in datagrams {
      #expect(Array(kinds.prefix(2)) == [.receiverReport, .sourceDescription])
    }
    let kinds = Set(datagrams.flatMap { $0 })
    #expect(kinds.isSuperset(of: [.genericNACK, .pictureLossIndication, .transportFeedback]))
  }

  @Test("with reduced size, feedback comes alone and reports still come with our CNAME")
  func reduced() {
    let datagrams = CompoundTests.datagrams(CompoundTests.media(reducedSize: true))
    for kind in [RTCPKind.genericNACK, .pictureLossIndication, .transportFeedback] {
      #expect(datagrams.contains([kind]))
    }
    #expect(datagrams.contains([.receiverReport, .sourceDescription]))
  }

  @Test("a publisher that agreed to REMB alone gets it with each report, and no other feedback")
  func estimate() {
    let datagrams = CompoundTests.datagrams(
      CompoundTests.media(reducedSize: true, feedback: [.nack, .pli, .remb]))
    let reports = datagrams.filter { $0.first == .receiverReport }
    #expect(reports.count >= 10)
    #expect(
      reports.allSatisfy { $0 == [.receiverReport, .sourceDescription, .applicationFeedback] })
    #expect(!datagrams.contains { $0.contains(.transportFeedback) })
  }

  @Test("a publisher that agreed to both gets transport-wide feedback")
  func both() {
    let kinds = CompoundTests.datagrams(
      CompoundTests.media(reducedSize: true, feedback: [.nack, .pli, .remb, .transportWide])
    ).flatMap { $0 }
    #expect(kinds.contains(.transportFeedback))
    #expect(!kinds.contains(.applicationFeedback))
  }

  @Test("a header extension alone is no agreement: without rtcp-fb no transport-wide feedback")
  func extensionOnly() {
    let kinds = CompoundTests.datagrams(
      CompoundTests.media(reducedSize: true, feedback: [.nack, .pli])
    ).flatMap { $0 }
    #expect(!kinds.contains(.transportFeedback))
    #expect(!kinds.contains(.applicationFeedback))
  }
}
