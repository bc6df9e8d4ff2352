// Rooms whose clock runs: what a process that begins finds.

import RoomLog
import Testing
import Wire

@testable import Store

@Suite("Rooms with something to do")
struct DueTests {
  private func note(
    _ atMs: Int64?, _ feed: inout RoomFeed, _ writer: any LogWriter
  ) throws {
    var entry = feed.next()
    entry.due = DueRow(atMs: atMs)
    #expect(try writer.write([.entry(entry)]).count == 1)
  }

  @Test(
    "rooms are found by when they have something to do, page by page, until they have not",
    arguments: StoreKind.allCases)
  func order(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let writer = try stage.writer()
    var feeds = try (0..<5).map { RoomFeed(try writer.open("room-\($0)")) }
    for (index, atMs) in [500, 300, 300, 100].enumerated() {
      try note(Int64(atMs), &feeds[index], writer)
    }
    // Said again by others in between.
    _ = try writer.write(feeds[0].next())
    let reader = try stage.reader()
    let first = try reader.dueRooms(limit: 3)
    #expect(first.map(\.name) == ["room-3", "room-1", "room-2"])
    #expect(first.map(\.place.atMs) == [100, 300, 300])
    let rest = try reader.dueRooms(after: first[2].place, limit: 3)
    #expect(rest.map(\.name) == ["room-0"])
    try note(nil, &feeds[1], writer)
    #expect(try reader.dueRooms(limit: 9).map(\.name) == ["room-3", "room-2", "room-0"])
  }

  @Test(
    "the clock is written with the events it follows from, or not at all",
    arguments: StoreKind.allCases)
  func together(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let writer = try stage.writer()
    var feed = RoomFeed(try writer.open("room"))
    feed.last = 7
    var gap = feed.next()
    gap.due = DueRow(atMs: 1)
    #expect(throws: StoreError.self) { _ = try writer.write([.entry(gap)]) }
    #expect(try stage.reader().dueRooms(limit: 9) == [])
  }

  @Test("in a shared database a room of a living process is that process's to look after")
  func shared() throws {
    let stage = try StoreStage(.postgres)
    let (address, _) = try stage.postgres()
    let brief = StorePatience(lease: .milliseconds(300))
    let writer = try PostgresWriter(address, node: "anna", patience: brief) { _ in }
    var feed = RoomFeed(try writer.open("room"))
    try note(100, &feed, writer)
    let reader = try stage.reader()
    #expect(try reader.dueRooms(limit: 9) == [])
    // It dies: its lease runs out in the database's time.
    let tables = try stage.tables()
    try tables.run("UPDATE room_owners SET lease_until = clock_timestamp()")
    #expect(try reader.dueRooms(limit: 9).map(\.name) == ["room"])
  }
}
