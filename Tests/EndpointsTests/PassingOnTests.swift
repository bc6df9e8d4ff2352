// Requests about rooms of other processes: passed on, once, bounded, and answered whatever happens there.

import Access
import HTTP
import JSON
import Nodes
import RoomLog
import Testing
import Wire

@testable import Endpoints

@Suite("Requests that are passed on")
struct PassingOnTests {
  private let key = [UInt8](repeating: 3, count: 32)
  private let owner = RoomOwner(
    node: 2, publicURL: "https://b.example", nodeURL: "http://10.0.0.2:8080")

  /// The process that has no room. The test is its store.
  private func wrong() throws -> RoomSocketStage {
    try RoomSocketStage(isDurable: true, membership: NodeMembership(node: 1, key: key))
  }

  /// The process that has them all.
  private func right() throws -> RoomSocketStage {
    try RoomSocketStage(
      store: try StageStore(nowMs: 1_793_248_000_000), seed: 8,
      membership: NodeMembership(node: 2, key: key))
  }

  private func say(
    _ stage: inout RoomSocketStage, _ text: String, key: String = "k1"
  ) throws -> HTTPResponse? {
    try stage.ask(
      .post, "/api/v1/rooms/demo/messages", ["text": .string(text)],
      token: try stage.token("bob", .viewer), headers: ["Idempotency-Key": key])
  }

  /// Lets the other process carry out what was passed on.
  private func carry(_ from: inout RoomSocketStage, _ to: inout RoomSocketStage) throws {
    for order in from.takeForwards() {
      #expect(order.url == owner.nodeURL)
      let request = order.request
      to.now = from.now
      let answer = try #require(
        try to.ask(
          request.method, request.target.encoded, text: request.body, nil, request.headers,
          from: "10.0.0.1:5000"))
      from.passedOn(order.number, .answered(answer))
    }
  }

  private func orders(_ stage: inout RoomSocketStage) -> Int {
    stage.takeHouseOrders().count { if case .open = $0 { true } else { false } }
  }

  @Test("a command and a query through the wrong process have the owner's answers")
  func passed() throws {
    var (a, b) = (try wrong(), try right())
    #expect(try say(&a, "hello") == nil)
    #expect(orders(&a) == 1)
    a.take(.elsewhere(room: "demo", owner))
    try carry(&a, &b)
    let said = try #require(a.answers[1])
    #expect(said.status == 200 && said.headers["Access-Control-Allow-Origin"] == "*")
    // Under its key it is carried out once, whichever process is asked.
    #expect(try say(&a, "hello") == nil)
    try carry(&a, &b)
    #expect(a.answers[2]?.body == said.body)
    let again = try say(&b, "hello")
    #expect(again?.body == said.body)
    let query = "/api/v1/rooms/demo/messages?limit=5"
    #expect(try a.ask(.get, query, token: try a.token("bob", .viewer)) == nil)
    try carry(&a, &b)
    let page = try #require(a.answers[3])
    #expect(String(decoding: page.body, as: UTF8.self).contains("hello"))
    let here = try b.ask(.get, query, token: try b.token("bob", .viewer))
    #expect(page.body == here?.body)
    // A refusal comes back as it is.
    #expect(try say(&a, "") == nil)
    try carry(&a, &b)
    #expect(a.answers[4]?.status == 400)
    #expect(a.core.metrics.forwards.answered == 4)
  }

  @Test("who may not be in the room has no request passed on, and no room is asked for")
  func strangers() throws {
    var a = try wrong()
    let token = try a.token("bob", .viewer, room: "other")
    let answer = try a.ask(
      .post, "/api/v1/rooms/demo/messages", ["text": "x"], token: token)
    #expect(answer?.status == 403)
    #expect(orders(&a) == 0 && a.takeForwards().isEmpty)
  }

  @Test("where a room is is believed for a second, and not after something went wrong there")
  func remembered() throws {
    var a = try wrong()
    _ = try say(&a, "1")
    #expect(orders(&a) == 1)
    a.take(.elsewhere(room: "demo", owner))
    _ = try say(&a, "2")
    #expect(orders(&a) == 0 && a.takeForwards().count == 2)
    a.now = a.now + ForwardLimits.ownerLife
    _ = try say(&a, "3")
    #expect(orders(&a) == 1)
    a.take(.elsewhere(room: "demo", owner))
    a.passedOn(try #require(a.takeForwards().first).number, .unreached("refused"))
    _ = try say(&a, "4")
    #expect(orders(&a) == 1)
  }

  @Test("who hears that a room was taken, or rooms given back, asks the database again")
  func hinted() throws {
    for (hints, isForgotten) in [
      ([BusHint.room("other"), .hooks], false), ([.room("demo")], true), ([.rooms], true),
    ] {
      var a = try wrong()
      _ = try say(&a, "1")
      a.take(.elsewhere(room: "demo", owner))
      _ = orders(&a)
      a.core.hinted(hints)
      _ = try say(&a, "2")
      #expect(orders(&a) == (isForgotten ? 1 : 0), "\(hints)")
    }
  }

  @Test("an owner that is gone or silent is 503 with Retry-After; what is not known is said")
  func gone() throws {
    var a = try wrong()
    _ = try say(&a, "1")
    _ = try say(&a, "2")
    _ = try say(&a, "3")
    a.take(.elsewhere(room: "demo", owner))
    let passed = a.takeForwards()
    #expect(passed.count == 3)
    a.passedOn(passed[0].number, .unreached("refused"))
    a.passedOn(passed[1].number, .unanswered("no answer"))
    a.passedOn(
      passed[2].number, .answered(HTTPResponse(403, headers: [ForwardStamp.name: "refused"])))
    for number: UInt64 in 1...3 {
      let answer = try #require(a.answers[number])
      #expect(answer.status == 503 && answer.headers["Retry-After"] == "2")
    }
    let body = try #require(a.answers[2]).body
    #expect(String(decoding: body, as: UTF8.self).contains("Idempotency-Key"))
    // A late or second answer is nobody's.
    a.passedOn(passed[0].number, .answered(HTTPResponse(200)))
    #expect(a.answers[1]?.status == 503)
  }

  @Test("what was passed on to a process that has lost the room is not passed on again")
  func hop() throws {
    var (a, b) = (
      try wrong(),
      try RoomSocketStage(
        isDurable: true, membership: NodeMembership(node: 2, key: key))
    )
    _ = try say(&a, "1")
    a.take(.elsewhere(room: "demo", owner))
    let order = try #require(a.takeForwards().first)
    for isKnown in [false, true] {
      _ = try b.ask(
        .post, order.request.target.encoded, text: order.request.body, nil, order.request.headers)
      // Remembered or not: the database is asked.
      #expect(orders(&b) == 1, "\(isKnown)")
      b.take(.elsewhere(room: "demo", RoomOwner(node: 3, nodeURL: "http://10.0.0.3:8080")))
      #expect(b.takeForwards().isEmpty)
      #expect(b.answers[isKnown ? 2 : 1]?.status == 503)
    }
  }

  @Test("a stamp that is not of a process on this database is refused, and names nobody's address")
  func forged() throws {
    var (a, b) = (try wrong(), try right())
    _ = try say(&a, "1")
    a.take(.elsewhere(room: "demo", owner))
    let order = try #require(a.takeForwards().first)
    let remote = try #require(SocketAddress("10.0.0.1:5000"))
    let origin = try b.core.origin(of: order.request, from: remote, wall: a.wall)
    #expect(origin.client == IPAddress("198.51.100.1") && origin.isPassedOn)
    var stranger = try RoomSocketStage(isDurable: true)
    var other = try RoomSocketStage(
      isDurable: true, membership: NodeMembership(node: 2, key: [UInt8](repeating: 4, count: 32)))
    for answer in [
      try a.ask(
        .post, order.request.target.encoded, text: order.request.body, nil, order.request.headers),
      try stranger.ask(
        .post, order.request.target.encoded, text: order.request.body, nil, order.request.headers),
      try other.ask(
        .post, order.request.target.encoded, text: order.request.body, nil, order.request.headers),
    ] {
      #expect(answer?.status == 403 && answer?.headers[ForwardStamp.name] == "refused")
    }
    #expect(orders(&a) == 1 && orders(&stranger) == 0 && orders(&other) == 0)
  }

  @Test("requests and bytes under way have bounds, and places come free again")
  func bounds() throws {
    var a = try wrong()
    let token = try a.token("s", .service, room: "*")
    func ask(_ stage: inout RoomSocketStage, bytes: Int) throws {
      _ = try stage.ask(
        .post, "/api/v1/rooms/demo/messages", text: [UInt8](repeating: 32, count: bytes), token,
        ["Content-Type": "application/json"])
    }
    for _ in 0...ForwardLimits.concurrentMax { try ask(&a, bytes: 10) }
    a.take(.elsewhere(room: "demo", owner))
    var passed = a.takeForwards()
    #expect(passed.count == ForwardLimits.concurrentMax)
    #expect(a.answers.values.map(\.status) == [503])
    for order in passed { a.passedOn(order.number, .unreached("refused")) }
    let large = ForwardLimits.bytesMax / 4
    for _ in 0..<5 { try ask(&a, bytes: large) }
    a.take(.elsewhere(room: "demo", owner))
    passed = a.takeForwards()
    #expect(passed.count == 4)
    for order in passed { a.passedOn(order.number, .unreached("refused")) }
    try ask(&a, bytes: large)
    a.take(.elsewhere(room: "demo", owner))
    #expect(a.takeForwards().count == 1)
  }

  @Test("who publishes or watches is sent to the owner; requests too where it takes none")
  func sent() throws {
    var a = try wrong()
    let token = try a.token("vera", .viewer)
    guard case .string(let sdp) = a.viewOffer() else { return }
    func watch(_ owner: RoomOwner) throws -> HTTPResponse? {
      a = try wrong()
      _ = try a.ask(
        .post, "/whep/demo", text: Array(sdp.utf8), token, ["Content-Type": "application/sdp"])
      a.take(.elsewhere(room: "demo", owner))
      #expect(a.takeForwards().isEmpty)
      return a.answers.values.first
    }
    #expect(try watch(owner)?.headers["Location"] == "https://b.example/whep/demo")
    let silent = try watch(RoomOwner(node: 2, nodeURL: owner.nodeURL))
    #expect(silent?.status == 503 && silent?.headers["Retry-After"] == "2")
    a = try wrong()
    _ = try say(&a, "1")
    a.take(.elsewhere(room: "demo", RoomOwner(node: 2, publicURL: "https://b.example")))
    #expect(a.answers[1]?.status == 307)
  }

  @Test("members who join through the wrong process without an address for them come back later")
  func silentOwner() throws {
    var a = try wrong()
    try a.open(1)
    a.send(
      1,
      [
        "type": "join", "id": "j", "version": 1, "room": "demo",
        "token": .string(try a.token("bob", .viewer)),
      ])
    a.take(.elsewhere(room: "demo", RoomOwner(node: 2, nodeURL: owner.nodeURL)))
    #expect(a.inbox(1).last?["reason"] == "overloaded" && a.closed[1] == 1013)
  }

  @Test("revoking and restoring go to the owner, whose sessions end; minting is anybody's")
  func tokens() throws {
    var (a, b) = (try wrong(), try right())
    _ = try b.join(1, "bob", .viewer)
    let host = try a.token("alice", .host)
    let revocations = "/api/v1/rooms/demo/tokens/revoke"
    #expect(try a.ask(.post, revocations, ["identity": "bob"], token: host) == nil)
    a.take(.elsewhere(room: "demo", owner))
    try carry(&a, &b)
    #expect(a.answers[1]?.status == 200)
    #expect(b.inbox(1).last?["reason"] == "revoked")
    #expect(
      try a.ask(.delete, revocations + "?identity=bob", token: host) == nil)
    try carry(&a, &b)
    #expect(a.answers[2]?.status == 204)
    #expect(try a.ask(.post, "/api/v1/rooms/demo/tokens")?.status == 201)
    #expect(a.takeForwards().isEmpty)
  }
}
