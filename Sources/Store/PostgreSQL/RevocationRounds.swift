// Revoked tokens of a database that several processes share.

import RoomLog
import Wire

/// What this process asks about revocations when it renews its leases, and what it has heard.
struct RevocationRounds {
  private var heard: Set<Int64> = []
  /// When it last asked and was answered; nil: never.
  private var answeredAt: Instant?

  /// A change may be committed so long after it got its time: longer than a transaction waits for a
  /// connection (`StoreLimits.reconnectLimit`).
  private static let overlapMs: Int64 = 120_000
  /// A process that has asked nothing for so long asks for everything.
  private static let overlap = TimeSpan.seconds(60)

  /// Writes a change; the last word on a subject in a room counts.
  static func write(_ row: RevocationRow, _ database: any SQLDatabase) throws(StoreError) {
    try database.run(
      """
      INSERT INTO revocations(room, subject, until_ms, lifted) VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT (room, subject) DO UPDATE SET until_ms = excluded.until_ms,
        lifted = excluded.lifted, change = nextval('revocation_changes'), at = clock_timestamp()
      """, .text(row.room), .text(row.subject), .optional(row.untilMs),
      .integer(row.isLifted ? 1 : 0))
  }

  /// Everything in force.
  static func all(_ database: any SQLDatabase) throws(StoreError) -> [RevocationRow] {
    try database.rows(
      "SELECT room, subject, until_ms, lifted, 0 FROM revocations WHERE lifted = 0"
    ) { row($0) }
  }

  private static func row(_ row: any SQLRow) -> RevocationRow {
    RevocationRow(
      room: row.string(0), subject: row.string(1), untilMs: row.optionalInteger(2),
      isLifted: row.integer(3) != 0)
  }

  /// The calls of one round: the news, and what is too old for anybody.
  ///
  /// - Parameter now: milliseconds since 1970, as revocations have them.
  func calls(at instant: Instant, atMs now: Int64) -> [PostgresCall] {
    let isFresh = answeredAt.map { instant < $0 + RevocationRounds.overlap } ?? false
    var since = PostgresParameters()
    since.add(isFresh ? RevocationRounds.overlapMs : Int64(Int32.max) * 1000)
    var expired = PostgresParameters()
    expired.add(now - RevocationRounds.overlapMs)
    return [
      PostgresCall(
        """
        SELECT room, subject, until_ms, lifted, change FROM revocations
        WHERE at > clock_timestamp() - $1::bigint * INTERVAL '1 millisecond'
        """, since),
      PostgresCall(
        """
        DELETE FROM revocations WHERE at < clock_timestamp() - INTERVAL '1 hour'
        AND (lifted = 1 OR until_ms < $1)
        """, expired),
    ]
  }

  /// Takes the answers to `calls`.
  ///
  /// - Returns: changes not heard of before.
  mutating func take(
    _ answers: ArraySlice<PostgresResult>, askedAt: Instant
  ) -> [RevocationRow] {
    guard let news = answers.first else { return [] }
    answeredAt = askedAt
    var changes: Set<Int64> = []
    var rows: [RevocationRow] = []
    for index in 0..<news.rowCount {
      let row = news.row(index)
      changes.insert(row.integer(4))
      if !heard.contains(row.integer(4)) { rows.append(RevocationRounds.row(row)) }
    }
    heard = changes
    return rows
  }
}
