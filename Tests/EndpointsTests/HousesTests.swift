import Access
import HTTP
import JSON
import MediaControl
import Negotiation
import RTP
import Room
import RoomLog
import SDP
import Store
import Testing
import Wire

@testable import Endpoints

/// A control plane whose rooms live on a simulated disk that writes when a test says so.
struct DurableStage {
  var stage: RoomSocketStage
  var disk = SimulatedDisk()
  private var lastID = 0

  init() throws {
    stage = try RoomSocketStage(isDurable: true)
    stage.keepsTold = true
  }

  /// Lets the disk do all it was asked for, and what follows from that.
  mutating func settle() {
    while true {
      disk.take(stage.takeHouseOrders())
      disk.write(.max)
      guard let answer = disk.nextAnswer() else { return }
      stage.take(answer)
    }
  }

  /// Lets time pass with a disk that works.
  mutating func wait(_ time: TimeSpan) {
    let end = stage.now + time
    while stage.now < end {
      stage.wait(min(.seconds(1), end - stage.now))
      settle()
    }
  }

  mutating func askToJoin(_ socket: UInt64, _ identity: String, _ role: Role) throws {
    try stage.open(socket)
    let token = try stage.token(identity, role)
    stage.send(
      socket,
      ["type": "join", "id": "j", "version": 1, "room": "demo", "token": .string(token)])
  }

  /// Joins, with what the socket was told at once.
  @discardableResult
  mutating func join(_ socket: UInt64, _ identity: String, _ role: Role) throws -> [JSONObject] {
    try askToJoin(socket, identity, role)
    settle()
    return stage.inbox(socket)
  }

  /// Gives a command and returns its reply, when the disk has it.
  mutating func command(
    _ socket: UInt64, _ type: String, _ fields: JSONObject = [:]
  ) throws -> JSONObject {
    ask(socket, type, fields)
    settle()
    let ref = JSONValue.string("c\(lastID)")
    return try #require(stage.inbox(socket).first { $0["ref"] == ref })
  }

  mutating func ask(_ socket: UInt64, _ type: String, _ fields: JSONObject = [:]) {
    lastID += 1
    var request = fields
    request["type"] = .string(type)
    request["id"] = .string("c\(lastID)")
    stage.send(socket, .object(request))
  }

  /// A host on socket 1 and a viewer, vera, on 2.
  mutating func fill() throws {
    try join(1, "alice", .host)
    try join(2, "vera", .viewer)
  }

  /// Everybody leaves for so long that the room leaves memory.
  mutating func abandon(_ sockets: UInt64...) {
    for socket in sockets { stage.close(socket) }
    wait(RoomSocketLimits.resumeLimit + .seconds(2))
    wait(HousesLimits.idleLimit + .seconds(2))
  }
}

@Suite("Rooms that live on a disk")
struct HousesTests {
  // MARK: Opening

  @Test("a join waits for its room, and what is sent after it waits with it")
  func waits() throws {
    var test = try DurableStage()
    try test.askToJoin(1, "alice", .host)
    test.stage.send(1, ["type": "say", "id": "2", "text": "hello"])
    #expect(test.stage.inbox(1).isEmpty && test.stage.core.houses["demo"] == nil)
    test.settle()
    let told = test.stage.inbox(1)
    #expect(told.map(\.type).first == "joined")
    let reply = told.first { $0.type == "ok" }
    #expect(reply?["ref"] == "2" && reply?["message"] != nil)
  }

  @Test("a room is opened once for all who wait, and they go on in the order they came")
  func order() throws {
    var test = try DurableStage()
    let sockets: [UInt64] = Array(1...50)
    for socket in sockets {
      try test.askToJoin(socket, "m\(socket)", .viewer)
      test.stage.send(socket, ["type": "say", "id": "2", "text": .string("from \(socket)")])
    }
    let orders = test.stage.takeHouseOrders()
    #expect(orders.count == 1)
    test.disk.take(orders)
    test.settle()
    let messages = sockets.map { socket in
      test.stage.inbox(socket).first { $0.type == "ok" }?.number("message") ?? 0
    }
    #expect(messages == messages.sorted() && Set(messages).count == 50 && messages[0] > 0)
  }

  @Test("a room that can't be opened refuses who waits, and is tried again by the next")
  func failure() throws {
    var test = try DurableStage()
    try test.askToJoin(1, "alice", .host)
    let token = try test.stage.token("vera", .viewer)
    let offer = test.stage.offer(OfferSection.viewer(audio: 1, video: 1))
    guard case .string(let sdp) = offer else { return }
    let parked = try test.stage.ask(
      .post, "/whep/demo", text: Array(sdp.utf8), token, ["Content-Type": "application/sdp"])
    #expect(parked == nil)
    _ = test.stage.takeHouseOrders()
    test.stage.take(.opened(room: "demo", nil))
    let told = test.stage.inbox(1)
    #expect(told.map(\.type) == ["error", "bye"] && told[0]["code"] == "overloaded")
    #expect(test.stage.closed[1] == 1013 && told[1]["retryAfterMs"] != .null)
    #expect(test.stage.answers.values.map(\.status) == [503])
    #expect(try test.join(2, "alice", .host).first?.type == "joined")
  }

  @Test("who wants a room that another process has is sent there: sockets, and requests whole")
  func elsewhere() throws {
    var test = try DurableStage()
    try test.askToJoin(1, "alice", .host)
    let token = try test.stage.token("vera", .viewer)
    let offer = test.stage.offer(OfferSection.viewer(audio: 1, video: 1))
    guard case .string(let sdp) = offer else { return }
    let parked = try test.stage.ask(
      .post, "/whep/demo?a=%26%C3%A9&b", text: Array(sdp.utf8), token,
      ["Content-Type": "application/sdp"])
    #expect(parked == nil)
    _ = test.stage.takeHouseOrders()
    test.stage.take(
      .elsewhere(room: "demo", RoomOwner(node: 2, publicURL: "https://b.example:8443")))
    let answer = try #require(test.stage.answers.values.first)
    #expect(answer.status == 307)
    #expect(answer.headers["Location"] == "https://b.example:8443/whep/demo?a=%26%C3%A9&b=")
    let bye = test.stage.inbox(1)
    #expect(bye.map(\.type) == ["bye"] && test.stage.closed[1] == 1013)
    #expect(bye[0]["reason"] == "moved" && bye[0]["url"] == "https://b.example:8443")
    // It may be had here by then.
    #expect(try test.join(2, "alice", .host).first?.type == "joined")
  }

  @Test("members of a room that another process took over are sent there")
  func moved() throws {
    var test = try DurableStage()
    try test.fill()
    for socket in [UInt64(1), 2] { _ = test.stage.inbox(socket) }
    test.stage.take(.lost(try #require(test.stage.core.houses.key(of: "demo"))))
    _ = test.stage.takeHouseOrders()
    test.stage.take(.elsewhere(room: "demo", RoomOwner(node: 2, publicURL: "https://b.example")))
    for socket in [UInt64(1), 2] {
      #expect(test.stage.inbox(socket).last?["url"] == "https://b.example")
      #expect(test.stage.closed[socket] == 1013)
    }
  }

  @Test("a banned member and one without a good token wait for nothing and open nothing")
  func strangers() throws {
    var test = try DurableStage()
    try test.stage.open(1)
    test.stage.send(1, ["type": "join", "id": "j", "version": 1, "room": "demo", "token": "x"])
    #expect(test.stage.inbox(1).first?["code"] == "unauthorized")
    #expect(test.stage.takeHouseOrders().isEmpty)
  }

  // MARK: The disk

  @Test("nobody hears of a command before it is on the disk")
  func commit() throws {
    var test = try DurableStage()
    try test.fill()
    _ = test.stage.inbox(1)
    _ = test.stage.inbox(2)
    test.ask(2, "say", ["text": "mine", "key": "k"])
    #expect(test.stage.inbox(1).isEmpty && test.stage.inbox(2).isEmpty)
    test.disk.take(test.stage.takeHouseOrders())
    test.disk.write(.max)
    #expect(test.stage.inbox(1).isEmpty && test.stage.inbox(2).isEmpty)
    test.settle()
    #expect(test.stage.inbox(1).map(\.type) == ["said"])
    #expect(test.stage.inbox(2).map(\.type).sorted() == ["ok", "said"])
  }

  @Test(
    "what the disk refuses is refused, the room is read again, and the same key is as good as new")
  func refused() throws {
    var test = try DurableStage()
    try test.fill()
    _ = try test.command(1, "say", ["text": "before"])
    _ = test.stage.inbox(2)
    test.disk.refusesNext = true
    test.ask(1, "say", ["text": "lost", "key": "k"])
    test.ask(2, "say", ["text": "lost, too", "key": "k"])
    test.settle()
    for socket in [UInt64(1), 2] {
      let told = test.stage.inbox(socket)
      #expect(told.first { $0.type == "error" }?["code"] == "overloaded")
      #expect(!told.contains { $0.type == "said" || $0.type == "ok" })
      let snapshot = try #require(told.last { $0.type == "snapshot" })
      #expect(snapshot.objects("messages").map { $0.text("text") } == ["before"])
      #expect(told.last?.type == "me")
    }
    #expect(try test.command(2, "say", ["text": "lost, too", "key": "k"]).type == "ok")
    test.wait(.milliseconds(400))
    #expect(test.stage.inbox(1).contains { $0.type == "said" })
    #expect(test.disk.mistakes.isEmpty)
  }

  @Test("a room this process has lost leaves memory at once; whoever has it now serves its members")
  func lost() throws {
    var test = try DurableStage()
    try test.fill()
    let key = try #require(test.stage.core.houses.key(of: "demo"))
    test.ask(1, "say", ["text": "too late"])
    _ = test.stage.takeHouseOrders()
    test.stage.take(.lost(key))
    #expect(test.stage.core.houses["demo"] == nil)
    #expect(test.stage.inbox(1).first { $0.type == "error" }?["code"] == "overloaded")
    let orders = test.stage.takeHouseOrders()
    guard case .open("demo")? = orders.first else {
      Issue.record("\(orders)")
      return
    }
    // Another process has it.
    test.stage.take(.opened(room: "demo", nil))
    for socket in [UInt64(1), 2] {
      #expect(test.stage.inbox(socket).last?.type == "bye")
      #expect(test.stage.closed[socket] == 1013)
    }
  }

  @Test("a person whom another process has erased is nobody here at once")
  func forgotten() throws {
    var test = try DurableStage()
    try test.fill()
    let key = try #require(test.stage.core.houses.key(of: "demo"))
    _ = try test.command(2, "say", ["text": "hello"])
    let person = try #require(test.stage.core.houses["demo"]?.people.person("vera"))
    test.stage.take(.forgotten([ErasedPerson(room: key, person: person.rawValue)]))
    #expect(test.stage.core.houses["demo"]?.people.record(person) == nil)
  }

  @Test("a room that leaves memory is given up, after its snapshot")
  func released() throws {
    var test = try DurableStage()
    try test.fill()
    let key = try #require(test.stage.core.houses.key(of: "demo"))
    test.abandon(1, 2)
    #expect(test.disk.released == [key])
    #expect(test.disk.rooms["demo"]?.snapshot != nil)
  }

  @Test("a key whose stored reply can't be read is not carried out again")
  func unread() throws {
    var test = try DurableStage()
    try test.fill()
    _ = try test.command(2, "say", ["text": "once", "key": "k"])
    test.abandon(1, 2)
    try test.join(3, "vera", .viewer)
    test.ask(3, "say", ["text": "once", "key": "k"])
    let orders = test.stage.takeHouseOrders()
    guard case .lookUp(_, _, let number)? = orders.last else {
      Issue.record("the key was not looked up")
      return
    }
    test.stage.take(.unread(number: number))
    test.settle()
    #expect(test.stage.inbox(3).first { $0.type == "error" }?["code"] == "overloaded")
    let reply = try test.command(3, "say", ["text": "once", "key": "k"])
    #expect(reply.type == "ok" && test.disk.rooms["demo"]?.texts.count == 1)
  }

  @Test("a room that nobody is in leaves memory with a snapshot, and comes back as it was")
  func idle() throws {
    var test = try DurableStage()
    try test.fill()
    let made = try test.command(2, "say", ["text": "still here"])
    test.abandon(1, 2)
    #expect(test.stage.core.houses.openRooms.isEmpty)
    #expect(test.disk.rooms["demo"]?.snapshot != nil)
    let told = try test.join(3, "victor", .viewer)
    let snapshot = try #require(told.first { $0.type == "snapshot" })
    #expect(snapshot.objects("messages").map { $0.text("text") } == ["still here"])
    #expect(snapshot.number("cursor") >= made.number("message"))
  }

  @Test("a room somebody is in stays in memory")
  func busy() throws {
    var test = try DurableStage()
    try test.join(1, "alice", .host)
    for _ in 0..<10 {
      test.stage.send(1, ["type": "ping"])
      test.wait(.seconds(20))
    }
    #expect(test.stage.core.houses.openRooms == ["demo"])
  }

  // MARK: What members are told

  @Test("counts are told when the votes they count are on the disk, and not before")
  func counters() throws {
    var test = try DurableStage()
    try test.fill()
    let poll = try test.command(1, "openPoll", ["question": "?", "options": ["a", "b"]])["poll"]
    _ = try test.command(2, "vote", ["poll": poll ?? 0, "options": [0]])
    test.wait(.milliseconds(400))
    _ = test.stage.inbox(1)
    // One vote is on the disk and waits to be told, another is on its way.
    try test.join(3, "victor", .viewer)
    test.ask(3, "vote", ["poll": poll ?? 0, "options": [1]])
    try test.askToJoin(4, "walter", .viewer)
    test.ask(4, "vote", ["poll": poll ?? 0, "options": [1]])
    test.disk.take(test.stage.takeHouseOrders())
    test.disk.write(1)
    if let answer = test.disk.nextAnswer() { test.stage.take(answer) }
    test.stage.wait(.milliseconds(600))
    #expect(!test.stage.inbox(1).contains { $0.type == "pollCounts" })
    test.settle()
    test.wait(.milliseconds(600))
    let told = test.stage.inbox(1).filter { $0.type == "pollCounts" }
    #expect(told.last?["counts"] == [1, 2])
  }

  @Test("a counter whose event came before a cut, and which was told after it, is told again")
  func counterAfterCut() throws {
    var test = try DurableStage()
    try test.fill()
    let poll = try test.command(1, "openPoll", ["question": "?", "options": ["a", "b"]])["poll"]
    _ = test.stage.inbox(1)
    _ = try test.command(2, "vote", ["poll": poll ?? 0, "options": [0]])
    let cursor = try test.command(1, "announce", ["text": "voted"]).number("cursor")
    test.stage.close(1)
    test.wait(.milliseconds(600))
    try test.stage.open(3)
    let token = try test.stage.token("alice", .host)
    test.stage.send(
      3,
      [
        "type": "join", "id": "j", "version": 1, "room": "demo", "token": .string(token),
        "cursor": .integer(cursor),
      ])
    test.settle()
    let told = test.stage.inbox(3)
    #expect(!told.contains { $0.type == "snapshot" })
    #expect(told.first { $0.type == "pollCounts" }?["counts"] == [1, 0])
  }

  @Test("a member with a new role is given the room as that role sees it")
  func newRole() throws {
    var test = try DurableStage()
    try test.fill()
    try test.join(3, "bob", .viewer)
    _ = try test.command(1, "setChat", ["hold": "all"])
    _ = try test.command(2, "say", ["text": "may I?"])
    _ = test.stage.inbox(3)
    _ = try test.command(1, "setRole", ["member": "bob", "role": "moderator"])
    let told = test.stage.inbox(3)
    let snapshot = try #require(told.last { $0.type == "snapshot" })
    #expect(snapshot.objects("held").map { $0.text("text") } == ["may I?"])
    #expect(told.last?["role"] == "moderator")
  }

  // MARK: What events mean

  @Test("a guest on stage may publish, and whoever is taken off it publishes no more")
  func guests() throws {
    var test = try DurableStage()
    try test.fill()
    test.stage.send(
      2, ["type": "publish", "id": "p", "stream": "main", "sdp": test.stage.publishOffer()])
    #expect(test.stage.inbox(2).last?["code"] == "forbidden")
    _ = try test.command(1, "inviteToStage", ["member": "vera"])
    _ = test.stage.inbox(2)
    test.ask(2, "answerInvitation", ["accept": true])
    test.settle()
    let granted = test.stage.inbox(2)
    #expect(granted.first { $0.type == "permissions" }?["publish"] == true)
    #expect(granted.last { $0.type == "me" }?["stage"] == "on")
    let answer = try test.stage.publish(2)
    #expect(answer["connection"] == "c1")
    let key = PublicationKey(identity: "vera", stream: "main")
    #expect(test.stage.core.rooms["demo"]?.publications[key] != nil)
    _ = try test.command(1, "removeFromStage", ["member": "vera"])
    #expect(test.stage.core.rooms["demo"]?.publications[key] == nil)
    let told = test.stage.inbox(2)
    #expect(told.first { $0.type == "connectionEnded" }?["reason"] == "removed")
    #expect(told.first { $0.type == "permissions" }?["publish"] == false)
  }

  @Test("a ban ends the member's sessions and WHEP transports, and keeps both out")
  func ban() throws {
    var test = try DurableStage()
    try test.fill()
    let token = try test.stage.token("vera", .viewer)
    let viewer = OfferSection.viewer(audio: 1, video: 1)
    #expect(try test.stage.post("/whep/demo", viewer, token: token).status == 201)
    #expect(test.stage.core.transports.count == 1)
    _ = try test.command(1, "ban", ["member": "vera"])
    #expect(test.stage.core.transports.isEmpty)
    let bye = test.stage.inbox(2).last
    #expect(bye?.type == "bye" && bye?["reason"] == "banned" && test.stage.closed[2] != nil)
    let refusal = try #require(try test.join(3, "vera", .viewer).first)
    #expect(refusal.type == "error" && refusal["code"] == "banned")
    #expect(try test.stage.post("/whep/demo", viewer, token: token).status == 403)
    _ = try test.command(1, "unban", ["member": "vera"])
    #expect(try test.join(4, "vera", .viewer).first?.type == "joined")
  }

  @Test("everybody is told when a guest leaves the stage by a ban")
  func bannedGuest() throws {
    var test = try DurableStage()
    try test.fill()
    try test.join(3, "victor", .viewer)
    _ = try test.command(1, "inviteToStage", ["member": "vera"])
    _ = try test.command(2, "answerInvitation", ["accept": true])
    _ = test.stage.inbox(3)
    _ = try test.command(1, "ban", ["member": "vera"])
    #expect(test.stage.inbox(3).map(\.type).filter { $0 != "roomState" } == ["stageRemoved"])
  }

  @Test("an ended room lets nobody in, after it was read again either")
  func ended() throws {
    var test = try DurableStage()
    try test.fill()
    _ = try test.command(1, "endRoom")
    test.wait(.seconds(1))
    #expect(test.stage.closed[1] == 4001 && test.stage.closed[2] == 4001)
    test.abandon()
    #expect(test.stage.core.houses.openRooms.isEmpty)
    let refusal = try #require(try test.join(3, "vera", .viewer).first)
    #expect(refusal["code"] == "room-ended" && test.stage.closed[3] == 4001)
    let token = try test.stage.token("alice", .host)
    let offer = OfferSection.publisher(video: .vp8, rids: [])
    #expect(try test.stage.post("/whip/demo", offer, token: token).status == 409)
  }

  // MARK: Who comes in

  @Test("a room takes as many viewers as its settings say; staff and who is in already don't count")
  func viewersMax() throws {
    var test = try DurableStage()
    try test.fill()
    _ = try test.command(1, "setRoom", ["viewersMax": 1])
    let refusal = try #require(try test.join(3, "victor", .viewer).first)
    #expect(refusal.type == "error" && refusal["code"] == "full")
    #expect(try test.join(4, "vera", .viewer).first?.type == "joined")
    #expect(try test.join(5, "mona", .moderator).first?.type == "joined")
  }

  @Test("a room that takes no anonymous viewers takes none, by socket or WHEP")
  func anonymous() throws {
    var test = try DurableStage()
    try test.fill()
    _ = try test.command(1, "setRoom", ["anonymous": "refuse"])
    let refusal = try #require(try test.join(3, "anon-1", .viewer).first)
    #expect(refusal.type == "error" && refusal["code"] == "forbidden")
    let token = try test.stage.token("anon-1", .viewer)
    let viewer = OfferSection.viewer(audio: 1, video: 1)
    #expect(try test.stage.post("/whep/demo", viewer, token: token).status == 403)
    #expect(try test.join(4, "victor", .viewer).first?.type == "joined")
  }

  // MARK: What publishers send

  @Test("a cap on the bitrate is in every answer; who goes on sending more is told, then ended")
  func bitrateMax() throws {
    var test = try DurableStage()
    try test.fill()
    _ = try test.command(1, "setRoom", ["bitrateMax": 900_000])
    #expect(try test.stage.publish(1).text("sdp").contains("b=TIAS:900000\r\n"))
    let host = try test.stage.token("alice", .host)
    let whip = try test.stage.post(
      "/whip/demo?stream=screen", OfferSection.publisher(video: .vp8, rids: []), token: host)
    #expect(String(decoding: whip.body, as: UTF8.self).contains("b=TIAS:900000\r\n"))
    let main = PublicationKey(identity: "alice", stream: "main")
    let screen = PublicationKey(identity: "alice", stream: "screen")
    func send(_ kilobits: Int64, _ key: PublicationKey, seconds: Int64) throws {
      for _ in 0..<seconds {
        let video = try test.stage.media(.video, of: key)
        var status = RoomSocketStage.status()
        status.bitrate = .kilobits(kilobits)
        test.stage.report(.trackActive(video, true))
        test.stage.report(.trackStatus(video, [status]))
        test.wait(.seconds(1))
      }
    }
    for peer in test.stage.core.transports.keys { test.stage.report(.connected(peer)) }
    // A burst above the cap, and all that is tolerated for long, end nothing.
    try send(2000, main, seconds: 8)
    let health = test.stage.inbox(1).last { $0.type == "health" && $0["stream"] == "main" }
    #expect(health?.objects("layers").contains { $0["limitedByCode"] == "budget" } == true)
    try send(1100, main, seconds: 20)
    let calm = test.stage.inbox(1).last { $0.type == "health" && $0["stream"] == "main" }
    #expect(calm?.objects("layers").contains { $0["limitedByCode"] == "budget" } == false)
    #expect(test.stage.core.rooms["demo"]?.publications[main]?.peer != nil)
    try send(1200, main, seconds: 10)
    try send(1200, screen, seconds: 10)
    test.wait(.seconds(2))
    #expect(test.stage.core.rooms["demo"]?.publications[main] == nil)
    #expect(test.stage.core.rooms["demo"]?.publications[screen] == nil)
    let end = test.stage.inbox(1).first { $0.type == "connectionEnded" }
    #expect(end?["reason"] == "removed")
  }

  @Test("a room's codec is answered first from then on; without one it is the server's")
  func codec() throws {
    var test = try DurableStage()
    try test.fill()
    let token = try test.stage.token("alice", .host)
    func first() throws -> String? {
      let video = OfferSection(.video, .sendonly, codecs: [.vp8, .h264, .vp9])
      let answer = try test.stage.post("/whip/demo", [video], token: token)
      let media = try SessionDescription.parse(answer.body).media.first
      return media?.rtp.maps.first?.name
    }
    #expect(try first() == "VP8")
    _ = try test.command(1, "setRoom", ["codec": "VP9"])
    #expect(try first() == "VP9")
    _ = try test.command(1, "setRoom", ["title": "Sale"])
    #expect(try first() == "VP9")
    _ = try test.command(1, "setRoom", ["codec": "server"])
    #expect(try first() == "VP8")
    #expect(try test.command(1, "setRoom", ["codec": "H265"])["code"] == "bad-message")
  }

  @Test("without a cap no answer has one, and nobody is ended for what they send")
  func noBitrateMax() throws {
    var test = try DurableStage()
    try test.fill()
    #expect(!(try test.stage.publish(1).text("sdp").contains("b=")))
  }
}
