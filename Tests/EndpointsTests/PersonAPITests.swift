import Access
import HTTP
import JSON
import Negotiation
import Room
import Testing
import Wire

@testable import Endpoints

@Suite("One person's data over REST")
struct PersonAPITests {
  private func person(
    _ test: inout RoomAPIStage, _ method: HTTPMethod, _ identity: String, token: String?,
    query: String = ""
  ) throws -> HTTPResponse {
    let answer = try #require(
      try test.stage.ask(method, "/api/v1/people/\(identity)\(query)", token: token))
    try check(answer, against: .server(method == .get ? .exportPerson : .erasePerson))
    return answer
  }

  @Test("only a service of all rooms may")
  func authority() throws {
    var test = try RoomAPIStage()
    let ofRoom = try test.stage.token("shop", .service)
    #expect(try person(&test, .get, "bob", token: nil).status == 401)
    for token in [ofRoom, test.host, test.bob] {
      #expect(try person(&test, .get, "bob", token: token).status == 403)
      #expect(try person(&test, .delete, "bob", token: token).status == 403)
    }
    let service = try test.stage.token("shop", .service, room: "*")
    #expect(try person(&test, .get, "bob", token: service).status == 200)
    #expect(try person(&test, .get, "a%01", token: service).status == 400)
    #expect(try person(&test, .get, "bob", token: service, query: "?after=x").status == 400)
  }

  @Test("the export has what they are called, wrote and did, in all rooms")
  func export() throws {
    var test = try RoomAPIStage()
    let service = try test.stage.token("shop", .service, room: "*")
    try test.say("my words")
    try test.say("other words", as: "eve")
    let answer = try person(&test, .get, "bob", token: service)
    let text = String(decoding: answer.body, as: UTF8.self)
    #expect(text.contains("my words") && text.contains("\"BOB\"") && text.contains("\"said\""))
    #expect(!text.contains("other words") && answer.headers["Link"] == nil)
  }

  @Test("an erased person is nobody: in the open room, for who comes, on the disk; counts stay")
  func erase() throws {
    var test = try RoomAPIStage()
    let service = try test.stage.token("shop", .service, room: "*")
    try test.join(1, "alice", .host)
    try test.say("wordsofbob")
    try test.say("wordsofeve", as: "eve")
    #expect(try person(&test, .delete, "bob", token: service).status == 204)
    let room = try test.ask(.get, "", token: test.host)
    #expect(texts(room) == ["-", "wordsofeve"])
    #expect(!String(decoding: room.body, as: UTF8.self).contains("bob"))
    #expect(texts(try test.ask(.get, "/messages", token: test.host)) == ["-", "wordsofeve"])
    let log = try test.ask(.get, "/log", token: test.host)
    #expect(!String(decoding: log.body, as: UTF8.self).contains("bob"))
    #expect(String(decoding: log.body, as: UTF8.self).contains("\"kind\":\"said\""))
    #expect(try person(&test, .get, "bob", token: service).body.isEmpty)
    // Whoever comes back is somebody new.
    try test.say("again")
    let again = try test.ask(.get, "", token: test.host)
    #expect(texts(again) == ["-", "wordsofeve", "again"])
    #expect(try person(&test, .delete, "bob", token: service).status == 204)
    #expect(try person(&test, .delete, "nobody", token: service).status == 204)
  }

  @Test("a ban outlives the erasure of the banned, by a mark that names nobody; staff see it")
  func erasedBan() throws {
    var test = try RoomAPIStage()
    let service = try test.stage.token("shop", .service, room: "*")
    try test.say("rude", as: "eve-the-banned")
    let path = "/members/eve-the-banned/ban"
    #expect(try test.ask(.put, path, ["reason": "spam"], token: test.host).status == 200)
    #expect(try person(&test, .delete, "eve-the-banned", token: service).status == 204)
    let log = try test.ask(.get, "/log", token: test.host)
    #expect(!String(decoding: log.body, as: UTF8.self).contains("eve-the-banned"))
    let eve = try test.stage.token("eve-the-banned", .viewer)
    func isOut(_ test: inout RoomAPIStage) throws -> Bool {
      let said = try test.ask(.post, "/messages", ["text": "back"], token: eve)
      let asked = try test.ask(.get, "/messages", token: eve)
      let watched = try test.stage.post(
        "/whep/demo", OfferSection.viewer(audio: 1, video: 1), token: eve)
      let codes = [said.status, asked.status, watched.status]
      #expect(Set(codes).count == 1, "\(codes)")
      return codes == [403, 403, 403]
    }
    #expect(try isOut(&test))
    #expect(throws: RoomSocketStage.StageFault.self) {
      try test.join(9, "eve-the-banned", .viewer)
    }
    try test.say("somebody else", as: "evelyn")
    let bans = try test.ask(.get, "/bans", token: test.host)
    #expect(bans.json["people"] == [] && bans.json["erased"] == 1)
    let audit = try test.ask(.get, "/audit", token: test.host)
    guard case .array(let entries)? = audit.json["entries"],
      case .object(let ban)? = entries.first
    else { throw RoomSocketStage.StageFault() }
    #expect(ban["kind"] == "banned" && ban["member"] == .null && ban["erased"] == true)
    // Read again from the disk, it is the same.
    test.stage.wait(HousesLimits.idleLimit + .seconds(5))
    #expect(test.stage.core.houses["demo"] == nil)
    #expect(try isOut(&test))
    #expect(try test.ask(.delete, path, token: test.host).status == 200)
    #expect(try test.ask(.get, "/messages", token: eve).status == 200)
  }

  @Test("a room that was read before the erasure and opens after it doesn't bring the name back")
  func race() throws {
    var test = try RoomAPIStage()
    let service = try test.stage.token("shop", .service, room: "*")
    try test.say("wordsofbob")
    let house = try #require(test.stage.core.houses["demo"])
    let key = try #require(test.stage.core.houses.key(of: "demo"))
    #expect(try person(&test, .delete, "bob", token: service).status == 204)
    test.stage.answer(.opened(room: "demo", OpenedRoom(key: key, house: house, tailCount: 0)))
    let room = try test.ask(.get, "", token: test.host)
    #expect(texts(room) == ["-"])
  }

  @Test("what is to be erased by policy is looked for at the start, then each hour")
  func upkeep() throws {
    var test = try RoomAPIStage()
    func count(_ test: RoomAPIStage) -> Int {
      test.stage.houseOrders.count { if case .upkeep = $0 { true } else { false } }
    }
    test.stage.wait(.seconds(1))
    #expect(count(test) == 1)
    test.stage.wait(.seconds(60))
    #expect(count(test) == 1)
    test.stage.now = test.stage.now + .seconds(3600)
    test.stage.wait(.seconds(1))
    #expect(count(test) == 2)
  }

  @Test("names and texts of a room that ended go after the operator's days, and not before")
  func retention() throws {
    var test = try RoomAPIStage()
    try test.say("wordsofbob")
    #expect(try test.ask(.post, "/end", token: test.host).status == 200)
    let end = test.stage.wall.milliseconds
    test.store.close()
    for (days, isKept) in [(1, true), (3, false)] as [(Int64, Bool)] {
      let later = try StageStore(
        nowMs: end + days * 86_400_000 - 3_600_000, retentionDays: 2, after: test.store)
      _ = later.carryOut(.upkeep)
      later.close()
      #expect(try later.holds("wordsofbob") == isKept, "after \(days) days")
    }
  }
}
