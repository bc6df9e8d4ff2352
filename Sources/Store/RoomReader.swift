// The connection that reads: rooms, their images, events, replies, people and texts.

package import RoomLog

/// Reads of the store, on the reading thread. A final class because it owns that thread's connection.
///
/// All reads of one job see the same state of the database.
package final class RoomReader {
  let database: any SQLDatabase
  /// This process's name in a database that several share.
  let node: String?

  init(_ database: any SQLDatabase, node: String? = nil) {
    self.database = database
    self.node = node
  }

  convenience init(_ directory: StoreDirectory, vfs: String? = nil) throws(StoreError) {
    let database = try Database(directory.database, .read, vfs: vfs)
    try database.run("PRAGMA cache_size = -\(StoreLimits.readerCacheKiB)")
    self.init(database)
  }

  // MARK: Rooms

  /// The room of this name; nil when it was never opened.
  package func room(named name: String) throws(StoreError) -> RoomKey? {
    try database.integer("SELECT key FROM rooms WHERE name = ?", .text(name))
      .map(RoomKey.init(rawValue:))
  }

  /// The name of a room; nil when there is none.
  package func name(of room: RoomKey) throws(StoreError) -> String? {
    try database.string("SELECT name FROM rooms WHERE key = ?", .integer(room.rawValue))
  }

  /// What a room is opened from.
  ///
  /// The texts are left out: which of them the room shows is in its state, so decode the snapshot, then
  /// ask for them in the same job.
  ///
  /// - Parameters:
  ///   - now: replies older than their life are left out.
  ///   - bound: only snapshots before this sequence count: for when a newer one can't be decoded.
  package func image(
    of room: RoomKey, atMs now: Int64, snapshotBefore bound: Int64 = .max
  ) throws(StoreError) -> RoomImage {
    guard try name(of: room) != nil else { throw .unknownRoom }
    let key = SQLValue.integer(room.rawValue)
    var image = RoomImage(key: room)
    image.snapshot = try database.first(
      """
      SELECT sequence, body FROM snapshots WHERE room = ? AND sequence < ?
      ORDER BY sequence DESC LIMIT 1
      """, [key, .integer(bound)]
    ) { SnapshotRow(sequence: $0.integer(0), body: $0.bytes(1)) }
    image.tail = try database.rows(
      RoomReader.eventColumns + " WHERE room = ? AND sequence > ? ORDER BY sequence",
      [key, .integer(image.snapshot?.sequence ?? 0)], RoomReader.event)
    image.people = try database.rows(
      "SELECT person, identity, name FROM people WHERE room = ? ORDER BY person", [key],
      RoomReader.person)
    image.lastText = try database.integer("SELECT max(text) FROM texts WHERE room = ?", key) ?? 0
    image.replies = try database.rows(
      "SELECT key_hash, id FROM replies WHERE room = ? AND at_ms > ? ORDER BY at_ms",
      [key, .integer(now - StoreLimits.replyLifeMs)]
    ) { ReplyPlace(keyHash: UInt64(bitPattern: $0.integer(0)), row: $0.integer(1)) }
    image.show = try show(of: room)
    return image
  }

  // MARK: Replies

  /// A stored reply by its number; nil when it is too old and gone, or erased.
  package func reply(_ row: Int64) throws(StoreError) -> ReplyRow? {
    try database.first(RoomReader.replyColumns + " WHERE id = ?", [.integer(row)], RoomReader.reply)
  }

  /// The newest stored reply by subject and key; nil when there is none of the last day.
  ///
  /// Reads the hashes of the room's day: for rooms that are not in memory.
  package func reply(
    in room: RoomKey, keyHash: UInt64, subject: String, key: String, atMs now: Int64
  ) throws(StoreError) -> ReplyRow? {
    try database.first(
      RoomReader.replyColumns + """
         WHERE id IN (SELECT id FROM replies WHERE room = ? AND at_ms > ? AND key_hash = ?)
        AND subject = ? AND key = ? ORDER BY id DESC LIMIT 1
        """,
      [
        .integer(room.rawValue), .integer(now - StoreLimits.replyLifeMs),
        .integer(Int64(bitPattern: keyHash)), .text(subject), .text(key),
      ], RoomReader.reply)
  }

  // MARK: People and texts

  /// The people of these references; unknown ones are left out.
  package func people(
    _ references: [UInt32], in room: RoomKey
  ) throws(StoreError) -> [PersonRow] {
    var people: [PersonRow] = []
    for reference in references {
      let person = try database.first(
        "SELECT person, identity, name FROM people WHERE room = ? AND person = ?",
        [.integer(room.rawValue), .integer(Int64(reference))], RoomReader.person)
      if let person { people.append(person) }
    }
    return people
  }

  /// The reference a room has for an identity; nil when it has none.
  package func person(
    _ identity: String, in room: RoomKey
  ) throws(StoreError) -> PersonRow? {
    try database.first(
      "SELECT person, identity, name FROM people WHERE identity = ? AND room = ?",
      [.text(identity), .integer(room.rawValue)], RoomReader.person)
  }

  /// The texts of these references; unknown ones are left out.
  package func texts(_ references: [Int64], in room: RoomKey) throws(StoreError) -> [TextRow] {
    var texts: [TextRow] = []
    for reference in references {
      let text = try database.first(
        "SELECT text, author, body FROM texts WHERE room = ? AND text = ?",
        [.integer(room.rawValue), .integer(reference)], RoomReader.text)
      if let text { texts.append(text) }
    }
    return texts
  }

  /// The texts from `first` on, at most `StoreLimits.pageMax`.
  package func texts(
    from first: Int64, in room: RoomKey, limit: Int = StoreLimits.pageMax
  ) throws(StoreError) -> [TextRow] {
    try database.rows(
      "SELECT text, author, body FROM texts WHERE room = ? AND text >= ? ORDER BY text LIMIT ?",
      [.integer(room.rawValue), .integer(first), .integer(Int64(RoomReader.bounded(limit)))],
      RoomReader.text)
  }

  // MARK: Rows

  static let eventColumns =
    "SELECT sequence, at_ms, media_ms, actor, kind, body, secret, audited FROM events"

  static func event(_ row: any SQLRow) -> EventRow {
    EventRow(
      sequence: row.integer(0), atMs: row.integer(1), mediaTimeMs: row.optionalInteger(2),
      actor: UInt32(truncatingIfNeeded: row.integer(3)), kind: row.string(4), body: row.bytes(5),
      secret: row.bytes(6), isAudited: row.integer(7) != 0)
  }

  private static let replyColumns =
    "SELECT key_hash, subject, key, parameters, status, body, at_ms FROM replies"

  private static func reply(_ row: any SQLRow) -> ReplyRow {
    ReplyRow(
      keyHash: UInt64(bitPattern: row.integer(0)), subject: row.string(1), key: row.string(2),
      parameters: row.bytes(3), status: Int(row.integer(4)), body: row.bytes(5),
      atMs: row.integer(6))
  }

  static func person(_ row: any SQLRow) -> PersonRow {
    PersonRow(
      person: UInt32(truncatingIfNeeded: row.integer(0)), identity: row.optionalString(1),
      name: row.string(2))
  }

  static func text(_ row: any SQLRow) -> TextRow {
    TextRow(
      text: row.integer(0), author: UInt32(truncatingIfNeeded: row.integer(1)),
      body: row.optionalString(2))
  }
}
