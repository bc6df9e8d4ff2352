// Work that is done a few times a second: spread over peers, and asked of other workers seldom.

import Forwarding
import ICE
import MediaControl
import RTP
import Testing
import Wire

@testable import MediaWorker

@Suite("Slow work is spread")
struct SlowWorkTests {
  @Test("of a hundred peers who fall silent at once, each turn sees to a few, 250 ms to all")
  func spread() {
    var world = World()
    for number in UInt32(1)...100 { world.connect(Far(number), viewerMedia([sendSection(0)])) }
    world.pass(milliseconds: 4900)
    world.recording.clear()
    var most = 0
    var all = 0
    for _ in 0..<70 {
      let before = world.recording.events.count
      world.pass(milliseconds: 5)
      let news = world.recording.events.dropFirst(before).count { event in
        if case .reachable(_, false) = event { true } else { false }
      }
      most = max(most, news)
      all += news
    }
    #expect(all == 100)
    #expect((1...5).contains(most))
  }

  @Test("peers that end make no place in the round empty, and nobody is passed over")
  func endings() {
    var world = World()
    for number in UInt32(1)...60 { world.connect(Far(number), viewerMedia([sendSection(0)])) }
    for number in stride(from: UInt32(1), through: 60, by: 2) {
      world.execute(.removePeer(PeerID(number)))
    }
    world.recording.clear()
    world.pass(milliseconds: 5600)
    let silent = world.recording.events.compactMap { event -> UInt32? in
      if case .reachable(let peer, false) = event { peer.rawValue } else { nil }
    }
    #expect(silent.sorted() == Array(stride(from: UInt32(2), through: 60, by: 2)))
    #expect(world.core.rota.count == 30)
  }

  @Test("a follower tells the owner once in 500 ms that its viewers want a keyframe of a layer")
  func keyframeNotes() {
    var world = World(index: 1, workers: 2)
    let track = TrackID(9)
    world.execute(
      .follow(
        TrackDescription(id: track, kind: .video, rids: ["q", "f"]), owner: WorkerIndex(0)))
    func notes() -> [UInt8] {
      world.recording.effects.compactMap { effect in
        if case .note(.keyframe(_, let encoding, _), _) = effect { encoding } else { nil }
      }
    }
    for _ in 0..<60 {
      world.core.requestKeyframe(track, 1, .repair, at: world.now)
      world.pass(milliseconds: 5)
    }
    #expect(notes() == [1])
    world.core.requestKeyframe(track, 0, .repair, at: world.now)
    #expect(notes() == [1, 0])
    // What was wished for in between is not forgotten.
    world.pass(milliseconds: 400)
    #expect(notes() == [1, 0, 1])
    world.pass(milliseconds: 2000)
    #expect(notes() == [1, 0, 1])
  }
}
