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

@Suite("Who is in a room without a room socket")
struct PresenceTests {
  private let publisher = OfferSection.publisher(video: .vp8, rids: [])
  private let viewer = OfferSection.viewer(audio: 1, video: 1)

  private func post(
    _ target: String, _ sections: [OfferSection], _ identity: String, _ role: Role,
    _ test: inout DurableStage
  ) throws -> HTTPResponse? {
    guard case .string(let sdp) = test.stage.offer(sections) else { return nil }
    let token = try test.stage.token(identity, role)
    let before = Set(test.stage.answers.keys)
    try test.stage.ask(
      .post, target, text: Array(sdp.utf8), token, ["Content-Type": "application/sdp"])
    test.settle()
    return test.stage.answers.first { !before.contains($0.key) }?.value
  }

  private func people(_ test: inout DurableStage, _ socket: UInt64) throws -> [String] {
    let reply = try test.command(socket, "people")
    return reply.objects("people").map { "\($0.text("identity")) \($0.text("name"))" }
  }

  @Test("a host who only publishes by WHIP is the room's host: shown, listed, followed")
  func host() throws {
    var test = try DurableStage()
    let made = try #require(try post("/whip/demo", publisher, "alice", .host, &test))
    #expect(made.status == 201)
    let told = try test.join(2, "vera", .viewer)
    #expect(told.first?.object("room")["hostPresent"] == true)
    let snapshot = try #require(told.first { $0.type == "snapshot" })
    #expect(snapshot["host"] == ["identity": "alice", "name": "ALICE"])
    try test.join(3, "mona", .moderator)
    #expect(try people(&test, 3) == ["alice ALICE", "mona MONA", "vera VERA"])
    _ = try test.command(2, "follow", ["on": true])
    #expect(test.stage.core.houses["demo"]?.state.people.followers.count == 1)
    _ = test.stage.inbox(2)
    // The host's encoder goes without a word on any socket.
    let location = try #require(made.headers["Location"])
    let token = try test.stage.token("alice", .host)
    #expect(try test.stage.ask(.delete, location, token: token)?.status == 200)
    test.wait(.seconds(2))
    let states = test.stage.inbox(2).filter { $0.type == "roomState" }
    #expect(states.last?.object("room")["hostPresent"] == false)
    #expect(try people(&test, 3) == ["mona MONA", "vera VERA"])
  }

  @Test("a host's encoder that dies is told within a second, and so is one that comes back")
  func encoderDies() throws {
    var test = try DurableStage()
    #expect(try post("/whip/demo", publisher, "alice", .host, &test)?.status == 201)
    try test.join(2, "vera", .viewer)
    test.wait(.seconds(2))
    _ = test.stage.inbox(2)
    test.stage.report(.ended(try test.stage.peer { $0.purpose != .watch }, .consentExpired))
    test.wait(.seconds(1))
    let gone = test.stage.inbox(2).filter { $0.type == "roomState" }
    #expect(gone.last?.object("room")["hostPresent"] == false)
    #expect(try post("/whip/demo", publisher, "alice", .host, &test)?.status == 201)
    test.wait(.seconds(1))
    let back = test.stage.inbox(2).filter { $0.type == "roomState" }
    #expect(back.last?.object("room")["hostPresent"] == true)
  }

  @Test("whoever watches by WHEP counts once, also with a page beside it, and for the cap")
  func viewers() throws {
    var test = try DurableStage()
    try test.fill()
    #expect(try post("/whep/demo", viewer, "walter", .viewer, &test)?.status == 201)
    #expect(try post("/whep/demo", viewer, "vera", .viewer, &test)?.status == 201)
    #expect(try post("/whep/demo", viewer, "mona", .moderator, &test)?.status == 201)
    #expect(test.stage.core.viewers(in: "demo") == 2)
    test.wait(.seconds(2))
    let states = test.stage.inbox(1).filter { $0.type == "roomState" }
    #expect(states.last?.object("room")["viewers"] == 2)
    #expect(try people(&test, 1) == ["alice ALICE", "mona MONA", "vera VERA", "walter WALTER"])
    _ = try test.command(1, "setRoom", ["viewersMax": 2])
    #expect(try test.join(4, "victor", .viewer).first?["code"] == "full")
    #expect(try post("/whep/demo", viewer, "wanda", .viewer, &test)?.status == 503)
    #expect(try post("/whep/demo", viewer, "walter", .viewer, &test)?.status == 201)
    for peer in test.stage.core.transports.keys { test.stage.report(.connected(peer)) }
    // Vera's page goes, her player stays.
    test.stage.close(2)
    test.wait(RoomSocketLimits.resumeLimit + .seconds(2))
    #expect(test.stage.core.viewers(in: "demo") == 2)
    for peer in test.stage.core.transports.values.filter({ $0.member.identity == "walter" }) {
      test.stage.report(.ended(peer.peer, .consentExpired))
    }
    #expect(test.stage.core.viewers(in: "demo") == 1)
    #expect(try test.join(5, "victor", .viewer).first?.type == "joined")
  }

  @Test("a room that is read again still has those who publish and watch without a socket")
  func again() throws {
    var test = try DurableStage()
    try test.fill()
    #expect(try post("/whep/demo", viewer, "walter", .viewer, &test)?.status == 201)
    test.disk.refusesNext = true
    test.ask(1, "say", ["text": "lost"])
    test.settle()
    #expect(try people(&test, 1) == ["alice ALICE", "vera VERA", "walter WALTER"])
    #expect(test.stage.core.viewers(in: "demo") == 2)
  }
}

@Suite("Nobody is told what a crash could take back")
struct RightsTests {
  private let viewer = OfferSection.viewer(audio: 1, video: 1)

  /// The disk has written what it was given, and says so later.
  private func asking(
    _ test: inout DurableStage, _ type: String, _ fields: JSONObject
  ) {
    _ = test.stage.inbox(1)
    test.ask(1, type, fields)
  }

  @Test("a join is refused for a ban once that is on the disk, and not before")
  func ban() throws {
    var test = try DurableStage()
    try test.fill()
    asking(&test, "ban", ["member": "eve"])
    try test.askToJoin(3, "eve", .viewer)
    test.stage.send(3, ["type": "ping", "id": "after"])
    #expect(test.stage.inbox(3).isEmpty && test.stage.closed[3] == nil)
    test.settle()
    let told = test.stage.inbox(3)
    #expect(told.map(\.type) == ["error", "bye"] && told[0]["code"] == "banned")
  }

  @Test("who is let in again is let in once that is on the disk")
  func unban() throws {
    var test = try DurableStage()
    try test.fill()
    _ = try test.command(1, "ban", ["member": "eve"])
    asking(&test, "unban", ["member": "eve"])
    try test.askToJoin(3, "eve", .viewer)
    test.stage.send(3, ["type": "ping", "id": "after"])
    #expect(test.stage.inbox(3).isEmpty)
    test.settle()
    #expect(
      test.stage.inbox(3).map(\.type).filter { $0 != "snapshot" && $0 != "me" }
        == ["joined", "pong"])
  }

  @Test("a full room, a new role in `joined` and one that may publish wait in the same way")
  func settings() throws {
    var test = try DurableStage()
    try test.fill()
    asking(&test, "setRoom", ["viewersMax": 1])
    try test.askToJoin(3, "victor", .viewer)
    #expect(test.stage.inbox(3).isEmpty)
    test.settle()
    #expect(test.stage.inbox(3).first?["code"] == "full")
    asking(&test, "setRole", ["member": "bob", "role": "cohost"])
    try test.askToJoin(4, "bob", .cohost)
    #expect(test.stage.inbox(4).isEmpty)
    test.settle()
    #expect(test.stage.inbox(4).first?.object("permissions")["publish"] == true)
    asking(&test, "setRole", ["member": "vera", "role": "cohost"])
    test.stage.send(
      2, ["type": "publish", "id": "p", "stream": "main", "sdp": test.stage.publishOffer()])
    test.stage.send(2, ["type": "ping", "id": "after"])
    #expect(!test.stage.inbox(2).contains { $0.type == "answer" || $0.type == "pong" })
    test.settle()
    let told = test.stage.inbox(2).map(\.type).filter { ["answer", "pong"].contains($0) }
    #expect(told == ["answer", "pong"])
  }

  @Test("WHIP and WHEP wait, too; a chat message keeps nobody waiting")
  func sessions() throws {
    var test = try DurableStage()
    try test.fill()
    asking(&test, "say", ["text": "on its way"])
    let token = try test.stage.token("walter", .viewer)
    #expect(try test.stage.post("/whep/demo", viewer, token: token).status == 201)
    asking(&test, "ban", ["member": "eve"])
    guard case .string(let sdp) = test.stage.offer(viewer) else { return }
    let eve = try test.stage.token("eve", .viewer)
    let answer = try test.stage.ask(
      .post, "/whep/demo", text: Array(sdp.utf8), eve, ["Content-Type": "application/sdp"])
    #expect(answer == nil)
    test.settle()
    #expect(test.stage.answers.values.map(\.status).sorted() == [201, 403])
  }

  @Test("a right that is taken on its way to the disk ends nothing and tells nobody yet")
  func taken() throws {
    var test = try DurableStage()
    try test.fill()
    _ = try test.command(1, "setRole", ["member": "vera", "role": "cohost"])
    _ = test.stage.inbox(2)
    asking(&test, "setRole", ["member": "bob", "role": "cohost"])
    asking(&test, "setRole", ["member": "vera", "role": "viewer"])
    test.disk.take(test.stage.takeHouseOrders())
    test.disk.write(1)
    if let answer = test.disk.nextAnswer() { test.stage.take(answer) }
    #expect(!test.stage.inbox(2).contains { $0.type == "permissions" })
    test.settle()
    let told = test.stage.inbox(2).filter { $0.type == "permissions" }
    #expect(told.map { $0["publish"] } == [false])
  }
}
