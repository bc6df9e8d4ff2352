import Access
import JSON
import MediaControl
import Negotiation
import RTP
import Room
import SDP
import Testing
import Wire

@testable import Endpoints

@Suite("Publishing and watching over the room socket")
struct RoomSocketMediaTests {
  private let alice = PublicationKey(identity: "alice", stream: "main")

  /// A host on socket 1 and a viewer on socket 2, who watches what the host will publish.
  private func watching() throws -> RoomSocketStage {
    var stage = try RoomSocketStage()
    _ = try stage.join(1, "alice", .host)
    _ = try stage.join(2, "vera", .viewer)
    let offer = stage.viewOffer()
    stage.send(
      2,
      [
        "type": "subscribe", "id": "s", "sdp": offer,
        "map": ["0": "alice/main", "1": "alice/main"],
      ])
    let answer = try stage.only(2)
    guard answer.type == "answer", answer["map"] == ["0": nil, "1": nil] else {
      throw RoomSocketStage.StageFault()
    }
    _ = stage.inbox(1)
    return stage
  }

  private func attached(_ stage: RoomSocketStage) -> [TrackID?] {
    stage.orders.compactMap { order -> TrackID?? in
      guard case .attach(_, _, let track, _) = order else { return nil }
      return .some(track)
    }
  }

  @Test("a viewer who waits for a publication gets it when it comes, with no message of its own")
  func waits() throws {
    var stage = try watching()
    let answer = try stage.publish(1)
    #expect(answer["connection"] == "c1" && answer["generation"] == 1)
    #expect(answer.text("sdp").contains("a=ice-lite"))
    let news = stage.inbox(2)
    let assigned = news.filter { $0.type == "assigned" }
    #expect(assigned.map { $0.text("mid") } == ["0", "1"])
    #expect(assigned.allSatisfy { $0["publication"] == "alice/main" && $0["connection"] == "c1" })
    #expect(Set(assigned.map { $0.text("track") }) == ["t1", "t2"])
    #expect(Set(attached(stage)).count == 2)
  }

  @Test("the cursor grows by one with each ordered event, and joined stands where events do")
  func cursor() throws {
    var stage = try watching()
    _ = try stage.publish(1)
    stage.report(.trackActive(try stage.media(.video, of: alice), true))
    let cursors = stage.inbox(2).compactMap { $0["cursor"] }
    #expect(cursors == [2, 3, 4])
    let late = try stage.join(3, "victor", .viewer)
    #expect(late["cursor"] == 4)
    #expect(late.object("room")["phase"] == "live")
    #expect(late.objects("tracks").map { $0.text("id") } == ["t1", "t2"])
  }

  @Test("a re-publish keeps the tracks, tells the old connection, and viewers nothing but status")
  func republish() throws {
    var stage = try watching()
    _ = try stage.publish(1)
    _ = stage.inbox(2)
    stage.send(1, ["type": "publish", "id": "again", "sdp": stage.publishOffer()])
    let messages = stage.inbox(1)
    #expect(messages.first?["ref"] == "again" && messages.first?["connection"] == "c2")
    let ended = messages.filter { $0.type == "connectionEnded" }
    #expect(ended.map { $0.text("connection") } == ["c1"])
    #expect(ended.first?["reason"] == "replaced")
    let types = Set(stage.inbox(2).map(\.type))
    #expect(types.isSubset(of: ["trackStatus"]))
    #expect(stage.core.rooms["demo"]?.publications[alice]?.tracks.map(\.id) == ["t1", "t2"])
  }

  @Test("unpublish ends the publication; its publisher is not told what it asked for")
  func unpublish() throws {
    var stage = try watching()
    _ = try stage.publish(1)
    _ = (stage.inbox(1), stage.inbox(2))
    stage.send(1, ["type": "unpublish", "id": "u", "connection": "c1"])
    let toHost = stage.inbox(1).map(\.type)
    #expect(toHost.first == "ok" && !toHost.contains("connectionEnded"))
    let news = stage.inbox(2)
    #expect(news.filter { $0.type == "trackRemoved" }.count == 2)
    #expect(news.filter { $0.type == "assigned" }.allSatisfy { $0["track"] == .null })
    #expect(attached(stage).suffix(2) == [nil, nil])
  }

  @Test("a connection that dies is told with its reason, and the session goes on")
  func ended() throws {
    var stage = try watching()
    let peer = try stage.peer { $0.purpose == .watch }
    stage.report(.ended(peer, .consentExpired))
    let event = try stage.only(2)
    #expect(event.type == "connectionEnded" && event["reason"] == "consent-expired")
    stage.send(2, ["type": "layer", "id": "l", "connection": "c1", "mid": "1", "layer": "q"])
    #expect(try stage.only(2).text("code") == "unknown-connection")
    stage.send(2, ["type": "subscribe", "id": "s", "sdp": stage.viewOffer()])
    #expect(try stage.only(2)["connection"] == "c2")
  }

  @Test("a viewer may not publish, and a request of another's connection is unknown")
  func forbidden() throws {
    var stage = try watching()
    stage.send(2, ["type": "publish", "id": "p", "sdp": stage.publishOffer()])
    #expect(try stage.only(2).text("code") == "forbidden")
    stage.send(2, ["type": "unpublish", "id": "u", "connection": "c7"])
    #expect(try stage.only(2).text("code") == "unknown-connection")
    #expect(stage.closed[2] == nil)
  }

  @Test("an offer that does not parse, or has nothing to send, is refused and nothing changes")
  func badOffers() throws {
    var stage = try watching()
    let before = stage.core.transports.count
    stage.send(2, ["type": "subscribe", "id": "a", "sdp": "v=0\r\nnonsense"])
    #expect(try stage.only(2).text("code") == "bad-sdp")
    stage.send(1, ["type": "publish", "id": "b", "sdp": stage.viewOffer()])
    #expect(try stage.only(1).text("code") == "bad-sdp")
    #expect(stage.core.transports.count == before)
  }

  @Test("assign is refused by name: unknown track, unknown mid, wrong kind, other codec")
  func assignRefusals() throws {
    var stage = try watching()
    _ = try stage.publish(1)
    _ = stage.inbox(2)
    func assign(_ mid: JSONValue, _ track: JSONValue) -> JSONValue {
      ["type": "assign", "id": "a", "connection": "c1", "mid": mid, "track": track]
    }
    let cases: [(JSONValue, JSONValue, String)] = [
      ("0", "t99", "unknown-track"), ("7", "t1", "unknown-mid"), ("0", "t2", "wrong-kind"),
    ]
    for (mid, track, code) in cases {
      stage.send(2, assign(mid, track))
      #expect(try stage.only(2).text("code") == code)
    }
    stage.send(2, assign("1", nil))
    let done = try stage.only(2)
    #expect(done.type == "ok" && done["map"] == ["1": nil])
    stage.send(2, assign("1", "t2"))
    #expect(try stage.only(2)["map"] == ["1": "t2"])
  }

  @Test("a track of a codec that the section did not negotiate is refused, the mapping stays")
  func codec() throws {
    var stage = try RoomSocketStage()
    _ = try stage.join(1, "alice", .host)
    _ = try stage.join(2, "vera", .viewer)
    _ = try stage.publish(1)
    let media = try stage.media(.video, of: alice)
    stage.report(.trackStatus(media, [RoomSocketStage.status(codec: .h264)]))
    let video = OfferSection(.video, .recvonly, codecs: [.vp8])
    stage.send(2, ["type": "subscribe", "sdp": stage.offer([video])])
    _ = stage.inbox(2)
    stage.send(
      2, ["type": "assign", "id": "a", "connection": "c1", "mid": "0", "track": "alice/main"])
    #expect(try stage.only(2).text("code") == "codec-unsupported")
    let room = try #require(stage.core.rooms["demo"])
    #expect(room.subscriptions.first?.wish == .nothing)
  }

  @Test("a refused subscribe leaves every mapping as it was")
  func refusedRenegotiation() throws {
    var stage = try watching()
    _ = try stage.publish(1)
    _ = stage.inbox(2)
    let before = stage.core.rooms["demo"]?.subscriptions
    let sdp = stage.viewOffer()
    for map: JSONValue in [
      ["0": nil, "1": "t99"], ["0": nil, "1": "t1"], ["0": nil, "9": "alice/main"],
    ] {
      stage.send(2, ["type": "subscribe", "id": "s", "connection": "c1", "sdp": sdp, "map": map])
      #expect(try stage.only(2).type == "error")
    }
    #expect(stage.core.rooms["demo"]?.subscriptions == before)
  }

  @Test("a renegotiation adds sections, maps known ones anew and keeps those it does not name")
  func renegotiation() throws {
    var stage = try watching()
    _ = try stage.publish(1)
    _ = stage.inbox(2)
    let sdp = stage.viewOffer(audio: 1, video: 2)
    stage.send(
      2,
      [
        "type": "subscribe", "id": "s", "connection": "c1", "sdp": sdp,
        "map": ["1": nil, "2": "t2"],
      ])
    let answer = try stage.only(2)
    #expect(answer["generation"] == 2 && answer["connection"] == "c1")
    #expect(answer["map"] == ["0": "t1", "1": nil, "2": "t2"])
  }

  @Test("candidates of other credentials are stale, current ones are taken, bad ones refused")
  func trickle() throws {
    var stage = try watching()
    func trickle(_ text: String) -> JSONValue {
      ["type": "trickle", "id": "t", "connection": "c1", "candidates": .string(text)]
    }
    let line = "a=candidate:1 1 udp 2122260223 192.0.2.7 51500 typ host\r\n"
    let section = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
    stage.send(
      2, trickle("a=ice-ufrag:client01\r\na=ice-pwd:clientPassword0123456789\r\n\(section)\(line)"))
    #expect(try stage.only(2).type == "ok")
    stage.send(
      2, trickle("a=ice-ufrag:other001\r\na=ice-pwd:clientPassword0123456789\r\n\(section)\(line)"))
    #expect(try stage.only(2).text("code") == "stale")
    stage.send(2, trickle("\(section)a=candidate:nonsense\r\n"))
    #expect(try stage.only(2).text("code") == "bad-sdp")
  }

  @Test("offers come at one a second after a burst of ten")
  func offers() throws {
    var stage = try watching()
    for _ in 0..<9 {
      stage.send(2, ["type": "subscribe", "id": "s", "sdp": "nonsense"])
      #expect(try stage.only(2).text("code") == "bad-sdp")
    }
    stage.send(2, ["type": "subscribe", "id": "s", "sdp": stage.viewOffer()])
    let refused = try stage.only(2)
    #expect(refused.text("code") == "rate" && refused["retryAfterMs"] == 1000)
    stage.wait(.seconds(1))
    stage.send(2, ["type": "subscribe", "id": "s", "sdp": stage.viewOffer()])
    #expect(stage.inbox(2).last?.type == "answer")
  }

  @Test("a session has at most two subscribe connections")
  func subscribeMax() throws {
    var stage = try watching()
    stage.send(2, ["type": "subscribe", "id": "s", "sdp": stage.viewOffer()])
    #expect(try stage.only(2)["connection"] == "c2")
    stage.send(2, ["type": "subscribe", "id": "s", "sdp": stage.viewOffer()])
    #expect(try stage.only(2).text("code") == "limit")
  }

  @Test("replies come in the order of requests, and a bare ok needs an id")
  func order() throws {
    var stage = try watching()
    stage.send(2, ["type": "ping", "id": "1", "time": 5])
    stage.send(2, ["type": "layer", "connection": "c1", "mid": "1", "layer": "q"])
    stage.send(2, ["type": "layer", "id": "3", "connection": "c1", "mid": "0", "layer": "q"])
    stage.send(2, ["type": "dance", "id": "4"])
    let replies = stage.inbox(2)
    #expect(replies.map { $0.text("ref") } == ["1", "3", "4"])
    #expect(replies.map { $0.text("code") } == ["", "wrong-kind", "unknown-type"])
    #expect(replies.first?["time"] == 5)
  }

  @Test("transports that never connect are given up, and nothing of them stays in the room")
  func neverConnected() throws {
    var stage = try watching()
    _ = try stage.publish(1)
    _ = (stage.inbox(1), stage.inbox(2))
    for _ in 0..<4 {
      stage.wait(.seconds(10))
      for socket in [1, 2] as [UInt64] { stage.send(socket, ["type": "ping"]) }
    }
    #expect(stage.core.transports.isEmpty)
    let room = try #require(stage.core.rooms["demo"])
    #expect(room.subscriptions.isEmpty)
    #expect(room.publications[alice]?.peer == nil)
    for socket in [1, 2] as [UInt64] {
      #expect(stage.inbox(socket).contains { $0.type == "connectionEnded" })
    }
  }
}
