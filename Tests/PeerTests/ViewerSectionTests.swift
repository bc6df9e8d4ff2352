// What a section does with what its viewer says of its path.

import DTLS
import Forwarding
import ICE
import MediaControl
import RTP
import Testing
import Wire

@testable import Peer

@Suite("A viewer's section follows what its path carries")
struct ViewerSectionTests {
  private func section() -> ViewerSection {
    ViewerSection(
      SendSection(
        index: 0, mid: "0", kind: .video, ssrc: 1, rtxSSRC: nil, formats: [], feedback: []),
      ids: ExtensionMap(), seed: 1, at: .zero)
  }

  /// Lets the guard look every 250 ms; `say` is called before each look, and answers what of the
  /// layer's 1 Mbit/s the path carries.
  private func watch(
    _ section: inout ViewerSection, from: Int64 = 0, seconds: Int64,
    _ say: (inout ViewerSection, Instant) -> Bitrate?
  ) {
    for step in (from * 4)..<((from + seconds) * 4) {
      let now = Instant.zero + .milliseconds(step * 250)
      let receivable = say(&section, now)
      section.advanceGuard(
        layerRate: .kilobits(1000), receivable: receivable, transportLoss: 0, at: now)
    }
  }

  @Test(
    "an estimate below the layer's rate steps down every 2 s, to the base temporal layer at last")
  func estimate() {
    var section = section()
    watch(&section, seconds: 3) { _, _ in .kilobits(300) }
    #expect(section.cap == .h)
    watch(&section, from: 3, seconds: 7) { _, _ in .kilobits(300) }
    #expect(section.cap == .q)
    #expect(section.stream.temporalMax == 0)
  }

  @Test("without an estimate any more the layer comes back after 10 s")
  func recovery() {
    var section = section()
    watch(&section, seconds: 3) { _, _ in .kilobits(300) }
    watch(&section, from: 3, seconds: 12) { _, _ in nil }
    #expect(section.cap == .f)
  }

  @Test("reported loss over 10 % for 2 s steps down")
  func loss() {
    var section = section()
    watch(&section, seconds: 3) {
      $0.observeLoss(0.2, at: $1)
      return nil
    }
    #expect(section.cap == .h)
  }
}

@Suite("What a transport carries is shared by its sections")
struct ReceivableTests {
  private static func peer() -> Peer {
    let credentials = ICECredentials(ufrag: "0abcdefg", password: "serverPassword0123456789")
    return Peer(
      id: PeerID(1),
      transport: TransportParameters(
        local: credentials, remote: credentials, iceRole: .lite, dtlsRole: .server,
        fingerprints: []),
      media: MediaParameters(
        receives: [], sends: [], extensions: ExtensionMap(), reducedSizeRTCP: true, cname: "us"),
      handshakeBudget: Budget(perSecond: 1, burst: 1, at: .zero), seed: 1, at: .zero,
      wall: WallTime(nanoseconds: 0))
  }

  @Test("an estimate above the sum of all sections' rates is no limit, one below is divided")
  func divided() {
    let peer = ReceivableTests.peer()
    let now = Instant.zero + .seconds(1)
    func part(_ rate: Int64) -> Bitrate? {
      peer.receivable(of: .kilobits(rate), total: .kilobits(2000), at: now)
    }
    #expect(part(1500) == nil)
    peer.observeEstimate(.kilobits(2500), at: now)
    #expect(part(1500) == nil)
    // Above each section's rate, but not above both together.
    peer.observeEstimate(.kilobits(1800), at: now)
    #expect(part(1500) == .kilobits(1350))
    #expect(part(500) == .kilobits(450))
  }

  @Test("an estimate the peer does not repeat counts no more after 3 s")
  func stale() {
    let peer = ReceivableTests.peer()
    peer.observeEstimate(.kilobits(300), at: .zero)
    let rate = Bitrate.kilobits(1000)
    #expect(peer.receivable(of: rate, total: rate, at: .zero + .seconds(2)) == .kilobits(300))
    #expect(peer.receivable(of: rate, total: rate, at: .zero + .seconds(4)) == nil)
  }
}
