// Opening: versions, foreign files, the lock.

import CFaultyDisk
import Foundation
import RoomLog
import Testing

@testable import Store

@Suite("Opening a store")
struct OpeningTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The schema of today.
  private static let newest = Migration.all.last?.version ?? 0

  @Test("a new database has the settings durability rests on")
  func settings() throws {
    let database = try RoomWriter(folder.directory, atMs: 1).database
    #expect(try database.string("PRAGMA journal_mode") == "wal")
    #expect(try database.integer("PRAGMA synchronous") == 2)
    #expect(try database.integer("PRAGMA foreign_keys") == 1)
    #expect(try database.integer("PRAGMA wal_autocheckpoint") == 0)
    #expect(try database.integer("PRAGMA secure_delete") == 1)
    #expect(try database.integer("PRAGMA application_id") == Migration.applicationID)
    #expect(try Migration.version(of: database) == OpeningTests.newest)
  }

  @Test("a database of a newer program is refused by name and left as it was")
  func newer() throws {
    try RoomWriter(folder.directory, atMs: 1).database
      .run("INSERT INTO schema_version VALUES (99, 1)")
    let before = try Data(contentsOf: URL(filePath: folder.directory.database))
    let refusal = StoreError.newerSchema(found: 99, known: OpeningTests.newest)
    #expect(throws: refusal) { try RoomStore(folder.directory) { _ in } }
    #expect(refusal.name == "newer-schema")
    #expect(try Data(contentsOf: URL(filePath: folder.directory.database)) == before)
  }

  @Test("a database of another program is refused by name, and so is a file that is none")
  func foreign() throws {
    try Database(folder.directory.database, .create).run("CREATE TABLE other(id INTEGER)")
    #expect(throws: StoreError.notHawkers(path: folder.directory.database)) {
      try RoomWriter(folder.directory, atMs: 1)
    }
    let second = try TemporaryFolder()
    try Data(repeating: 65, count: 5000).write(to: URL(filePath: second.directory.database))
    #expect(throws: StoreError.self) { try RoomWriter(second.directory, atMs: 1) }
  }

  @Test("a step that fails leaves the version and the tables of the step before")
  func failedStep() throws {
    let database = try Database(folder.directory.database, .create)
    let steps =
      Migration.all + [
        Migration(
          version: OpeningTests.newest + 1,
          statements: ["CREATE TABLE more(id INTEGER)", "NO SUCH STATEMENT"])
      ]
    #expect(throws: StoreError.self) { try Migration.run(steps, on: database, atMs: 1) }
    #expect(try Migration.version(of: database) == OpeningTests.newest)
    #expect(
      try database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'more'") == 0)
    let right =
      Migration.all + [
        Migration(version: OpeningTests.newest + 1, statements: ["CREATE TABLE more(id INTEGER)"])
      ]
    try Migration.run(right, on: database, atMs: 2)
    #expect(try Migration.version(of: database) == OpeningTests.newest + 1)
    // Nothing is done twice.
    try Migration.run(right, on: database, atMs: 3)
    #expect(try database.integer("SELECT max(applied_ms) FROM schema_version") == 2)
  }

  @Test("a second store of the same folder is refused by name until the first is closed")
  func lock() throws {
    let first = try RoomStore(folder.directory) { _ in }
    let refusal = StoreError.inUse(path: folder.path)
    #expect(throws: refusal) { try RoomStore(folder.directory) { _ in } }
    #expect(refusal.name == "in-use")
    first.close()
  }

  @Test("the folder is free again once the store is gone")
  func unlock() throws {
    do {
      let first = try RoomStore(folder.directory) { _ in }
      first.close()
    }
    try RoomStore(folder.directory) { _ in }.close()
  }
}
