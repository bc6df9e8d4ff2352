// What is written about webhooks: messages to the endpoints that want them, tries, endpoints.

import RoomLog

/// Writes webhooks into one connection's open transaction.
struct HookStatements {
  private let database: any SQLDatabase
  // What names the process that sends a delivery, where several share the database.
  private let nodeColumn, nodeValue: String

  /// - Parameter node: this process's number in a database that several share: it sends what it writes.
  init(_ database: any SQLDatabase, node: Int64? = nil) {
    self.database = database
    nodeColumn = node == nil ? "" : ", node"
    nodeValue = node.map { ", \($0)" } ?? ""
  }

  /// The condition that an endpoint wants a message, as SQL: the only place where topics are matched.
  ///
  /// Topics are kept with a space on either side of each.
  ///
  /// - Parameters:
  ///   - merchant: whose it is; null: everybody's.
  ///   - isOnRequest: 1 when the topic must be asked for by name.
  static func wants(topic: String, merchant: String, isOnRequest: String) -> String {
    """
    disabled_ms IS NULL
    AND (CAST(\(merchant) AS TEXT) IS NULL OR hook_endpoints.merchant = CAST(\(merchant) AS TEXT))
    AND (replace(topics, ' ' || \(topic) || ' ', '') <> topics
      OR (\(isOnRequest) = 0 AND replace(topics, ' * ', '') <> topics))
    """
  }

  private static let wants = wants(topic: "?1", merchant: "?2", isOnRequest: "?3")

  /// A `webhook-id`: random, because one that was counted would come again after an older backup.
  static func messageID() -> String {
    let digits = (0..<2).map { _ in
      let drawn = UInt64.random(in: 0 ... .max)
      return String(repeating: "0", count: min(15, drawn.leadingZeroBitCount / 4))
        + String(drawn, radix: 16)
    }
    return "hwk_" + digits.joined()
  }

  /// Writes a message for each endpoint that wants it; which do. One that nobody wants is not written.
  func insert(_ row: OutboxRow, _ room: Int64) throws(StoreError) -> [Int64] {
    let wanted: [SQLValue] = [
      .text(row.topic), .optional(row.merchant), .integer(row.isOnRequest ? 1 : 0),
    ]
    let message = try database.first(
      """
      INSERT INTO outbox(topic, room, body, subject, message) SELECT ?1, ?4, ?5, ?6, ?7
      WHERE EXISTS (SELECT 1 FROM hook_endpoints WHERE \(HookStatements.wants)) RETURNING id
      """,
      wanted + [
        .integer(room), .bytes(row.body), .optional(row.subject), .text(HookStatements.messageID()),
      ]
    ) { $0.integer(0) }
    guard let message else { return [] }
    return try database.rows(
      """
      INSERT INTO hook_deliveries(outbox, endpoint, attempts, due_ms, state,
        created_ms\(nodeColumn))
      SELECT ?4, id, 0, ?5, 0, ?5\(nodeValue) FROM hook_endpoints WHERE \(HookStatements.wants)
      RETURNING endpoint
      """, wanted + [.integer(message), .integer(row.atMs)]
    ) { $0.integer(0) }
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
      UPDATE hook_deliveries SET attempts = 0, due_ms = ?2, state = 0, ended_ms = NULL\(isOwn)
      WHERE id = ?1 AND endpoint = ?3 AND state <> 0 RETURNING endpoint
      """, .integer(delivery), .integer(now), .integer(endpoint))
    return (found == nil ? .missing : .done(made: delivery), found.map { [$0] } ?? [])
  }

  /// Whoever begins a delivery anew sends it.
  private var isOwn: String { nodeValue.isEmpty ? "" : ", node = " + nodeValue.dropFirst(2) }

  private var changed: HookChanged { database.changes > 0 ? .done(made: nil) : .missing }

  private func add(_ row: HookEndpointRow) throws(StoreError) -> HookChanged {
    let made = try database.integer(
      """
      INSERT INTO hook_endpoints(merchant, url, keys, topics, deadline_ms, fallback, configured,
        disabled_ms, disabled_why, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
      """, .text(row.merchant), .text(row.url), .text(row.keys.joined(separator: " ")),
      .text(HookStatements.kept(row.topics)), .integer(row.deadlineMs),
      .text(row.fallback.rawValue), .integer(row.isConfigured ? 1 : 0),
      .optional(row.disabledMs), .optional(row.disabledWhy), .integer(row.createdMs))
    return .done(made: made)
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
      .optional(row.disabledWhy))
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
    try database.run(
      """
      UPDATE hook_deliveries SET attempts = ?2, due_ms = ?3, state = ?4, last_status = ?5,
        last_error = ?6, ended_ms = ?7 WHERE id = ?1
      """, .integer(row.delivery), .integer(Int64(row.attempts)), .integer(row.dueMs),
      .integer(Int64(row.state.rawValue)), .optional(row.status.map(Int64.init)),
      .optional(row.error), .optional(row.state == .waiting ? nil : row.atMs))
    return changed
  }

  private func send(
    _ row: OutboxRow, to endpoint: Int64, atMs now: Int64
  ) throws(StoreError) -> HookChanged {
    let message = try database.integer(
      """
      INSERT INTO outbox(room, topic, body, message) SELECT 0, ?2, ?3, ?4
      WHERE EXISTS (SELECT 1 FROM hook_endpoints WHERE id = ?1) RETURNING id
      """, .integer(endpoint), .text(row.topic), .bytes(row.body),
      .text(HookStatements.messageID()))
    guard let message else { return .missing }
    let made = try database.integer(
      """
      INSERT INTO hook_deliveries(outbox, endpoint, attempts, due_ms, state,
        created_ms\(nodeColumn))
      VALUES (?1, ?2, 0, ?3, 0, ?3\(nodeValue)) RETURNING id
      """, .integer(message), .integer(endpoint), .integer(now))
    return .done(made: made)
  }
}

/// How long deliveries that ended are kept, and how they go.
enum HookRetention {
  /// A week: to look into what was sent.
  static let deliveredMs: Int64 = 7 * 86_400_000
  /// A month: to be sent anew.
  static let deadMs: Int64 = 30 * 86_400_000

  /// One step; whether nothing is left to go.
  static func forget(_ database: any SQLDatabase, atMs now: Int64) throws(StoreError) -> Bool {
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
