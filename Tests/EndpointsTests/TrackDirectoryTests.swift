// Which workers follow which tracks: one hop, no more, no leak.

import MediaControl
import RTP
import Testing

@testable import Endpoints

@Suite("The track directory keeps workers supplied")
struct TrackDirectoryTests {
  let a = WorkerIndex(0)
  let b = WorkerIndex(1)
  let track = TrackID(7)

  private func directory() -> TrackDirectory {
    var directory = TrackDirectory(workers: 2)
    directory.addTrack(TrackDescription(id: track, kind: .video, rids: [nil]), owner: a)
    return directory
  }

  private func key(_ peer: UInt32) -> SectionKey { SectionKey(peer: PeerID(peer), section: 0) }

  @Test("the first viewer on another worker makes it follow, the second does not again")
  func followsOnce() {
    var directory = directory()
    #expect(directory.attach(track, to: key(1), on: a).isEmpty)
    let first = directory.attach(track, to: key(2), on: b)
    #expect(first.map(\.worker) == [b])
    #expect(directory.attach(track, to: key(3), on: b).isEmpty)
  }

  @Test("the last viewer's leaving, and only that, ends the following")
  func unfollowsLast() {
    var directory = directory()
    directory.addPeer(on: b)
    directory.addPeer(on: b)
    _ = directory.attach(track, to: key(2), on: b)
    _ = directory.attach(track, to: key(3), on: b)
    #expect(directory.remove(PeerID(2), on: b).isEmpty)
    #expect(directory.remove(PeerID(3), on: b).map(\.worker) == [b])
  }

  @Test("a track whose publisher is gone is dropped by its followers")
  func trackRemoved() {
    var directory = directory()
    _ = directory.attach(track, to: key(2), on: b)
    #expect(directory.removeTracks([track]).map(\.worker) == [b])
    _ = directory.attach(nil, to: key(2), on: b)
    #expect(directory.releaseUnused().isEmpty)
  }

  @Test("the next peer goes to the worker that has fewest")
  func leastLoaded() {
    var directory = TrackDirectory(workers: 2)
    directory.addPeer(on: a)
    #expect(directory.leastLoaded == b)
  }
}
