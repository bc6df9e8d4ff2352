// The store as the rest of the process sees it: three threads that are sent requests and answer by calls.

import Loop
package import RoomLog
import Synchronization
import Wire

/// The durable store of this process, from `init` until `close`.
///
/// Nothing here waits for the disk, and every answer comes on one of the store's threads: hand it on
/// through a mailbox. A failure that leaves the disk in doubt ends the process.
package final class RoomStore: Sendable {
  /// The endpoints of webhooks as they were when the store was opened.
  package let hookEndpoints: [HookEndpointRow]
  /// What this process is among those on its database; nil with SQLite.
  package let membership: NodeMembership?
  /// The revoked tokens on the database when the store was opened. None with SQLite.
  package let revocations: [RevocationRow]
  private let board: StoreBoard
  // What `close` ends: the threads, then the lock.
  private let running: Mutex<(threads: [WorkerThread], lock: DirectoryLock?)>

  /// Opens the store: locks the data folder, makes or migrates the database, starts the threads.
  ///
  /// - Parameters:
  ///   - place: its folder is made when there is none.
  ///   - nodePlace: where this process is reached, for others on the same database.
  ///   - hooks: the endpoints of the configuration, one for each merchant: they are made or changed
  ///     to be so, and others that once were configured are disabled.
  ///   - onNews: called on the writing thread with what other processes did to this one's rooms.
  ///   - onCommitted: called on the writing thread after each commit with an outcome for each of its
  ///     entries, in order: reply and fan out only then. Must not wait for anything.
  ///   - onHooks: called there after a commit with the endpoints that have something to be sent by it.
  ///     Must not wait either.
  /// - Throws: `.inUse`, `.newerSchema`, `.notHawkers`, `.unsafeSetting`, or what the database said.
  package convenience init(
    _ place: StorePlace, nodePlace: NodePlace = NodePlace(),
    patience: StorePatience = StorePatience(),
    hooks: [HookEndpointRow] = [],
    onNews: @escaping @Sendable (StoreNews) -> Void = { _ in },
    onCommitted: @escaping @Sendable ([CommitOutcome]) -> Void,
    onHooks: @escaping @Sendable (Set<Int64>) -> Void = { _ in }
  ) throws(StoreError) {
    try self.init(
      place, vfs: nil, nodePlace: nodePlace, patience: patience, hooks: hooks, onNews: onNews,
      onCommitted: onCommitted,
      onHooks: onHooks)
  }

  init(
    _ place: StorePlace, vfs: String?, nodePlace: NodePlace = NodePlace(),
    patience: StorePatience = StorePatience(),
    hooks: [HookEndpointRow] = [], onNews: @escaping @Sendable (StoreNews) -> Void = { _ in },
    onCommitted: @escaping @Sendable ([CommitOutcome]) -> Void,
    onHooks: @escaping @Sendable (Set<Int64>) -> Void = { _ in }
  ) throws(StoreError) {
    try place.directory.make()
    let lock = try place.directory.lock()
    let parts = StoreParts(
      place: place, vfs: vfs, nodePlace: nodePlace, patience: patience, onCommitted: onCommitted,
      onHooks: onHooks,
      onNews: onNews)
    // Migrates, and says by name what is wrong, before any thread is there.
    let writer = try parts.writer()
    hookEndpoints = try writer.configureHooks(hooks, atMs: RoomStore.nowMs)
    membership = try writer.membership()
    revocations = try writer.revocations()
    do throws(SystemError) {
      board = try StoreBoard()
      let board = board
      let threads = [
        try WorkerThread(name: "store-write", config: board) { parts.write($0) },
        try WorkerThread(name: "store-read", config: board) { parts.read($0) },
        try WorkerThread(name: "store-copy", config: board) { parts.copy($0) },
      ]
      running = Mutex((threads, lock))
    } catch {
      throw .file(path: place.directory.path, text: error.description)
    }
  }

  static var nowMs: Int64 { SystemClock.wallTime().nanoseconds / 1_000_000 }

  // MARK: Writing

  /// Writes `entry` after everything asked for before; its outcome comes by `onCommitted`.
  ///
  /// - Returns: false when too many requests wait: nothing was taken. Keep fewer than
  ///   `StoreLimits.requestsMax` entries under way, and decide no command beyond that.
  package func commit(_ entry: CommitEntry) -> Bool { board.requests.post(.write(.entry(entry))) }

  /// Gives the room its number, after everything asked for before, and then reads it.
  ///
  /// - Parameter then: called on the reading thread: read the image there, decode the snapshot, ask for
  ///   the texts it shows. The room's own entries asked for before are in it.
  package func open(
    _ name: String, atMs now: Int64,
    then: @escaping @Sendable (Result<RoomKey, StoreError>, RoomReader) -> Void
  ) -> Bool {
    board.requests.post(.write(.open(name: name, atMs: now), then: .opened(then)))
  }

  /// Orders a transfer of coins, after everything asked for before.
  ///
  /// - Parameter done: called on the writing thread once the outcome is on the disk. Must not wait for
  ///   anything.
  /// - Returns: false when too many requests wait: nothing was ordered.
  package func transfer(
    _ order: TransferOrder, done: @escaping @Sendable (TransferOutcome) -> Void
  ) -> Bool {
    board.requests.post(.write(.transfer(order), then: .transferred(done)))
  }

  /// Keeps a snapshot, after everything asked for before. Nobody waits for it, so nothing is answered.
  package func keep(_ snapshot: SnapshotRow, of room: RoomKey) -> Bool {
    board.requests.post(.write(.snapshot(room, snapshot)))
  }

  /// The room has left this process's memory: another process may have it. After everything asked for
  /// before.
  package func release(_ room: RoomKey) -> Bool { board.requests.post(.write(.release(room))) }

  /// Changes what is kept about webhooks, after everything asked for before.
  ///
  /// - Parameter done: called on the writing thread when it is on the disk, or can't be.
  /// - Returns: false when too many requests wait: nothing was taken.
  package func change(
    _ change: HookChange, done: @escaping @Sendable (HookChanged) -> Void
  ) -> Bool {
    board.requests.post(.write(.hook(change), then: .hooked(done)))
  }

  /// Writes down that a token was revoked or restored, after everything asked for before. PostgreSQL only.
  ///
  /// - Parameter done: called on the writing thread: whether it is on the disk.
  /// - Returns: false when too many requests wait: nothing was taken.
  package func record(
    _ row: RevocationRow, done: @escaping @Sendable (Bool) -> Void
  ) -> Bool {
    board.requests.post(.write(.revocation(row), then: .recorded(done)))
  }

  /// Other processes have done something that concerns this one: it looks sooner than it would have.
  package func nudge() {
    board.isNudged.store(true, ordering: .releasing)
    board.writerWaker.wake()
  }

  /// How many watch the rooms of this process, for the lists of other processes: written with the leases.
  package func note(viewers: [RoomKey: Int]) { board.viewers.withLock { $0 = viewers } }

  /// Erases one person everywhere: identity, names, texts, follows, replies. The log stays as it is.
  ///
  /// Rooms in memory that know the person must forget them first, or they would write the name again.
  /// - Parameter done: called on the writing thread with the references that now stand for nobody.
  package func erase(
    identity: String, atMs now: Int64,
    done: @escaping @Sendable (Result<[ErasedPerson], StoreError>) -> Void
  ) -> Bool {
    board.requests.post(.erase(identity: identity, atMs: now, done: done))
  }

  /// Keeps to the policy: erases texts and people of rooms that ended long enough ago, and replies older
  /// than a day. To be asked for each hour.
  ///
  /// - Parameter retentionDays: for rooms that say nothing themselves; nil: those keep everything.
  package func upkeep(
    retentionDays: Int?, atMs now: Int64,
    done: @escaping @Sendable (Result<Void, StoreError>) -> Void
  ) -> Bool {
    board.requests.post(.upkeep(retentionDays: retentionDays, atMs: now, done: done))
  }

  // MARK: Reading

  /// Runs `job` on the reading thread; all it reads is one state of the database.
  ///
  /// - Returns: false when too many wait.
  package func read(_ job: @escaping @Sendable (RoomReader) -> Void) -> Bool {
    board.reads.post(job)
  }

  // MARK: Ending

  /// Does what was asked for, then closes the database, unlocks the folder and waits for both. At once when closed already.
  package func close() {
    board.isClosing.store(true, ordering: .releasing)
    board.writerWaker.wake()
    running.withLock { running in
      guard !running.threads.isEmpty else { return }
      running.threads[0].join()
      board.isWritten.store(true, ordering: .releasing)
      board.readerWaker.wake()
      board.checkpointWaker.wake()
      for thread in running.threads { thread.join() }
      running = ([], nil)
    }
  }
}
