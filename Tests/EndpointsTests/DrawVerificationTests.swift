import Access
import Foundation
import HTTP
import JSON
import Room
import Testing
import Wire

@testable import Endpoints

@Suite("Verifying a draw from the exported log")
struct DrawVerificationTests {
  /// A room in which seven enter, one is banned before the draw and one comes back from a ban.
  private func drawn() throws -> (lines: [[UInt8]], giveaway: Int64) {
    var test = try RoomAPIStage()
    let opened = try test.ask(
      .post, "/giveaways", ["prize": "A mug", "rule": "everyone", "winners": 3], token: test.host)
    guard case .integer(let id)? = opened.json["giveaway"] else {
      throw RoomSocketStage.StageFault()
    }
    for number in 1...7 {
      let token = try test.stage.token("p\(number)", .viewer)
      #expect(try test.ask(.post, "/giveaways/\(id)/enter", token: token).status == 200)
      test.stage.now = test.stage.now + .seconds(1)
    }
    for identity in ["p2", "p3"] {
      _ = try test.ask(.put, "/members/\(identity)/ban", [:], token: test.host)
    }
    _ = try test.ask(.delete, "/members/p2/ban", token: test.host)
    let again = try test.stage.token("p2", .viewer)
    #expect(try test.ask(.post, "/giveaways/\(id)/enter", token: again).status == 200)
    #expect(try test.ask(.post, "/giveaways/\(id)/draw", token: test.host).status == 200)
    _ = try test.ask(.put, "/members/p1/ban", [:], token: test.host)
    var lines: [[UInt8]] = []
    var path = "/log?limit=3"
    while true {
      let page = try test.ask(.get, path, token: test.host)
      lines += page.body.split(separator: UInt8(ascii: "\n")).map { Array($0) }
      guard let link = page.headers["Link"], let start = link.range(of: "/log"),
        let end = link.range(of: ">")
      else { return (lines, id) }
      path = String(link[start.lowerBound..<end.lowerBound])
    }
  }

  private func verdicts(_ lines: [[UInt8]]) throws -> [DrawVerification.Verdict] {
    var verification = DrawVerification()
    for line in lines { try verification.take(line) }
    return try verification.verdicts()
  }

  private func kind(_ line: [UInt8]) throws -> String {
    guard case .object(let object) = try JSONValue.parse(line) else { return "" }
    return object.text("kind")
  }

  /// The lines with a member of the body of each `kind` changed.
  private func changed(
    _ lines: [[UInt8]], _ kind: String, _ change: (inout JSONObject) -> Void
  ) throws -> [[UInt8]] {
    try lines.map { line in
      guard case .object(var object) = try JSONValue.parse(line), object.text("kind") == kind
      else { return line }
      change(&object)
      return JSONValue.object(object).write()
    }
  }

  @Test("what the server drew is right by the log's pages, with those banned before it left out")
  func right() throws {
    let (lines, id) = try drawn()
    let verdicts = try verdicts(lines)
    #expect(verdicts.map(\.giveaway) == [id])
    #expect(verdicts[0].isRight == true)
    #expect(verdicts[0].text.hasPrefix("is right: of 6 entries, \"p"))
  }

  @Test("another seed, winner, order of entries or ban is found out")
  func wrong() throws {
    let (lines, _) = try drawn()
    let seeds = try changed(lines, "giveawayDrawn") { object in
      var body = object.object("body")
      body["seed"] = .string(String(repeating: "ab", count: 32))
      object["body"] = .object(body)
    }
    #expect(try verdicts(seeds)[0].isRight == false)
    #expect(try verdicts(seeds)[0].text.contains("not the one that was committed to"))
    let winners = try changed(lines, "giveawayDrawn") { object in
      var body = object.object("body")
      guard case .array(let people)? = body["winners"] else { return }
      body["winners"] = .array(people.reversed())
      object["body"] = .object(body)
    }
    #expect(try verdicts(winners)[0].text.contains("seed and entries give"))
    let bans = try changed(lines, "banned") { $0["kind"] = "muted" }
    #expect(try verdicts(bans)[0].isRight == false)
    let commitments = try changed(lines, "giveawayOpened") { object in
      var body = object.object("body")
      body["commitment"] = .string(String(repeating: "00", count: 32))
      object["body"] = .object(body)
    }
    #expect(try verdicts(commitments)[0].isRight == false)
  }

  @Test("a log with a page missing, twice or cut off is not verified")
  func partial() throws {
    let (lines, _) = try drawn()
    let entry = try #require(try lines.firstIndex { try kind($0) == "entered" })
    var missing = lines
    missing.remove(at: entry)
    #expect(throws: DrawVerification.Refusal.self) { try verdicts(missing) }
    var twice = lines
    twice.insert(lines[entry], at: entry)
    #expect(throws: DrawVerification.Refusal.self) { try verdicts(twice) }
    #expect(throws: DrawVerification.Refusal.self) { try verdicts(Array(lines[..<entry])) }
    #expect(throws: DrawVerification.Refusal.self) { try verdicts(Array(lines.dropFirst())) }
    #expect(throws: DrawVerification.Refusal.self) { try verdicts(lines + lines) }
    #expect(throws: DrawVerification.Refusal.self) { try verdicts([Array("no JSON".utf8)]) }
  }
}
