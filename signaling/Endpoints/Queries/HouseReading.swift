// What queries read, on the store's reading thread: names and texts as the store has them now.

import JSON
package import Room
package import RoomLog
package import Store

/// One read for a query.
package enum HouseReading: Sendable {
  case history(RoomKey, before: Int64?, limit: Int)
  case bans(RoomKey, BanList)
  case audit(RoomKey, before: Int64?, limit: Int)
  case log(RoomKey, LogCursor, limit: Int)
  case rooms(RoomListing)
  case following(Following)
  case wallet(identity: String, before: Int64?, limit: Int)
  case person(identity: String, PersonCursor?)
}

/// What was read.
package struct HouseReadResult: Hashable, Sendable {
  /// JSON, or JSON Lines.
  package var body: [UInt8]
  /// Where to go on, for what doesn't say so itself.
  package var next: String?
  package init(body: [UInt8], next: String? = nil) {
    self.body = body
    self.next = next
  }
}

/// Reads for queries. Each is bounded, so that commands that wait for a read don't wait long.
struct HouseReader {
  let reader: RoomReader
  /// Milliseconds since 1970.
  let nowMs: Int64

  func run(_ reading: HouseReading) throws(StoreError) -> HouseReadResult {
    switch reading {
    case .history(let room, let before, let limit):
      try history(of: room, before: before, limit: limit)
    case .bans(let room, let list): try bans(of: room, list)
    case .audit(let room, let before, let limit): try audit(of: room, before: before, limit: limit)
    case .log(let room, let cursor, let limit): try log(of: room, from: cursor, limit: limit)
    case .rooms(let listing): try rooms(listing)
    case .following(let following): try self.following(following)
    case .wallet(let identity, let before, let limit):
      try wallet(of: identity, before: before, limit: limit)
    // In pieces: `HouseStore` lets other reads go between.
    case .person: HouseReadResult(body: [])
    }
  }

  // MARK: Chat

  /// Pages of the audit trail read to find what became of old messages: 20,000 entries, some tens of
  /// milliseconds. A message older than so many is shown without its text.
  private static let moderationPagesMax = 20

  private func history(
    of room: RoomKey, before: Int64?, limit: Int
  ) throws(StoreError) -> HouseReadResult {
    let page = try reader.events(
      of: room, before: before ?? .max, kinds: [LoggedMessages.kind], limit: limit)
    var messages = LoggedMessages(page.events.map { SequencedEvent($0) })
    if let oldest = page.events.last?.sequence {
      try moderate(&messages, since: oldest, in: room)
    }
    let people = try people(messages.people, in: room)
    let texts = try texts(messages.texts, in: room)
    return HouseReadResult(body: messages.page(people: people, texts: texts, next: page.next))
  }

  private func moderate(
    _ messages: inout LoggedMessages, since oldest: Int64, in room: RoomKey
  ) throws(StoreError) {
    var after = oldest
    for _ in 0..<HouseReader.moderationPagesMax {
      let page = try reader.audit(of: room, after: after, limit: StoreLimits.pageMax)
      for row in page.events where LoggedMessages.moderation.contains(row.kind) {
        messages.apply(SequencedEvent(row))
      }
      guard let next = page.next else { return }
      after = next
    }
    messages.deleteAll()
  }

  // MARK: Moderation

  private func bans(of room: RoomKey, _ list: BanList) throws(StoreError) -> HouseReadResult {
    var list = list
    var before = Int64.max
    search: for _ in 0..<HouseReader.moderationPagesMax where !list.members.isEmpty {
      let page = try reader.audit(of: room, before: before, limit: StoreLimits.pageMax)
      for row in page.events where row.kind == BanList.kind {
        if list.take(SequencedEvent(row)) { break search }
      }
      guard let next = page.next else { break }
      before = next
    }
    let people = try people(list.people, in: room)
    let texts = try texts(list.texts, in: room)
    return HouseReadResult(body: list.page(people: people, texts: texts))
  }

  private func audit(
    of room: RoomKey, before: Int64?, limit: Int
  ) throws(StoreError) -> HouseReadResult {
    let page = try reader.audit(of: room, before: before ?? .max, limit: limit)
    var trail = AuditTrail(page.events.map { SequencedEvent($0) })
    for thing in trail.things {
      if let row = try reader.event(of: room, at: thing) { trail.add(SequencedEvent(row)) }
    }
    let people = try people(trail.people, in: room)
    let texts = try texts(trail.texts, in: room)
    return HouseReadResult(body: trail.page(people: people, texts: texts, next: page.next))
  }

  // MARK: The log

  private func log(
    of room: RoomKey, from begin: LogCursor, limit: Int
  ) throws(StoreError) -> HouseReadResult {
    var lines: [UInt8] = []
    var cursor: LogCursor? = begin
    if case .events(after: 0) = begin { lines += try reader.logHeader(of: room, atMs: nowMs) }
    while let place = cursor {
      let left = limit - lines.count { $0 == UInt8(ascii: "\n") }
      guard left > 0 else { break }
      switch place {
      case .events(let after):
        let page = try reader.logLines(of: room, after: after, limit: left)
        lines += page.lines
        cursor = page.next.map { .events(after: $0) } ?? .people(after: 0)
      case .people(let after):
        let page = try reader.peopleLines(of: room, after: after, limit: left)
        lines += page.lines
        cursor = page.next.map { .people(after: $0) } ?? .texts(from: 1)
      case .texts(let first):
        let page = try reader.textLines(of: room, from: first, limit: left)
        lines += page.lines
        cursor = page.next.map { .texts(from: $0) }
      }
    }
    return HouseReadResult(body: lines, next: cursor?.text)
  }

  // MARK: Names

  private func people(
    _ people: Set<PersonID>, in room: RoomKey
  ) throws(StoreError) -> [PersonRecord] {
    try reader.people(people.map(\.rawValue), in: room).compactMap { row in
      row.identity.map {
        PersonRecord(person: PersonID(row.person), identity: $0, name: row.name)
      }
    }
  }

  private func texts(_ texts: [TextID], in room: RoomKey) throws(StoreError) -> [NewText] {
    try reader.texts(texts.map(\.rawValue), in: room).compactMap { row in
      row.body.map { NewText(id: TextID(row.text), author: PersonID(row.author), body: $0) }
    }
  }
}
