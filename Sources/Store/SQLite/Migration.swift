// From any older database to ours: numbered steps, forwards only, each in one transaction.

/// One step of the schema.
struct Migration {
  /// From 1 up, without gaps.
  let version: Int
  /// The statements, in order.
  let statements: [String]

  /// All steps, in order.
  static let all = [rooms, hooks, ledger, dues, nodes, viewers]

  /// "HAWK": how a file says that it is ours.
  static let applicationID: Int64 = 0x4841_574B

  /// Brings `database` to the last of `steps`.
  ///
  /// - Throws: `.notHawkers` for a database of something else, `.newerSchema` for one of a newer program;
  ///   both are left as they were.
  static func run(
    _ steps: [Migration] = all, on database: Database, atMs now: Int64
  ) throws(StoreError) {
    let known = steps.last?.version ?? 0
    var version = try version(of: database)
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

  /// The version `database` has; 0 when it is empty.
  ///
  /// - Throws: `.notHawkers` when it holds something else.
  static func version(of database: Database) throws(StoreError) -> Int {
    let application = try database.integer("PRAGMA application_id") ?? 0
    let tables = try database.integer("SELECT count(*) FROM sqlite_schema") ?? 0
    if application == 0 && tables == 0 { return 0 }
    guard application == applicationID else { throw .notHawkers(path: database.path) }
    return Int(try database.integer("SELECT max(version) FROM schema_version") ?? 0)
  }
}
