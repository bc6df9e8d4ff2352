// Pages of the log, lists of shows, exports.

import JSON
import RoomLog
import Testing

@testable import Store

@Suite("Reading the store")
struct RoomReaderTests {
  @Test(
    "pages forwards and backwards meet every event once, in order",
    arguments: StoreKind.allCases)
  func pages(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let room = try writer.open("shop")
    _ = try writer.open("other")
    var feed = RoomFeed(room)
    for index in 0..<25 {
      _ = try writer.write(feed.next(1, kind: index % 5 == 0 ? "banned" : "said"))
    }
    var forwards: [Int64] = []
    var next: Int64? = 0
    while let after = next {
      let page = try reader.events(of: room, after: after, limit: 7)
      forwards += page.events.map(\.sequence)
      next = page.next
    }
    #expect(forwards == Array(1...25))
    var backwards: [Int64] = []
    next = Int64.max
    while let before = next {
      let page = try reader.events(of: room, before: before, limit: 7)
      backwards += page.events.map(\.sequence)
      next = page.next
    }
    #expect(backwards == (1...25).reversed())
    let bans = try reader.events(of: room, before: .max, kinds: ["banned"], limit: 2)
    #expect(bans.events.map(\.sequence) == [21, 16] && bans.next == 16)
    #expect(try reader.events(of: room, before: 1, limit: 5) == EventPage(events: [], next: nil))
  }

  @Test(
    "the audit trail has what was marked, newest first",
    arguments: StoreKind.allCases)
  func audit(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let room = try writer.open("shop")
    var feed = RoomFeed(room)
    for index in 0..<20 {
      var entry = feed.next()
      entry.events[0].isAudited = index % 4 == 3
      _ = try writer.write(entry)
    }
    let page = try reader.audit(of: room, limit: 3)
    #expect(page.events.map(\.sequence) == [20, 16, 12])
    #expect(try reader.audit(of: room, before: 12, limit: 3).events.map(\.sequence) == [8, 4])
  }

  @Test(
    "rooms are listed by phase and start, and unlisted ones are not",
    arguments: StoreKind.allCases)
  func shows(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    for (index, start) in [30, nil, 10, 20, nil].enumerated() {
      let room = try writer.open("room-\(index)")
      var entry = CommitEntry(room: room, ticket: 1)
      entry.show = ShowRow(
        phase: .scheduled, title: "\(index)", host: "anna", startsAtMs: start.map(Int64.init))
      _ = try writer.write(entry)
    }
    var names: [String] = []
    var cursor: ShowCursor?
    repeat {
      let page = try reader.shows(in: .scheduled, after: cursor, limit: 2)
      names += page.shows.map(\.name)
      cursor = page.next
    } while cursor != nil
    #expect(names == ["room-1", "room-4", "room-2", "room-3", "room-0"])
    var entry = CommitEntry(room: RoomKey(rawValue: 1), ticket: 2)
    entry.show = ShowRow(phase: .live, title: "now", host: "anna", startsAtMs: 30, isListed: false)
    _ = try writer.write(entry)
    #expect(try reader.shows(in: .live, limit: 9).shows.isEmpty)
    #expect(try reader.shows(ofHost: "anna").count == 4)
  }

  @Test(
    "follows are counted, listed from both sides, and end",
    arguments: StoreKind.allCases)
  func follows(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let room = try writer.open("shop")
    func follow(_ follower: String, _ isOn: Bool) throws {
      var entry = CommitEntry(room: room, ticket: 1)
      entry.follows = [FollowRow(host: "anna", follower: follower, isOn: isOn, atMs: 5)]
      _ = try writer.write(entry)
    }
    for name in ["ben", "cem", "ben", "dan"] { try follow(name, true) }
    try follow("cem", false)
    #expect(try reader.followers(of: "anna") == ["ben", "dan"])
    #expect(try reader.followers(of: "anna", after: "ben") == ["dan"])
    #expect(try reader.followerCount(of: "anna") == 2)
    #expect(try reader.isFollowing("ben", host: "anna"))
    #expect(try !reader.isFollowing("cem", host: "anna"))
    #expect(try reader.followed(by: "dan") == ["anna"])
  }

  @Test(
    "an exported log is JSON line by line, whole, in order, and without secrets",
    arguments: StoreKind.allCases)
  func logExport(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let room = try writer.open("shop")
    var feed = RoomFeed(room)
    for _ in 0..<5 {
      var entry = feed.next(3)
      entry.events[0].secret = Array("seed".utf8)
      _ = try writer.write(entry)
    }
    var bytes = try reader.logHeader(of: room, atMs: 7)
    var next: Int64? = 0
    while let after = next {
      let page = try reader.logLines(of: room, after: after, limit: 4)
      bytes += page.lines
      next = page.next
    }
    let lines = bytes.split(separator: UInt8(ascii: "\n")).map { Array($0) }
    #expect(lines.count == 16)
    let values = try lines.map { try JSONValue.parse($0) }
    guard case .object(let header) = values[0], case .object(let last) = values[15] else {
      Issue.record("not objects")
      return
    }
    #expect(header["room"] == "shop" && header["lastSequence"] == 15)
    #expect(last["sequence"] == 15 && last["body"] == .object(["said": "1-15"]))
    #expect(!String(decoding: bytes, as: UTF8.self).contains("seed"))
  }
}
