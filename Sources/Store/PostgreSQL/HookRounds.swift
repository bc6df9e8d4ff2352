// Webhooks of a database that several processes share: who sends what, and what the endpoints are.

import RoomLog

/// What this process asks about webhooks when it renews its leases, and what it has heard.
///
/// A delivery is sent by the process that wrote it. Those of a process that has said nothing for the life
/// of a lease are taken over by whoever asks first; if it was only slow, its receiver gets them twice,
/// under the same id.
struct HookRounds {
  private var endpoints: [HookEndpointRow]?

  /// The calls of one round: that this process is there, what it takes over, for which of its endpoints
  /// something is due, and all endpoints.
  ///
  /// - Parameters:
  ///   - node: this process's number.
  ///   - life: how long a process may say nothing, milliseconds.
  ///   - now: milliseconds since 1970, as deliveries have them.
  static func calls(node: Int64, life: Int64, atMs now: Int64) -> [PostgresCall] {
    func parameters(_ numbers: Int64...) -> PostgresParameters {
      var parameters = PostgresParameters()
      for number in numbers { parameters.add(number) }
      return parameters
    }
    return [
      PostgresCall(
        "UPDATE nodes SET seen = clock_timestamp() WHERE node = $1", parameters(node)),
      PostgresCall(
        """
        UPDATE hook_deliveries SET node = $1 WHERE id IN (
          SELECT waiting.id FROM nodes
          JOIN hook_deliveries AS waiting ON waiting.node = nodes.node AND waiting.state = 0
          WHERE nodes.node <> $1
            AND nodes.seen < clock_timestamp() - $2::bigint * INTERVAL '1 millisecond'
          LIMIT $3 FOR UPDATE OF waiting SKIP LOCKED)
        """, parameters(node, life, StoreLimits.hooksTakenOverMax)),
      PostgresCall(
        """
        SELECT id FROM hook_endpoints WHERE EXISTS (
          SELECT 1 FROM hook_deliveries WHERE node = $1 AND endpoint = hook_endpoints.id
          AND state = 0 AND due_ms <= $2)
        """, parameters(node, now)),
      PostgresCall(HookReading.endpointRows),
    ]
  }

  /// Takes the answers to `calls`.
  ///
  /// - Returns: what others must hear.
  mutating func take(_ answers: ArraySlice<PostgresResult>) -> [StoreNews] {
    guard answers.count == 4, let rows = answers.last else { return [] }
    var news: [StoreNews] = []
    let found = (0..<rows.rowCount).map { HookReading.endpoint(rows.row($0)) }
    if found != endpoints {
      endpoints = found
      news.append(.endpoints(found))
    }
    let due = answers[answers.endIndex - 2].integers
    if !due.isEmpty { news.append(.hooksDue(Set(due))) }
    return news
  }

  /// The call by which a process that ends leaves what it has not sent to the others.
  static func leaving(node: Int64) -> PostgresCall {
    var parameters = PostgresParameters()
    parameters.add(node)
    return PostgresCall("UPDATE nodes SET seen = '-infinity' WHERE node = $1", parameters)
  }
}
