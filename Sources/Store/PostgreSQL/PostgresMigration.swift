// From any older PostgreSQL schema to ours: numbered steps, forwards only, one process at a time.

/// One step of the schema. The steps have the same numbers and meanings as SQLite's (`Migration`).
struct PostgresMigration {
  /// From 1 up, without gaps.
  let version: Int
  /// The statements, in order.
  let statements: [String]

  /// All steps, in order. A new table of a later version gets its step here and in `Migration.all`.
  static let all = [rooms, hooks, ledger, dues, nodes, viewers]

  /// Brings the database to the last of `steps`.
  ///
  /// - Throws: `.notHawkers` for a schema with tables of something else by our names, `.newerSchema` for
  ///   one of a newer program; both are left as they were.
  static func run(
    _ steps: [PostgresMigration] = all, on address: PostgresAddress, atMs now: Int64
  ) throws(StoreError) {
    let database = try PostgresSession(address, journal: nil)
    // Freed with the connection. Of the schema, so that several may live in one database.
    _ = try database.integer(
      "SELECT 1 FROM pg_advisory_lock(hashtextextended('hawker:' || current_schema(), 0))")
    let known = steps.last?.version ?? 0
    var version = try version(of: database, address)
    guard version <= known else { throw .newerSchema(found: version, known: known) }
    for step in steps where step.version > version {
      try database.transaction { () throws(StoreError) in
        for statement in step.statements { try database.run(statement) }
        try database.run(
          "INSERT INTO schema_version(version, applied_ms) VALUES (?, ?)",
          .integer(Int64(step.version)), .integer(now))
      }
      version = step.version
    }
  }

  /// The version of the schema; 0 when there is none of ours.
  static func version(
    of database: PostgresSession, _ address: PostgresAddress
  ) throws(StoreError) -> Int {
    let isOurs = try database.integer("SELECT 1 WHERE to_regclass('schema_version') IS NOT NULL")
    guard isOurs != nil else {
      let taken = try database.integer(
        "SELECT 1 WHERE coalesce(to_regclass('rooms'), to_regclass('events')) IS NOT NULL")
      guard taken == nil else { throw .notHawkers(path: address.description) }
      return 0
    }
    return Int(try database.integer("SELECT max(version) FROM schema_version") ?? 0)
  }
}
