// One connection to a database file: opening, compiled statements, transactions, errors as values.

import CSQLite

/// A connection, used by the thread that made it alone: SQLite's own mutexes are off.
///
/// A class because SQLite knows it by its address. The file closes when the connection and its last
/// statement are gone.
@safe final class Database: SQLDatabase {
  /// What a connection may do.
  enum Access {
    /// Makes the file when there is none.
    case create
    /// The file must be there.
    case write
    /// Only reads. It still takes part in the locks of the write-ahead log.
    case read
  }

  let handle: OpaquePointer
  let path: String
  private var statements: [String: Statement] = [:]
  // What the hook writes to: pages in the write-ahead log after this connection's last commit.
  private let logPagesStore: UnsafeMutablePointer<Int32>

  /// Opens `path`.
  ///
  /// - Parameter vfs: the name of the file layer to use; nil is SQLite's own. For tests.
  init(_ path: String, _ access: Access, vfs: String? = nil) throws(StoreError) {
    _ = Database.areAllocationsUncounted
    var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    switch access {
    case .create: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    case .write: flags |= SQLITE_OPEN_READWRITE
    // The file is opened for writing all the same: reading a write-ahead log takes its locks.
    case .read: flags |= SQLITE_OPEN_READWRITE
    }
    var made: OpaquePointer?
    let code = unsafe sqlite3_open_v2(path, &made, flags, vfs)
    guard let made = unsafe made else {
      throw .sqlite(code: code, text: "no memory", during: "open \(path)")
    }
    unsafe handle = made
    self.path = path
    unsafe logPagesStore = .allocate(capacity: 1)
    unsafe logPagesStore.initialize(to: 0)
    guard code == SQLITE_OK else { throw failure(code, "open \(path)") }
    unsafe sqlite3_busy_timeout(handle, StoreLimits.busyMs)
    // A database file that someone made for us must not run code of its own.
    unsafe _ = shim_sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    unsafe _ = shim_sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1)
    if access == .read { try run("PRAGMA query_only = ON") }
  }

  // SQLite frees the connection with its last statement, whichever of them goes last.
  deinit {
    statements.removeAll()
    unsafe sqlite3_wal_hook(handle, nil, nil)
    unsafe sqlite3_close_v2(handle)
    unsafe logPagesStore.deallocate()
  }

  // MARK: Statements

  /// The compiled statement of `sql`, ready to be bound, and kept for the next time.
  ///
  /// - Parameter sql: a constant of ours: their number is what bounds what is kept.
  func statement(_ sql: String) throws(StoreError) -> Statement {
    if let kept = statements[sql] { return kept }
    let made = try Statement(sql, of: self, isKept: true)
    statements[sql] = made
    return made
  }

  func execute(_ sql: String, _ values: [SQLValue]) throws(StoreError) {
    let statement = try statement(sql)
    statement.bind(values)
    try statement.run()
  }

  func rows<Row>(
    _ sql: String, _ values: [SQLValue], _ row: (any SQLRow) -> Row
  ) throws(StoreError) -> [Row] {
    let statement = try statement(sql)
    defer { statement.reset() }
    statement.bind(values)
    var rows: [Row] = []
    while try statement.step() { rows.append(row(statement)) }
    return rows
  }

  func using(index: String) -> String { " INDEXED BY \(index)" }

  /// A transaction that may write is alone.
  func lock(table: String) {}

  func tryHold(_ name: String) -> Bool { true }

  func letGo() {}

  /// Rows changed, inserted or deleted by the last statement.
  var changes: Int { unsafe Int(sqlite3_changes64(handle)) }

  /// The number of the row inserted last into a table that numbers its rows.
  var lastRow: Int64 { unsafe sqlite3_last_insert_rowid(handle) }

  // MARK: Transactions

  /// Whether a transaction is open; SQLite ends one by itself when a write fails badly.
  var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

  /// Runs `body` in a transaction that may write; what it throws undoes everything.
  func transaction<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
    try run("BEGIN IMMEDIATE")
    do throws(StoreError) {
      let result = try body()
      try run("COMMIT")
      return result
    } catch {
      rollBack()
      throw error
    }
  }

  /// Runs `body` on one unchanging view of the database.
  func reading<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
    try run("BEGIN")
    defer { rollBack() }
    return try body()
  }

  /// Undoes what the open transaction did; nothing when there is none.
  ///
  /// It can't fail in a way that leaves anything behind: what is not committed does not count.
  func rollBack() {
    guard isInTransaction else { return }
    try? run("ROLLBACK")
  }

  // MARK: The write-ahead log

  /// Has `logPages` follow this connection's commits. Ends SQLite's own checkpoints.
  func followLog() {
    unsafe sqlite3_wal_hook(
      handle,
      { context, _, _, pages in
        unsafe context?.assumingMemoryBound(to: Int32.self).pointee = pages
        return SQLITE_OK
      }, logPagesStore)
  }

  /// Pages in the write-ahead log after this connection's last commit.
  var logPages: Int32 { unsafe logPagesStore.pointee }

  /// Copies what the write-ahead log holds into the database file as far as readers allow.
  ///
  /// - Returns: whether all of it was copied.
  func checkpoint(truncating: Bool = false) throws(StoreError) -> Bool {
    var (pages, copied): (Int32, Int32) = (0, 0)
    let mode = truncating ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE
    let code = unsafe sqlite3_wal_checkpoint_v2(handle, nil, mode, &pages, &copied)
    // Another checkpoint is under way, or a reader is: nothing is wrong.
    if code & 0xFF == SQLITE_BUSY { return false }
    guard code == SQLITE_OK else { throw failure(code, "checkpoint") }
    return pages == copied
  }

  // MARK: Errors

  /// The error of the call that has just failed with `code`.
  func failure(_ code: Int32, _ during: String) -> StoreError {
    let text = unsafe String(cString: sqlite3_errmsg(handle))
    return .sqlite(code: code, text: text, during: during)
  }

  /// Nobody reads SQLite's own count of its memory, and it costs all connections a mutex at each
  /// allocation. SQLite takes this only before its first use in the process; later it stays as it is.
  private static let areAllocationsUncounted: Bool =
    shim_sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK
}
