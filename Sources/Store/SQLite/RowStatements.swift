// The statements of the hot path, compiled once: the rows of one entry.

import RoomLog

/// Inserts the rows of entries into one connection's open transaction.
struct RowStatements {
  private let database: Database
  private let event, reply, person, text, follow, unfollow, show, due: Statement
  let hooks: HookStatements

  init(_ database: Database) throws(StoreError) {
    self.database = database
    // Written only when it follows the room's last event: what memory says is checked by the disk.
    event = try database.statement(
      """
      INSERT INTO events(room, sequence, at_ms, media_ms, actor, kind, body, secret, audited)
      SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
      WHERE ?2 = 1 + coalesce((SELECT max(sequence) FROM events WHERE room = ?1), 0)
      """)
    reply = try database.statement(
      """
      INSERT INTO replies(room, key_hash, subject, key, parameters, status, body, at_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """)
    // An erased person's reference is never anybody's again.
    person = try database.statement(
      """
      INSERT INTO people(room, person, identity, name) VALUES (?, ?, ?, ?)
      ON CONFLICT(room, person) DO UPDATE SET name = excluded.name
      WHERE identity = excluded.identity
      """)
    text = try database.statement("INSERT INTO texts(room, text, author, body) VALUES (?, ?, ?, ?)")
    follow = try database.statement(
      "INSERT OR IGNORE INTO follows(host, follower, at_ms) VALUES (?, ?, ?)")
    unfollow = try database.statement("DELETE FROM follows WHERE host = ? AND follower = ?")
    hooks = HookStatements(database)
    show = try database.statement(
      """
      INSERT OR REPLACE INTO shows(room, phase, title, host, starts_ms, ended_ms, retention_days,
        viewers_peak, listed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    due = try database.statement("UPDATE rooms SET due_ms = ? WHERE key = ?")
  }

  /// Inserts all rows of `entry`.
  ///
  /// - Returns: the number of the stored reply, when there is one, and the endpoints that have a
  ///   webhook to be sent.
  /// - Throws: `.sequenceGap` when an event does not follow the room's last.
  func insert(_ entry: CommitEntry) throws(StoreError) -> (reply: Int64?, hooks: [Int64]) {
    let room = entry.room.rawValue
    for row in entry.events { try insert(row, of: entry.room) }
    for row in entry.people { try insert(row, room) }
    for row in entry.texts { try insert(row, room) }
    for row in entry.follows { try insert(row) }
    var endpoints: [Int64] = []
    for row in entry.outbox { endpoints += try hooks.insert(row, room) }
    if let show = entry.show { try insert(show, room) }
    if let due = entry.due { try update(due, room) }
    let reply = try entry.reply.map { (row) throws(StoreError) in try insert(row, room) }
    return (reply, endpoints)
  }

  private func insert(_ row: EventRow, of room: RoomKey) throws(StoreError) {
    event.bind(1, room.rawValue)
    event.bind(2, row.sequence)
    event.bind(3, row.atMs)
    event.bind(4, row.mediaTimeMs)
    event.bind(5, Int64(row.actor))
    event.bind(6, row.kind)
    event.bind(7, row.body)
    if row.secret.isEmpty { event.bindNull(8) } else { event.bind(8, row.secret) }
    event.bind(9, row.isAudited ? 1 : 0)
    try event.run()
    guard database.changes == 1 else {
      let last = try database.integer(
        "SELECT max(sequence) FROM events WHERE room = ?", .integer(room.rawValue))
      throw .sequenceGap(room: room, expected: (last ?? 0) + 1, found: row.sequence)
    }
  }

  private func insert(_ row: ReplyRow, _ room: Int64) throws(StoreError) -> Int64 {
    reply.bind(1, room)
    reply.bind(2, Int64(bitPattern: row.keyHash))
    reply.bind(3, row.subject)
    reply.bind(4, row.key)
    reply.bind(5, row.parameters)
    reply.bind(6, Int64(row.status))
    reply.bind(7, row.body)
    reply.bind(8, row.atMs)
    try reply.run()
    return database.lastRow
  }

  private func insert(_ row: PersonRow, _ room: Int64) throws(StoreError) {
    person.bind(1, room)
    person.bind(2, Int64(row.person))
    person.bind(3, row.identity)
    person.bind(4, row.name)
    try person.run()
  }

  private func insert(_ row: TextRow, _ room: Int64) throws(StoreError) {
    text.bind(1, room)
    text.bind(2, row.text)
    text.bind(3, Int64(row.author))
    text.bind(4, row.body)
    try text.run()
  }

  private func insert(_ row: FollowRow) throws(StoreError) {
    let statement = row.isOn ? follow : unfollow
    statement.bind(1, row.host)
    statement.bind(2, row.follower)
    if row.isOn { statement.bind(3, row.atMs) }
    try statement.run()
  }

  private func insert(_ row: ShowRow, _ room: Int64) throws(StoreError) {
    show.bind(1, room)
    show.bind(2, Int64(row.phase.rawValue))
    show.bind(3, row.title)
    show.bind(4, row.host)
    show.bind(5, row.startsAtMs)
    show.bind(6, row.endedAtMs)
    show.bind(7, row.retentionDays.map(Int64.init))
    show.bind(8, Int64(row.viewersPeak))
    show.bind(9, row.isListed ? 1 : 0)
    try show.run()
  }

  private func update(_ row: DueRow, _ room: Int64) throws(StoreError) {
    due.bind(1, row.atMs)
    due.bind(2, room)
    try due.run()
  }
}
