// Schema 2 for PostgreSQL: webhooks.

extension PostgresMigration {
  /// The tables of `Migration.hooks`; `node` is the process that sends a delivery.
  static let hooks = PostgresMigration(
    version: 2,
    statements: [
      """
      CREATE TABLE hook_endpoints(
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, merchant TEXT NOT NULL,
        url TEXT NOT NULL, keys TEXT NOT NULL, topics TEXT NOT NULL, deadline_ms BIGINT NOT NULL,
        fallback TEXT NOT NULL, configured BIGINT NOT NULL, disabled_ms BIGINT,
        disabled_why TEXT, created_ms BIGINT NOT NULL)
      """,
      "ALTER TABLE outbox ADD COLUMN message TEXT",
      "ALTER TABLE outbox ADD COLUMN subject TEXT COLLATE \"C\"",
      "CREATE INDEX outbox_by_subject ON outbox(subject) WHERE subject IS NOT NULL",
      """
      CREATE TABLE hook_deliveries(
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        outbox BIGINT NOT NULL REFERENCES outbox ON DELETE CASCADE,
        endpoint BIGINT NOT NULL REFERENCES hook_endpoints ON DELETE CASCADE,
        node BIGINT NOT NULL REFERENCES nodes, attempts BIGINT NOT NULL, due_ms BIGINT NOT NULL,
        state BIGINT NOT NULL, last_status BIGINT, last_error TEXT, created_ms BIGINT NOT NULL,
        ended_ms BIGINT)
      """,
      """
      CREATE INDEX hook_deliveries_waiting ON hook_deliveries(node, endpoint, due_ms, id)
        WHERE state = 0
      """,
      "CREATE INDEX hook_deliveries_ended ON hook_deliveries(ended_ms) WHERE ended_ms IS NOT NULL",
      "CREATE INDEX hook_deliveries_of_outbox ON hook_deliveries(outbox)",
      "CREATE INDEX hook_deliveries_of_endpoint ON hook_deliveries(endpoint, id)",
    ])
}
