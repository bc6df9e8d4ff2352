// What is kept about webhooks.

package import RoomLog

extension RoomReader {
  /// All endpoints, in the order they were made.
  package func hookEndpoints() throws(StoreError) -> [HookEndpointRow] {
    try HookReading.endpoints(database)
  }

  /// Deliveries of an endpoint that wait for this process, earliest due first.
  package func waitingHooks(of endpoint: Int64, limit: Int) throws(StoreError) -> [HookDeliveryRow]
  {
    var values: [SQLValue] = [.integer(endpoint), .integer(Int64(RoomReader.bounded(limit)))]
    if let node { values.append(.text(node)) }
    let isOwn = node == nil ? "" : "AND node = (SELECT node FROM nodes WHERE name = ?3)"
    return try database.rows(
      HookReading.deliveryColumns + """
         WHERE hook_deliveries.state = 0 AND endpoint = ?1 \(isOwn)
        ORDER BY hook_deliveries.due_ms, hook_deliveries.id LIMIT ?2
        """, values, HookReading.delivery)
  }

  /// A page of an endpoint's deliveries, newest first.
  ///
  /// - Parameter before: only those made before this one.
  package func hookDeliveries(
    of endpoint: Int64, state: HookDeliveryRow.State? = nil, before: Int64 = .max, limit: Int
  ) throws(StoreError) -> [HookDeliveryRow] {
    try database.rows(
      HookReading.deliveryColumns + """
         WHERE endpoint = ?1 AND hook_deliveries.id < ?2
        AND (CAST(?3 AS BIGINT) IS NULL OR hook_deliveries.state = CAST(?3 AS BIGINT))
        ORDER BY hook_deliveries.id DESC LIMIT ?4
        """,
      [
        .integer(endpoint), .integer(before), .optional(state.map { Int64($0.rawValue) }),
        .integer(Int64(RoomReader.bounded(limit))),
      ], HookReading.delivery)
  }
}

/// Rows of webhooks as values.
enum HookReading {
  static func endpoints(_ database: any SQLDatabase) throws(StoreError) -> [HookEndpointRow] {
    try database.rows(endpointRows, endpoint)
  }

  static let endpointRows = """
    SELECT id, merchant, url, keys, topics, deadline_ms, fallback, configured, disabled_ms,
      disabled_why, created_ms FROM hook_endpoints ORDER BY id
    """

  static func endpoint(_ row: any SQLRow) -> HookEndpointRow {
    HookEndpointRow(
      id: row.integer(0), merchant: row.string(1), url: row.string(2),
      keys: words(row.string(3)), topics: words(row.string(4)), deadlineMs: row.integer(5),
      fallback: HookEndpointRow.Fallback(rawValue: row.string(6)) ?? .hold,
      isConfigured: row.integer(7) != 0, disabledMs: row.optionalInteger(8),
      disabledWhy: row.optionalString(9), createdMs: row.integer(10))
  }

  private static func words(_ text: String) -> [String] {
    text.split(separator: " ").map { String($0) }
  }

  static let deliveryColumns = """
    SELECT hook_deliveries.id, endpoint, message, topic, body, attempts, due_ms, state, last_status,
      last_error, created_ms FROM hook_deliveries JOIN outbox ON outbox.id = outbox
    """

  static func delivery(_ row: any SQLRow) -> HookDeliveryRow {
    HookDeliveryRow(
      id: row.integer(0), endpoint: row.integer(1), message: row.string(2), topic: row.string(3),
      body: row.bytes(4), attempts: Int(row.integer(5)), dueMs: row.integer(6),
      state: HookDeliveryRow.State(rawValue: Int(row.integer(7))) ?? .dead,
      lastStatus: row.optionalInteger(8).map { Int($0) }, lastError: row.optionalString(9),
      createdMs: row.integer(10))
  }
}
