import Access
import JSON
import MediaControl
import Room
import Testing
import Wire

@testable import Endpoints

@Suite("Joining, resuming and leaving a room over its socket")
struct RoomSocketJoinTests {
  private let alice = PublicationKey(identity: "alice", stream: "main")

  @Test("joined tells who one is, what one may do and where the room stands")
  func joined() throws {
    var stage = try RoomSocketStage()
    let viewer = try stage.join(1, "vera", .viewer)
    #expect(viewer["ref"] == "j" && viewer["resumed"] == false)
    #expect(viewer.text("session").count > 20)
    #expect(viewer.object("member")["name"] == "VERA")
    #expect(viewer.object("permissions")["publish"] == false)
    #expect(viewer.object("room")["phase"] == "waiting")
    #expect(viewer.object("room")["hostPresent"] == false)
    #expect(viewer["pingIntervalMs"] == 15000)
    #expect(viewer["cursor"] == 0)
    let host = try stage.join(2, "alice", .host)
    #expect(host.object("permissions")["publish"] == true)
    #expect(host.text("session") != viewer.text("session"))
    let state = try stage.only(1)
    #expect(state.type == "roomState" && state["cursor"] == 1)
    #expect(state.object("room")["hostPresent"] == true)
  }

  @Test("a bad token, another room's token and a missing one are refused, then bye and close")
  func refusedTokens() throws {
    var stage = try RoomSocketStage()
    let other = try stage.token("vera", .viewer, room: "other")
    let cases: [(JSONValue, String)] = [
      ("nonsense", "unauthorized"), (.string(other), "forbidden"), (nil, "unauthorized"),
    ]
    for (index, (token, code)) in cases.enumerated() {
      let socket = UInt64(index)
      try stage.open(socket)
      stage.send(
        socket, ["type": "join", "id": "1", "version": 1, "room": "demo", "token": token])
      let messages = stage.inbox(socket)
      #expect(messages.map(\.type) == ["error", "bye"])
      #expect(messages.first?.text("code") == code && messages.first?["ref"] == "1")
      #expect(messages.last?["retryAfterMs"] == .null)
      #expect(stage.closed[socket] == 1008)
    }
    #expect(stage.sockets.sessions.isEmpty && stage.sockets.audiences.isEmpty)
  }

  @Test("another version is refused with those spoken, and a join of one of them is taken")
  func versions() throws {
    var stage = try RoomSocketStage()
    let token = try stage.token("vera", .viewer)
    for (index, version) in [0, 2, 99, -1, Int64.max].enumerated() {
      let socket = UInt64(index)
      try stage.open(socket)
      // In another version fields may mean anything: nothing but the version is looked at.
      stage.send(
        socket, ["type": "join", "id": "1", "version": .integer(version), "room": 7, "token": 7])
      let messages = stage.inbox(socket)
      #expect(messages.map(\.type) == ["error", "bye"] && stage.closed[socket] == 1008)
      #expect(messages[0].text("code") == "unsupported-version" && messages[0]["ref"] == "1")
      guard case .array(let versions)? = messages[0]["versions"], let best = versions.last else {
        Issue.record("no versions")
        continue
      }
      try stage.open(100 + socket)
      stage.send(
        100 + socket,
        [
          "type": "join", "id": "1", "version": best, "room": "demo", "token": .string(token),
          "extensions": ["of": "a later version"],
        ])
      let joined = try #require(stage.inbox(100 + socket).first)
      #expect(joined.type == "joined" && joined["version"] == best)
    }
    // What is no version at all is a mistake, not another version.
    for version in ["1", 1.5, nil, true] as [JSONValue] {
      try stage.open(200)
      stage.send(
        200,
        [
          "type": "join", "id": "1", "version": version, "room": "demo", "token": .string(token),
        ])
      let error = try #require(stage.inbox(200).first)
      #expect(error["code"] == "bad-message" && error.text("message").hasPrefix("version:"))
      stage.close(200)
    }
  }

  @Test("JSON that is hostile gets an error that names what is wrong, and the session goes on")
  func hostileJSON() throws {
    var stage = try RoomSocketStage()
    _ = try stage.join(1, "vera", .viewer)
    _ = stage.inbox(1)
    let deep = String(repeating: "[", count: 30_000) + String(repeating: "]", count: 30_000)
    let wide = (0..<300).map { "\"k\($0)\":0" }.joined(separator: ",")
    let cases: [(String, String)] = [
      ("{\"type\":\"ping\",\"time\":\(deep)}", "nested too deeply"),
      (String(repeating: "[", count: 60_000), "nested too deeply"),
      ("{\"type\":\"ping\",\"time\":1e400}", "too large for a double"),
      ("{\"type\":\"ping\",\"time\":-1e400}", "too large for a double"),
      ("{\"type\":\"ping\",\"time\":9223372036854775808}", "does not fit in 64 bits"),
      ("{\"type\":\"ping\",\"time\":\(String(repeating: "9", count: 200))}", "too many digits"),
      ("{\"type\":\"ping\",\"type\":\"leave\"}", "has this key already"),
      ("{\"type\":\"ping\",\"a\":{\"x\":1,\"\\u0078\":2}}", "has this key already"),
      ("{\"type\":\"ping\",\"a\":\"\\ud800\"}", "surrogate"),
      ("{\"type\":\"ping\",\"a\":\"\\udc00\\ud800\"}", "surrogate"),
      ("{\"type\":\"ping\",\"\\ud83d\":1}", "surrogate"),
      ("{\"type\":\"ping\",\"a\":[\(String(repeating: "0,", count: 5000))0]}", "too many values"),
      ("{\"type\":\"ping\",\(wide)}", "too many members"),
      ("{\"type\":\"ping\"}{\"type\":\"leave\"}", "follows the document"),
      ("{\"type\":\"ping\",\"time\":NaN}", "not allowed here"),
      ("\"ping\"", "expected an object"),
      ("", "ends too early"),
    ]
    for (text, says) in cases {
      stage.send(1, text: Array(text.utf8))
      let error = try stage.only(1)
      #expect(error["code"] == "bad-message", "\(text.prefix(60))")
      #expect(error.text("message").contains(says), "\(text.prefix(60)): \(error)")
      stage.send(1, ["type": "ping", "id": "p"])
      #expect(try stage.only(1).type == "pong")
      #expect(stage.closed[1] == nil)
      // Ten in a minute would close the socket.
      stage.wait(.seconds(10))
      _ = stage.inbox(1)
    }
  }

  @Test("nothing is taken from a socket whose join was refused")
  func afterRefusal() throws {
    var stage = try RoomSocketStage()
    try stage.open(1)
    stage.send(1, ["type": "join", "version": 1, "room": "demo", "token": "x"])
    let token = try stage.token("vera", .viewer)
    stage.send(1, ["type": "join", "version": 1, "room": "demo", "token": .string(token)])
    #expect(stage.sockets.sessions.isEmpty)
  }

  @Test("a lost socket harms nothing: within 30 s the session is resumed with its connections")
  func resume() throws {
    var stage = try RoomSocketStage()
    let first = try stage.join(1, "alice", .host)
    _ = try stage.publish(1)
    stage.report(.connected(try stage.peer { _ in true }))
    stage.close(1)
    stage.wait(.seconds(29))
    let second = try stage.join(2, "alice", .host, resume: first.text("session"))
    #expect(second["resumed"] == true)
    #expect(second["session"] == first["session"])
    let connection = try #require(second.objects("connections").first)
    #expect(connection["connection"] == "c1" && connection["kind"] == "publish")
    #expect(connection["stream"] == "main" && connection["generation"] == 1)
    stage.wait(.seconds(40))
    #expect(stage.core.rooms["demo"]?.publications[alice] != nil)
  }

  @Test("a subscription is resumed with its map")
  func resumeMap() throws {
    var stage = try RoomSocketStage()
    _ = try stage.join(1, "alice", .host)
    _ = try stage.publish(1)
    let viewer = try stage.join(2, "vera", .viewer)
    let offer = stage.viewOffer()
    stage.send(
      2, ["type": "subscribe", "sdp": offer, "map": ["0": "alice/main", "1": "alice/main"]])
    stage.close(2)
    let again = try stage.join(3, "vera", .viewer, resume: viewer.text("session"))
    let connection = try #require(again.objects("connections").first)
    #expect(connection["kind"] == "subscribe")
    #expect(connection["map"] == ["0": "t1", "1": "t2"])
  }

  @Test("after 30 s the session and its publication are over, and resume makes a new one")
  func tooLate() throws {
    var stage = try RoomSocketStage()
    let first = try stage.join(1, "alice", .host)
    _ = try stage.publish(1)
    stage.close(1)
    stage.wait(.seconds(32))
    #expect(stage.core.transports.isEmpty)
    let second = try stage.join(2, "alice", .host, resume: first.text("session"))
    #expect(second["resumed"] == false)
    #expect(second.objects("connections").isEmpty)
  }

  @Test("another identity can't resume a session")
  func foreignResume() throws {
    var stage = try RoomSocketStage()
    let first = try stage.join(1, "alice", .host)
    let thief = try stage.join(2, "mallory", .host, resume: first.text("session"))
    #expect(thief["resumed"] == false)
    #expect(stage.closed[1] == nil)
  }

  @Test("a session resumed while its old socket still seems open says bye to that one")
  func replaced() throws {
    var stage = try RoomSocketStage()
    let first = try stage.join(1, "vera", .viewer)
    let second = try stage.join(2, "vera", .viewer, resume: first.text("session"))
    #expect(second["resumed"] == true)
    #expect(try stage.only(1)["reason"] == "replaced")
    #expect(stage.closed[1] == 4000)
    // The old socket's end must not take the session from the new one.
    stage.close(1)
    stage.wait(.seconds(40))
    #expect(stage.sockets.sessions[first.text("session")]?.socket == 2)
  }

  @Test("leave ends the session, its publication and then the socket")
  func leave() throws {
    var stage = try RoomSocketStage()
    _ = try stage.join(1, "vera", .viewer)
    _ = try stage.join(2, "alice", .host)
    _ = try stage.publish(2)
    _ = stage.inbox(1)
    stage.send(2, ["type": "leave", "id": "9"])
    #expect(stage.inbox(2).map(\.type) == ["ok", "bye"])
    #expect(stage.closed[2] == 1000)
    #expect(stage.core.transports.isEmpty)
    let news = stage.inbox(1).map(\.type)
    #expect(news.filter { $0 == "trackRemoved" }.count == 2)
    #expect(stage.sockets.sessions.count == 1)
  }

  @Test("a silent client is told bye after 45 s and may resume at once")
  func idle() throws {
    var stage = try RoomSocketStage()
    let first = try stage.join(1, "vera", .viewer)
    stage.wait(.seconds(44))
    #expect(stage.inbox(1).allSatisfy { $0.type == "roomState" })
    stage.wait(.seconds(2))
    let bye = try stage.only(1)
    #expect(bye["reason"] == "idle" && bye["retryAfterMs"] == 0)
    #expect(stage.closed[1] == 1001)
    let again = try stage.join(2, "vera", .viewer, resume: first.text("session"))
    #expect(again["resumed"] == true)
  }

  @Test("one identity has at most 16 sessions in a room; others are not concerned")
  func sessionsMax() throws {
    var stage = try RoomSocketStage()
    for socket in 1...16 { _ = try stage.join(UInt64(socket), "vera", .viewer) }
    #expect(throws: RoomSocketStage.StageFault.self) { _ = try stage.join(17, "vera", .viewer) }
    _ = try stage.join(18, "victor", .viewer)
    stage.send(1, ["type": "leave"])
    let token = try stage.token("vera", .viewer)
    stage.send(17, ["type": "join", "version": 1, "room": "demo", "token": .string(token)])
    #expect(stage.inbox(17).first?.type == "joined")
  }

  @Test("a draining server says bye to everyone, at different times to come back")
  func drain() throws {
    var stage = try RoomSocketStage()
    for socket in 1...4 { _ = try stage.join(UInt64(socket), "v\(socket)", .viewer) }
    stage.core.drain()
    stage.wait(.milliseconds(200))
    var times: Set<JSONValue> = []
    for socket in 1...4 {
      let bye = try stage.only(UInt64(socket))
      #expect(bye["reason"] == "draining")
      times.insert(bye["retryAfterMs"] ?? .null)
      #expect(stage.closed[UInt64(socket)] == 1001)
    }
    #expect(times.count > 1 && !times.contains(.null))
  }

  @Test("a room is kept while members wait in it, and forgotten after the last has gone")
  func held() throws {
    var stage = try RoomSocketStage()
    _ = try stage.join(1, "vera", .viewer)
    stage.wait(.seconds(10))
    #expect(stage.core.rooms["demo"] != nil)
    stage.send(1, ["type": "leave"])
    stage.wait(.seconds(2))
    #expect(stage.core.rooms["demo"] == nil)
    #expect(stage.sockets.audiences.isEmpty)
  }
}
