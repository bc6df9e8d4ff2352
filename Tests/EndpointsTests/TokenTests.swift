import Access
import HTTP
import JSON
import Testing
import Wire

@testable import Endpoints

@Suite("Minting viewers' tokens")
struct TokenTests {
  private let tokens = "/api/v1/rooms/demo/tokens"

  private func mint(
    _ stage: inout RoomSocketStage, _ body: JSONValue? = nil, token: String? = nil,
    headers: HTTPHeaders = [:], from remote: String = "198.51.100.1:4000"
  ) throws -> HTTPResponse {
    try #require(
      try stage.ask(.post, tokens, body, token: token, headers: headers, from: remote))
  }

  @Test("an anonymous viewer gets a random identity, and its token opens the room and no other")
  func anonymous() throws {
    var stage = try RoomSocketStage()
    let first = try mint(&stage, ["role": "viewer", "name": "Guest"])
    let second = try mint(&stage)
    #expect(first.status == 201 && second.status == 201)
    #expect(first.headers["Cache-Control"] == "no-store")
    #expect(first.json.text("identity").hasPrefix("anon-"))
    #expect(first.json.text("identity") != second.json.text("identity"))
    #expect(first.json["name"] == "Guest" && second.json["name"] == nil)
    let expires = stage.wall + AccessControl.viewerLifetime
    #expect(first.json["expiresAtMs"] == .integer(expires.milliseconds))
    try stage.open(1)
    stage.send(
      1,
      [
        "type": "join", "version": 1, "room": "demo", "token": .string(first.json.text("token")),
      ])
    let joined = try stage.only(1)
    #expect(joined.object("member")["name"] == "Guest")
    #expect(joined["expiresAtMs"] == first.json["expiresAtMs"])
    let other = try stage.ask(
      .post, "/whep/other", text: [], first.json.text("token"))
    #expect(other?.status == 403)
  }

  @Test("the old token as Authorization keeps identity and name, as long as it is good")
  func sameIdentity() throws {
    var stage = try RoomSocketStage()
    let first = try mint(&stage, ["name": "Guest"]).json
    stage.wait(.seconds(2))
    let again = try mint(&stage, token: first.text("token")).json
    #expect(again["identity"] == first["identity"] && again["name"] == "Guest")
    #expect(again["expiresAtMs"] != first["expiresAtMs"])
    let renamed = try mint(&stage, ["name": "Vera"], token: again.text("token")).json
    #expect(renamed["identity"] == first["identity"] && renamed["name"] == "Vera")
    stage.now = stage.now + AccessControl.viewerLifetime + .seconds(60)
    #expect(try mint(&stage, token: renamed.text("token")).status == 401)
  }

  @Test("a shop's own token is not prolonged: its bearer gets an anonymous identity")
  func foreignIdentity() throws {
    var stage = try RoomSocketStage()
    let ticket = try stage.token("vera", .viewer)
    #expect(try mint(&stage, token: ticket).json.text("identity").hasPrefix("anon-"))
    let host = try stage.token("alice", .host)
    #expect(try mint(&stage, token: host).json.text("identity").hasPrefix("anon-"))
  }

  @Test("a host or a service names the identity, others may not")
  func namedIdentity() throws {
    var stage = try RoomSocketStage()
    for role in [Role.host, .service] {
      let token = try stage.token("boss", role)
      let minted = try mint(&stage, ["identity": "vera", "name": "Vera"], token: token).json
      #expect(minted["identity"] == "vera" && minted["role"] == "viewer")
    }
    for role in [Role.cohost, .moderator, .viewer] {
      let token = try stage.token("boss", role)
      #expect(try mint(&stage, ["identity": "vera"], token: token).status == 403)
    }
    #expect(try mint(&stage, ["identity": "vera"]).status == 401)
  }

  @Test(
    "an address gets a hundred at once, then 429; an IPv6 /64 counts as one, others do not mind")
  func rate() throws {
    var stage = try RoomSocketStage()
    for host in 1...100 {
      #expect(try mint(&stage, from: "[2001:db8::\(host)]:99").status == 201)
    }
    let refused = try mint(&stage, from: "[2001:db8::ffff]:99")
    #expect(refused.status == 429 && refused.headers["Retry-After"] != nil)
    #expect(refused.json["code"] == "rate")
    #expect(try mint(&stage, from: "[2001:db8:0:1::1]:99").status == 201)
    #expect(try mint(&stage, from: "198.51.100.1:1").status == 201)
    stage.now = stage.now + .seconds(1)
    #expect(try mint(&stage, from: "[2001:db8::1]:99").status == 201)
  }

  @Test("behind a trusted proxy each client has its own budget; nobody else may name a client")
  func proxies() throws {
    var stage = try RoomSocketStage(trusting: ["127.0.0.1"])
    func from(_ client: String) -> HTTPHeaders { ["X-Forwarded-For": client] }
    for _ in 1...100 {
      _ = try mint(&stage, headers: from("203.0.113.1"), from: "127.0.0.1:1")
    }
    let same = try mint(&stage, headers: from("1.1.1.1, 203.0.113.1"), from: "127.0.0.1:1")
    #expect(same.status == 429)
    #expect(try mint(&stage, headers: from("203.0.113.2"), from: "127.0.0.1:1").status == 201)
    for client in 1...100 {
      _ = try mint(&stage, headers: from("203.0.113.\(client)"), from: "198.51.100.1:1")
    }
    let liar = try mint(&stage, headers: from("192.0.2.1"), from: "198.51.100.1:1")
    #expect(liar.status == 429)
  }

  @Test("a full table of budgets forgets the oldest address only")
  func bounded() {
    var budgets = AddressBudgets(perSecond: 1, burst: 1, addressesMax: 3)
    let now = Instant(nanoseconds: 0)
    let addresses = (1...4).map { IPAddress(ipv4: UInt32($0)) }
    func take(_ index: Int) -> Bool { budgets.take(addresses[index], at: now) }
    for index in 0..<3 {
      #expect(take(index))
      #expect(!take(index))
    }
    #expect(take(3))
    #expect(budgets.count == 3)
    // The two younger ones are remembered, the oldest is new again.
    #expect(!take(1) && !take(2))
    #expect(take(0))
    #expect(budgets.count == 3)
    #expect(take(1))
  }
}
