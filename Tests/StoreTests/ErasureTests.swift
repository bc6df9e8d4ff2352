// Erasure, retention and the export of one person.

import RoomLog
import Testing

@testable import Store

@Suite("Erasing people")
struct ErasureTests {
  /// A room where `anna` (1) and `ben` (2) write by turns.
  private func room(
    _ name: String, _ entries: Int, _ writer: any LogWriter
  ) throws -> RoomKey {
    let room = try writer.open(name)
    var feed = RoomFeed(room)
    var group: [WriteItem] = []
    for index in 0..<entries {
      let author: UInt32 = index % 2 == 0 ? 1 : 2
      var entry = feed.next(1, actor: author)
      if index == 0 {
        entry.people = [
          PersonRow(person: 1, identity: "anna-7531", name: "Anna Example"),
          PersonRow(person: 2, identity: "ben-8642", name: "Ben Example"),
        ]
        entry.show = ShowRow(phase: .live, title: "Annas Tulpen", host: "anna-7531")
        entry.follows = [
          FollowRow(host: "anna-7531", follower: "ben-8642", isOn: true, atMs: 1),
          FollowRow(host: "cem", follower: "anna-7531", isOn: true, atMs: 1),
          FollowRow(host: "cem", follower: "ben-8642", isOn: true, atMs: 1),
        ]
      }
      entry.texts[0].body = author == 1 ? "words-of-anna \(index)" : "words-of-ben \(index)"
      entry.reply?.subject = author == 1 ? "anna-7531" : "ben-8642"
      group.append(.entry(entry))
    }
    _ = try writer.write(group)
    return room
  }

  private func erase(
    _ identity: String, _ writer: any LogWriter
  ) throws -> (erased: [ErasedPerson], steps: Int) {
    var erasure = Erasure(identity: identity)
    var steps = 1
    while try !erasure.step(writer.connection, atMs: 5) { steps += 1 }
    return (erasure.erased, steps)
  }

  @Test(
    "one person's identity, name and texts leave the disk; the log and the others stay",
    arguments: StoreKind.allCases)
  func erase(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let rooms = [try room("first", 5000, writer), try room("second", 100, writer)]
    let before = try rooms.map { try reader.image(of: $0, atMs: 1000) }
    let result = try erase("anna-7531", writer)
    #expect(result.steps > 5, "one long transaction would hold up every commit")
    #expect(result.erased == rooms.map { ErasedPerson(room: $0, person: 1) })
    for (room, before) in zip(rooms, before) {
      let after = try reader.image(of: room, atMs: 1000)
      #expect(after.tail == before.tail)
      #expect(after.lastText == before.lastText)
      #expect(after.people[0] == PersonRow(person: 1, identity: nil, name: ""))
      #expect(after.people[1] == before.people[1])
      #expect(after.replies.count == before.replies.count / 2)
      let texts = try reader.texts(from: 1, in: room)
      #expect(texts.allSatisfy { ($0.author == 1) == ($0.body == nil) })
    }
    #expect(try reader.followers(of: "anna-7531").isEmpty)
    #expect(try reader.followed(by: "anna-7531").isEmpty)
    #expect(try reader.isFollowing("ben-8642", host: "cem"))
    #expect(try stage.truncateLog(writer))
    for trace in ["anna-7531", "Anna Example", "words-of-anna", "Annas Tulpen"] {
      #expect(try !stage.holds(trace), "\(trace) is still in a file")
    }
    #expect(try stage.holds("words-of-ben"))
    try stage.check()
  }

  @Test(
    "an erased reference is nobody's again, and the person comes back as someone new",
    arguments: StoreKind.allCases)
  func comeBack(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let room = try room("first", 4, writer)
    _ = try erase("anna-7531", writer)
    var entry = CommitEntry(room: room, ticket: 1)
    entry.people = [
      PersonRow(person: 1, identity: "anna-7531", name: "Anna again"),
      PersonRow(person: 3, identity: "anna-7531", name: "Anna"),
      PersonRow(person: 2, identity: "ben-8642", name: "Benno"),
    ]
    _ = try writer.write(entry)
    let people = try reader.image(of: room, atMs: 0).people
    #expect(people.map(\.identity) == [nil, "ben-8642", "anna-7531"])
    #expect(people.map(\.name) == ["", "Benno", "Anna"])
  }

  @Test(
    "an erasure cut short by a crash is found again and finished",
    arguments: StoreKind.allCases)
  func resume(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let writer = try stage.writer()
    _ = try room("first", 5000, writer)
    var erasure = Erasure(identity: "anna-7531")
    for _ in 0..<3 { #expect(try !erasure.step(writer.connection, atMs: 5)) }
    let unfinished = try Erasure.unfinished(writer.connection)
    #expect(unfinished.map(\.identity) == ["anna-7531"])
    _ = try erase("anna-7531", writer)
    #expect(try Erasure.unfinished(writer.connection).isEmpty)
    #expect(try stage.truncateLog(writer))
    #expect(try !stage.holds("words-of-anna"))
  }

  @Test(
    "what is written while an erasure is under way goes too",
    arguments: StoreKind.allCases)
  func meanwhile(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let writer = try stage.writer()
    let room = try room("first", 5000, writer)
    var erasure = Erasure(identity: "anna-7531")
    var feed = RoomFeed(room, last: 5000)
    while try !erasure.step(writer.connection, atMs: 5) {
      var entry = feed.next()
      entry.texts[0].body = "late words-of-anna"
      entry.reply?.subject = "anna-7531"
      _ = try writer.write(entry)
    }
    #expect(try stage.truncateLog(writer))
    #expect(try !stage.holds("words-of-anna"))
    #expect(try !stage.holds("anna-7531"))
  }

  @Test(
    "the export of one person has all of theirs and nothing of others",
    arguments: StoreKind.allCases)
  func personExport(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    _ = try room("first", 40, writer)
    _ = try room("second", 7, writer)
    var export = PersonExport(identity: "anna-7531")
    var bytes: [UInt8] = []
    while let more = try export.next(reader) { bytes += more }
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = text.split(separator: "\n")
    #expect(lines.count(where: { $0.contains("\"type\":\"person\"") }) == 2)
    #expect(lines.count(where: { $0.contains("\"type\":\"text\"") }) == 24)
    #expect(lines.count(where: { $0.contains("\"type\":\"event\"") }) == 24)
    #expect(lines.count(where: { $0.contains("\"type\":\"follow\"") }) == 1)
    #expect(text.contains("Anna Example") && !text.contains("words-of-ben"))
    #expect(!text.contains("ben-8642"))
    var nobody = PersonExport(identity: "nobody")
    #expect(try nobody.next(reader) == [])
    #expect(try nobody.next(reader) == nil)
  }
}

@Suite("The export of one person in pages")
struct PersonCursorTests {
  @Test(
    "an export that goes on where another stood gives what that one would have, piece by piece",
    arguments: StoreKind.allCases)
  func goesOn(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    for name in ["first", "second", "third"] {
      var feed = RoomFeed(try writer.open(name))
      var entry = feed.next(3)
      entry.people = [PersonRow(person: 1, identity: "anna", name: "Anna")]
      entry.texts = (1...3).map { TextRow(text: $0, author: 1, body: "\(name) \($0)") }
      _ = try writer.write(entry)
    }
    var whole = PersonExport(identity: "anna")
    var pieces: [[UInt8]] = []
    var cursors: [PersonCursor?] = []
    while let piece = try whole.next(reader) {
      pieces.append(piece)
      cursors.append(whole.cursor)
    }
    #expect(pieces.count == 7 && cursors.last == .some(nil))
    for (index, cursor) in cursors.enumerated() {
      guard let text = cursor?.text else { continue }
      var rest = PersonExport(identity: "anna", from: PersonCursor(text))
      var bytes: [UInt8] = []
      while let more = try rest.next(reader) { bytes += more }
      #expect(bytes == pieces[(index + 1)...].flatMap { $0 })
    }
  }

  @Test("what is no cursor is none")
  func garbage() {
    for text in ["", ".", "1.t", "1.t.", "1.x.1", "0.t.1", "-1.t.1", "1.t.-1", "1.t.1.1", "a.t.1"] {
      #expect(PersonCursor(text) == nil, "\(text)")
    }
    #expect(PersonCursor("1.e.9223372036854775807") == nil)
  }
}

@Suite("Retention")
struct RetentionTests {
  private let day: Int64 = 86_400_000

  private func room(
    _ name: String, endedAtMs: Int64?, days: Int?, _ writer: any LogWriter
  ) throws -> RoomKey {
    let room = try writer.open(name)
    var feed = RoomFeed(room)
    var entry = feed.next(3)
    entry.people = [PersonRow(person: 1, identity: "anna", name: "Anna")]
    entry.texts = (1...3).map { TextRow(text: $0, author: 1, body: "\(name) \($0)") }
    entry.show = ShowRow(
      phase: endedAtMs == nil ? .live : .ended, title: name, endedAtMs: endedAtMs,
      retentionDays: days)
    _ = try writer.write(entry)
    return room
  }

  private func keepUp(days: Int?, atMs now: Int64, _ writer: any LogWriter) throws {
    var retention = Retention(days: days, atMs: now)
    while try !retention.step(writer.connection) {}
  }

  private func isForgotten(_ room: RoomKey, _ reader: RoomReader) throws -> Bool {
    let image = try reader.image(of: room, atMs: 0)
    #expect(image.tail.count == 3 && image.lastText == 3)
    let hasTexts = try reader.texts(from: 1, in: room).contains { $0.body != nil }
    #expect(hasTexts == (image.people[0].identity != nil))
    return !hasTexts
  }

  @Test(
    "texts and people go the policy's days after the end, the room's own days first",
    arguments: StoreKind.allCases)
  func policy(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let live = try room("live", endedAtMs: nil, days: nil, writer)
    let old = try room("old", endedAtMs: 10 * day, days: nil, writer)
    let brief = try room("brief", endedAtMs: 10 * day, days: 1, writer)
    let long = try room("long", endedAtMs: 10 * day, days: 100, writer)
    try keepUp(days: 30, atMs: 39 * day, writer)
    #expect(
      try [live, old, brief, long].map { try isForgotten($0, reader) } == [
        false, false, true, false,
      ])
    try keepUp(days: 30, atMs: 40 * day, writer)
    #expect(
      try [live, old, brief, long].map { try isForgotten($0, reader) } == [
        false, true, true, false,
      ])
    try keepUp(days: nil, atMs: 1000 * day, writer)
    #expect(
      try [live, old, brief, long].map { try isForgotten($0, reader) } == [false, true, true, true])
  }

  @Test(
    "replies are kept for a day and then go",
    arguments: StoreKind.allCases)
  func replies(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let room = try room("live", endedAtMs: nil, days: nil, writer)
    #expect(try reader.image(of: room, atMs: 1003 + day - 1).replies.count == 1)
    #expect(try reader.image(of: room, atMs: 1003 + day).replies.isEmpty)
    try keepUp(days: nil, atMs: 1003 + day, writer)
    #expect(try writer.connection.integer("SELECT count(*) FROM replies") == 1)
    try keepUp(days: nil, atMs: 1004 + day, writer)
    #expect(try writer.connection.integer("SELECT count(*) FROM replies") == 0)
  }
}
