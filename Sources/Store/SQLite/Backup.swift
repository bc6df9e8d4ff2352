// Copies of a store: made while a server writes, and brought back.

import CSQLite
import Glibc

/// Makes and restores backups: one file each, whole or not there.
package enum Backup {
  /// What a copy holds.
  package struct Content: Hashable, Sendable {
    package let rooms: Int
    package let events: Int
    /// The schema it was made with.
    package let version: Int
  }

  /// Copies the database of `directory` to the new file `path`, while a server may be writing.
  ///
  /// The copy is the state at one moment. Until it is made the server's write-ahead log only grows.
  /// - Throws: `.file` when `path` exists or the folder holds no database; `.damaged` when the copy is.
  package static func make(of directory: StoreDirectory, to path: String) throws(StoreError)
    -> Content
  {
    try refuseExisting(path)
    guard unsafe access(directory.database, R_OK) == 0 else {
      throw StoreDirectory.failure(directory.database)
    }
    let source = try Database(directory.database, .read)
    return try copy(source, to: path)
  }

  /// Makes the database of `directory` from the backup `path`.
  ///
  /// - Throws: `.inUse` when a server runs there, `.file` when there is a database already,
  ///   `.newerSchema`, `.notHawkers` or `.damaged` for what can't be used; nothing is changed then.
  package static func restore(
    _ path: String, to directory: StoreDirectory
  ) throws(StoreError) -> Content {
    try directory.make()
    let lock = try directory.lock()
    defer { withExtendedLifetime(lock) {} }
    try refuseExisting(directory.database)
    guard unsafe access(path, R_OK) == 0 else { throw StoreDirectory.failure(path) }
    // What belonged to a database that is gone must not be read into this one.
    for suffix in ["-wal", "-shm", "-journal"] { _ = unsafe unlink(directory.database + suffix) }
    return try copy(try Database(path, .read), to: directory.database)
  }

  private static func refuseExisting(_ path: String) throws(StoreError) {
    guard unsafe access(path, F_OK) != 0 else {
      throw .file(path: path, text: "exists already; move it away first")
    }
  }

  /// Copies under another name first: under its own, the copy appears whole and checked.
  private static func copy(_ source: Database, to path: String) throws(StoreError) -> Content {
    let version = try version(of: source)
    let known = Migration.all.last?.version ?? 0
    guard version <= known else { throw .newerSchema(found: version, known: known) }
    guard version > 0 else { throw .notHawkers(path: source.path) }
    let draft = path + ".\(getpid())"
    _ = unsafe unlink(draft)
    defer { for suffix in ["", "-wal", "-shm", "-journal"] { _ = unsafe unlink(draft + suffix) } }
    let content = try write(source, version, to: draft)
    // Unlike a rename, a link never replaces what someone made in the meantime.
    guard unsafe link(draft, path) == 0 else { throw StoreDirectory.failure(path) }
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    try StoreDirectory.sync(folder.isEmpty ? "/" : folder)
    return content
  }

  /// The schema's version; a file that is no database at all is nobody's.
  private static func version(of source: Database) throws(StoreError) -> Int {
    do throws(StoreError) {
      return try Migration.version(of: source)
    } catch {
      if case .sqlite(let code, _, _) = error, code & 0xFF == SQLITE_NOTADB {
        throw .notHawkers(path: source.path)
      }
      throw error
    }
  }

  private static func write(
    _ source: Database, _ version: Int, to draft: String
  ) throws(StoreError) -> Content {
    let copy = try Database(draft, .create)
    try copyPages(source, to: copy)
    // One file that needs no other beside it.
    try copy.run("PRAGMA journal_mode = DELETE")
    try check(copy)
    return Content(
      rooms: Int(try copy.integer("SELECT count(*) FROM rooms") ?? 0),
      events: Int(try copy.integer("SELECT count(*) FROM events") ?? 0), version: version)
  }

  private static func copyPages(_ source: Database, to copy: Database) throws(StoreError) {
    guard let backup = unsafe sqlite3_backup_init(copy.handle, "main", source.handle, "main") else {
      throw copy.failure(unsafe sqlite3_errcode(copy.handle), "backup")
    }
    // All pages in one step: between steps a writing server would make it begin again, for ever.
    let code = unsafe sqlite3_backup_step(backup, -1)
    let end = unsafe sqlite3_backup_finish(backup)
    guard code == SQLITE_DONE && end == SQLITE_OK else {
      throw copy.failure(code == SQLITE_DONE ? end : code, "backup")
    }
  }

  /// SQLite's own check, and ours: each room's events are numbered from 1 without gaps.
  static func check(_ database: Database) throws(StoreError) {
    let found = try database.string("PRAGMA integrity_check(1)") ?? "no answer"
    guard found == "ok" else { throw .damaged(found) }
    let gap = try database.integer(
      """
      SELECT room FROM events GROUP BY room
      HAVING count(*) <> max(sequence) OR min(sequence) <> 1 LIMIT 1
      """)
    if let gap { throw .damaged("the log of room \(gap) has a gap") }
  }
}
