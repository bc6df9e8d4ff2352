// What is written about webhooks: messages to the endpoints that want them, tries, endpoints.

import RoomLog

/// Writes webhooks into one connection's open transaction.
struct HookStatements {
  private let database: Database
  private let message, delivery, attempt: Statement

  init(_ database: Database) throws(StoreError) {
    self.database = database
    // A message that no endpoint wants is not written.
    message = try database.statement(
      """
      INSERT INTO outbox(room, topic, body, subject, message)
      SELECT ?1, ?2, ?3, ?4, 'hwk_' || lower(hex(randomblob(16)))
      WHERE EXISTS (SELECT 1 FROM hook_endpoints WHERE \(HookStatements.wants))
      """)
    delivery = try database.statement(
      """
      INSERT INTO hook_deliveries(outbox, endpoint, attempts, due_ms, state, created_ms)
      SELECT ?1, id, 0, ?3, 0, ?3 FROM hook_endpoints WHERE \(HookStatements.wants)
      RETURNING endpoint
      """)
    attempt = try database.statement(
      """
      UPDATE hook_deliveries SET attempts = ?2, due_ms = ?3, state = ?4, last_status = ?5,
        last_error = ?6, ended_ms = ?7 WHERE id = ?1
      """)
  }

  /// Topics are kept with a space on either side of each. ?2 is the topic, ?5 the merchant, ?6 whether
  /// the topic must be asked for by name.
  private static let wants = """
    disabled_ms IS NULL AND (?5 IS NULL OR merchant = ?5)
    AND (instr(topics, ' ' || ?2 || ' ') > 0 OR (?6 = 0 AND instr(topics, ' * ') > 0))
    """

  /// Writes a message for each endpoint that wants it; which do.
  func insert(_ row: OutboxRow, _ room: Int64) throws(StoreError) -> [Int64] {
    message.bind(1, room)
    message.bind(3, row.body)
    message.bind(4, row.subject)
    bindWants(message, row)
    try message.run()
    guard database.changes > 0 else { return [] }
    delivery.bind(1, database.lastRow)
    delivery.bind(3, row.atMs)
    bindWants(delivery, row)
    defer { delivery.reset() }
    var endpoints: [Int64] = []
    while try delivery.step() { endpoints.append(delivery.integer(0)) }
    return endpoints
  }

  private func bindWants(_ statement: Statement, _ row: OutboxRow) {
    statement.bind(2, row.topic)
    statement.bind(5, row.merchant)
    statement.bind(6, row.isOnRequest ? 1 : 0)
  }

  // MARK: Changes

  /// Carries out a change; with the endpoints that have something to be sent by it.
  func apply(_ change: HookChange) throws(StoreError) -> (HookChanged, endpoints: [Int64]) {
    switch change {
    case .publish(let row, let room):
      return (.done(made: nil), try insert(row, room.rawValue))
    case .send(let row, let endpoint, let now):
      return (try send(row, to: endpoint, atMs: now), [endpoint])
    case .replay(let delivery, let endpoint, let now):
      return try replay(delivery, of: endpoint, atMs: now)
    case .put, .remove, .disable, .attempted: return (try write(change), [])
    }
  }

  private func write(_ change: HookChange) throws(StoreError) -> HookChanged {
    switch change {
    case .put(let row): return row.id == 0 ? try add(row) : try update(row)
    case .remove(let endpoint): return try remove(endpoint)
    case .disable(let endpoint, let why, let now):
      try database.run(
        """
        UPDATE hook_endpoints SET disabled_ms = ?2, disabled_why = ?3
        WHERE id = ?1 AND disabled_ms IS NULL
        """, .integer(endpoint), .integer(now), .text(why))
      return changed
    case .attempted(let row): return try record(row)
    case .replay, .send, .publish: return .refused
    }
  }

  private func replay(
    _ delivery: Int64, of endpoint: Int64, atMs now: Int64
  ) throws(StoreError) -> (HookChanged, endpoints: [Int64]) {
    let found = try database.integer(
      """
      UPDATE hook_deliveries SET attempts = 0, due_ms = ?2, state = 0, ended_ms = NULL
      WHERE id = ?1 AND endpoint = ?3 AND state != 0 RETURNING endpoint
      """, .integer(delivery), .integer(now), .integer(endpoint))
    return (found == nil ? .missing : .done(made: delivery), found.map { [$0] } ?? [])
  }

  private var changed: HookChanged { database.changes > 0 ? .done(made: nil) : .missing }

  private func add(_ row: HookEndpointRow) throws(StoreError) -> HookChanged {
    try database.run(
      """
      INSERT INTO hook_endpoints(merchant, url, keys, topics, deadline_ms, fallback, configured,
        disabled_ms, disabled_why, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, .text(row.merchant), .text(row.url), .text(row.keys.joined(separator: " ")),
      .text(HookStatements.kept(row.topics)), .integer(row.deadlineMs),
      .text(row.fallback.rawValue), .integer(row.isConfigured ? 1 : 0),
      .optional(row.disabledMs), row.disabledWhy.map { .text($0) } ?? .null,
      .integer(row.createdMs))
    return .done(made: database.lastRow)
  }

  private func update(_ row: HookEndpointRow) throws(StoreError) -> HookChanged {
    try database.run(
      """
      UPDATE hook_endpoints SET merchant = ?2, url = ?3, keys = ?4, topics = ?5, deadline_ms = ?6,
        fallback = ?7, configured = ?8, disabled_ms = ?9, disabled_why = ?10 WHERE id = ?1
      """, .integer(row.id), .text(row.merchant), .text(row.url),
      .text(row.keys.joined(separator: " ")), .text(HookStatements.kept(row.topics)),
      .integer(row.deadlineMs), .text(row.fallback.rawValue),
      .integer(row.isConfigured ? 1 : 0), .optional(row.disabledMs),
      row.disabledWhy.map { .text($0) } ?? .null)
    return changed
  }

  private static func kept(_ topics: [String]) -> String {
    " " + topics.joined(separator: " ") + " "
  }

  private func remove(_ endpoint: Int64) throws(StoreError) -> HookChanged {
    try database.run("DELETE FROM hook_endpoints WHERE id = ?", .integer(endpoint))
    let outcome = changed
    try database.run("DELETE FROM outbox WHERE id NOT IN (SELECT outbox FROM hook_deliveries)")
    return outcome
  }

  private func record(_ row: HookAttemptRow) throws(StoreError) -> HookChanged {
    attempt.bind(1, row.delivery)
    attempt.bind(2, Int64(row.attempts))
    attempt.bind(3, row.dueMs)
    attempt.bind(4, Int64(row.state.rawValue))
    attempt.bind(5, row.status.map(Int64.init))
    attempt.bind(6, row.error)
    attempt.bind(7, row.state == .waiting ? nil : row.atMs)
    try attempt.run()
    return changed
  }

  private func send(
    _ row: OutboxRow, to endpoint: Int64, atMs now: Int64
  ) throws(StoreError) -> HookChanged {
    try database.run(
      """
      INSERT INTO outbox(room, topic, body, message)
      SELECT 0, ?2, ?3, 'hwk_' || lower(hex(randomblob(16)))
      WHERE EXISTS (SELECT 1 FROM hook_endpoints WHERE id = ?1)
      """, .integer(endpoint), .text(row.topic), .bytes(row.body))
    guard database.changes > 0 else { return .missing }
    try database.run(
      """
      INSERT INTO hook_deliveries(outbox, endpoint, attempts, due_ms, state, created_ms)
      VALUES (?1, ?2, 0, ?3, 0, ?3)
      """, .integer(database.lastRow), .integer(endpoint), .integer(now))
    return .done(made: database.lastRow)
  }
}

/// How long deliveries that ended are kept, and how they go.
enum HookRetention {
  /// A week: to look into what was sent.
  static let deliveredMs: Int64 = 7 * 86_400_000
  /// A month: to be sent anew.
  static let deadMs: Int64 = 30 * 86_400_000

  /// One step; whether nothing is left to go.
  static func forget(_ database: Database, atMs now: Int64) throws(StoreError) -> Bool {
    try database.run(
      """
      DELETE FROM hook_deliveries WHERE id IN (
        SELECT id FROM hook_deliveries WHERE ended_ms IS NOT NULL
        AND ended_ms < CASE state WHEN 1 THEN ?1 ELSE ?2 END LIMIT ?3)
      """, .integer(now - deliveredMs), .integer(now - deadMs),
      .integer(Int64(StoreLimits.jobRowsMax)))
    let isDone = database.changes < StoreLimits.jobRowsMax
    try database.run("DELETE FROM outbox WHERE id NOT IN (SELECT outbox FROM hook_deliveries)")
    return isDone
  }
}
