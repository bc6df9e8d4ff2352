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

@Suite("WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) over HTTP")
struct SessionEndpointTests {
  private static let fragmentType = "application/trickle-ice-sdpfrag"

  /// Both protocols: the endpoint, a token for it, an offer.
  private enum Side: CaseIterable {
    case whip, whep

    var path: String { self == .whip ? "/whip/demo" : "/whep/demo" }
    var role: Role { self == .whip ? .host : .viewer }
    var offer: [OfferSection] {
      self == .whip
        ? OfferSection.publisher(video: .vp8, rids: []) : OfferSection.viewer(audio: 1, video: 1)
    }
  }

  private func opened(
    _ stage: inout RoomSocketStage, _ side: Side
  ) throws -> (location: String, etag: String, token: String) {
    let token = try stage.token("someone", side.role)
    let answer = try stage.post(side.path, side.offer, token: token)
    #expect(answer.status == 201)
    return (
      try #require(answer.headers["Location"]), try #require(answer.headers["ETag"]), token
    )
  }

  private func fragment(
    ufrag: String = "client01", password: String = "clientPassword0123456789",
    candidates: [String] = []
  ) -> [UInt8] {
    let lines =
      [
        "a=ice-ufrag:\(ufrag)", "a=ice-pwd:\(password)", "m=audio 9 UDP/TLS/RTP/SAVPF 0",
        "a=mid:0",
      ] + candidates.map { "a=candidate:" + $0 } + ["a=end-of-candidates", ""]
    return Array(lines.joined(separator: "\r\n").utf8)
  }

  private func patch(
    _ stage: inout RoomSocketStage, _ location: String, _ body: [UInt8], token: String,
    match: String?, type: String = fragmentType
  ) throws -> HTTPResponse {
    var headers: HTTPHeaders = ["Content-Type": type]
    if let match { headers.append("If-Match", match) }
    return try #require(try stage.ask(.patch, location, text: body, token, headers))
  }

  @Test(
    "an offer gets 201: application/sdp, Location, a strong ETag, one direction, all candidates")
  func created() throws {
    for side in Side.allCases {
      var stage = try RoomSocketStage()
      let token = try stage.token("someone", side.role)
      let answer = try stage.post(side.path, side.offer, token: token)
      #expect(answer.status == 201)
      #expect(answer.headers["Content-Type"] == "application/sdp")
      #expect(answer.headers["Location"]?.hasPrefix(side.path + "/") == true)
      #expect(answer.headers["ETag"]?.hasPrefix("\"") == true)
      #expect(answer.headers["Accept-Patch"] == SessionEndpointTests.fragmentType)
      let sdp = String(decoding: answer.body, as: UTF8.self)
      let direction = side == .whip ? "a=recvonly" : "a=sendonly"
      #expect(sdp.components(of: direction) == 2 && !sdp.contains("a=sendrecv"))
      #expect(sdp.contains("a=ice-lite") && sdp.contains("a=candidate:"))
      #expect(sdp.components(of: "a=rtcp-mux") >= 2 && sdp.contains("a=group:BUNDLE 0 1"))
    }
  }

  @Test("another media type is 415, a malformed offer 400, an offer the wrong way round refused")
  func refusedOffers() throws {
    for side in Side.allCases {
      var stage = try RoomSocketStage()
      let token = try stage.token("someone", side.role)
      let sdp: HTTPHeaders = ["Content-Type": "application/sdp"]
      #expect(
        try stage.ask(.post, side.path, ["a": 1], token: token)?.status == 415)
      #expect(try stage.ask(.post, side.path, text: [], token)?.status == 415)
      #expect(
        try stage.ask(.post, side.path, text: Array("nonsense".utf8), token, sdp)?.status == 400)
      let other = side == .whip ? Side.whep : .whip
      #expect(try stage.post(side.path, other.offer, token: token).status == 422)
      let unread: HTTPHeaders = ["Content-Type": "application/sdp", "Accept": "text/html"]
      #expect(try stage.ask(.post, side.path, text: [], token, unread)?.status == 406)
      #expect(stage.core.transports.isEmpty)
    }
  }

  @Test("no codec in common is refused by the names of both sides")
  func noCommonCodec() throws {
    for side in Side.allCases {
      var stage = try RoomSocketStage()
      let token = try stage.token("someone", side.role)
      guard case .string(let sdp) = stage.offer(side.offer) else { return }
      let foreign = sdp.replacing("VP8/90000", with: "H265/90000")
      let answer = try #require(
        try stage.ask(
          .post, side.path, text: Array(foreign.utf8), token, ["Content-Type": "application/sdp"]))
      guard !foreign.contains("H264/90000") else { continue }
      #expect(answer.status == 422)
      #expect(String(decoding: answer.body, as: UTF8.self).contains("H265"))
    }
  }

  @Test("without a token 401 with WWW-Authenticate, with another room's or a lesser role's 403")
  func authorization() throws {
    for side in Side.allCases {
      var stage = try RoomSocketStage()
      let none = try #require(try stage.ask(.post, side.path))
      #expect(none.status == 401 && none.headers["WWW-Authenticate"] == "Bearer")
      let other = try stage.token("someone", side.role, room: "other")
      #expect(try stage.post(side.path, side.offer, token: other).status == 403)
    }
    var stage = try RoomSocketStage()
    let viewer = try stage.token("vera", .viewer)
    #expect(try stage.post("/whip/demo", Side.whip.offer, token: viewer).status == 403)
    #expect(try stage.post("/whep/demo?layer=all", Side.whep.offer, token: viewer).status == 403)
    let service = try stage.token("hls", .service, room: "*")
    #expect(try stage.post("/whep/demo?layer=all", Side.whep.offer, token: service).status == 201)
  }

  @Test("methods that are not of an endpoint or a session are 405 with Allow")
  func methods() throws {
    for side in Side.allCases {
      var stage = try RoomSocketStage()
      let session = try opened(&stage, side)
      for method in HTTPMethod.allCases where ![.post, .options].contains(method) {
        let answer = try #require(try stage.ask(method, side.path, token: session.token))
        #expect(answer.status == 405 && answer.headers["Allow"] == "POST, OPTIONS")
      }
      for method in HTTPMethod.allCases where ![.patch, .delete, .options].contains(method) {
        let answer = try #require(try stage.ask(method, session.location, token: session.token))
        #expect(answer.status == 405 && answer.headers["Allow"] == "PATCH, DELETE, OPTIONS")
      }
    }
  }

  @Test("OPTIONS needs no token and says what may be posted and patched")
  func options() throws {
    for side in Side.allCases {
      var stage = try RoomSocketStage()
      let session = try opened(&stage, side)
      let endpoint = try #require(try stage.ask(.options, side.path))
      #expect(endpoint.status == 204 && endpoint.headers["Accept-Post"] == "application/sdp")
      let resource = try #require(try stage.ask(.options, session.location))
      #expect(resource.headers["Accept-Patch"] == SessionEndpointTests.fragmentType)
      let preflight = try #require(
        try stage.ask(
          .options, side.path,
          headers: ["Origin": "https://a.example", "Access-Control-Request-Method": "POST"]))
      #expect(preflight.headers["Access-Control-Allow-Methods"] == "POST, OPTIONS")
      let allowed = preflight.headers["Access-Control-Allow-Headers"] ?? ""
      #expect(allowed.contains("Authorization") && allowed.contains("If-Match"))
      let exposed = preflight.headers["Access-Control-Expose-Headers"] ?? ""
      for name in ["Location", "ETag", "Link"] { #expect(exposed.contains(name)) }
    }
  }

  @Test("candidates with the current ETag are 204 without one; a wrong one 412, none 428")
  func trickle() throws {
    for side in Side.allCases {
      var stage = try RoomSocketStage()
      let session = try opened(&stage, side)
      let body = fragment(candidates: ["1 1 udp 2122260223 192.0.2.7 51500 typ host"])
      func send(_ match: String?) throws -> HTTPResponse {
        try patch(&stage, session.location, body, token: session.token, match: match)
      }
      let taken = try send(session.etag)
      #expect(taken.status == 204 && taken.body.isEmpty && taken.headers["ETag"] == nil)
      #expect(try send("\"another\"").status == 412)
      #expect(try send("W/" + session.etag).status == 412)
      #expect(try send(nil).status == 428)
      let type = try patch(
        &stage, session.location, body, token: session.token, match: session.etag,
        type: "application/sdp")
      #expect(type.status == 415)
      let broken = try patch(
        &stage, session.location, Array("nonsense".utf8), token: session.token,
        match: session.etag)
      #expect(broken.status == 400)
      #expect(stage.core.transports.count == 1)
    }
  }

  @Test("candidates of unknown transports and unresolvable names are passed over in silence")
  func strangeCandidates() throws {
    var stage = try RoomSocketStage()
    let session = try opened(&stage, .whip)
    let body = fragment(candidates: [
      "1 1 sctp 2122260223 192.0.2.7 51500 typ host",
      "2 1 udp 2122260223 6f1c.local 51501 typ host",
      "3 1 udp 2122260223 192.0.2.7 51502 typ host generation 0 ufrag EsAw network-id 1",
    ])
    let answer = try patch(
      &stage, session.location, body, token: session.token, match: session.etag)
    #expect(answer.status == 204)
  }

  @Test("an ICE restart needs If-Match: * and gets 200, new credentials, candidates, a new ETag")
  func restart() throws {
    for side in Side.allCases {
      var stage = try RoomSocketStage()
      let session = try opened(&stage, side)
      let body = fragment(ufrag: "fresh001", password: "freshPassword01234567890")
      let tagged = try patch(
        &stage, session.location, body, token: session.token, match: session.etag)
      #expect(tagged.status == 412)
      let answer = try patch(&stage, session.location, body, token: session.token, match: "*")
      #expect(answer.status == 200)
      #expect(answer.headers["Content-Type"] == SessionEndpointTests.fragmentType)
      let etag = try #require(answer.headers["ETag"])
      #expect(etag != session.etag)
      let text = String(decoding: answer.body, as: UTF8.self)
      for line in ["a=ice-lite", "a=ice-ufrag:", "a=ice-pwd:", "a=candidate:", "a=ice-options:"] {
        #expect(text.contains(line))
      }
      // Candidates of the new generation need its tag.
      let late = try patch(
        &stage, session.location, body, token: session.token, match: session.etag)
      #expect(late.status == 412)
      #expect(
        try patch(&stage, session.location, body, token: session.token, match: etag).status == 204)
    }
  }

  @Test("DELETE ends the session once, whatever its If-Match, for its owner only")
  func delete() throws {
    for side in Side.allCases {
      var stage = try RoomSocketStage()
      let session = try opened(&stage, side)
      let thief = try stage.token("thief", side.role)
      #expect(try stage.ask(.delete, session.location, token: thief)?.status == 403)
      #expect(try stage.ask(.delete, session.location)?.status == 401)
      #expect(
        try stage.ask(
          .delete, session.location, token: session.token, headers: ["If-Match": "\"other\""]
        )?.status == 200)
      #expect(stage.core.transports.isEmpty)
      let isEnded = stage.orders.contains { if case .removePeer = $0 { true } else { false } }
      #expect(isEnded)
      #expect(try stage.ask(.delete, session.location, token: session.token)?.status == 404)
    }
  }

  @Test("a session's URL can't be guessed: 128 random bits, no two alike")
  func locations() throws {
    var stage = try RoomSocketStage()
    var seen: Set<String> = []
    for _ in 0..<10 {
      let name = try #require(try opened(&stage, .whep).location.split(separator: "/").last)
      #expect(name.count == 22)
      #expect(seen.insert(String(name)).inserted)
    }
  }

  @Test("the same identity and stream replace the old session at once")
  func replaced() throws {
    var stage = try RoomSocketStage()
    let first = try opened(&stage, .whip)
    let second = try opened(&stage, .whip)
    #expect(first.location != second.location)
    #expect(stage.core.transports.count == 1)
    #expect(try stage.ask(.delete, first.location, token: first.token)?.status == 404)
    let screen = try stage.post(
      "/whip/demo?stream=screen", Side.whip.offer, token: first.token)
    #expect(screen.status == 201 && stage.core.transports.count == 2)
  }

  @Test("WHEP fills its sections with the host's main, then the screen, then co-hosts; or as named")
  func fill() throws {
    var stage = try RoomSocketStage()
    let host = try stage.token("alice", .host)
    let cohost = try stage.token("bob", .cohost)
    for (path, token) in [
      ("/whip/demo", cohost), ("/whip/demo?stream=screen", host), ("/whip/demo", host),
    ] {
      #expect(try stage.post(path, Side.whip.offer, token: token).status == 201)
    }
    let viewer = try stage.token("vera", .viewer)
    let offer = OfferSection.viewer(audio: 1, video: 3)
    #expect(try stage.post("/whep/demo", offer, token: viewer).status == 201)
    let peer = try stage.peer { $0.member.identity == "vera" }
    let room = try #require(stage.core.rooms["demo"])
    let videos = room.subscriptions.filter { $0.peer == peer && $0.kind == .video }
      .sorted { $0.section < $1.section }.compactMap(\.track)
    let expected = ["alice/main", "alice/screen", "bob/main"].compactMap { key in
      PublicationKey(key).flatMap { room.publications[$0] }?.tracks.first { $0.kind == .video }?.id
    }
    #expect(videos == expected && videos.count == 3)
    #expect(try stage.post("/whep/demo?from=nobody", offer, token: viewer).status == 400)
    #expect(try stage.post("/whep/demo?layer=z", offer, token: viewer).status == 400)
    #expect(
      try stage.post("/whep/demo?from=bob/main&layer=h", offer, token: viewer).status == 201)
    let pinned = try stage.peer { $0.member.identity == "vera" }
    let chosen = stage.core.rooms["demo"]?.subscriptions.first {
      $0.peer == pinned && $0.kind == .video
    }
    #expect(chosen?.selection == .pinned(.h) && chosen?.track == expected.last)
  }

  @Test("nobody publishing is 201; an ended room 409; a draining server 503 with Retry-After")
  func states() throws {
    var stage = try RoomSocketStage()
    let viewer = try stage.token("vera", .viewer)
    #expect(try stage.post("/whep/demo", Side.whep.offer, token: viewer).status == 201)
    let changes = stage.core.rooms["demo"]?.end() ?? []
    #expect(!changes.isEmpty)
    let host = try stage.token("alice", .host)
    #expect(try stage.post("/whip/demo", Side.whip.offer, token: host).status == 409)
    stage.core.drain()
    let token = try stage.token("alice", .host, room: "other")
    let refused = try stage.post("/whip/other", Side.whip.offer, token: token)
    #expect(refused.status == 503 && refused.headers["Retry-After"] != nil)
  }
}

extension String {
  /// How often `part` occurs.
  fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
