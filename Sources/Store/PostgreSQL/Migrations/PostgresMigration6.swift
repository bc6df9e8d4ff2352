// Schema 6 for PostgreSQL: viewers of rooms, for the lists of other processes.

extension PostgresMigration {
  /// Viewers as the owner counted them when it last renewed its lease.
  static let viewers = PostgresMigration(
    version: 6,
    statements: ["ALTER TABLE room_owners ADD COLUMN viewers BIGINT NOT NULL DEFAULT 0"])
}
