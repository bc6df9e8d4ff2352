// The columns of the tables that only grow.

import RoomLog

extension PostgresParameters {
  /// One parameter for each column.
  init(_ columns: [PostgresColumn]) {
    self.init()
    for column in columns { add(column) }
  }
}

/// Rows of `events`.
struct EventColumns {
  // room, sequence, at_ms, media_ms, actor, audited
  private var numbers = [PostgresColumn](repeating: .integers, count: 6)
  private var kinds = PostgresColumn.texts
  private var bodies = PostgresColumn.byteStrings
  private var secrets = PostgresColumn.byteStrings

  mutating func add(_ row: EventRow, _ room: RoomKey) {
    let values: [Int64?] = [
      room.rawValue, row.sequence, row.atMs, row.mediaTimeMs, Int64(row.actor),
      row.isAudited ? 1 : 0,
    ]
    for (index, value) in values.enumerated() { numbers[index].add(value) }
    kinds.add(row.kind)
    bodies.add(row.body)
    if row.secret.isEmpty { secrets.addNull() } else { secrets.add(row.secret) }
  }

  var call: PostgresCall? {
    guard kinds.count > 0 else { return nil }
    return PostgresCall(
      """
      INSERT INTO events(room, sequence, at_ms, media_ms, actor, audited, kind, body, secret)
      SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
        $6::bigint[], $7::text[], $8::bytea[], $9::bytea[])
      """, PostgresParameters(numbers + [kinds, bodies, secrets]))
  }
}

/// Rows of `replies`.
struct ReplyColumns {
  // room, key_hash, status, at_ms
  private var numbers = [PostgresColumn](repeating: .integers, count: 4)
  // subject, key
  private var texts = [PostgresColumn](repeating: .texts, count: 2)
  // parameters, body
  private var contents = [PostgresColumn](repeating: .byteStrings, count: 2)

  mutating func add(_ row: ReplyRow, _ room: RoomKey) {
    let values = [
      room.rawValue, Int64(bitPattern: row.keyHash), Int64(row.status), row.atMs,
    ]
    for (index, value) in values.enumerated() { numbers[index].add(value) }
    texts[0].add(row.subject)
    texts[1].add(row.key)
    contents[0].add(row.parameters)
    contents[1].add(row.body)
  }

  /// Inserts in order, so that the numbers given rise in order too.
  var call: PostgresCall? {
    guard texts[0].count > 0 else { return nil }
    return PostgresCall(
      """
      INSERT INTO replies(room, key_hash, status, at_ms, subject, key, parameters, body)
      SELECT room, key_hash, status, at_ms, subject, key, parameters, body
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[],
        $7::bytea[], $8::bytea[]) WITH ORDINALITY
        AS new(room, key_hash, status, at_ms, subject, key, parameters, body, place)
      ORDER BY place RETURNING id
      """, PostgresParameters(numbers + texts + contents))
  }
}

/// Rows of `texts`.
struct TextColumns {
  // room, text, author
  private var numbers = [PostgresColumn](repeating: .integers, count: 3)
  private var bodies = PostgresColumn.texts

  mutating func add(_ row: TextRow, _ room: RoomKey) {
    for (index, value) in [room.rawValue, row.text, Int64(row.author)].enumerated() {
      numbers[index].add(value)
    }
    bodies.add(row.body)
  }

  var call: PostgresCall? {
    guard bodies.count > 0 else { return nil }
    return PostgresCall(
      """
      INSERT INTO texts(room, text, author, body)
      SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[])
      """, PostgresParameters(numbers + [bodies]))
  }
}

/// Rows of `outbox`, and of `hook_deliveries` for the endpoints that want them.
struct OutboxColumns {
  // room, on request, at_ms
  private var numbers = [PostgresColumn](repeating: .integers, count: 3)
  // topic, message, merchant, subject
  private var texts = [PostgresColumn](repeating: .texts, count: 4)
  private var bodies = PostgresColumn.byteStrings

  mutating func add(_ row: OutboxRow, _ room: RoomKey) {
    for (index, value) in [room.rawValue, row.isOnRequest ? 1 : 0, row.atMs].enumerated() {
      numbers[index].add(value)
    }
    let words = [row.topic, HookStatements.messageID(), row.merchant, row.subject]
    for (index, word) in words.enumerated() { texts[index].add(word) }
    bodies.add(row.body)
  }

  /// The statement, which gives the endpoints. A message that nobody wants is not written.
  ///
  /// - Parameter node: this process's number: it sends what it writes.
  func call(node: Int64) -> PostgresCall? {
    guard bodies.count > 0 else { return nil }
    var parameters = PostgresParameters(numbers + texts + [bodies])
    parameters.add(node)
    let wants = HookStatements.wants(
      topic: "new.topic", merchant: "new.merchant", isOnRequest: "new.on_request")
    return PostgresCall(
      """
      WITH wanted AS MATERIALIZED (
        SELECT new.*, hook_endpoints.id AS endpoint
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[],
          $7::text[], $8::bytea[]) WITH ORDINALITY
          AS new(room, on_request, at_ms, topic, message, merchant, subject, body, place)
        JOIN hook_endpoints ON \(wants)
      ), written AS (
        INSERT INTO outbox(room, topic, body, subject, message)
        SELECT room, topic, body, subject, message
        FROM (SELECT DISTINCT ON (place) * FROM wanted ORDER BY place) AS once ORDER BY place
        RETURNING id, message
      )
      INSERT INTO hook_deliveries(outbox, endpoint, attempts, due_ms, state, created_ms, node)
      SELECT written.id, endpoint, 0, at_ms, 0, at_ms, $9
      FROM wanted JOIN written ON written.message = wanted.message ORDER BY place, endpoint
      RETURNING endpoint
      """, parameters)
  }
}
