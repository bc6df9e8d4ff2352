// A room's log as JSON Lines.

import JSON
package import RoomLog

extension RoomReader {
  /// The first line of an export: which room, and its listing.
  package func logHeader(of room: RoomKey, atMs now: Int64) throws(StoreError) -> [UInt8] {
    guard let name = try name(of: room) else { throw .unknownRoom }
    let last = try database.integer(
      "SELECT max(sequence) FROM events WHERE room = ?", .integer(room.rawValue))
    return JSONLines.line([
      ("type", .string("room")), ("room", .string(name)), ("exportedAtMs", .integer(now)),
      ("lastSequence", .integer(last ?? 0)),
    ])
  }

  /// The lines of the events after `sequence`, one page; what only the server may know is left out.
  ///
  /// - Returns: the lines, and the sequence to go on after; nil at the end of the log.
  package func logLines(
    of room: RoomKey, after sequence: Int64, limit: Int = StoreLimits.pageMax
  ) throws(StoreError) -> (lines: [UInt8], next: Int64?) {
    let page = try events(of: room, after: sequence, limit: limit)
    var lines: [UInt8] = []
    for event in page.events { lines += JSONLines.line(event) }
    return (lines, page.next)
  }

  /// The lines that say who the references stand for: people after `person`, one page.
  package func peopleLines(
    of room: RoomKey, after person: UInt32, limit: Int = StoreLimits.pageMax
  ) throws(StoreError) -> (lines: [UInt8], next: UInt32?) {
    let limit = RoomReader.bounded(limit)
    let people = try database.rows(
      """
      SELECT person, identity, name FROM people WHERE room = ? AND person > ?
      ORDER BY person LIMIT ?
      """,
      [.integer(room.rawValue), .integer(Int64(person)), .integer(Int64(limit))],
      RoomReader.person)
    let lines = people.flatMap { JSONLines.line($0) }
    return (lines, people.count < limit ? nil : people.last?.person)
  }

  /// The lines that say what the references stand for: texts from `first` on, one page.
  package func textLines(
    of room: RoomKey, from first: Int64, limit: Int = StoreLimits.pageMax
  ) throws(StoreError) -> (lines: [UInt8], next: Int64?) {
    let limit = RoomReader.bounded(limit)
    let texts = try texts(from: first, in: room, limit: limit)
    let lines = texts.flatMap { JSONLines.line($0) }
    return (lines, texts.count < limit ? nil : texts.last.map { $0.text + 1 })
  }
}

/// Rows as lines of JSON.
enum JSONLines {
  /// One object and a line feed, members in this order.
  static func line(_ members: [(String, JSONValue)]) -> [UInt8] {
    JSONValue.object(JSONObject(members)).write() + [UInt8(ascii: "\n")]
  }

  /// An event. Its body is JSON already, and stays byte for byte what was committed.
  static func line(_ event: EventRow, room: String? = nil) -> [UInt8] {
    var members: [(String, JSONValue)] = [("type", .string("event"))]
    if let room { members.append(("room", .string(room))) }
    members += [
      ("sequence", .integer(event.sequence)), ("atMs", .integer(event.atMs)),
      ("mediaTimeMs", event.mediaTimeMs.map { .integer($0) } ?? .null),
      ("actor", .integer(Int64(event.actor))), ("kind", .string(event.kind)),
    ]
    var line = JSONValue.object(JSONObject(members)).write()
    line.removeLast()
    return line + Array(",\"body\":".utf8) + event.body + Array("}\n".utf8)
  }

  static func line(_ person: PersonRow, room: String? = nil) -> [UInt8] {
    var members: [(String, JSONValue)] = [("type", .string("person"))]
    if let room { members.append(("room", .string(room))) }
    members += [
      ("person", .integer(Int64(person.person))),
      ("identity", person.identity.map { .string($0) } ?? .null), ("name", .string(person.name)),
    ]
    return line(members)
  }

  static func line(_ text: TextRow, room: String? = nil) -> [UInt8] {
    var members: [(String, JSONValue)] = [("type", .string("text"))]
    if let room { members.append(("room", .string(room))) }
    members += [
      ("text", .integer(text.text)), ("author", .integer(Int64(text.author))),
      ("body", text.body.map { .string($0) } ?? .null),
    ]
    return line(members)
  }
}
