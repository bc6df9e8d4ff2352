// Where viewers are told to watch, over room sockets and WHEP, and what follows for drops.

import Access
import Commerce
import HTTP
import JSON
import MediaControl
import Messages
import Negotiation
import RTP
import Room
import Testing
import Web
import Wire

@testable import Endpoints

/// A server with an HLS tier and few seats.
private struct SeatStage {
  static let template = "https://live.example/hls/{room}/index.m3u8"
  static let url = JSONValue.string("https://live.example/hls/demo/index.m3u8")
  var stage: RoomSocketStage
  private var last = 0

  init(seats: Int? = 2) throws {
    stage = try RoomSocketStage(hls: SeatStage.template, webRTCViewers: seats)
  }

  /// Joins as a viewer and watches if it may.
  @discardableResult
  mutating func watch(_ socket: UInt64, _ identity: String) throws -> JSONObject {
    let joined = try stage.join(socket, identity, .viewer)
    if joined["delivery"] == nil { #expect(subscribe(socket).type == "answer") }
    return joined
  }

  mutating func subscribe(_ socket: UInt64) -> JSONObject {
    stage.send(socket, ["type": "subscribe", "id": "s", "sdp": stage.viewOffer()])
    let messages = stage.inbox(socket)
    return messages.first { $0["ref"] == "s" } ?? JSONObject()
  }

  mutating func deliveries(_ socket: UInt64) -> [JSONObject] {
    stage.inbox(socket).filter { $0.type == "delivery" }
  }

  /// Its newest transport ends as if the client had closed it.
  mutating func hangUp(_ identity: String) throws {
    let peer = try stage.peer { $0.member.identity == identity }
    stage.report(.ended(peer, .closedByPeer))
  }

  mutating func command(
    _ socket: UInt64, _ type: String, _ fields: JSONObject = [:]
  ) throws -> JSONObject {
    last += 1
    var request = fields
    request["type"] = .string(type)
    request["id"] = .string("c\(last)")
    stage.send(socket, .object(request))
    let ref = JSONValue.string("c\(last)")
    return try #require(stage.inbox(socket).first { $0["ref"] == ref })
  }

  mutating func offerScarves() throws {
    _ = try stage.join(1, "alice", .host)
    let put = try command(
      1, "putListing",
      [
        "reference": "scarf", "title": "Scarf", "currency": "EUR",
        "variants": [["sku": "S", "priceMinor": 100, "units": 9]],
      ])
    #expect(put.type == "ok")
  }

  mutating func drop(quantity: Int64) throws -> Int64 {
    let drop = try command(
      1, "scheduleDrop",
      [
        "sku": "S", "quantity": .integer(quantity), "priceMinor": 50, "countdownSeconds": 30,
        "durationSeconds": 300,
      ])
    return drop.number("drop")
  }
}

@Suite("Where viewers are told to watch")
struct DeliveryTests {
  @Test("the third viewer for two seats joins with HLS, and is back when one leaves")
  func spillsOver() throws {
    var test = try SeatStage()
    try test.watch(1, "ann")
    try test.watch(2, "ben")
    let joined = try test.watch(3, "cleo")
    #expect(joined.object("delivery")["via"] == "hls")
    #expect(joined.object("delivery")["url"] == SeatStage.url)
    #expect(joined.object("delivery")["reason"] == "full")
    let refused = test.subscribe(3)
    #expect(refused.type == "error" && refused["code"] == "viewers-full")
    test.stage.wait(.seconds(20))
    #expect(test.deliveries(3) == [])
    test.stage.send(1, ["type": "leave", "id": "l"])
    test.stage.wait(.seconds(2))
    #expect(test.deliveries(3) == [["type": "delivery", "via": "webrtc", "reason": "free"]])
    #expect(test.subscribe(3).type == "answer")
  }

  @Test("a refused subscribe is told where to watch instead")
  func toldWithRefusal() throws {
    var test = try SeatStage(seats: 1)
    try test.watch(1, "ann")
    _ = try test.watch(2, "ben")
    test.stage.send(2, ["type": "subscribe", "id": "s", "sdp": test.stage.viewOffer()])
    let messages = test.stage.inbox(2)
    #expect(messages.contains { $0.type == "delivery" && $0["url"] == SeatStage.url })
  }

  @Test("who gives the key of protected shows is told with HLS, and not with WebRTC")
  func licences() throws {
    var stage = try RoomSocketStage(
      hls: SeatStage.template,
      hlsLicences: ["org.w3.clearkey=https://keys.example/{room}"], webRTCViewers: 1)
    _ = try stage.join(1, "ann", .viewer)
    let told = try stage.join(2, "ben", .viewer).object("delivery")
    #expect(
      told["licences"]
        == [["keySystem": "org.w3.clearkey", "url": "https://keys.example/demo"]])
    stage.wait(.seconds(20))
    stage.send(1, ["type": "leave", "id": "l"])
    stage.wait(.seconds(2))
    #expect(
      stage.inbox(2).filter { $0.type == "delivery" }
        == [["type": "delivery", "via": "webrtc", "reason": "free"]])
  }

  @Test("where addresses are signed a viewer's is good for the room and for hours")
  func signedAddress() throws {
    let keys = String(repeating: "k", count: StreamAccess.secretMin)
    var stage = try RoomSocketStage(hls: SeatStage.template, hlsKeys: keys, webRTCViewers: 1)
    _ = try stage.join(1, "ann", .viewer)
    let url = try stage.join(2, "ben", .viewer).object("delivery").text("url")
    let parts = url.split(separator: "/")
    #expect(url.hasPrefix("https://live.example/hls/demo/~") && parts.last == "index.m3u8")
    let token = try #require(parts.dropLast().last).dropFirst()
    let access = try #require(StreamAccess(keyFile: keys))
    #expect(access.allows(token, room: "demo", at: stage.wall + .seconds(5 * 3600)))
    #expect(!access.allows(token, room: "demo", at: stage.wall + .seconds(7 * 3600)))
    #expect(!access.allows(token, room: "other", at: stage.wall))
  }

  @Test("who comes back with a session finds it on HLS still")
  func resumes() throws {
    var test = try SeatStage(seats: 1)
    try test.watch(1, "ann")
    let joined = try test.watch(2, "ben")
    test.stage.close(2)
    let again = try test.stage.join(3, "ben", .viewer, resume: joined.text("session"))
    #expect(again["resumed"] == true)
    #expect(again.object("delivery")["reason"] == "full")
  }

  @Test("a lost transport keeps its seat for its viewer, a session that is over gives it back")
  func keepsSeat() throws {
    var test = try SeatStage(seats: 1)
    try test.watch(1, "ann")
    try test.watch(2, "ben")
    try test.hangUp("ann")
    test.stage.wait(.seconds(6))
    #expect(test.deliveries(2) == [])
    #expect(test.subscribe(1).type == "answer")
    // A socket that is cut keeps session and seat for half a minute.
    test.stage.close(1)
    test.stage.wait(.seconds(20))
    #expect(test.deliveries(2) == [])
    test.stage.wait(.seconds(15))
    #expect(test.deliveries(2).map { $0["via"] } == ["webrtc"])
  }

  @Test("staff and guests take no seats, and a server without an HLS tier has none to take")
  func exempt() throws {
    var test = try SeatStage(seats: 1)
    for (socket, role) in [(1, .host), (2, .cohost), (3, .moderator)] as [(UInt64, Role)] {
      let joined = try test.stage.join(socket, "s\(socket)", role)
      #expect(joined["delivery"] == nil)
      #expect(test.subscribe(socket).type == "answer")
    }
    #expect(try test.watch(4, "ann")["delivery"] == nil)
    #expect(try test.watch(5, "ben")["delivery"] != nil)
    // A guest on stage, though all seats are taken.
    #expect(try test.command(1, "inviteToStage", ["member": "ben"]).type == "ok")
    #expect(try test.command(5, "answerInvitation", ["accept": true]).type == "ok")
    test.stage.wait(.seconds(1))
    #expect(test.subscribe(5).type == "answer")

    var without = try RoomSocketStage()
    for socket in 1...20 as ClosedRange<UInt64> {
      #expect(try without.join(socket, "v\(socket)", .viewer)["delivery"] == nil)
    }
  }

  @Test(
    "a viewer who says that WebRTC fails is sent to HLS at once, and its transport ends if it does not"
  )
  func network() throws {
    var test = try SeatStage()
    try test.watch(1, "ann")
    test.stage.send(1, ["type": "watching", "id": "w", "via": "hls", "reason": "network"])
    let told = test.stage.inbox(1)
    #expect(told.contains { $0.type == "ok" && $0["ref"] == "w" })
    #expect(
      told.contains {
        $0.type == "delivery" && $0["via"] == "hls" && $0["reason"] == "network"
          && $0["url"] == SeatStage.url
      })
    #expect(test.stage.core.transports.count == 1)
    test.stage.wait(.seconds(11))
    #expect(test.stage.core.transports.isEmpty)
    let ended = test.stage.inbox(1).filter { $0.type == "connectionEnded" }
    #expect(ended.map { $0["reason"] } == ["removed"])
    #expect(test.stage.core.seats?.total.hls == 1)
  }

  @Test("a claim brings a viewer back beyond the budget; a buyer is never sent away")
  func buyers() throws {
    var test = try SeatStage(seats: 1)
    try test.offerScarves()
    try test.watch(2, "ann")
    try test.watch(3, "ben")
    let drop = try test.drop(quantity: 1)
    test.stage.wait(.seconds(31))
    _ = test.stage.inbox(3)
    #expect(try test.command(3, "claim", ["drop": .integer(drop)]).type == "ok")
    test.stage.wait(.seconds(1))
    #expect(test.deliveries(3).map { $0["reason"] } == ["buyer"])
    #expect(test.subscribe(3).type == "answer")
    // The room says HLS: who waits for a unit keeps WebRTC, the other goes.
    #expect(try test.command(1, "setRoom", ["delivery": "hls"]).type == "ok")
    test.stage.wait(.seconds(15))
    #expect(test.deliveries(2).map { $0["reason"] } == ["policy"])
    #expect(test.deliveries(3) == [])
    #expect(test.stage.core.transports.values.map(\.member.identity) == ["ben"])
  }

  @Test("a room's cap and a token's word are kept as the server's budget is")
  func policies() throws {
    var test = try SeatStage(seats: nil)
    _ = try test.stage.join(1, "alice", .host)
    #expect(try test.command(1, "setRoom", ["webrtcMax": 1]).type == "ok")
    try test.watch(2, "ann")
    #expect(try test.watch(3, "ben").object("delivery")["reason"] == "full")
    // In another room there is no cap.
    #expect(try test.stage.join(4, "cleo", .viewer, room: "other")["delivery"] == nil)
    let access = try #require(APIKey(key: "test", secret: "0123456789abcdef"))
    let token = try AccessControl(keys: [access]).mint(
      subject: "dora", name: nil, room: "other", role: .viewer, isBoundToHLS: true,
      lifetime: .seconds(60), wall: test.stage.wall
    ).token
    try test.stage.open(5)
    test.stage.send(
      5, ["type": "join", "id": "j", "version": 1, "room": "other", "token": .string(token)])
    #expect(try #require(test.stage.inbox(5).first).object("delivery")["reason"] == "policy")
  }

  @Test("a player by WHEP without a seat gets 503, and where the show is to be had")
  func whep() throws {
    var test = try SeatStage(seats: 1)
    let sections = OfferSection.viewer(audio: 1, video: 1)
    let ann = try test.stage.token("ann", .viewer)
    let ben = try test.stage.token("ben", .viewer)
    let first = try test.stage.post("/whep/demo", sections, token: ann)
    #expect(first.status == 201)
    let refused = try test.stage.post("/whep/demo", sections, token: ben)
    #expect(refused.status == 503)
    #expect(
      refused.headers["Link"]
        == "<https://live.example/hls/demo/index.m3u8>; rel=\"alternate\"; "
        + "type=\"application/vnd.apple.mpegurl\"")
    #expect(refused.headers["Retry-After"] == "10")
    #expect(refused.headers["Content-Type"] == "application/problem+json")
    #expect(refused.json["code"] == "viewers-full")
    #expect(refused.json["hls"] == SeatStage.url)
    // A service is no viewer: the HLS tier itself watches by WHEP.
    let service = try test.stage.token("sidecar", .service)
    #expect(
      try test.stage.post("/whep/demo?layer=all", sections, token: service).status == 201)
    let location = try #require(first.headers["Location"])
    #expect(try test.stage.ask(.delete, location, token: ann)?.status == 200)
    #expect(try test.stage.post("/whep/demo", sections, token: ben).status == 201)
  }

  @Test("staff is told how viewers watch, with the median of what players say; others are not")
  func tiers() throws {
    var test = try SeatStage(seats: 1)
    _ = try test.stage.join(1, "alice", .host)
    try test.watch(2, "ann")
    try test.watch(3, "ben")
    try test.watch(4, "cleo")
    test.stage.send(3, ["type": "watching", "id": "w", "via": "hls", "delayMs": 1800])
    test.stage.wait(.seconds(2))
    let told = test.stage.inbox(1).filter { $0.type == "tiers" }
    #expect(told.last == ["type": "tiers", "webrtc": 1, "hls": 2, "hlsDelayMs": 1800])
    #expect(test.stage.inbox(2).allSatisfy { $0.type != "tiers" })
    let metrics = String(
      decoding: try #require(try test.stage.ask(.get, "/metrics")).body, as: UTF8.self)
    #expect(metrics.contains("hawker_viewers{tier=\"hls\"} 2\n"))
    #expect(metrics.contains("hawker_seats_taken 1\n"))
  }

  // MARK: Fairness

  @Test("a claim over HLS counts from when its buyer saw the drop open, as the server knows it")
  func claimOfHLSViewer() throws {
    var test = try SeatStage(seats: nil)
    try test.offerScarves()
    try test.watch(2, "ann")
    try test.watch(3, "ben")
    // What a page says of its own delay counts for nothing.
    test.stage.send(3, ["type": "watching", "id": "w", "via": "hls", "reason": "asked"])
    try test.hangUp("ben")
    test.stage.send(3, ["type": "watching", "via": "hls", "delayMs": 60000])
    test.stage.send(2, ["type": "watching", "via": "hls", "delayMs": 60000])
    let drop = try test.drop(quantity: 1)
    test.stage.wait(.seconds(30) + .milliseconds(200))
    let shop = { (stage: RoomSocketStage) in try #require(stage.core.houses["demo"]).state.shop }
    let opened = try #require(try shop(test.stage).drop(drop))
    #expect(opened.windowMs == 3000)
    // Ann half a second after it opened, Ben 1.4 s after her: for him it has opened 1.5 s later.
    test.stage.now = test.stage.now + .milliseconds(500)
    #expect(try test.command(2, "claim", ["drop": .integer(drop)]).type == "ok")
    test.stage.now = test.stage.now + .milliseconds(1400)
    #expect(try test.command(3, "claim", ["drop": .integer(drop)]).type == "ok")
    test.stage.wait(.seconds(3))
    let house = try #require(test.stage.core.houses["demo"])
    let holder = try #require(house.state.shop.holds.first?.value.buyer)
    #expect(house.people.record(holder.person)?.identity == "ben")
  }

  @Test(
    "a room with nobody on HLS waits 0.3 s for late claims, and one where somebody was does so again"
  )
  func window() throws {
    var test = try SeatStage(seats: nil)
    try test.offerScarves()
    try test.watch(2, "ann")
    #expect(test.stage.core.houses["demo"]?.windowMs == 300)
    test.stage.send(2, ["type": "watching", "via": "hls", "reason": "asked"])
    try test.hangUp("ann")
    test.stage.wait(.seconds(1))
    #expect(test.stage.core.houses["demo"]?.windowMs == 3000)
    test.stage.close(2)
    test.stage.wait(.seconds(40))
    #expect(test.stage.core.houses["demo"]?.windowMs == 300)
  }

  @Test("a claim counts from when the web server received it, however late it is looked at")
  func receiveTime() throws {
    var test = try SeatStage(seats: nil)
    try test.offerScarves()
    try test.watch(2, "ann")
    let drop = try test.drop(quantity: 1)
    test.stage.wait(.seconds(30) + .milliseconds(200))
    let house = try #require(test.stage.core.houses["demo"])
    let opened = try #require(house.state.shop.drop(drop)?.openedAtMs)
    // Received in the window of 0.3 s, looked at a second later.
    test.stage.now = test.stage.now + .milliseconds(1250)
    let claim: JSONValue = ["type": "claim", "id": "c", "drop": .integer(drop)]
    let late = ControlPlane.receiveTime(
      of: test.stage.now - .milliseconds(1200), at: test.stage.now, wall: test.stage.wall)
    test.stage.sockets.take(
      .message(2, claim.write()), &test.stage.core, at: test.stage.now, wall: late)
    test.stage.carryOut()
    let claims = try #require(test.stage.core.houses["demo"]?.state.shop.drop(drop)?.claims)
    #expect(claims.count == 1, "a claim of the window waits to be decided")
    let held = test.stage.core.houses["demo"]?.state.shop.holds.count
    #expect(held == 0)
    #expect(late.milliseconds == test.stage.wall.milliseconds - 1200)
    #expect(late.milliseconds - opened < 300)
  }
}
