import Access
import HTTP
import JSON
import MediaControl
import Negotiation
import RTP
import Room
import Testing
import Wire

@testable import Endpoints

@Suite("Tokens that end: revoked, expired, renewed")
struct RevocationTests {
  private let revoke = "/api/v1/rooms/demo/tokens/revoke"

  private func publish(_ stage: inout RoomSocketStage, _ token: String) throws -> HTTPResponse {
    try stage.post("/whip/demo", OfferSection.publisher(video: .vp8, rids: []), token: token)
  }

  private func watch(_ stage: inout RoomSocketStage, _ token: String) throws -> HTTPResponse {
    try stage.post("/whep/demo", OfferSection.viewer(audio: 1, video: 1), token: token)
  }

  @Test("a revoked identity's sockets and WHEP sessions end, and its tokens open nothing more")
  func revoked() throws {
    var stage = try RoomSocketStage()
    _ = try stage.join(1, "vera", .viewer)
    stage.send(1, ["type": "subscribe", "sdp": stage.viewOffer(), "map": ["0": "alice/main"]])
    _ = try stage.join(2, "victor", .viewer)
    let vera = try stage.token("vera", .viewer)
    #expect(try watch(&stage, vera).status == 201)
    #expect(try watch(&stage, try stage.token("victor", .viewer)).status == 201)
    _ = stage.inbox(1)
    _ = stage.inbox(2)
    let answer = try stage.ask(
      .post, revoke, ["identity": "vera"], token: try stage.token("alice", .host))
    #expect(answer?.status == 200)
    #expect(stage.inbox(1).map(\.type) == ["connectionEnded", "bye"])
    #expect(stage.closed[1] == 1008)
    #expect(stage.core.transports.values.map(\.member.identity) == ["victor"])
    #expect(stage.sockets.sessions.count == 1)
    #expect(stage.inbox(2).allSatisfy { $0.type == "roomState" } && stage.closed[2] == nil)
    #expect(try watch(&stage, vera).status == 401)
    #expect(try stage.ask(.post, "/api/v1/rooms/demo/tokens", nil, token: vera)?.status == 401)
  }

  @Test("a revoked host's publication ends at once")
  func revokedHost() throws {
    var stage = try RoomSocketStage()
    #expect(try publish(&stage, try stage.token("mallory", .cohost)).status == 201)
    #expect(stage.core.rooms["demo"]?.publications.count == 1)
    _ = try stage.ask(
      .post, revoke, ["identity": "mallory"], token: try stage.token("alice", .host))
    #expect(stage.core.rooms["demo"]?.publications.isEmpty ?? true)
    let isRemoved = stage.orders.contains { if case .removePeer = $0 { true } else { false } }
    #expect(isRemoved)
  }

  @Test("nothing is answered, ended or refused before the disk has it")
  func durable() throws {
    var stage = try RoomSocketStage()
    stage.writesAtOnce = false
    _ = try stage.join(1, "vera", .viewer)
    let host = try stage.token("alice", .host)
    #expect(try stage.ask(.post, revoke, ["identity": "vera"], token: host) == nil)
    #expect(stage.closed[1] == nil)
    #expect(try watch(&stage, try stage.token("vera", .viewer)).status == 201)
    let record = try #require(stage.records.first)
    #expect(
      record.change == .revoke(Revocation(room: "demo", subject: "vera", until: nil)))
    stage.written(record.number)
    #expect(stage.answers.values.contains { $0.status == 200 && $0.json["identity"] == "vera" })
    #expect(stage.closed[1] == 1008)
    #expect(stage.core.transports.isEmpty)
  }

  @Test("a revocation lasts until its tokens are over, or until it is lifted")
  func until() throws {
    var stage = try RoomSocketStage()
    let host = try stage.token("alice", .host, lifetime: .seconds(90_000))
    let vera = try stage.token("vera", .viewer, lifetime: .seconds(90_000))
    let end = (stage.wall + .seconds(60)).milliseconds
    _ = try stage.ask(
      .post, revoke, ["identity": "vera", "expiresAtMs": .integer(end)], token: host)
    stage.now = stage.now + .seconds(89)
    #expect(try watch(&stage, vera).status == 401)
    stage.now = stage.now + .seconds(2)
    #expect(try watch(&stage, vera).status == 201)
    let forever = try stage.ask(.post, revoke, ["identity": "vera"], token: host)
    #expect(forever?.json["expiresAtMs"] == nil)
    #expect(try watch(&stage, vera).status == 401)
    #expect(try stage.ask(.delete, revoke + "?identity=vera", token: host)?.status == 204)
    #expect(try watch(&stage, vera).status == 201)
    let anonymous = try stage.ask(.post, revoke, ["identity": "anon-1"], token: host)
    let half = (stage.wall + AccessControl.viewerLifetime).milliseconds
    #expect(anonymous?.json["expiresAtMs"] == .integer(half))
  }

  @Test("a service's token for all rooms is revoked in one, and no token is minted for the revoked")
  func service() throws {
    var stage = try RoomSocketStage()
    let service = try stage.token("hls", .service, room: "*")
    _ = try stage.ask(.post, revoke, ["identity": "vera"], token: service)
    let minted = try stage.ask(
      .post, "/api/v1/rooms/demo/tokens", ["identity": "vera"], token: service)
    #expect(minted?.status == 403)
    _ = try stage.ask(
      .post, revoke, ["identity": "hls"], token: try stage.token("alice", .host))
    #expect(try watch(&stage, service).status == 401)
    let other = try stage.post(
      "/whep/other", OfferSection.viewer(audio: 1, video: 1), token: service)
    #expect(other.status == 201)
  }

  // MARK: Expiry

  @Test("a room socket's token ends with bye 30 s after exp; its media 30 s later, unless resumed")
  func socketExpiry() throws {
    var stage = try RoomSocketStage()
    let joined = try stage.join(1, "alice", .host, lifetime: .seconds(60))
    _ = try stage.publish(1)
    stage.report(.connected(try stage.peer { _ in true }))
    func ping(_ stage: inout RoomSocketStage, for seconds: Int) {
      for _ in 0..<seconds {
        stage.wait(.seconds(1))
        stage.send(1, ["type": "ping"])
      }
    }
    ping(&stage, for: 88)
    #expect(stage.closed[1] == nil)
    _ = stage.inbox(1)
    ping(&stage, for: 4)
    #expect(stage.inbox(1).last?["reason"] == "token-expired")
    #expect(stage.closed[1] == 1008)
    stage.wait(.seconds(25))
    #expect(stage.core.transports.count == 1)
    let again = try stage.join(2, "alice", .host, resume: joined.text("session"))
    #expect(again["resumed"] == true && again.objects("connections").count == 1)
    stage.close(2)
    stage.wait(.seconds(32))
    #expect(stage.core.transports.isEmpty && stage.sockets.sessions.isEmpty)
  }

  @Test("a fresh token keeps the session; one of another identity, role or room changes nothing")
  func renewal() throws {
    var stage = try RoomSocketStage()
    _ = try stage.join(1, "vera", .viewer, lifetime: .seconds(60))
    func send(_ stage: inout RoomSocketStage, _ token: String) throws -> JSONObject {
      stage.send(1, ["type": "token", "id": "8", "token": .string(token)])
      return try stage.only(1)
    }
    let other = try stage.token("victor", .viewer)
    #expect(try send(&stage, other)["code"] == "forbidden")
    #expect(try send(&stage, try stage.token("vera", .moderator))["code"] == "forbidden")
    #expect(try send(&stage, try stage.token("vera", .viewer, room: "b"))["code"] == "forbidden")
    #expect(try send(&stage, "x.y.z")["code"] == "unauthorized")
    #expect(stage.closed[1] == nil)
    let reply = try send(&stage, try stage.token("vera", .viewer, lifetime: .seconds(300)))
    #expect(reply.type == "ok" && reply["ref"] == "8")
    // An older one that is still good does not shorten it.
    #expect(try send(&stage, try stage.token("vera", .viewer, lifetime: .seconds(30))).type == "ok")
    for _ in 0..<325 {
      stage.wait(.seconds(1))
      stage.send(1, ["type": "ping"])
    }
    #expect(stage.closed[1] == nil)
    stage.wait(.seconds(10))
    #expect(stage.closed[1] == 1008)
  }

  @Test("a WHIP session ends 60 s after exp; a PATCH with a newer token keeps it")
  func sessionExpiry() throws {
    var stage = try RoomSocketStage()
    let short = try stage.token("alice", .host, lifetime: .seconds(10))
    let first = try publish(&stage, short)
    let second = try watch(&stage, try stage.token("vera", .viewer, lifetime: .seconds(10)))
    for peer in stage.core.transports.keys { stage.report(.connected(peer)) }
    let location = try #require(first.headers["Location"])
    #expect(second.status == 201)
    stage.wait(.seconds(30))
    let fragment =
      "a=ice-ufrag:client01\r\na=ice-pwd:clientPassword0123456789\r\n"
      + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=end-of-candidates\r\n"
    let fresh = try stage.token("alice", .host, lifetime: .seconds(300))
    let etag = try #require(first.headers["ETag"])
    let patched = try stage.ask(
      .patch, location, text: Array(fragment.utf8), fresh,
      ["Content-Type": "application/trickle-ice-sdpfrag", "If-Match": etag])
    #expect(patched?.status == 204)
    stage.wait(.seconds(39))
    #expect(stage.core.transports.count == 2)
    stage.wait(.seconds(2))
    #expect(stage.core.transports.values.map(\.member.identity) == ["alice"])
    stage.wait(.seconds(400))
    #expect(stage.core.transports.isEmpty)
  }
}
