// Media through one worker: publishers, viewers and renegotiations between them.

import Forwarding
import ICE
import MediaControl
import Peer
import RTP
import Testing
import Wire

@testable import MediaWorker

@Suite("Media flows through a worker")
struct FlowTests {
  let host = Far(1)
  let viewer = Far(2)

  /// A host that sends and a viewer who watches, live.
  private func watching(
    _ media: MediaParameters = viewerMedia([sendSection(3)]), from first: Int = 1
  ) -> World {
    var world = World()
    world.connect(host, publisherMedia(1))
    world.connect(viewer, media)
    for section in media.sends {
      world.execute(.attach(viewer.id, section: section.index, track: TrackID(1), .automatic))
    }
    world.publish(host, first..<(first + 11), keyframe: true)
    return world
  }

  private func numbers(_ world: World) -> [Int] {
    viewer.open(world.recording.sent).map { Int($0.header.sequenceNumber.rawValue) }
  }

  @Test("a viewer gets every frame from the keyframe on, numbered without gap, each once")
  func everyFrame() {
    let world = watching()
    let packets = viewer.open(world.recording.sent)
    let sequence = packets.map { Int($0.header.sequenceNumber.rawValue) }
    #expect(sequence.count == 11)
    #expect(sequence == Array((sequence.first ?? 0)..<((sequence.first ?? 0) + 11)))
    #expect(packets.first?.payload.suffix(60) == vp8(1, keyframe: true).suffix(60))
  }

  @Test("a section attached before its track is here is fed when the track comes")
  func attachedEarly() {
    var world = World()
    world.connect(viewer, viewerMedia([sendSection(3)]))
    world.execute(.attach(viewer.id, section: 3, track: TrackID(1), .automatic))
    world.connect(host, publisherMedia(1))
    world.publish(host, 1..<12, keyframe: true)
    #expect(numbers(world).count == 11)
  }

  @Test("a section attached before its worker follows the track is fed when the track comes")
  func attachedBeforeFollow() {
    var world = World(index: 1, workers: 2)
    world.connect(viewer, viewerMedia([sendSection(3)]))
    world.execute(.attach(viewer.id, section: 3, track: TrackID(1), .automatic))
    world.execute(
      .follow(TrackDescription(id: TrackID(1), kind: .video, rids: [nil]), owner: WorkerIndex(0)))
    #expect(world.core.tracks[0].subscribers == [Subscriber(peer: viewer.id, stream: 0)])
  }

  @Test("a track for which there is no room ends by name those who publish it or wait for it")
  func tracksFull() {
    var world = World(index: 1, workers: 2)
    let waiting = Far(3)
    world.connect(viewer, viewerMedia([sendSection(3)]))
    world.connect(waiting, viewerMedia([sendSection(4)]))
    func follow(_ number: Int) {
      world.execute(
        .follow(
          TrackDescription(id: TrackID(UInt32(number)), kind: .video, rids: [nil]),
          owner: WorkerIndex(0)))
    }
    for number in 1..<WorkerLimits.tracksMax { follow(number) }
    world.execute(.attach(waiting.id, section: 4, track: TrackID(9001), .automatic))
    world.execute(.attach(viewer.id, section: 3, track: TrackID(1), .automatic))
    follow(9000)
    world.recording.clear()
    follow(9001)
    #expect(ended(world) == [waiting.id])
    let asksOwner = world.recording.effects.contains {
      if case .note = $0 { true } else { false }
    }
    #expect(!asksOwner, "nothing is wanted of the owner")
    world.execute(.attach(viewer.id, section: 3, track: TrackID(9002), .automatic))
    #expect(ended(world) == [waiting.id, viewer.id])
    world.execute(.addPeer(host.id, host.transport, publisherMedia(9003)))
    #expect(ended(world) == [waiting.id, viewer.id, host.id])
    #expect(world.core.peers.isEmpty)
  }

  private func ended(_ world: World) -> [PeerID] {
    world.recording.events.compactMap {
      if case .ended(let id, .overloaded) = $0 { id } else { nil }
    }
  }

  @Test("the first frame is told of the section's place in the session description")
  func firstFrame() {
    let world = watching()
    let sections = world.recording.events.compactMap { event -> Int? in
      if case .firstFrame(viewer.id, let section) = event { section } else { nil }
    }
    #expect(sections == [3])
  }

  @Test("a renegotiation that changes a section's formats uses no number twice and goes on")
  func viewerRenegotiates() {
    var world = watching()
    let before = numbers(world)
    var formats = [vp8Format]
    formats[0].payloadType = 100
    formats[0].rtxPayloadType = 101
    world.execute(.updatePeer(viewer.id, viewerMedia([sendSection(3, formats: formats)])))
    world.recording.clear()
    world.publish(host, 12..<20)
    let packets = viewer.open(world.recording.sent)
    #expect(packets.count == 8)
    #expect(packets.allSatisfy { $0.header.payloadType == 100 })
    #expect(
      packets.first.map { Int($0.header.sequenceNumber.rawValue) } == before.last.map { $0 + 1 })
  }

  @Test("a section that is negotiated away and back goes on with its numbers")
  func sectionReturns() {
    var world = watching()
    let before = numbers(world)
    world.execute(.updatePeer(viewer.id, viewerMedia([])))
    world.publish(host, 12..<14)
    world.execute(.updatePeer(viewer.id, viewerMedia([sendSection(3)])))
    world.execute(.attach(viewer.id, section: 3, track: TrackID(1), .automatic))
    world.recording.clear()
    world.publish(host, 14..<20, keyframe: true)
    let after = numbers(world)
    #expect(after.count >= 6)
    #expect(after.first == before.last.map { $0 + 1 })
  }

  @Test("a renegotiation in the middle of a catch-up does not leave the viewer behind")
  func renegotiationInCatchUp() {
    var world = World()
    world.connect(host, publisherMedia(1))
    // Large frames, so that the chain takes more than one burst.
    for sequence in 1..<40 {
      let payload = vp8(UInt16(sequence), keyframe: sequence == 1, count: 1300)
      world.receive(
        host.protect(rtp(UInt16(sequence), timestamp: UInt32(sequence) * 2970, payload: payload)),
        on: host.path)
      world.pass(milliseconds: 5)
    }
    let extra = sendSection(1, ssrc: 9100)
    world.connect(viewer, viewerMedia([extra, sendSection(3)]))
    world.execute(.attach(viewer.id, section: 3, track: TrackID(1), .automatic))
    world.pass(milliseconds: 5)
    guard let peer = world.core.peers[viewer.id], case .catchingUp = peer.sections[1].stream.phase
    else {
      Issue.record("the viewer is catching up")
      return
    }
    world.execute(.updatePeer(viewer.id, viewerMedia([sendSection(3)])))
    world.pass(milliseconds: 300)
    #expect(numbers(world).count == 39)
    guard case .live = peer.sections[0].stream.phase else {
      Issue.record("the viewer is live")
      return
    }
  }

  @Test("a publisher's renegotiation that changes formats does not stop what its viewers get")
  func publisherRenegotiates() {
    // A wrap, so that numbers begun anew would lie far behind the cached ones.
    var world = watching(from: 65_530)
    let added = PayloadFormat(payloadType: 102, codec: .h264)
    world.execute(.updatePeer(host.id, publisherMedia(1, formats: [vp8Format, added])))
    world.recording.clear()
    let late = world.discards(.late)
    world.publish(host, 65_541..<65_551)
    #expect(world.discards(.late) == late)
    #expect(numbers(world).count == 10)
  }

  @Test("a publisher's new SSRC goes on at its keyframe, decipherable and without a gap")
  func newSSRC() {
    var world = watching()
    let before = numbers(world)
    world.recording.clear()
    world.publish(host, 40_000..<40_004, ssrc: 7000)
    #expect(numbers(world).isEmpty)
    let asked = host.openRTCP(world.recording.sent).contains(.pictureLossIndication)
    world.keepAlive([host, viewer])
    world.pass(milliseconds: 600)
    let askedLater = host.openRTCP(world.recording.sent).contains(.pictureLossIndication)
    #expect(asked || askedLater)
    world.recording.clear()
    world.publish(host, 40_004..<40_010, keyframe: true, ssrc: 7000)
    let after = numbers(world)
    #expect(after.first == before.last.map { $0 + 1 })
    #expect(after.count == 6)
  }

  @Test("a gap too large to be repaired asks for a keyframe, though for no packet")
  func largeGap() {
    var world = watching()
    world.execute(.removePeer(viewer.id))
    world.recording.clear()
    world.publish(host, 2000..<2002)
    world.pass(milliseconds: 50)
    let kinds = host.openRTCP(world.recording.sent)
    #expect(kinds.contains(.pictureLossIndication))
    #expect(!kinds.contains(.genericNACK))
  }

  @Test("a lost packet is asked for, and a viewer's NACK is answered inside RTX")
  func repair() {
    var world = watching()
    world.recording.clear()
    world.publish(host, 13..<16)
    #expect(host.openRTCP(world.recording.sent).contains(.genericNACK))
    let sent = viewer.open(world.recording.sent)
    #expect(sent.count == 3)
    guard let lost = sent.last?.header.sequenceNumber else { return }
    world.recording.clear()
    var buffer = WireBuffer(capacity: 100)
    try? GenericNACK.write(sender: 1, media: 9000, missing: [lost].span, to: &buffer)
    world.receive(viewer.protect(buffer.array, isRTCP: true), on: viewer.path)
    let again = viewer.open(world.recording.sent)
    #expect(again.count == 1)
    #expect(again.first?.header.ssrc == 9001)
    #expect(again.first?.header.payloadType == 97)
    #expect(
      again.first?.payload.prefix(2) == [UInt8(lost.rawValue >> 8), UInt8(lost.rawValue & 0xFF)])
  }

  @Test("a viewer who is not heard for 5 s gets no media, and starts again when heard")
  func pause() {
    var world = watching()
    world.keepAlive([host, viewer])
    for _ in 0..<6 {
      world.pass(milliseconds: 1000)
      world.keepAlive([host])
    }
    world.recording.clear()
    world.publish(host, 12..<20, keyframe: true)
    #expect(viewer.open(world.recording.sent).isEmpty)
    world.receive(viewer.check(), on: viewer.path)
    world.publish(host, 20..<40)
    #expect(numbers(world).count == 28, "from the chain on")
  }

  @Test("a keyframe that came during the catch-up of a lower layer is not asked for again")
  func keyframeDuringCatchUp() {
    var world = World()
    var media = publisherMedia(1)
    media.receives[0].encodings = ["q", "f"].map { AnnouncedEncoding(rid: $0) }
    media.extensions[.rid] = 2
    world.connect(host, media)
    func send(_ sequence: Int, _ rid: Character, keyframe: Bool = false, count: Int = 1200) {
      var packet = rtp(
        UInt16(sequence), ssrc: rid == "q" ? 100 : 200, timestamp: UInt32(sequence) * 2970,
        payload: [0xBE, 0xDE, 0, 1, 0x20, rid.asciiValue ?? 0, 0, 0]
          + vp8(UInt16(sequence), keyframe: keyframe, count: count))
      packet[0] |= 0x10
      world.receive(host.protect(packet), on: host.path)
    }
    // The lower layer has a long chain, the upper one only an old keyframe.
    send(1, "f", keyframe: true)
    for sequence in 1..<62 {
      send(sequence, "q", keyframe: sequence == 1 || sequence == 22, count: 1350)
      send(sequence + 1, "f")
      world.pass(milliseconds: 35)
      if sequence % 20 == 0 { world.keepAlive([host]) }
    }
    world.connect(viewer, viewerMedia([sendSection(0)]))
    world.recording.clear()
    world.execute(.attach(viewer.id, section: 0, track: TrackID(1), .automatic))
    world.pass(milliseconds: 5)
    guard let stream = world.core.peers[viewer.id]?.sections[0].stream,
      case .catchingUp = stream.phase, stream.current == 0
    else {
      Issue.record("the viewer catches up on the lower layer")
      return
    }
    send(63, "f", keyframe: true)
    for sequence in 64..<100 {
      send(sequence - 2, "q")
      send(sequence, "f")
      world.pass(milliseconds: 35)
    }
    #expect(world.core.peers[viewer.id]?.sections[0].stream.current == 1)
    let asked = host.openRTCP(world.recording.sent).filter { $0 == .pictureLossIndication }
    #expect(asked.count == 1)
  }

  @Test("while a viewer has no path no number is used up, and it goes on when there is one")
  func noPath() {
    var world = World()
    viewer.path = TransportPath(
      channel: .tcp(connection: 7), local: viewer.path.local, remote: viewer.path.remote)
    world.connect(host, publisherMedia(1))
    world.connect(viewer, viewerMedia([sendSection(3)]))
    world.execute(.attach(viewer.id, section: 3, track: TrackID(1), .automatic))
    world.publish(host, 1..<12, keyframe: true)
    let before = world.core.peers[viewer.id]?.sections[0].stream.packetsSent
    #expect(before == 11)
    world.core.connectionClosed(viewer.path)
    world.publish(host, 12..<16)
    #expect(world.core.peers[viewer.id]?.sections[0].stream.packetsSent == before)
    viewer.path = path(2, port: 7777)
    world.receive(viewer.check(id: 9), on: viewer.path)
    world.recording.clear()
    world.publish(host, 16..<19)
    #expect(numbers(world).count == 3)
  }
}
