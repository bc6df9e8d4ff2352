import Access
import HTTP
import JSON
import Room
import Testing
import Wire

@testable import Endpoints

@Suite("The list of rooms")
struct RoomListTests {
  private func list(_ test: inout RoomAPIStage, _ query: String = "") throws -> HTTPResponse {
    test.stage.now = test.stage.now + .seconds(1)
    let answer = try #require(try test.stage.ask(.get, "/api/v1/rooms\(query)"))
    try check(answer, against: .server(.listRooms))
    return answer
  }

  private func names(_ answer: HTTPResponse) -> [String] {
    guard case .array(let rooms)? = answer.json["rooms"] else { return [] }
    return rooms.map { if case .object(let room) = $0 { room.text("room") } else { "" } }
  }

  /// Rooms that are live, and rooms that are to come in as many hours.
  private func stage(live: [String], upcoming: [String]) throws -> RoomAPIStage {
    var test = try RoomAPIStage()
    let service = try test.stage.token("shop", .service, room: "*")
    for (index, room) in (live + upcoming).enumerated() {
      let startsAtMs = test.stage.wall.milliseconds + 3_600_000 * Int64(index + 1)
      let schedule: JSONValue = [
        "title": .string("Show of \(room)"), "startsAtMs": .integer(startsAtMs),
      ]
      let answer = try test.ask(.put, "/schedule", schedule, token: service, room: room)
      #expect(answer.status == 200)
    }
    for room in live {
      test.stage.core.houses.serve(
        .phaseObserved(.live), in: room, atMs: test.stage.wall.milliseconds)
    }
    test.stage.wait(.milliseconds(400))
    return test
  }

  @Test("lists what is live and what comes, without a token, without those of the other phase")
  func phases() throws {
    var test = try stage(live: ["a", "b"], upcoming: ["c", "d"])
    let all = try list(&test)
    #expect(names(all) == ["a", "b", "c", "d"])
    #expect(all.json["next"] == .null)
    #expect(all.headers["Cache-Control"] == "public, max-age=2")
    #expect(names(try list(&test, "?phase=live")) == ["a", "b"])
    #expect(names(try list(&test, "?phase=upcoming")) == ["c", "d"])
    guard case .array(let rooms)? = all.json["rooms"], case .object(let first) = rooms[0] else {
      throw RoomSocketStage.StageFault()
    }
    #expect(first["title"] == "Show of a" && first["phase"] == "live")
    for bad in ["?phase=ended", "?limit=0", "?limit=101", "?after=x", "?after=l.1", "?after=u.x.y"]
    {
      #expect(try list(&test, bad).status == 400, "\(bad)")
    }
  }

  @Test("pages go on from live to upcoming, each room once")
  func pages() throws {
    var test = try stage(live: ["a", "b", "c"], upcoming: ["d", "e"])
    for limit in 1...6 {
      var seen: [String] = []
      var query = "?limit=\(limit)"
      for _ in 0..<9 {
        let page = try list(&test, query)
        #expect(names(page).count <= limit)
        seen += names(page)
        guard case .string(let next)? = page.json["next"] else { break }
        query = "?limit=\(limit)&after=\(next)"
      }
      #expect(seen == ["a", "b", "c", "d", "e"], "limit \(limit)")
    }
  }

  @Test("who watches more comes first, and the host has a name")
  func order() throws {
    var test = try stage(live: ["a", "demo"], upcoming: [])
    try test.join(1, "alice", .host)
    try test.join(2, "vera", .viewer)
    test.stage.wait(.milliseconds(600))
    let answer = try list(&test)
    #expect(names(answer) == ["demo", "a"])
    guard case .array(let rooms)? = answer.json["rooms"], case .object(let first) = rooms[0] else {
      throw RoomSocketStage.StageFault()
    }
    #expect(first["viewers"] == 1 && first.object("host") == ["name": "ALICE"])
  }

  @Test("a show that nobody is in any more is not listed as live, one that is long late not at all")
  func stale() throws {
    var test = try stage(live: ["a"], upcoming: ["late"])
    #expect(names(try list(&test)) == ["a", "late"])
    test.stage.wait(HousesLimits.idleLimit + .seconds(2))
    #expect(names(try list(&test)) == ["late"])
    test.stage.now = test.stage.now + .seconds(15 * 3600)
    #expect(names(try list(&test)) == [])
  }

  @Test("one address may not ask for ever")
  func budget() throws {
    var test = try RoomAPIStage()
    var statuses: Set<Int> = []
    for _ in 0...ControlLimits.listsBurst {
      statuses.insert(try #require(try test.stage.ask(.get, "/api/v1/rooms")).status)
    }
    #expect(statuses == [200, 429])
  }
}
