// The one connection that writes: a group of items becomes one transaction.

import Loop
import RoomLog
import Synchronization
import Wire

/// Writes groups. A final class because it is the one owner of the one connection that writes.
///
/// What it throws ends the process: nobody knows what is on the disk then. What is wrong with one item,
/// or with the room on the disk, is an outcome.
final class RoomWriter: LogWriter {
  let database: Database
  private let rows: RowStatements
  private let ledger: LedgerWriter
  // Their memory is ahead of the disk until the owner opens them again.
  private var refusedRooms: Set<RoomKey> = []
  private var askedAtPages: Int32 = 0
  // Something was erased, and the log may still hold it.
  private var owesTruncation = false

  /// Until the log is tried again that a reader kept from being emptied: a reading job takes less.
  private static let truncationPause = TimeSpan.milliseconds(100)

  /// Opens the database of `directory`, makes it when there is none and brings it up to date.
  ///
  /// - Parameters:
  ///   - now: for what is written now, milliseconds since 1970.
  ///   - vfs: the file layer; nil is SQLite's own. For tests.
  init(_ directory: StoreDirectory, atMs now: Int64, vfs: String? = nil) throws(StoreError) {
    database = try Database(directory.database, .create, vfs: vfs)
    try RoomWriter.configure(database)
    try Migration.run(on: database, atMs: now)
    // After a failed fsync the kernel takes pages for written that are not. What the log holds goes to
    // the database file and the log starts anew, so that nothing is built on such pages.
    _ = try database.checkpoint(truncating: true)
    try directory.sync()
    database.followLog()
    rows = try RowStatements(database)
    ledger = LedgerWriter(database)
  }

  /// The settings durability rests on.
  private static func configure(_ database: Database) throws(StoreError) {
    let mode = try database.string("PRAGMA journal_mode = WAL")
    guard mode == "wal" else {
      throw .file(path: database.path, text: "the disk can't hold a write-ahead log")
    }
    // Each commit is on the disk before it is answered.
    try database.run("PRAGMA synchronous = FULL")
    try database.run("PRAGMA wal_autocheckpoint = 0")
    try database.run("PRAGMA journal_size_limit = \(StoreLimits.logBytesKept)")
    try database.run("PRAGMA cache_size = -\(StoreLimits.writerCacheKiB)")
    try database.run("PRAGMA foreign_keys = ON")
    // What is erased leaves no bytes behind.
    try database.run("PRAGMA secure_delete = ON")
  }

  /// Empties the write-ahead log, so that nothing erased is left in it; false when a reader is in the way.
  ///
  /// Waits for nobody: commits are more important.
  func truncateLog() throws(StoreError) -> Bool {
    try database.run("PRAGMA busy_timeout = 0")
    let isDone = try database.checkpoint(truncating: true)
    try database.run("PRAGMA busy_timeout = \(StoreLimits.busyMs)")
    return isDone
  }

  // MARK: Between groups

  var connection: any SQLDatabase { database }

  func noteErasure() { owesTruncation = true }

  func tend(_ board: StoreBoard, isIdle: Bool, at now: Instant) throws(StoreError) -> Instant {
    if owesTruncation, isIdle { owesTruncation = try !truncateLog() }
    let pages = database.logPages
    if pages < askedAtPages { askedAtPages = 0 }
    // A log that is not copied to its very end never starts again from its beginning.
    let isCopied = board.isCopied.exchange(false, ordering: .acquiringAndReleasing)
    if isCopied || pages >= StoreLimits.checkpointPagesMax {
      _ = try database.checkpoint()
    } else if pages - askedAtPages >= StoreLimits.checkpointPages {
      askedAtPages = pages
      board.checkpointWaker.wake()
    }
    return owesTruncation ? now + RoomWriter.truncationPause : .distantFuture
  }

  var hooks: HookStatements { rows.hooks }

  func close() {}

  // MARK: Groups

  /// Writes `items` in one transaction, on the disk when this returns; one outcome each, in order.
  ///
  /// A bad item is refused alone: the group is then written again with each item's changes undoable.
  func write(_ items: [WriteItem]) throws(StoreError) -> [WriteOutcome] {
    let refusedBefore = refusedRooms
    do throws(StoreError) {
      return try database.transaction { () throws(StoreError) in
        try apply(items)
      }
    } catch {
      refusedRooms = refusedBefore
      switch error.reach {
      case .process: throw error
      case .group: return refuse(items, error)
      case .entry: return try writeApart(items)
      }
    }
  }

  private func apply(_ items: [WriteItem]) throws(StoreError) -> [WriteOutcome] {
    var outcomes: [WriteOutcome] = []
    outcomes.reserveCapacity(items.count)
    for item in items { outcomes.append(try apply(item)) }
    return outcomes
  }

  private func writeApart(_ items: [WriteItem]) throws(StoreError) -> [WriteOutcome] {
    let refusedBefore = refusedRooms
    do throws(StoreError) {
      return try database.transaction { () throws(StoreError) in
        var outcomes: [WriteOutcome] = []
        for item in items { outcomes.append(try applyApart(item)) }
        return outcomes
      }
    } catch {
      refusedRooms = refusedBefore
      guard error.reach != .process else { throw error }
      return refuse(items, error)
    }
  }

  private func applyApart(_ item: WriteItem) throws(StoreError) -> WriteOutcome {
    try database.run("SAVEPOINT item")
    do throws(StoreError) {
      let outcome = try apply(item)
      try database.run("RELEASE item")
      return outcome
    } catch {
      // A full disk may have ended the whole transaction.
      guard error.reach == .entry, database.isInTransaction else { throw error }
      try database.run("ROLLBACK TO item")
      try database.run("RELEASE item")
      if case .entry(let entry) = item { refusedRooms.insert(entry.room) }
      return .refused(error)
    }
  }

  /// Nothing of the group is on the disk: what is in memory of its rooms is ahead of it.
  private func refuse(_ items: [WriteItem], _ error: StoreError) -> [WriteOutcome] {
    for case .entry(let entry) in items { refusedRooms.insert(entry.room) }
    return items.map { _ in .refused(error) }
  }

  private func apply(_ item: WriteItem) throws(StoreError) -> WriteOutcome {
    switch item {
    case .entry(let entry):
      if !refusedRooms.isEmpty, refusedRooms.contains(entry.room) {
        return .refused(.afterRefusal(room: entry.room))
      }
      let (reply, hooks) = try rows.insert(entry)
      return .committed(reply: reply, hooks: hooks)
    case .open(let name, let now):
      let key = try open(name, atMs: now)
      refusedRooms.remove(key)
      return .opened(key)
    case .snapshot(let room, let snapshot):
      try store(snapshot, of: room)
      return .committed(reply: nil)
    // Nobody else may have it: the folder is locked.
    case .release: return .committed(reply: nil)
    case .hook(let change):
      let (changed, endpoints) = try rows.hooks.apply(change)
      return .hooked(changed, hooks: changed == .missing ? [] : endpoints)
    case .transfer(let order): return .transferred(try ledger.post(order))
    // One process's are in a file of its own.
    case .revocation: return .refused(.unknownRoom)
    }
  }

  private func open(_ name: String, atMs now: Int64) throws(StoreError) -> RoomKey {
    if let key = try database.integer("SELECT key FROM rooms WHERE name = ?", .text(name)) {
      return RoomKey(rawValue: key)
    }
    try database.run(
      "INSERT INTO rooms(name, created_ms) VALUES (?, ?)", .text(name), .integer(now))
    return RoomKey(rawValue: database.lastRow)
  }

  /// Keeps a snapshot and lets the oldest go. One that is ahead of its log (an entry was refused
  /// meanwhile) is left out: nothing is lost but time.
  private func store(_ snapshot: SnapshotRow, of room: RoomKey) throws(StoreError) {
    let key = SQLValue.integer(room.rawValue)
    try database.run(
      """
      INSERT OR REPLACE INTO snapshots(room, sequence, body) SELECT ?1, ?2, ?3
      WHERE ?2 <= (SELECT max(sequence) FROM events WHERE room = ?1)
      """, key, .integer(snapshot.sequence), .bytes(snapshot.body))
    try database.run(
      """
      DELETE FROM snapshots WHERE room = ?1 AND sequence NOT IN
        (SELECT sequence FROM snapshots WHERE room = ?1 ORDER BY sequence DESC LIMIT ?2)
      """, key, .integer(Int64(StoreLimits.snapshotsKept)))
  }
}
