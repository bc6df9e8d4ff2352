// What a group commit is made of.

package import RoomLog

/// One thing to be written in order with the others. Indirect: it goes through several arrays, and a copy
/// is one reference instead of an entry's ten.
indirect enum WriteItem: Sendable {
  case entry(CommitEntry)
  /// Gives the room of this name its number; a room whose entries were refused is whole again.
  case open(name: String, atMs: Int64)
  case snapshot(RoomKey, SnapshotRow)
  /// The room has left memory: another process may have it.
  case release(RoomKey)
  /// Something about webhooks.
  case hook(HookChange)
  case transfer(TransferOrder)
  /// A token revoked or restored. PostgreSQL only.
  case revocation(RevocationRow)

  /// Whether what it writes depends on what it finds.
  var isJudged: Bool {
    switch self {
    case .transfer, .hook, .revocation: true
    case .entry, .open, .snapshot, .release: false
    }
  }

  /// Roughly the bytes it writes.
  var byteCount: Int {
    switch self {
    case .entry(let entry): entry.byteCount
    case .open(let name, _): name.utf8.count + 64
    case .snapshot(_, let snapshot): snapshot.body.count
    case .release: 64
    case .hook, .revocation: 256
    case .transfer(let order): order.byteCount
    }
  }
}

/// What became of one item.
enum WriteOutcome: Hashable, Sendable {
  /// On the disk; the number of the stored reply when the entry has one, and the endpoints that
  /// have webhooks to be sent.
  case committed(reply: Int64?, hooks: [Int64] = [])
  case hooked(HookChanged, hooks: [Int64])
  case opened(RoomKey)
  case transferred(TransferOutcome)
  /// Not on the disk, and never will be.
  case refused(StoreError)

  /// As the outcome of an entry.
  var ofEntry: CommitOutcome.Result {
    switch self {
    case .committed(let reply, _): .committed(reply: reply)
    case .opened, .hooked, .transferred: .committed(reply: nil)
    case .refused(let error): .refused(error)
    }
  }

  /// As the outcome of an opening.
  var ofOpening: Result<RoomKey, StoreError> {
    switch self {
    case .opened(let key): .success(key)
    case .refused(let error): .failure(error)
    case .committed, .hooked, .transferred: .failure(.unknownRoom)
    }
  }

  /// As the outcome of a transfer.
  var ofTransfer: TransferOutcome {
    switch self {
    case .transferred(let outcome): outcome
    case .committed, .opened, .hooked, .refused: .failed
    }
  }
}

extension WriteOutcome {
  /// Whether it is on the disk.
  var isCommitted: Bool {
    if case .refused = self { false } else { true }
  }

  /// As the outcome of a change of webhooks.
  var ofHook: HookChanged {
    if case .hooked(let changed, _) = self { return changed }
    return .refused
  }

  /// Endpoints that have webhooks to be sent now.
  var hooks: [Int64] {
    switch self {
    case .committed(_, let hooks), .hooked(_, let hooks): hooks
    case .opened, .transferred, .refused: []
    }
  }
}

/// What became of one entry.
package struct CommitOutcome: Hashable, Sendable {
  package enum Result: Hashable, Sendable {
    /// On the disk. The number of the stored reply, for `RoomReader.reply`, when the entry had one.
    case committed(reply: Int64?)
    /// Not on the disk. The room in memory is ahead of it: the owner discards it and opens it again.
    case refused(StoreError)
  }
  package let room: RoomKey
  package let ticket: UInt64
  package let result: Result

  package init(room: RoomKey, ticket: UInt64, result: Result) {
    self.room = room
    self.ticket = ticket
    self.result = result
  }
}
