// One empty store of either kind, so that the same test runs on both databases.

import Foundation
import RoomLog
import Testing

@testable import Store

/// The databases rooms may be in.
enum StoreKind: CaseIterable, Sendable, CustomTestStringConvertible {
  case sqlite, postgres

  var testDescription: String { self == .sqlite ? "SQLite" : "PostgreSQL" }
}

/// An empty store.
final class StoreStage: Sendable {
  let folder: TemporaryFolder
  let place: StorePlace

  init(_ kind: StoreKind) throws {
    folder = try TemporaryFolder()
    switch kind {
    case .sqlite: place = .sqlite(folder.directory)
    case .postgres:
      place = .postgres(try PostgresServer.shared().schema().address, folder.directory)
    }
  }

  /// The address and the folder, of a stage on PostgreSQL.
  func postgres() throws -> (address: PostgresAddress, directory: StoreDirectory) {
    guard case .postgres(let address, let directory) = place else { throw StoreError.unknownRoom }
    return (address, directory)
  }

  func writer() throws -> any LogWriter {
    switch place {
    case .sqlite(let directory): try RoomWriter(directory, atMs: 1)
    case .postgres(let address, let directory):
      try PostgresWriter(address, node: try directory.nodeName()) { _ in }
    }
  }

  func reader() throws -> RoomReader {
    switch place {
    case .sqlite(let directory): try RoomReader(directory)
    case .postgres(let address, let directory):
      RoomReader(try PostgresSession(address, journal: nil), node: try directory.nodeName())
    }
  }

  /// A connection to look at the tables with.
  func tables() throws -> any SQLDatabase {
    switch place {
    case .sqlite(let directory): try Database(directory.database, .create)
    case .postgres(let address, _): try PostgresSession(address, journal: nil)
    }
  }

  /// Whether all logs are whole.
  func check() throws {
    let database = try tables()
    if let file = database as? Database { try Backup.check(file) }
    let gap = try database.integer(
      """
      SELECT room FROM events GROUP BY room
      HAVING count(*) <> max(sequence) OR min(sequence) <> 1 LIMIT 1
      """)
    #expect(gap == nil, "the log of a room has a gap")
  }

  /// Whether these bytes are still there: in any file of SQLite's; in any row of PostgreSQL, whose files
  /// keep what was deleted until they are vacuumed.
  func holds(_ text: String) throws -> Bool {
    guard case .postgres = place else { return try folder.holds(text) }
    let database = try tables()
    for table in ["people", "texts", "replies", "follows", "shows", "erasures", "rooms", "outbox"] {
      let found = try database.integer(
        "SELECT count(*) FROM \(table) WHERE strpos(\(table)::text, ?) > 0", .text(text))
      if found != 0 { return true }
    }
    return false
  }

  /// Has what was erased leave SQLite's files; whether that could be done.
  func truncateLog(_ writer: any LogWriter) throws -> Bool {
    guard let writer = writer as? RoomWriter else { return true }
    return try writer.truncateLog()
  }
}
