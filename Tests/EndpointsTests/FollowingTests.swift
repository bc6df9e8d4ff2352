import Access
import HTTP
import JSON
import Room
import Testing
import Wire

@testable import Endpoints

@Suite("Whom one follows, and who subscribes")
struct FollowingTests {
  private func following(
    _ test: inout RoomAPIStage, _ query: String = "", token: String?
  ) throws -> HTTPResponse {
    test.stage.now = test.stage.now + .seconds(1)
    let answer = try #require(
      try test.stage.ask(.get, "/api/v1/me/following\(query)", token: token))
    try check(answer, against: .server(.listFollowing))
    return answer
  }

  /// `host: room phase announcement`, a line for each room.
  private func lines(_ answer: HTTPResponse) -> [String] {
    answer.json.objects("following").flatMap { entry in
      let host = entry.object("host")
      let rooms = entry.objects("rooms").map { room in
        "\(room.text("room")) \(room.text("phase")) \(room.text("announcement"))"
      }
      return ["\(host.text("identity")) \(host.text("name")): \(rooms.joined(separator: ", "))"]
    }
  }

  /// Alice has a show in demo, Zoe one in vinyl; Bob follows both with tokens of their rooms.
  private func stage() throws -> (test: RoomAPIStage, bob: String) {
    var test = try RoomAPIStage()
    let startsAtMs = test.stage.wall.milliseconds + 3_600_000
    let schedule: JSONValue = ["title": "Sale", "startsAtMs": .integer(startsAtMs)]
    for (room, host) in [("demo", "alice"), ("vinyl", "zoe")] {
      let token = try test.stage.token(host, .host, room: room)
      #expect(try test.ask(.put, "/schedule", schedule, token: token, room: room).status == 200)
      let bob = try test.stage.token("bob", .viewer, room: room)
      #expect(try test.ask(.put, "/follow", ["on": true], token: bob, room: room).status == 200)
    }
    return (test, try test.stage.token("bob", .viewer))
  }

  @Test("hosts come by identity, with what they have on or to come and what they announced")
  func rooms() throws {
    var (test, bob) = try stage()
    #expect(
      lines(try following(&test, token: bob))
        == ["alice ALICE: demo scheduled ", "zoe ZOE: vinyl scheduled "])
    _ = try test.ask(.post, "/announcements", ["text": "Soon"], token: test.host)
    _ = try test.ask(.post, "/announcements", ["text": "Now!"], token: test.host)
    try test.join(1, "vera", .viewer)
    test.stage.core.houses.serve(
      .phaseObserved(.live), in: "demo", atMs: test.stage.wall.milliseconds)
    test.stage.wait(.milliseconds(600))
    let answer = try following(&test, token: bob)
    #expect(lines(answer) == ["alice ALICE: demo live Now!", "zoe ZOE: vinyl scheduled "])
    let room = try #require(answer.json.objects("following").first?.objects("rooms").first)
    #expect(room["viewers"] == 1 && answer.headers["Cache-Control"] == "no-store")
    #expect(lines(try following(&test, token: test.host)).isEmpty)
    _ = try test.ask(.put, "/follow", ["on": false], token: bob)
    #expect(lines(try following(&test, token: bob)) == ["zoe ZOE: vinyl scheduled "])
  }

  @Test("pages go on by host; what is wrong is refused")
  func pages() throws {
    var (test, bob) = try stage()
    let first = try following(&test, "?limit=1", token: bob)
    #expect(lines(first) == ["alice ALICE: demo scheduled "] && first.json["next"] == "alice")
    let second = try following(&test, "?limit=1&after=alice", token: bob)
    #expect(lines(second) == ["zoe ZOE: vinyl scheduled "] && second.json["next"] == .null)
    #expect(try following(&test, token: nil).status == 401)
    #expect(try following(&test, token: "x").status == 401)
    for bad in ["?limit=0", "?limit=101", "?after=%01"] {
      #expect(try following(&test, bad, token: bob).status == 400, "\(bad)")
    }
  }

  @Test("a room that is not listed is in no list nor among what hosts have on; it opens by name")
  func unlisted() throws {
    var (test, bob) = try stage()
    let list = try #require(try test.stage.ask(.get, "/api/v1/rooms"))
    #expect(list.json.objects("rooms").map { $0.text("room") } == ["demo", "vinyl"])
    let hidden = try test.ask(.patch, "/settings", ["listed": false], token: test.host)
    #expect(hidden.status == 200)
    let after = try #require(try test.stage.ask(.get, "/api/v1/rooms"))
    #expect(after.json.objects("rooms").map { $0.text("room") } == ["vinyl"])
    #expect(
      lines(try following(&test, token: bob)) == ["alice ALICE: ", "zoe ZOE: vinyl scheduled "])
    let room = try test.ask(.get, "", token: bob)
    #expect(room.json.object("settings")["listed"] == false)
    // Of another setting it says nothing.
    _ = try test.ask(.patch, "/settings", ["title": "Secret"], token: test.host)
    #expect(
      try #require(try test.stage.ask(.get, "/api/v1/rooms")).json.objects("rooms").count == 1)
    _ = try test.ask(.patch, "/settings", ["listed": true], token: test.host)
    #expect(
      try #require(try test.stage.ask(.get, "/api/v1/rooms")).json.objects("rooms").count == 2)
  }

  @Test("subscribers are those whose token says so; a shop's service mints it, nobody else")
  func subscribers() throws {
    var test = try RoomAPIStage()
    #expect(try test.ask(.patch, "/chat", ["mode": "subscribers"], token: test.host).status == 200)
    let said: JSONValue = ["text": "mine"]
    #expect(try test.ask(.post, "/messages", said, token: test.bob).json["code"] == "chat-closed")
    let wish: JSONValue = ["identity": "vera", "subscriber": true]
    #expect(try test.ask(.post, "/tokens", wish, token: test.bob).status == 403)
    #expect(try test.ask(.post, "/tokens", ["subscriber": true]).status == 403)
    #expect(try test.ask(.post, "/tokens", ["subscriber": 1]).status == 400)
    let minted = try test.ask(.post, "/tokens", wish, token: test.host)
    #expect(minted.status == 201)
    let vera = minted.json.text("token")
    #expect(try test.ask(.post, "/messages", said, token: vera).status == 200)
  }

  @Test("a fresh token over the socket makes a subscriber of a viewer, and of a subscriber none")
  func renewal() throws {
    var test = try RoomAPIStage()
    _ = try test.ask(.patch, "/chat", ["mode": "subscribers"], token: test.host)
    _ = try test.stage.join(1, "vera", .viewer)
    #expect(test.stage.told[1]?.last { $0.type == "me" }?["subscriber"] == false)
    func minted(_ isSubscriber: Bool) throws -> JSONValue {
      let body: JSONValue = ["identity": "vera", "subscriber": .bool(isSubscriber)]
      return .string(try test.ask(.post, "/tokens", body, token: test.host).json.text("token"))
    }
    for isSubscriber in [true, false] {
      let token = try minted(isSubscriber)
      test.stage.send(1, ["type": "token", "id": "t", "token": token])
      test.stage.now = test.stage.now + .seconds(40)
      test.stage.send(1, ["type": "say", "id": "s", "text": "mine"])
      let reply = try #require(test.stage.inbox(1).last { $0["ref"] == "s" })
      #expect(reply.type == (isSubscriber ? "ok" : "error"))
    }
  }
}
