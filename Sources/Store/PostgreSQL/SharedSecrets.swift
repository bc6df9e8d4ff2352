// Secrets that all processes on one database must have alike.

import Wire

/// Texts by name, in the database.
///
/// What an operator writes into one process's files still counts: a value that the database has never
/// seen replaces what was agreed on; one that it has seen before is an old one, and gives way.
package enum SharedSecrets {
  /// The key processes sign with what they say to each other.
  static let nodeKeyName = "node-key"
  /// Its length in bytes: of the hash it is used with.
  static let nodeKeyByteCount = 32

  /// Agrees on a secret with the other processes.
  ///
  /// - Parameters:
  ///   - own: what this process has; nil: nothing.
  ///   - make: makes one if nobody has any; nil: then there is none.
  /// - Returns: what counts from now on. With SQLite: this process's own.
  package static func agree(
    on place: StorePlace, _ name: String, own: String?, make: () -> String?
  ) throws(StoreError) -> String? {
    guard case .postgres(let address, _) = place else { return own ?? make() }
    try PostgresMigration.run(on: address, atMs: RoomStore.nowMs)
    return try agree(
      on: try PostgresSession(address, journal: nil), name, own: own, make: make)
  }

  static func agree(
    on database: any SQLDatabase, _ name: String, own: String?, make: () -> String?
  ) throws(StoreError) -> String? {
    let made = own ?? make()
    return try database.transaction { () throws(StoreError) in
      try database.lock(table: "shared_secrets")
      if let own, try !isKnown(own, name, database) { try put(own, name, database) }
      if let agreed = try current(name, database) { return agreed }
      guard let made else { return nil }
      try put(made, name, database)
      return made
    }
  }

  private static func isKnown(
    _ value: String, _ name: String, _ database: any SQLDatabase
  ) throws(StoreError) -> Bool {
    try database.integer(
      """
      SELECT 1 FROM shared_secrets
      WHERE name = ?1 AND digest = sha256(convert_to(CAST(?2 AS TEXT), 'UTF8'))
      """, .text(name), .text(value)) != nil
  }

  private static func put(
    _ value: String, _ name: String, _ database: any SQLDatabase
  ) throws(StoreError) {
    try database.run("UPDATE shared_secrets SET value = NULL WHERE name = ?", .text(name))
    try database.run(
      """
      INSERT INTO shared_secrets(name, digest, value)
      VALUES (?1, sha256(convert_to(CAST(?2 AS TEXT), 'UTF8')), ?2)
      """, .text(name), .text(value))
  }

  private static func current(
    _ name: String, _ database: any SQLDatabase
  ) throws(StoreError) -> String? {
    try database.string(
      "SELECT value FROM shared_secrets WHERE name = ? AND value IS NOT NULL", .text(name))
  }

  /// The key of the processes on `database`; made by the first.
  static func nodeKey(_ database: any SQLDatabase) throws(StoreError) -> [UInt8] {
    // The system's generator is one for secrets (getrandom).
    let text = try agree(on: database, nodeKeyName, own: nil) {
      (0..<nodeKeyByteCount).map { _ in
        let byte = String(UInt8.random(in: 0 ... .max), radix: 16)
        return byte.count == 1 ? "0" + byte : byte
      }.joined()
    }
    guard let text, let key = Hex.bytes(text, count: nodeKeyByteCount) else {
      throw .damaged("the key of the processes")
    }
    return key
  }
}
