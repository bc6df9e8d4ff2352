// Schema 4 for PostgreSQL: rooms whose clock runs.

extension PostgresMigration {
  /// The column of `Migration.dues`.
  static let dues = PostgresMigration(
    version: 4,
    statements: [
      "ALTER TABLE rooms ADD COLUMN due_ms BIGINT",
      "CREATE INDEX rooms_by_due ON rooms(due_ms, key) WHERE due_ms IS NOT NULL",
    ])
}
