import Access
import HTTP
import JSON
import Messages
import Room
import RoomLog
import Testing
import Wire

@testable import Endpoints

@Suite("A room's queries, over REST and the room socket")
struct QueryAPITests {
  private func list(_ answer: HTTPResponse, _ name: String) -> [JSONObject] {
    guard case .array(let items)? = answer.json[name] else { return [] }
    return items.compactMap { if case .object(let object) = $0 { object } else { nil } }
  }

  private func next(_ answer: HTTPResponse) -> String? {
    switch answer.json["next"] {
    case .integer(let number): String(number)
    case .string(let text): text
    default: nil
    }
  }

  @Test("history goes back page by page, each message once, oldest first in a page")
  func history() throws {
    var test = try RoomAPIStage()
    for number in 1...7 { try test.say("m\(number)", as: "p\(number)") }
    var pages: [[String]] = []
    var before = ""
    for _ in 0..<4 {
      let page = try test.ask(.get, "/messages?limit=3\(before)", token: test.bob)
      pages.append(texts(page))
      guard let next = next(page) else { break }
      before = "&before=\(next)"
    }
    #expect(pages == [["m5", "m6", "m7"], ["m2", "m3", "m4"], ["m1"]])
    for bad in ["limit=0", "limit=101", "limit=x", "before=-1", "before=x"] {
      let answer = try test.ask(.get, "/messages?\(bad)", token: test.bob)
      #expect(answer.status == 400, "\(bad)")
    }
    #expect(try test.ask(.get, "/messages").status == 401)
  }

  @Test("history shows no text that was deleted, cleared or never let through")
  func moderatedHistory() throws {
    var test = try RoomAPIStage()
    let spam = try test.say("spam", as: "eve")
    try test.say("fine")
    try test.say("more spam", as: "eve")
    #expect(try test.ask(.patch, "/chat", ["hold": "all"], token: test.host).status == 200)
    let held = try test.say("held")
    try test.say("rejected")
    #expect(
      texts(try test.ask(.get, "/messages", token: test.bob)) == ["spam", "fine", "more spam"])
    let approve: JSONValue = ["approve": true]
    #expect(
      try test.ask(.post, "/messages/\(held)/review", approve, token: test.host).status == 200)
    _ = try test.ask(.delete, "/messages/\(spam)", token: test.host)
    #expect(
      texts(try test.ask(.get, "/messages", token: test.bob)) == ["-", "fine", "more spam", "held"])
    _ = try test.ask(.post, "/members/eve/clear", token: test.host)
    let page = try test.ask(.get, "/messages", token: test.bob)
    #expect(texts(page) == ["-", "fine", "-", "held"])
    #expect(list(page, "messages")[2]["deleted"] == true)
  }

  @Test("a page ends where it would not fit a message of the room socket, and goes on there")
  func bytes() throws {
    var test = try RoomAPIStage()
    let text = String(repeating: "𝕏", count: 490)
    for number in 0..<40 { try test.say("\(number)" + text, as: "p\(number)") }
    let first = try test.ask(.get, "/messages?limit=100", token: test.bob)
    #expect(first.body.count < MessageLimits.messageBytesMax)
    let before = try #require(next(first))
    let second = try test.ask(.get, "/messages?limit=100&before=\(before)", token: test.bob)
    #expect(texts(first).count + texts(second).count == 40)
    #expect(Set(texts(first) + texts(second)).count == 40)
  }

  @Test("people are who is here, with roles, silence and stage; for staff, page by page")
  func people() throws {
    var test = try RoomAPIStage()
    try test.join(1, "alice", .host)
    try test.join(2, "bob", .viewer)
    try test.join(3, "vera", .viewer)
    _ = try test.ask(.put, "/members/bob/mute", ["on": true], token: test.host)
    _ = try test.ask(.put, "/members/vera/role", ["role": "moderator"], token: test.host)
    _ = try test.ask(.put, "/stage/bob", token: test.host)
    let first = try test.ask(.get, "/members?limit=2", token: test.host)
    #expect(first.json["count"] == 3)
    #expect(list(first, "people").map { $0.text("identity") } == ["alice", "bob"])
    #expect(list(first, "people")[1]["muted"] == true)
    #expect(list(first, "people")[1]["stage"] == "invited")
    #expect(next(first) == "bob")
    let second = try test.ask(.get, "/members?limit=2&after=bob", token: test.host)
    #expect(list(second, "people").map { $0.text("role") } == ["moderator"])
    #expect(next(second) == nil)
    #expect(try test.ask(.get, "/members", token: test.bob).status == 403)
    let vera = try test.stage.token("vera", .viewer)
    #expect(try test.ask(.get, "/members", token: vera).status == 200, "the room made her staff")
  }

  @Test("the banned come with why, when and by whom; who is let in again is gone")
  func banned() throws {
    var test = try RoomAPIStage()
    try test.say("hi", as: "eve")
    _ = try test.ask(.put, "/members/eve/ban", ["reason": "old"], token: test.host)
    _ = try test.ask(.delete, "/members/eve/ban", token: test.host)
    _ = try test.ask(.put, "/members/eve/ban", ["reason": "spam"], token: test.moderator)
    _ = try test.ask(.put, "/members/joe/ban", [:], token: test.host)
    let page = try test.ask(.get, "/bans", token: test.host)
    let people = list(page, "people")
    #expect(people.map { $0.text("identity") } == ["eve", "joe"])
    #expect(people[0]["reason"] == "spam" && people[0].object("by")["identity"] == "mod")
    #expect(people[1]["reason"] == .null)
    let first = try test.ask(.get, "/bans?limit=1", token: test.host)
    #expect(next(first) == "eve")
    let second = try test.ask(.get, "/bans?limit=1&after=eve", token: test.host)
    #expect(list(second, "people").map { $0.text("identity") } == ["joe"] && next(second) == nil)
    _ = try test.ask(.delete, "/members/joe/ban", token: test.host)
    _ = try test.ask(.delete, "/members/eve/ban", token: test.host)
    #expect(list(try test.ask(.get, "/bans", token: test.host), "people").isEmpty)
    #expect(try test.ask(.get, "/bans", token: test.bob).status == 403)
  }

  @Test("the audit trail tells who did what to whom, newest first, and what was deleted")
  func audit() throws {
    var test = try RoomAPIStage()
    let id = try test.say("rude", as: "eve")
    _ = try test.ask(.delete, "/messages/\(id)", token: test.moderator)
    _ = try test.ask(.post, "/members/eve/timeout", ["seconds": 60], token: test.moderator)
    _ = try test.ask(
      .post, "/polls", ["question": "Which?", "options": ["a", "b"]], token: test.host)
    let page = try test.ask(.get, "/audit", token: test.host)
    let entries = list(page, "entries")
    #expect(entries.map { $0.text("kind") } == ["pollOpened", "timedOut", "messageDeleted"])
    #expect(entries[0]["text"] == "Which?" && entries[0].object("by")["identity"] == "alice")
    #expect(entries[1].object("member")["identity"] == "eve" && entries[1]["untilMs"] != nil)
    #expect(entries[2]["text"] == "rude" && entries[2].object("member")["identity"] == "eve")
    #expect(entries[2]["message"] == .integer(id))
    let first = try test.ask(.get, "/audit?limit=2", token: test.host)
    let before = try #require(next(first))
    let second = try test.ask(.get, "/audit?limit=2&before=\(before)", token: test.host)
    #expect(list(second, "entries").map { $0.text("kind") } == ["messageDeleted"])
    #expect(try test.ask(.get, "/audit", token: test.bob).status == 403)
  }

  @Test("the audience is told minute by minute, to staff")
  func audience() throws {
    var test = try RoomAPIStage()
    try test.join(1, "vera", .viewer)
    test.stage.wait(.seconds(2))
    let answer = try test.ask(.get, "/audience", token: test.host)
    #expect(answer.json["peak"] == 1)
    guard case .array(let points)? = answer.json["audience"] else {
      throw RoomSocketStage.StageFault()
    }
    #expect(points.count == 1)
    #expect(try test.ask(.get, "/audience", token: test.bob).status == 403)
  }

  @Test("the room whole is what a snapshot says, with what only staff see for staff")
  func room() throws {
    var test = try RoomAPIStage()
    try test.say("Hello")
    _ = try test.ask(
      .post, "/polls", ["question": "Which?", "options": ["a", "b"], "results": "afterClose"],
      token: test.host)
    let viewer = try test.ask(.get, "", token: test.bob)
    #expect(viewer.json["room"] == "demo" && viewer.json["peak"] == nil)
    #expect(texts(viewer) == ["Hello"])
    #expect(list(viewer, "polls")[0]["counts"] == .null)
    let staff = try test.ask(.get, "", token: test.host)
    #expect(staff.json["peak"] == 0 && list(staff, "polls")[0]["counts"] == [0, 0])
    #expect(try test.ask(.get, "").status == 401)
    let elsewhere = try test.stage.token("bob", .viewer, room: "other")
    #expect(try test.ask(.get, "", token: elsewhere).status == 403)
  }

  @Test("the log comes in pages that make the whole of it, without what only the server may know")
  func log() throws {
    var test = try RoomAPIStage()
    try test.say("Hello")
    _ = try test.ask(.post, "/giveaways", ["prize": "Mug"], token: test.host)
    var lines: [String] = []
    var path = "/log?limit=2"
    for _ in 0..<20 {
      let page = try test.ask(.get, path, token: test.host)
      #expect(page.status == 200)
      lines += String(decoding: page.body, as: UTF8.self).split(separator: "\n").map { String($0) }
      guard let link = page.headers["Link"] else { break }
      #expect(link.hasPrefix("</api/v1/rooms/demo/log?limit=2&after="))
      #expect(link.hasSuffix(">; rel=\"next\""))
      path = String(link.dropFirst("</api/v1/rooms/demo".count).prefix { $0 != ">" })
    }
    let objects = try lines.map { line -> JSONObject in
      guard case .object(let object) = try JSONValue.parse(Array(line.utf8)) else {
        throw RoomSocketStage.StageFault()
      }
      return object
    }
    let whole = try test.ask(.get, "/log", token: test.host)
    #expect(String(decoding: whole.body, as: UTF8.self) == lines.map { $0 + "\n" }.joined())
    #expect(whole.headers["Link"] == nil)
    #expect(objects.first?["type"] == "room")
    let kinds = objects.filter { $0["type"] == "event" }.map { $0.text("kind") }
    #expect(kinds.contains("said") && kinds.contains("giveawayOpened"))
    #expect(objects.contains { $0["type"] == "person" && $0["identity"] == "bob" })
    #expect(objects.contains { $0["type"] == "text" && $0["body"] == "Hello" })
    #expect(!lines.joined().contains("\"secret\""))
    for bad in ["after=x", "after=e0", "after=p99999999999", "after=", "limit=1001"] {
      #expect(try test.ask(.get, "/log?\(bad)", token: test.host).status == 400, "\(bad)")
    }
    #expect(try test.ask(.get, "/log", token: test.bob).status == 403)
  }

  @Test("the room socket answers the same queries, and refuses the same")
  func socket() throws {
    var test = try RoomAPIStage()
    try test.say("Hello")
    try test.join(1, "alice", .host)
    try test.join(2, "bob", .viewer)
    _ = test.stage.inbox(1)
    for query in QueryCatalogue.all where query.isOnSocket {
      test.stage.send(1, ["type": .string(query.name), "id": "q", "limit": 10])
      var reply = try test.stage.only(1)
      #expect(reply["type"] == "ok" && reply["ref"] == "q")
      let overREST = try test.ask(.get, query.path + "?limit=10", token: test.host)
      reply["type"] = nil
      reply["ref"] = nil
      #expect(overREST.status == 200 && reply == overREST.json, "\(query.name)")
      guard query.authority == .staff else { continue }
      _ = test.stage.inbox(2)
      test.stage.send(2, ["type": .string(query.name), "id": "q"])
      #expect(try test.stage.only(2)["code"] == "forbidden", "\(query.name)")
    }
    test.stage.send(1, ["type": "log", "id": "q"])
    #expect(try test.stage.only(1)["code"] == "unknown-type")
    test.stage.send(1, ["type": "history", "id": "q", "limit": "10"])
    #expect(try test.stage.only(1)["code"] == "bad-message")
  }

  @Test(
    "what can't be read is 503 over REST and overloaded on the socket, and nothing is left waiting")
  func unreadable() throws {
    var stage = try RoomSocketStage(isDurable: true)
    let bob = try stage.token("bob", .viewer)
    let key = RoomKey(rawValue: 1)
    #expect(try stage.ask(.get, "/api/v1/rooms/demo/messages", token: bob) == nil)
    stage.answer(.opened(room: "demo", OpenedRoom(key: key, house: RoomHouse(), tailCount: 0)))
    stage.answer(.read(number: 1, nil))
    #expect(stage.answers[1]?.status == 503)
    _ = try stage.join(1, "bob", .viewer)
    stage.send(1, ["type": "history", "id": "q"])
    stage.answer(.read(number: 2, nil))
    let refusal = try #require(stage.inbox(1).last)
    #expect(refusal["code"] == "overloaded" && refusal["ref"] == "q")
    #expect(stage.core.reads.isEmpty && stage.core.waitingRequests.isEmpty)
    var refused: HTTPResponse?
    for _ in 0...HousesLimits.readsMax where refused == nil {
      stage.now = stage.now + .seconds(1)
      refused = try stage.ask(.get, "/api/v1/rooms/demo/messages", token: bob)
    }
    #expect(refused?.status == 503 && stage.core.reads.count == HousesLimits.readsMax)
  }

  @Test("a cursor is read as it was written, and nothing else is one")
  func cursors() {
    for cursor in [LogCursor.events(after: 1), .people(after: .max), .texts(from: 1 << 53)] {
      #expect(LogCursor(cursor.text) == cursor)
    }
    for text in ["", "e", "x1", "e-1", "e0", "p4294967296", "t9007199254740993", "e1.5", "é1"] {
      #expect(LogCursor(text) == nil, "\(text)")
    }
    for place in [
      RoomListCursor.Place.live(viewers: 0, room: String(repeating: "r", count: 64)),
      .upcoming(startsAtMs: 1 << 53, room: 1 << 53),
    ] {
      let text = RoomListCursor(place).text
      #expect(RoomListCursor(text)?.place == place && text.utf8.count <= RoomListCursor.textMax)
    }
    for text in ["", "l", "l.", "l.1", "l.x.a", "l.-1.a", "u.1.a", "u.1.1.1", "x.1.1"] {
      #expect(RoomListCursor(text) == nil, "\(text)")
    }
  }
}
