// The erasure of one person: identity, names and texts go, in small steps between commits.

package import RoomLog

/// A person whose data went: what rooms in memory must forget too.
package struct ErasedPerson: Hashable, Sendable {
  package let room: RoomKey
  package let person: UInt32

  package init(room: RoomKey, person: UInt32) {
    self.room = room
    self.person = person
  }
}

/// An erasure under way.
///
/// References stay, so that the log's counts stay as they are. The identity goes last and in the same
/// transaction as the job's own mark: after a crash the job finds everything it needs and starts again.
struct Erasure {
  let identity: String
  private(set) var erased: [ErasedPerson] = []
  // Rooms whose texts are still to be gone through, and how far those were that are done.
  private var rooms: [ErasedPerson] = []
  private var reached: [ErasedPerson: Int64] = [:]
  private var lastText: Int64 = 0
  private var lastReply: Int64 = 0
  private var stage = Stage.mark

  private enum Stage {
    case mark, texts, replies, people
  }

  init(identity: String) { self.identity = identity }

  /// The erasures a crash cut short.
  static func unfinished(_ database: any SQLDatabase) throws(StoreError) -> [Erasure] {
    try database.rows("SELECT identity FROM erasures") { Erasure(identity: $0.string(0)) }
  }

  /// One step, in a transaction of its own; whether it was the last.
  mutating func step(_ database: any SQLDatabase, atMs now: Int64) throws(StoreError) -> Bool {
    let before = self
    let (after, isDone) = try database.transaction { () throws(StoreError) in
      var next = before
      let isDone = try next.advance(database, atMs: now)
      return (next, isDone)
    }
    self = after
    return isDone
  }

  private mutating func advance(_ database: any SQLDatabase, atMs now: Int64) throws(StoreError)
    -> Bool
  {
    switch stage {
    case .mark: try mark(database, atMs: now)
    case .texts: try eraseTexts(database)
    case .replies: try eraseReplies(database)
    case .people:
      try erasePeople(database)
      return true
    }
    return false
  }

  private mutating func mark(_ database: any SQLDatabase, atMs now: Int64) throws(StoreError) {
    try database.run(
      "INSERT INTO erasures(identity, at_ms) VALUES (?, ?) ON CONFLICT DO NOTHING",
      .text(identity), .integer(now))
    rooms = try references(database)
    stage = .texts
  }

  private func references(_ database: any SQLDatabase) throws(StoreError) -> [ErasedPerson] {
    try database.rows(
      "SELECT room, person FROM people WHERE identity = ? ORDER BY room", [.text(identity)]
    ) {
      ErasedPerson(
        room: RoomKey(rawValue: $0.integer(0)),
        person: UInt32(truncatingIfNeeded: $0.integer(1)))
    }
  }

  private mutating func eraseTexts(_ database: any SQLDatabase) throws(StoreError) {
    guard let current = rooms.last else { return stage = .replies }
    let greatest = try Erasure.lastText(of: current.room, database)
    let end = min(greatest, lastText + Int64(StoreLimits.jobRowsMax))
    try Erasure.eraseTexts(of: current, after: lastText, upTo: end, database)
    lastText = end
    guard end == greatest else { return }
    reached[rooms.removeLast()] = end
    lastText = 0
  }

  private static func lastText(of room: RoomKey, _ database: any SQLDatabase) throws(StoreError)
    -> Int64
  {
    try database.integer("SELECT max(text) FROM texts WHERE room = ?", .integer(room.rawValue)) ?? 0
  }

  private static func eraseTexts(
    of person: ErasedPerson, after last: Int64, upTo end: Int64, _ database: any SQLDatabase
  ) throws(StoreError) {
    try database.run(
      "UPDATE texts SET body = NULL WHERE room = ? AND text > ? AND text <= ? AND author = ?",
      .integer(person.room.rawValue), .integer(last), .integer(end),
      .integer(Int64(person.person)))
  }

  private mutating func eraseReplies(_ database: any SQLDatabase) throws(StoreError) {
    let first = try database.integer("SELECT min(id) FROM replies") ?? 0
    let start = max(lastReply, first - 1)
    let end = start + Int64(StoreLimits.jobRowsMax)
    try database.run(
      "DELETE FROM replies WHERE id > ? AND id <= ? AND subject = ?", .integer(start),
      .integer(end), .text(identity))
    lastReply = end
    if end >= (try database.integer("SELECT max(id) FROM replies") ?? 0) { stage = .people }
  }

  /// The last step: who they were, and what was written since the earlier steps went past.
  private mutating func erasePeople(_ database: any SQLDatabase) throws(StoreError) {
    erased = try references(database)
    for person in erased {
      try Erasure.eraseTexts(
        of: person, after: reached[person] ?? 0,
        upTo: try Erasure.lastText(of: person.room, database), database)
    }
    let identity = SQLValue.text(identity)
    try database.run(
      "DELETE FROM replies WHERE id > ? AND subject = ?",
      .integer(lastReply - Int64(StoreLimits.jobRowsMax)), identity)
    try database.run("DELETE FROM follows WHERE host = ?", identity)
    try database.run("DELETE FROM follows WHERE follower = ?", identity)
    // The coins stay in the sums; whose they were is not known any more.
    try database.run(
      "UPDATE accounts SET owner = NULL WHERE owner = ? AND kind IN ('wallet', 'earnings')",
      identity)
    try database.run("UPDATE transfers SET subject = NULL, key = '' WHERE subject = ?", identity)
    try database.run("UPDATE shows SET host = NULL, title = '' WHERE host = ?", identity)
    try database.run("UPDATE people SET identity = NULL, name = '' WHERE identity = ?", identity)
    // Messages that name them, with their deliveries.
    try database.run("DELETE FROM outbox WHERE subject = ?", identity)
    try database.run("DELETE FROM erasures WHERE identity = ?", identity)
  }
}
