// Which worker, which peer: hand-over, address takeover and what is left of a peer.

import DTLS
import Forwarding
import ICE
import MediaControl
import Peer
import RTP
import Testing
import Wire

@testable import MediaWorker

@Suite("A worker hands over what is another's")
struct HandOverTests {
  @Test("a check goes to the worker its ufrag names, as it came, and so does what follows it")
  func byDigit() {
    var world = World(index: 0, workers: 3)
    let far = Far(1, owner: 2)
    world.receive(far.check(), on: far.path)
    #expect(world.recording.handOffs.count == 1)
    #expect(world.recording.handOffs.first?.worker == WorkerIndex(2))
    #expect(world.recording.handOffs.first?.bytes == far.check())
    world.receive([22, 254, 253, 1, 2, 3], on: far.path)
    #expect(world.recording.handOffs.count == 2)
    #expect(world.recording.handOffs.last?.bytes == [22, 254, 253, 1, 2, 3])
    #expect(world.core.statistics.handedOver == 2)
    #expect(world.recording.sent.isEmpty)
  }

  @Test("a ufrag of a worker that is not there is nobody's")
  func noSuchWorker() {
    var world = World(index: 0, workers: 2)
    let far = Far(1, owner: 2)
    world.receive(far.check(), on: far.path)
    #expect(world.recording.isEmpty)
    #expect(world.discards(.unknownUfrag) == 1)
  }

  @Test("what was handed over goes no further, whatever two workers believe of each other")
  func once() {
    var world = World(index: 1, workers: 2)
    let far = Far(1, owner: 0)
    // This worker takes 0 for the owner; worker 0 takes this one for it.
    world.receive(far.check(), on: far.path)
    world.recording.clear()
    world.receive([22, 254, 253, 1, 2, 3], on: far.path, isHandedOver: true)
    world.receive(far.check(), on: far.path, isHandedOver: true)
    #expect(world.recording.isEmpty)
    #expect(world.discards(.unknownSource) == 1)
    #expect(world.discards(.unknownUfrag) == 1)
  }

  @Test("receiver reports and transport-wide feedback wait for the owner's next turn, nothing else")
  func urgency() {
    let patient: [[UInt8]] = [[0x81, 201, 0, 7, 1], [0x8F, 205, 0, 5], [0xAF, 205, 0, 5]]
    for bytes in patient {
      let canWait = HandOffUrgency.canWait(bytes.span)
      #expect(canWait, "\(bytes)")
    }
    let urgent: [[UInt8]] = [
      [], [0x81], [0x80, 200, 0, 6], [0x81, 205, 0, 3], [0x81, 206, 0, 2], [0x8F, 206, 0, 4],
      [0x80, 96, 1, 2], [0x80, 111], [0x00, 0x01], [22, 254, 253], [0x41, 201],
    ]
    for bytes in urgent {
      let canWait = HandOffUrgency.canWait(bytes.span)
      #expect(!canWait, "\(bytes)")
    }
  }

  @Test("a flood of forged checks makes nobody forget an address that is in use")
  func flood() {
    var owners = AddressOwners()
    let mine = PathKey(path(1))
    owners.remember(mine, WorkerIndex(3))
    for number in UInt32(0)..<200_000 {
      owners.remember(PathKey(path(1000 + number)), WorkerIndex(1))
      if number % 1000 == 0 { #expect(owners.owner(of: mine) == WorkerIndex(3)) }
    }
    #expect(owners.count <= WorkerLimits.elsewhereMax)
    owners.forget(mine)
    #expect(owners.owner(of: mine) == nil)
  }

  @Test("a worker that begins to follow gets the chain, so that its first viewer starts at once")
  func followerGetsChain() {
    var owner = World(index: 0, workers: 2)
    var other = World(index: 1, workers: 2)
    let host = Far(1)
    owner.connect(host, publisherMedia(1))
    owner.publish(host, 1..<5, keyframe: true)
    #expect(owner.recording.handOffs.isEmpty)
    other.execute(
      .follow(TrackDescription(id: TrackID(1), kind: .video, rids: [nil]), owner: WorkerIndex(0)))
    for effect in other.recording.effects {
      if case .note(let note, let worker) = effect {
        #expect(worker == WorkerIndex(0))
        owner.core.take(note, at: owner.now)
      }
    }
    let numbers = owner.recording.handOffs.compactMap { item -> Int64? in
      if case .packet(_, let info) = item.kind { return info.sequence & 0xFFFF }
      return nil
    }
    #expect(numbers == [1, 2, 3, 4])
  }

  @Test("a viewer who is there before its worker's chains starts in the turn they are whole")
  func latecomer() {
    var owner = World(index: 0, workers: 2)
    var other = World(index: 1, workers: 2)
    let host = Far(1)
    let viewer = Far(2, owner: 1)
    owner.connect(host, publisherMedia(1))
    owner.publish(host, 1..<5, keyframe: true)
    other.now = owner.now
    other.wall = owner.wall
    other.connect(viewer, viewerMedia([sendSection(0)]))
    other.execute(
      .follow(TrackDescription(id: TrackID(1), kind: .video, rids: [nil]), owner: WorkerIndex(0)))
    other.execute(.attach(viewer.id, section: 0, track: TrackID(1), .automatic))
    for effect in other.recording.effects {
      if case .note(let note, _) = effect { owner.core.take(note, at: owner.now) }
    }
    for effect in owner.recording.effects {
      if case .note(let note, _) = effect { other.core.take(note, at: other.now) }
    }
    var sent: [Int] = []
    for item in owner.recording.handOffs {
      other.recording.clear()
      switch item.kind {
      case .packet(let track, let info):
        other.core.takePacket(track, info, item.bytes.span, at: other.now, wall: other.wall)
      case .chainsPassed(let track): other.core.takeChainsPassed(track, at: other.now)
      case .datagram: Issue.record("nothing came that belongs to the other worker")
      }
      // A turn without time passing: nothing slow is done in it.
      other.core.advance(at: other.now, wall: other.wall)
      other.core.finishTurn(at: other.now, wall: other.wall)
      sent.append(viewer.open(other.recording.sent).count)
    }
    #expect(sent == [0, 0, 0, 0, 4], "not from a part of the chains, and at once from the whole")
  }

  @Test("a follower gets every packet of a track, also one of padding only, and sends it on")
  func follower() {
    var owner = World(index: 0, workers: 2)
    var other = World(index: 1, workers: 2)
    let host = Far(1)
    let viewer = Far(2, owner: 1)
    owner.connect(host, publisherMedia(1))
    other.connect(viewer, viewerMedia([sendSection(0)]))
    other.execute(
      .follow(TrackDescription(id: TrackID(1), kind: .video, rids: [nil]), owner: WorkerIndex(0)))
    for effect in other.recording.effects {
      if case .note(let note, _) = effect { owner.core.take(note, at: owner.now) }
    }
    other.execute(.attach(viewer.id, section: 0, track: TrackID(1), .automatic))
    owner.publish(host, 1..<5, keyframe: true)
    owner.receive(host.protect(rtp(5, payload: [], padding: 10)), on: host.path)
    owner.publish(host, 6..<10)
    #expect(owner.discards(.queueFull) == 0)
    for effect in owner.recording.effects {
      if case .note(let note, _) = effect { other.core.take(note, at: other.now) }
    }
    other.recording.clear()
    for item in owner.recording.handOffs {
      guard case .packet(let track, let info) = item.kind else { continue }
      other.core.takePacket(track, info, item.bytes.span, at: other.now, wall: other.wall)
      other.core.finishTurn(at: other.now, wall: other.wall)
      other.pass(milliseconds: 300)
      other.keepAlive([viewer])
    }
    let packets = viewer.open(other.recording.sent)
    let numbers = packets.map { Int($0.header.sequenceNumber.rawValue) }
    #expect(packets.count == 8)
    #expect(
      numbers == (numbers.first.map { Array($0..<($0 + 8)) } ?? []), "no gap where padding was")
  }
}

@Suite("An address speaks for one peer")
struct AddressTests {
  @Test("an address is not taken over while its peer is heard, but after 2 s of silence")
  func takeover() {
    var world = World()
    let first = Far(1)
    let second = Far(2)
    world.connect(first, viewerMedia([]))
    world.execute(.addPeer(second.id, second.transport, viewerMedia([])))
    world.recording.clear()
    world.receive(second.check(), on: first.path)
    #expect(world.recording.isEmpty, "refused without a reply")
    #expect(world.discards(.tooManyPaths) == 1)
    #expect(world.core.addresses[PathKey(first.path)] == first.id)

    world.pass(milliseconds: 2000)
    world.recording.clear()
    world.receive(second.check(), on: first.path)
    #expect(world.core.addresses[PathKey(first.path)] == second.id)
    #expect(world.recording.sent.count == 1)
    #expect(world.core.peers[first.id]?.path == nil, "nothing of the first goes there any more")
    #expect(world.core.peers[first.id]?.addresses.isEmpty == true)
  }

  @Test("a nomination that came while the address was another's counts once it is free")
  func nominationIsNotLost() {
    var world = World()
    let first = Far(1)
    let second = Far(2)
    world.connect(first, viewerMedia([]))
    world.execute(.addPeer(second.id, second.transport, viewerMedia([])))
    world.receive(second.check(), on: first.path)
    #expect(world.core.peers[second.id]?.path == nil)
    world.pass(milliseconds: 2000)
    // Browsers go on with plain consent checks once they have nominated.
    world.receive(second.check(nominate: false, id: 2), on: first.path)
    #expect(world.core.peers[second.id]?.path == first.path)
    let opened = world.recording.handshakes.contains {
      if case .open(second.id, _, _) = $0 { true } else { false }
    }
    #expect(opened, "and the handshake begins")
  }

  @Test("a worker that stops knows whom it still owes a close_notify, and sends it where they were")
  func farewells() {
    var world = World()
    let first = Far(1)
    let second = Far(2)
    world.connect(first, viewerMedia([]))
    world.connect(second, viewerMedia([]))
    #expect(!world.core.awaitsFarewells)
    world.execute(.stop)
    #expect(world.core.peers.isEmpty && world.core.awaitsFarewells)
    world.recording.clear()
    world.take(.send(first.id, [21, 254, 253]))
    #expect(world.core.awaitsFarewells)
    world.take(.send(second.id, [21, 254, 253]))
    #expect(!world.core.awaitsFarewells)
    #expect(world.recording.sent.map(\.path) == [first.path, second.path])
  }

  @Test("a farewell that never comes is given up")
  func noFarewell() {
    var world = World()
    world.connect(Far(1), viewerMedia([]))
    world.execute(.stop)
    world.pass(milliseconds: 600)
    #expect(!world.core.awaitsFarewells)
  }

  @Test("nothing is left of a peer that was removed")
  func removed() {
    var world = World()
    let host = Far(1)
    let viewer = Far(2)
    world.connect(host, publisherMedia(1))
    world.connect(viewer, viewerMedia([sendSection(0)]))
    world.execute(.attach(viewer.id, section: 0, track: TrackID(1), .automatic))
    world.publish(host, 1..<5, keyframe: true)
    world.execute(.removePeer(viewer.id))
    #expect(world.core.tracks[0].subscribers.isEmpty)
    world.execute(.removePeer(host.id))
    #expect(world.core.peers.isEmpty)
    #expect(world.core.addresses.isEmpty)
    #expect(world.core.ufrags.isEmpty)
    #expect(world.core.trackSlots.isEmpty)
    #expect(world.core.sources.isEmpty)
    #expect(world.core.publishers.isEmpty)
    world.pass(milliseconds: 50)
    #expect(world.core.catchingUp.isEmpty)
    world.recording.clear()
    world.receive(host.check(), on: host.path)
    #expect(world.recording.isEmpty)
  }

  @Test("the close_notify of a removed peer still goes out, to where it was, and soon no more")
  func closeNotify() {
    var world = World()
    let far = Far(1)
    world.connect(far, viewerMedia([]))
    world.execute(.removePeer(far.id))
    world.recording.clear()
    world.take(.send(far.id, [21, 254, 253, 9]))
    #expect(world.recording.sent.first?.bytes == [21, 254, 253, 9])
    #expect(world.recording.sent.first?.path == far.path)
    world.pass(milliseconds: 600)
    world.recording.clear()
    world.take(.send(far.id, [21, 254, 253, 9]))
    #expect(world.recording.isEmpty)
  }

  @Test("of restarts nobody took up only the last is remembered, and the credentials in use live")
  func restarts() {
    var world = World()
    let far = Far(1)
    world.connect(far, viewerMedia([]))
    let original = far.local
    for number in 0..<20 {
      let fresh = ICECredentials(
        ufrag: "0restr" + String(UnicodeScalar(UInt8(97 + number))) + "x",
        password: original.password)
      world.execute(.restartICE(far.id, local: fresh, remote: far.remote))
      far.local = fresh
    }
    #expect(world.core.ufrags.count == 2)
    world.recording.clear()
    world.receive(far.check(ufrag: original.ufrag, id: 5), on: far.path)
    #expect(world.recording.sent.count == 1)
    world.receive(far.check(id: 6), on: far.path)
    #expect(world.recording.sent.count == 2)
  }
}
