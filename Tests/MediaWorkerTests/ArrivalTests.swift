// What a worker does with datagrams from anybody: nothing, unless it must.

import ICE
import MediaControl
import Peer
import RTP
import Testing
import Wire

@testable import MediaWorker

@Suite("A worker answers only who proves himself")
struct ArrivalTests {
  @Test("a check for a ufrag nobody has gets no reply")
  func unknownUfrag() {
    var world = World()
    let far = Far(1)
    world.receive(far.check(), on: far.path)
    #expect(world.recording.isEmpty)
    #expect(world.discards(.unknownUfrag) == 1)
  }

  @Test("a check with a wrong password or a wrong peer's ufrag gets no reply and no path")
  func wrongCredentials() {
    var world = World()
    let far = Far(1)
    world.execute(.addPeer(far.id, far.transport, viewerMedia([])))
    world.receive(far.check(password: "wrongPassword0123456789"), on: far.path)
    #expect(world.discards(.badIntegrity) == 1)
    let stranger = Far(2)
    stranger.local = far.local
    world.receive(stranger.check(), on: far.path)
    #expect(world.discards(.unknownUfrag) == 1)
    #expect(world.recording.isEmpty)
    #expect(world.core.addresses.isEmpty)
  }

  @Test(
    "garbage of every first byte and length 0...64 is counted, answered by nothing, and traps nowhere"
  )
  func garbage() {
    for isValidated in [false, true] {
      var world = World(workers: 2)
      let far = Far(1)
      world.connect(far, publisherMedia(1))
      world.recording.clear()
      let source = isValidated ? far.path : path(77)
      let before = world.core.statistics.discards.reduce(0, +)
      var count: UInt64 = 0
      for first in UInt8.min...UInt8.max {
        for length in 0...64 {
          var datagram = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ Int(first)) }
          if length > 0 { datagram[0] = first }
          world.receive(datagram, on: source)
          count += 1
        }
      }
      #expect(world.recording.sent.isEmpty)
      #expect(world.recording.handOffs.isEmpty)
      #expect(world.recording.events.isEmpty)
      let passedToHandshake = UInt64(world.recording.handshakes.count)
      #expect(passedToHandshake <= (isValidated ? 50 : 0))
      let discarded = world.core.statistics.discards.reduce(0, +) - before
      #expect(discarded + passedToHandshake == count)
    }
  }

  @Test("media and DTLS from an address without a check are counted and change nothing")
  func unknownSource() {
    var world = World()
    let far = Far(1)
    world.connect(far, publisherMedia(1))
    world.recording.clear()
    world.receive(far.protect(rtp(1, payload: vp8(1, keyframe: true))), on: path(9))
    world.receive([22, 254, 253, 0, 0], on: path(9))
    #expect(world.discards(.unknownSource) == 2)
    #expect(world.recording.isEmpty)
  }

  @Test("each way to be refused has its counter, and the session lives on")
  func counters() {
    var world = World()
    let far = Far(1)
    world.execute(.addPeer(far.id, far.transport, publisherMedia(1)))
    world.receive(far.check(), on: far.path)
    let early = far.protect(rtp(1, payload: vp8(1, keyframe: true)))
    world.receive(early, on: far.path)
    #expect(world.discards(.mediaBeforeDTLS) == 1)
    world.take(.established(far.id, far.keys))

    world.receive(early, on: far.path)
    world.receive(early, on: far.path)
    #expect(world.discards(.replayed) == 1)
    var forged = far.protect(rtp(2, payload: vp8(2, keyframe: false)))
    forged[20] ^= 1
    world.receive(forged, on: far.path)
    #expect(world.discards(.badAuthentication) == 1)
    world.receive(Array(early.prefix(14)), on: far.path)
    #expect(world.discards(.malformedRTP) == 1)
    // Authentic, but the padding count reaches into the header.
    var padded = rtp(3, payload: [1, 2, 3, 200])
    padded[0] |= 0x20
    world.receive(far.protect(padded), on: far.path)
    #expect(world.discards(.malformedRTP) == 2)
    world.receive(far.protect(rtp(4, ssrc: 6000, payloadType: 111, payload: [1])), on: far.path)
    #expect(world.discards(.unknownStream) == 1)
    world.receive(far.protect(rtp(5, payloadType: 111, payload: [1])), on: far.path)
    #expect(world.discards(.unknownPayloadType) == 1)
    world.receive(far.protect(rtp(6, payload: [0x90])), on: far.path)
    #expect(world.discards(.malformedPayload) == 1)
    world.receive(
      far.protect(rtp(1, ssrc: 5001, payloadType: 97, payload: [0])), on: far.path)
    #expect(world.discards(.malformedRTX) == 1)
    world.receive(
      far.protect(
        rtp(2, ssrc: 5001, payloadType: 97, payload: [0, 1] + vp8(1, keyframe: true))),
      on: far.path)
    #expect(world.discards(.late) == 1)
    world.receive(
      far.protect(rtp(7, payload: vp8(7, keyframe: false, count: 1410))), on: far.path)
    #expect(world.discards(.oversized) == 1)
    world.core.countOversized()
    #expect(world.discards(.oversized) == 2)
    world.receive(far.protect([0x80, 201, 0, 9, 0, 0, 0, 1], isRTCP: true), on: far.path)
    #expect(world.discards(.malformedRTCP) == 1)
    for _ in 0..<60 { world.receive([22, 254, 253, 0, 0], on: far.path) }
    #expect(world.discards(.overBudget) == 10)
    world.receive([70, 0, 0, 0], on: far.path)
    #expect(world.discards(.unknownProtocol) == 1)
    world.receive([0, 1, 0, 0, 1, 2, 3, 4], on: far.path)
    #expect(world.discards(.unexpectedSTUN) == 1)

    world.recording.clear()
    world.publish(far, 20..<21)
    let ends = world.recording.events.filter { if case .ended = $0 { true } else { false } }
    #expect(ends.isEmpty)
    #expect(world.core.peers.count == 1)
  }

  @Test("keyframe requests beyond a viewer's budget are counted and asked for no more")
  func keyframeRequests() {
    var world = World()
    let host = Far(1)
    let viewer = Far(2)
    world.connect(host, publisherMedia(1))
    world.connect(viewer, viewerMedia([sendSection(0)]))
    world.execute(.attach(viewer.id, section: 0, track: TrackID(1), .automatic))
    world.publish(host, 1..<10, keyframe: true)
    world.recording.clear()
    for _ in 0..<30 {
      var buffer = WireBuffer(capacity: 100)
      try? PictureLossIndication(sender: 1, media: 9000).write(to: &buffer)
      world.receive(viewer.protect(buffer.array, isRTCP: true), on: viewer.path)
    }
    #expect(world.discards(.overBudget) == 20)
    let asked = host.openRTCP(world.recording.sent).filter { $0 == .pictureLossIndication }
    #expect(asked.count == 1)
  }
}
