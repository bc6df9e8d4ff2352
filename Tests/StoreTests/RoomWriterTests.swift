// Groups, refusals and what ends the process, without threads.

import RoomLog
import Testing

@testable import Store

@Suite("Writing groups")
struct RoomWriterTests {
  @Test(
    "a room keeps its number, and what was committed is what is read",
    arguments: StoreKind.allCases)
  func roundTrip(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let room = try writer.open("shop")
    #expect(try writer.open("shop") == room)
    #expect(try writer.open("other") != room)
    var feed = RoomFeed(room)
    var entry = feed.next(3)
    entry.people = [PersonRow(person: 1, identity: "anna", name: "Änna 🌷")]
    entry.events[1].mediaTimeMs = nil
    entry.events[2].secret = [0, 255, 7]
    entry.events[2].isAudited = true
    entry.texts[0].body = "a\u{0}b, not cut"
    entry.show = ShowRow(phase: .live, title: "Tulips", host: "anna", startsAtMs: 5)
    guard case .committed(let row?)? = try writer.write(entry) else {
      Issue.record("not committed")
      return
    }
    let image = try reader.image(of: room, atMs: 2000)
    #expect(image.tail == entry.events)
    #expect(image.people == entry.people)
    #expect(image.lastText == 3 && image.lastSequence == 3)
    #expect(image.replies == [ReplyPlace(keyHash: 3, row: row)])
    #expect(image.show == entry.show)
    #expect(try reader.reply(row) == entry.reply)
    #expect(
      try reader.reply(in: room, keyHash: 3, subject: "anna", key: "key-3", atMs: 2000)
        == entry.reply)
    #expect(
      try reader.reply(in: room, keyHash: 3, subject: "ben", key: "key-3", atMs: 2000) == nil)
    // The one character PostgreSQL's text can't hold.
    if kind == .postgres { entry.texts[0].body = "a\u{FFFD}b, not cut" }
    #expect(try reader.texts([3, 4], in: room) == entry.texts)
  }

  @Test(
    "an event that does not follow the room's last one ends everything, and nothing is stored",
    arguments: StoreKind.allCases, [-1, 0, 2, 3] as [Int64])
  func sequenceGap(kind: StoreKind, step: Int64) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let room = try writer.open("shop")
    var feed = RoomFeed(room)
    _ = try writer.write(feed.next(2))
    let good = feed.next()
    var bad = CommitEntry(room: room, ticket: 9)
    bad.events = [
      EventRow(sequence: 3 + step, atMs: 1, actor: 0, kind: "said", body: Array("{}".utf8))
    ]
    #expect(
      throws: StoreError.sequenceGap(room: room, expected: 4, found: 3 + step)
    ) { try writer.write([.entry(good), .entry(bad)]) }
    #expect(try reader.image(of: room, atMs: 0).lastSequence == 2)
  }

  @Test(
    "a bad entry is refused alone: the others of its group are stored, those on top of it not",
    arguments: StoreKind.allCases)
  func badEntry(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let (first, second) = (try writer.open("first"), try writer.open("second"))
    var (one, two) = (RoomFeed(first), RoomFeed(second))
    let good = one.next()
    var bad = one.next()
    // The reference was given already.
    bad.texts = good.texts
    let onTop = one.next()
    let group = [good, bad, two.next(), onTop, two.next()].map { WriteItem.entry($0) }
    let outcomes = try writer.write(group).map(\.ofEntry)
    #expect(outcomes[0].isCommitted && outcomes[2].isCommitted && outcomes[4].isCommitted)
    guard case .refused(let error) = outcomes[1] else {
      Issue.record("the bad entry was stored")
      return
    }
    #expect(error.name == "storage-failed" && error.reach == .entry)
    #expect(outcomes[3] == .refused(.afterRefusal(room: first)))
    #expect(try reader.image(of: first, atMs: 0).tail.map(\.sequence) == [1])
    #expect(try reader.image(of: second, atMs: 0).tail.map(\.sequence) == [1, 2])
    // Refused until the owner has opened the room again.
    #expect(try writer.write(one.next()) == .refused(.afterRefusal(room: first)))
    #expect(try writer.open("first") == first)
    one.last = 1
    #expect(try writer.write(one.next())?.isCommitted == true)
    try stage.check()
  }

  @Test(
    "an entry of a room that was never opened is refused",
    arguments: StoreKind.allCases)
  func unknownRoom(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let writer = try stage.writer()
    var feed = RoomFeed(RoomKey(rawValue: 77))
    #expect(try writer.write(feed.next())?.isCommitted == false)
  }

  @Test(
    "two snapshots of a room are kept, and an image starts from the newest that is asked for",
    arguments: StoreKind.allCases)
  func snapshots(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let room = try writer.open("shop")
    var feed = RoomFeed(room)
    _ = try writer.write(feed.next(10))
    let snapshots = [3, 6, 9].map { SnapshotRow(sequence: $0, body: [UInt8($0)]) }
    _ = try writer.write(snapshots.map { .snapshot(room, $0) })
    // Ahead of the log: left out.
    _ = try writer.write([.snapshot(room, SnapshotRow(sequence: 11, body: [11]))])
    var image = try reader.image(of: room, atMs: 0)
    #expect(image.snapshot == snapshots[2])
    #expect(image.tail.map(\.sequence) == [10])
    image = try reader.image(of: room, atMs: 0, snapshotBefore: 9)
    #expect(image.snapshot == snapshots[1])
    #expect(image.tail.map(\.sequence) == [7, 8, 9, 10])
    image = try reader.image(of: room, atMs: 0, snapshotBefore: 6)
    #expect(image.snapshot == nil && image.tail.count == 10)
  }
}

@Suite("Writing groups to a disk that fails")
struct FailingDiskTests {
  private let folder: TemporaryFolder
  private let disk: FaultyDisk
  private let writer: RoomWriter

  init() throws {
    folder = try TemporaryFolder()
    disk = try FaultyDisk()
    writer = try RoomWriter(folder.directory, atMs: 1, vfs: disk.name)
  }

  private var reader: RoomReader {
    get throws { try RoomReader(folder.directory, vfs: disk.name) }
  }

  @Test("a full disk refuses the group by name, and the log goes on when there is room again")
  func fullDisk() throws {
    let room = try writer.open("shop")
    var feed = RoomFeed(room)
    _ = try writer.write(feed.next())
    for bytes in stride(from: 0, through: 20_000, by: 500) {
      disk.fill(bytes)
      let outcome = try writer.write(feed.next())
      disk.fill(nil)
      if case .refused(let error)? = outcome {
        #expect(error.name == "storage-full")
        #expect(try writer.write(feed.next()) == .refused(.afterRefusal(room: room)))
        #expect(try writer.open("shop") == room)
        feed.last = try reader.image(of: room, atMs: 0).lastSequence
      } else {
        #expect(try reader.image(of: room, atMs: 0).lastSequence == feed.last)
      }
    }
    #expect(try writer.write(feed.next())?.isCommitted == true)
    try Backup.check(writer.database)
  }

  @Test("a failed fsync is thrown, whichever of a commit's it is: nothing is acknowledged")
  func failedSync() throws {
    let room = try writer.open("shop")
    var feed = RoomFeed(room)
    disk.failSync(after: 0)
    #expect { try writer.write(feed.next()) } throws: { error in
      (error as? StoreError)?.reach == .process
    }
  }

  @Test("a failed fsync of a checkpoint is thrown")
  func failedCheckpoint() throws {
    let room = try writer.open("shop")
    var feed = RoomFeed(room)
    _ = try writer.write(feed.next())
    disk.failSync(after: 0, ofDatabase: true)
    #expect(throws: StoreError.self) { try writer.database.checkpoint() }
  }

  @Test("the log starts again from its beginning once it was copied")
  func shortLog() throws {
    let room = try writer.open("shop")
    var feed = RoomFeed(room)
    for _ in 0..<50 { _ = try writer.write(feed.next()) }
    let grown = writer.database.logPages
    #expect(try writer.database.checkpoint())
    _ = try writer.write(feed.next())
    #expect(writer.database.logPages < grown / 4)
  }
}

extension CommitOutcome.Result {
  var isCommitted: Bool { if case .committed = self { true } else { false } }
}
