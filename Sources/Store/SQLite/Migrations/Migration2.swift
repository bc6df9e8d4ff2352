// Schema 2: webhooks: their endpoints, what is on its way to each, what each message is called.

extension Migration {
  /// Webhooks.
  ///
  /// A row of `outbox` is one message, written with the events it tells of; a row of `hook_deliveries`
  /// is that message for one endpoint, written in the same transaction.
  static let hooks = Migration(
    version: 2,
    statements: [
      """
      CREATE TABLE hook_endpoints(
        id INTEGER PRIMARY KEY AUTOINCREMENT, merchant TEXT NOT NULL, url TEXT NOT NULL,
        keys TEXT NOT NULL, topics TEXT NOT NULL, deadline_ms INTEGER NOT NULL,
        fallback TEXT NOT NULL, configured INTEGER NOT NULL, disabled_ms INTEGER,
        disabled_why TEXT, created_ms INTEGER NOT NULL) STRICT
      """,
      // The webhook-id is random: one that was counted would come again after an older backup.
      "ALTER TABLE outbox ADD COLUMN message TEXT",
      "ALTER TABLE outbox ADD COLUMN subject TEXT",
      "CREATE INDEX outbox_by_subject ON outbox(subject) WHERE subject IS NOT NULL",
      """
      CREATE TABLE hook_deliveries(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        outbox INTEGER NOT NULL REFERENCES outbox ON DELETE CASCADE,
        endpoint INTEGER NOT NULL REFERENCES hook_endpoints ON DELETE CASCADE,
        attempts INTEGER NOT NULL, due_ms INTEGER NOT NULL, state INTEGER NOT NULL,
        last_status INTEGER, last_error TEXT, created_ms INTEGER NOT NULL,
        ended_ms INTEGER) STRICT
      """,
      "CREATE INDEX hook_deliveries_waiting ON hook_deliveries(endpoint, due_ms, id) WHERE state = 0",
      "CREATE INDEX hook_deliveries_ended ON hook_deliveries(ended_ms) WHERE ended_ms IS NOT NULL",
      "CREATE INDEX hook_deliveries_of_outbox ON hook_deliveries(outbox)",
      "CREATE INDEX hook_deliveries_of_endpoint ON hook_deliveries(endpoint, id)",
    ])
}
