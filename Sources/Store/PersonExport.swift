// Everything kept about one person, as JSON Lines, in pieces.

import JSON
import RoomLog

/// The export of one identity's data: who they are in each room, what they wrote, what they did, whom
/// they follow. Each piece is one short read, so that other reads go between.
package struct PersonExport: Sendable {
  private enum Stage {
    case texts(after: Int64)
    case events(after: Int64)
  }

  private let identity: String
  // Rooms still to come, the current one last; nil before the first piece.
  private var rooms: [(room: RoomKey, name: String, person: UInt32)]?
  private var stage = Stage.texts(after: 0)
  private let begin: PersonCursor?

  /// - Parameter begin: goes on where another export of the same identity stood.
  package init(identity: String, from begin: PersonCursor? = nil) {
    self.identity = identity
    self.begin = begin
  }

  /// Where this stands; nil before the first piece and at the end.
  package var cursor: PersonCursor? {
    guard let room = rooms?.last?.room else { return nil }
    switch stage {
    case .texts(let after): return PersonCursor(room: room, part: .texts, after: after)
    case .events(let after): return PersonCursor(room: room, part: .events, after: after)
    }
  }

  /// The next lines; may be empty while there is more. Nil at the end.
  package mutating func next(_ reader: RoomReader) throws(StoreError) -> [UInt8]? {
    guard let current = rooms?.last else {
      if rooms != nil { return nil }
      return try start(reader)
    }
    switch stage {
    case .texts(let last): return try texts(reader, current, after: last)
    case .events(let last): return try events(reader, current, after: last)
    }
  }

  private mutating func start(_ reader: RoomReader) throws(StoreError) -> [UInt8] {
    let found = try reader.database.rows(
      """
      SELECT people.room, rooms.name, person, people.name FROM people
      JOIN rooms ON rooms.key = people.room WHERE identity = ? ORDER BY people.room DESC
      """, [.text(identity)]
    ) { row in
      (
        RoomKey(rawValue: row.integer(0)), row.string(1),
        PersonRow(
          person: UInt32(truncatingIfNeeded: row.integer(2)), identity: self.identity,
          name: row.string(3))
      )
    }
    rooms = found.map { ($0.0, $0.1, $0.2.person) }
    if let begin {
      goOn(from: begin)
      return []
    }
    var lines = found.reversed().flatMap { JSONLines.line($0.2, room: $0.1) }
    let follows = try reader.database.rows(
      "SELECT host, at_ms FROM follows WHERE follower = ?", [.text(identity)]
    ) { ($0.string(0), $0.integer(1)) }
    for (host, at) in follows {
      lines += JSONLines.line([
        ("type", .string("follow")), ("host", .string(host)), ("atMs", .integer(at)),
      ])
    }
    return lines
  }

  private mutating func goOn(from begin: PersonCursor) {
    rooms?.removeAll { $0.room < begin.room }
    guard rooms?.last?.room == begin.room else { return }
    switch begin.part {
    case .texts: stage = .texts(after: begin.after)
    case .events: stage = .events(after: begin.after)
    }
  }

  private mutating func texts(
    _ reader: RoomReader, _ current: (room: RoomKey, name: String, person: UInt32),
    after last: Int64
  ) throws(StoreError) -> [UInt8] {
    let end = last + Int64(StoreLimits.scanMax)
    let texts = try reader.database.rows(
      "SELECT text, author, body FROM texts WHERE room = ? AND text > ? AND text <= ? AND author = ?",
      [
        .integer(current.room.rawValue), .integer(last), .integer(end),
        .integer(Int64(current.person)),
      ], RoomReader.text)
    let greatest = try reader.database.integer(
      "SELECT max(text) FROM texts WHERE room = ?", .integer(current.room.rawValue))
    stage = end >= greatest ?? 0 ? .events(after: 0) : .texts(after: end)
    return texts.flatMap { JSONLines.line($0, room: current.name) }
  }

  private mutating func events(
    _ reader: RoomReader, _ current: (room: RoomKey, name: String, person: UInt32),
    after last: Int64
  ) throws(StoreError) -> [UInt8] {
    let end = last + Int64(StoreLimits.scanMax)
    let events = try reader.database.rows(
      RoomReader.eventColumns + " WHERE room = ? AND sequence > ? AND sequence <= ? AND actor = ?",
      [
        .integer(current.room.rawValue), .integer(last), .integer(end),
        .integer(Int64(current.person)),
      ], RoomReader.event)
    let greatest = try reader.database.integer(
      "SELECT max(sequence) FROM events WHERE room = ?", .integer(current.room.rawValue))
    if end >= greatest ?? 0 {
      rooms?.removeLast()
      stage = .texts(after: 0)
    } else {
      stage = .events(after: end)
    }
    return events.flatMap { JSONLines.line($0, room: current.name) }
  }
}
