// Which worker owns each track and peer, and which workers follow which tracks. Pure.

import MediaControl

/// One section of one viewer's transport.
struct SectionKey: Hashable, Sendable {
  let peer: PeerID
  let section: Int
}

/// An order for one worker.
struct WorkerOrder: Sendable {
  let command: MediaCommand
  let worker: WorkerIndex
}

/// Keeps every worker that has viewers of a track supplied, with one hop and no more.
struct TrackDirectory: Sendable {
  private struct Entry: Sendable {
    let description: TrackDescription
    let owner: WorkerIndex
    /// Sections fed on each worker that is not the owner.
    var followers: [WorkerIndex: Int] = [:]
  }

  private struct Feed: Sendable {
    let track: TrackID
    let worker: WorkerIndex
  }

  private var tracks: [TrackID: Entry] = [:]
  private var feeds: [PeerID: [Int: Feed]] = [:]
  private var peersByWorker: [Int]
  private var released: [Feed] = []

  /// An empty directory.
  init(workers: Int) { peersByWorker = Array(repeating: 0, count: max(1, workers)) }

  /// The least loaded worker: it owns the next peer.
  var leastLoaded: WorkerIndex {
    let index = peersByWorker.indices.min { peersByWorker[$0] < peersByWorker[$1] } ?? 0
    return WorkerIndex(UInt8(index))
  }

  mutating func addPeer(on worker: WorkerIndex) { peersByWorker[Int(worker.rawValue)] += 1 }

  mutating func addTrack(_ description: TrackDescription, owner: WorkerIndex) {
    tracks[description.id] = Entry(description: description, owner: owner)
  }

  /// Notes what a section is fed with.
  ///
  /// - Returns: what must be ordered before the section is attached.
  mutating func attach(_ track: TrackID?, to key: SectionKey, on worker: WorkerIndex)
    -> [WorkerOrder]
  {
    if let old = feeds[key.peer]?.removeValue(forKey: key.section) { released.append(old) }
    guard let track, let entry = tracks[track] else { return [] }
    feeds[key.peer, default: [:]][key.section] = Feed(track: track, worker: worker)
    guard entry.owner != worker else { return [] }
    tracks[track]?.followers[worker, default: 0] += 1
    guard entry.followers[worker] == nil else { return [] }
    return [WorkerOrder(command: .follow(entry.description, owner: entry.owner), worker: worker)]
  }

  /// What must be ordered after sections were detached: workers that need a track no more.
  mutating func releaseUnused() -> [WorkerOrder] {
    var orders: [WorkerOrder] = []
    for feed in released {
      guard let entry = tracks[feed.track], let count = entry.followers[feed.worker] else {
        continue
      }
      if count > 1 {
        tracks[feed.track]?.followers[feed.worker] = count - 1
      } else {
        tracks[feed.track]?.followers[feed.worker] = nil
        orders.append(WorkerOrder(command: .unfollow(feed.track), worker: feed.worker))
      }
    }
    released.removeAll(keepingCapacity: true)
    return orders
  }

  /// Forgets a peer's sections.
  mutating func remove(_ peer: PeerID, on worker: WorkerIndex) -> [WorkerOrder] {
    peersByWorker[Int(worker.rawValue)] -= 1
    if let sections = feeds.removeValue(forKey: peer) { released += sections.values }
    return releaseUnused()
  }

  /// Forgets tracks whose publisher's transport is gone: their followers drop their copies.
  mutating func removeTracks(_ ids: [TrackID]) -> [WorkerOrder] {
    ids.flatMap { id -> [WorkerOrder] in
      guard let entry = tracks.removeValue(forKey: id) else { return [] }
      return entry.followers.keys.map { WorkerOrder(command: .unfollow(id), worker: $0) }
    }
  }
}
