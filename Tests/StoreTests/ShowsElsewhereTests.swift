// What is on in other processes on the database: until their leases end, with the viewers they counted.

import JSON
import RoomLog
import Synchronization
import Testing
import Wire

@testable import Endpoints
@testable import Store

@Suite("Live rooms of other processes")
struct ShowsElsewhereTests {
  private let address: PostgresAddress

  init() throws { address = try PostgresServer.shared().schema().address }

  /// A process with its rooms.
  private final class Process {
    let writer: PostgresWriter
    let reader: RoomReader
    let board: StoreBoard

    init(_ name: String, _ address: PostgresAddress) throws {
      writer = try PostgresWriter(
        address, node: name, place: NodePlace(publicURL: "http://\(name).example")
      ) { _ in }
      reader = RoomReader(try PostgresSession(address, journal: nil), node: name)
      board = try StoreBoard()
    }

    /// Has a room, and tells the others how many watch it.
    func have(
      _ name: String, viewers: Int = 0, _ phase: ShowRow.Phase = .live, isListed: Bool = true
    ) throws {
      let room = try writer.open(name)
      var entry = CommitEntry(room: room, ticket: 1)
      entry.show = ShowRow(phase: phase, title: name, host: nil, isListed: isListed)
      _ = try writer.write(entry)
      board.viewers.withLock { $0[room] = viewers }
      board.isNudged.store(true, ordering: .releasing)
      _ = try writer.tend(board, isIdle: true, at: .distantFuture)
    }

    func elsewhere(after: (viewers: Int, name: String)? = nil, limit: Int = 9) throws -> [String] {
      try reader.showsElsewhere(after: after, limit: limit).map {
        "\($0.listed.name) \($0.viewers) \($0.server)"
      }
    }
  }

  @Test("what lives elsewhere is listed by its viewers, what is over, hidden or our own is not")
  func listed() throws {
    let (anna, ben) = (try Process("anna", address), try Process("ben", address))
    try anna.have("blue")
    try anna.have("red", viewers: 3)
    try anna.have("pause", viewers: 1, .away)
    try anna.have("over", .ended)
    try anna.have("later", .scheduled)
    try anna.have("hidden", isListed: false)
    try ben.have("own", viewers: 9)
    let all = [
      "red 3 http://anna.example", "pause 1 http://anna.example", "blue 0 http://anna.example",
    ]
    #expect(try ben.elsewhere() == all)
    #expect(try ben.elsewhere(limit: 1) == [all[0]])
    #expect(try ben.elsewhere(after: (3, "red")) == [all[1], all[2]])
    #expect(try ben.elsewhere(after: (0, "blue")) == [])
    #expect(try anna.elsewhere() == ["own 9 http://ben.example"])
    let red = try #require(try ben.reader.room(named: "red"))
    #expect(try ben.reader.showElsewhere(of: red)?.viewers == 3)
    #expect(try anna.reader.showElsewhere(of: red) == nil)
  }

  @Test(
    "a process that died has nothing on once its leases are over, nor one that gave a room back")
  func dead() throws {
    let (anna, ben) = (try Process("anna", address), try Process("ben", address))
    try anna.have("red")
    try anna.have("blue")
    _ = try anna.writer.write([.release(try #require(try ben.reader.room(named: "blue")))])
    #expect(try ben.elsewhere() == ["red 0 http://anna.example"])
    let tables = try PostgresSession(address, journal: nil)
    try tables.run("UPDATE room_owners SET lease_until = clock_timestamp()")
    #expect(try ben.elsewhere() == [])
  }

  @Test("a page of the list has the rooms of all processes in one order, each once")
  func pages() throws {
    let (anna, ben) = (try Process("anna", address), try Process("ben", address))
    try anna.have("red", viewers: 3)
    try anna.have("blue", viewers: 1)
    try anna.have("lost", viewers: 2)
    for room in ["own", "zero"] { try ben.have(room) }
    // One that ben has lost a moment ago, and does not know yet.
    let here = [("lost", 5), ("own", 2), ("zero", 0)].map {
      RoomListing.LiveRoom(name: $0.0, viewers: $0.1)
    }
    for limit in 1...6 {
      var (seen, servers): ([String], [JSONValue?]) = ([], [])
      var listing = RoomListing(live: here, upcoming: nil, limit: limit)
      for _ in 0..<6 {
        let page = try HouseReader(reader: ben.reader, nowMs: 1).rooms(listing)
        guard case .object(let body) = try JSONValue.parse(page.body),
          case .array(let rows)? = body["rooms"]
        else { throw StoreError.unknownRoom }
        #expect(rows.count <= limit)
        for case .object(let row) in rows {
          guard case .string(let name)? = row["room"] else { continue }
          seen.append(name)
          servers.append(row["server"])
        }
        guard case .string(let next)? = body["next"], let cursor = RoomListCursor(next),
          case .live(let viewers, let room) = cursor.place
        else { break }
        let last = RoomListing.LiveRoom(name: room, viewers: viewers)
        listing.after = last
        listing.live = here.filter { last.isBefore($0) }
      }
      #expect(seen == ["red", "lost", "own", "blue", "zero"], "limit \(limit)")
      let there = JSONValue.string("http://anna.example")
      #expect(servers == [there, there, .null, there, .null])
    }
  }

  @Test("a file is one process's")
  func file() throws {
    let stage = try StoreStage(.sqlite)
    var entry = CommitEntry(room: try stage.writer().open("red"), ticket: 1)
    entry.show = ShowRow(phase: .live, title: "", host: nil)
    #expect(try stage.reader().showsElsewhere(limit: 9).isEmpty)
    #expect(try stage.reader().showElsewhere(of: entry.room) == nil)
  }
}
