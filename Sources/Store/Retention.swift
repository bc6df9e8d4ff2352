// What goes with time: texts and people of rooms long ended, and replies nobody may repeat any more.

import RoomLog

/// One round of keeping to the policy, in small steps between commits.
struct Retention {
  /// Days after a room's end that its texts and people stay, where the room says nothing; nil: for ever.
  let days: Int?
  /// Milliseconds since 1970.
  let now: Int64
  private var arePastRepliesGone = false
  private var arePastHooksGone = false
  /// Whether no other process does the same at the same time.
  private var isOurs = false
  // The room whose texts are going.
  private var room: RoomKey?

  private static let dayMs: Int64 = 86_400_000
  /// What one process at a time holds.
  static let name = "upkeep"

  init(days: Int?, atMs now: Int64) {
    self.days = days
    self.now = now
  }

  /// One step, in a transaction of its own; whether it was the last.
  mutating func step(_ database: any SQLDatabase) throws(StoreError) -> Bool {
    if !isOurs {
      // Another process is at it, which is as good.
      guard try database.tryHold(Retention.name) else { return true }
      isOurs = true
    }
    let before = self
    let (after, isDone) = try database.transaction { () throws(StoreError) in
      var next = before
      let isDone = try next.advance(database)
      return (next, isDone)
    }
    self = after
    if isDone { try database.letGo() }
    return isDone
  }

  private mutating func advance(_ database: any SQLDatabase) throws(StoreError) -> Bool {
    if !arePastRepliesGone {
      try forgetReplies(database)
      return false
    }
    if !arePastHooksGone {
      arePastHooksGone = try HookRetention.forget(database, atMs: now)
      return false
    }
    if room == nil { room = try dueRoom(database) }
    guard let current = room else { return true }
    if try forgetTexts(of: current, database) {
      try forgetPeople(of: current, database)
      room = nil
    }
    return false
  }

  /// Replies are numbered in the order of their time.
  private mutating func forgetReplies(_ database: any SQLDatabase) throws(StoreError) {
    try database.run(
      """
      DELETE FROM replies WHERE id IN (
        SELECT id FROM (SELECT id, at_ms FROM replies ORDER BY id LIMIT ?) AS oldest
        WHERE at_ms < ?)
      """, .integer(Int64(StoreLimits.jobRowsMax)), .integer(now - StoreLimits.replyLifeMs))
    arePastRepliesGone = database.changes < StoreLimits.jobRowsMax
  }

  private func dueRoom(_ database: any SQLDatabase) throws(StoreError) -> RoomKey? {
    try database.integer(
      """
      SELECT shows.room FROM shows JOIN rooms ON rooms.key = shows.room
      WHERE ended_ms IS NOT NULL AND erased_ms IS NULL AND coalesce(retention_days, ?1) IS NOT NULL
      AND ended_ms + coalesce(retention_days, ?1) * \(Retention.dayMs) <= ?2
      LIMIT 1
      """, .optional(days.map(Int64.init)), .integer(now)
    ).map(RoomKey.init(rawValue:))
  }

  /// Texts go, but for the last one's number, which says how far references were given.
  private func forgetTexts(of room: RoomKey, _ database: any SQLDatabase) throws(StoreError) -> Bool
  {
    let key = SQLValue.integer(room.rawValue)
    try database.run(
      """
      DELETE FROM texts WHERE room = ?1 AND text IN (
        SELECT text FROM texts WHERE room = ?1 ORDER BY text LIMIT ?2)
      AND text < (SELECT max(text) FROM texts WHERE room = ?1)
      """, key, .integer(Int64(StoreLimits.jobRowsMax)))
    guard database.changes == 0 else { return false }
    try database.run("UPDATE texts SET body = NULL WHERE room = ?", key)
    return true
  }

  private func forgetPeople(of room: RoomKey, _ database: any SQLDatabase) throws(StoreError) {
    let key = SQLValue.integer(room.rawValue)
    try database.run("UPDATE people SET identity = NULL, name = '' WHERE room = ?", key)
    try database.run("UPDATE shows SET host = NULL WHERE room = ?", key)
    try database.run("UPDATE rooms SET erased_ms = ? WHERE key = ?", .integer(now), key)
  }
}
