// Schema 4: rooms whose clock runs.

extension Migration {
  /// When each room has something to do by itself; null: never. Only few rooms have, and only those are
  /// in the index.
  static let dues = Migration(
    version: 4,
    statements: [
      "ALTER TABLE rooms ADD COLUMN due_ms INTEGER",
      "CREATE INDEX rooms_by_due ON rooms(due_ms, key) WHERE due_ms IS NOT NULL",
    ])
}
