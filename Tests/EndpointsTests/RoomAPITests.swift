import Access
import HTTP
import JSON
import Messages
import Room
import RoomLog
import Testing
import Wire

@testable import Endpoints

/// A room with a store, a host, a moderator and viewers, over REST.
struct RoomAPIStage {
  let store: StageStore
  var stage: RoomSocketStage
  let host, moderator, bob: String

  init(allowing: [String] = []) throws {
    store = try StageStore(nowMs: 1_793_248_000_000)
    stage = try RoomSocketStage(store: store, allowing: allowing)
    host = try stage.token("alice", .host)
    moderator = try stage.token("mod", .moderator)
    bob = try stage.token("bob", .viewer)
  }

  /// Asks, and checks the answer against the description.
  mutating func ask(
    _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil, token: String? = nil,
    key: String? = nil, room: String = "demo"
  ) throws -> HTTPResponse {
    var headers: HTTPHeaders = [:]
    if let key { headers.append("Idempotency-Key", key) }
    let target = "/api/v1/rooms/\(room)\(path)"
    let answer = try #require(
      try stage.ask(method, target, body, token: token, headers: headers), "\(target)")
    let route = try #require(
      APIRoute.route(of: HTTPRequest(method, try HTTPTarget(target))), "\(target)")
    try check(answer, against: route.operation)
    return answer
  }

  /// Says something as a viewer; its id.
  @discardableResult
  mutating func say(_ text: String, as identity: String = "bob") throws -> Int64 {
    stage.now = stage.now + .seconds(40)
    let answer = try ask(
      .post, "/messages", ["text": .string(text)], token: try stage.token(identity, .viewer))
    guard case .integer(let id)? = answer.json["message"] else {
      throw RoomSocketStage.StageFault()
    }
    return id
  }

  /// Who is here.
  mutating func join(_ socket: UInt64, _ identity: String, _ role: Role) throws {
    _ = try stage.join(socket, identity, role)
  }
}

@Suite("A room's commands over REST")
struct RoomCommandAPITests {
  @Test("a command is carried out once it is on the disk, and the room's sockets are told")
  func command() throws {
    var test = try RoomAPIStage()
    try test.join(1, "vera", .viewer)
    let answer = try test.ask(.post, "/messages", ["text": "Hello"], token: test.bob)
    #expect(answer.status == 200)
    let id = try #require(answer.json["message"])
    #expect(answer.json["cursor"] == id)
    let said = try #require(test.stage.told[1]?.last { $0["type"] == "said" })
    #expect(said.object("message")["text"] == "Hello")
    #expect(said.object("message").object("member")["identity"] == "bob")
  }

  @Test("every command is served at its path, and what it is refused with is described")
  func everyCommand() throws {
    var test = try RoomAPIStage()
    try test.say("the first", as: "carol")
    for command in CommandCatalogue.all where command.name != "endRoom" {
      test.stage.now = test.stage.now + .seconds(40)
      var body = JSONObject()
      for field in command.fields where !command.pathFields.contains(field.name) {
        if field.isRequired { body[field.name] = RoomCommandAPITests.example(field) }
      }
      let path = command.path.replacing("{member}", with: "carol")
        .split(separator: "/").map { $0.first == "{" ? "1" : String($0) }.joined(separator: "/")
      let method = try #require(HTTPMethod(rawValue: command.method))
      let answer = try test.ask(method, "/" + path, .object(body), token: test.host)
      #expect(answer.status != 400 && answer.json["code"] != "forbidden", "\(command.name)")
      #expect(try test.ask(method, "/" + path, .object(body)).status == 401)
      if command.authority != .anyone {
        let refused = try test.ask(method, "/" + path, .object(body), token: test.bob)
        #expect(refused.status == 403, "\(command.name)")
      }
    }
    #expect(try test.ask(.post, "/end", token: test.host).status == 200)
    let late = try test.ask(.post, "/messages", ["text": "x"], token: test.host)
    #expect(late.status == 409 && late.json["code"] == "room-ended")
  }

  static func example(_ field: CommandField) -> JSONValue {
    switch field.kind {
    case .string:
      switch field.name {
      case "emoji": "👍"
      case "currency": "EUR"
      default: "text"
      }
    case .integer(let range): .integer(max(1, range.lowerBound))
    case .boolean: true
    case .choice(let words): .string(words[0])
    case .strings: ["one", "two"]
    case .integers(_, let range): [.integer(range.lowerBound)]
    case .pairs(_, let range): [[.integer(range.lowerBound), .integer(range.lowerBound)]]
    case .objects(_, let fields):
      [.object(JSONObject(fields.filter(\.isRequired).map { ($0.name, example($0)) }))]
    }
  }

  @Test("fields of the path are the command's, whatever the body says; wrong ones are named")
  func path() throws {
    var test = try RoomAPIStage()
    let id = try test.say("spam")
    let deleted = try test.ask(.delete, "/messages/\(id)", ["message": 999], token: test.moderator)
    #expect(deleted.status == 200)
    for bad in ["x", "0", "-1", "1e3", "99999999999999999999", "%20"] {
      let answer = try test.ask(.delete, "/messages/\(bad)", token: test.moderator)
      #expect(answer.status == 400 && answer.json["code"] == "bad-message")
      #expect(answer.json.text("detail").hasPrefix("message: expected an integer"))
    }
    let banned = try test.ask(.put, "/members/shop%2Fbob/ban", [:], token: test.host)
    #expect(banned.status == 200)
    let bans = try test.ask(.get, "/bans", token: test.host)
    #expect(bans.json["people"].flatMap { "\($0)".contains("shop/bob") } == true)
    #expect(try test.ask(.get, "", token: test.bob, room: "a.b").status == 400)
  }

  @Test("the same key again is answered with the first reply, with other parameters refused")
  func keys() throws {
    var test = try RoomAPIStage()
    let first = try test.ask(.post, "/messages", ["text": "once"], token: test.bob, key: "k1")
    test.stage.now = test.stage.now + .seconds(60)
    let again = try test.ask(.post, "/messages", ["text": "once"], token: test.bob, key: "k1")
    #expect(first.status == 200 && again == first)
    let other = try test.ask(.post, "/messages", ["text": "twice"], token: test.bob, key: "k1")
    #expect(other.status == 422 && other.json["code"] == "idempotency-mismatch")
    // The key of a body is none: it stands in the header.
    let body: JSONValue = ["text": "thrice", "key": "k1"]
    #expect(try test.ask(.post, "/messages", body, token: test.bob).status == 200)
    #expect(try test.ask(.post, "/messages", ["text": "a"], token: test.bob, key: "").status == 400)
    let long = String(repeating: "k", count: 256)
    let tooLong = try test.ask(.post, "/messages", ["text": "a"], token: test.bob, key: long)
    #expect(tooLong.status == 400)
    let history = try test.ask(.get, "/messages", token: test.bob)
    #expect(texts(history) == ["once", "thrice"])
  }

  @Test("a key that is being carried out is 409")
  func running() throws {
    // Without answers of the store nothing is on the disk yet.
    var stage = try RoomSocketStage(store: nil, isDurable: true)
    let bob = try stage.token("bob", .viewer)
    let say: JSONValue = ["text": "hi"]
    let messages = "/api/v1/rooms/demo/messages"
    let key: HTTPHeaders = ["Idempotency-Key": "k"]
    #expect(try stage.ask(.post, messages, say, token: bob, headers: key) == nil)
    stage.answer(
      .opened(
        room: "demo", OpenedRoom(key: RoomKey(rawValue: 1), house: RoomHouse(), tailCount: 0)))
    let second = try #require(try stage.ask(.post, messages, say, token: bob, headers: key))
    #expect(second.status == 409 && second.json["code"] == "in-progress")
    try check(second, against: .command("say"))
    let other = try #require(
      try stage.ask(.post, messages, ["text": "x"], token: bob, headers: key))
    #expect(other.status == 422)
    #expect(stage.answers[1] == nil, "nothing is answered before it is on the disk")
    stage.answer(.committed(RoomKey(rawValue: 1), ticket: 1, replyRow: 1))
    #expect(stage.answers[1]?.status == 200)
  }

  @Test("too often is 429, and says when")
  func rates() throws {
    var test = try RoomAPIStage()
    var last = try test.ask(.post, "/messages", ["text": "0"], token: test.bob)
    for count in 1..<8 where last.status == 200 {
      last = try test.ask(.post, "/messages", ["text": .string("\(count)")], token: test.bob)
    }
    #expect(last.status == 429 && last.json["code"] == "rate")
    let ms = try #require(
      last.json["retryAfterMs"].flatMap { if case .integer(let n) = $0 { n } else { nil } })
    #expect(last.headers["Retry-After"] == String((ms + 999) / 1000))
    // Whatever is asked, there is an end to it; a service's is the disk's.
    var answers = 0
    while try test.ask(.get, "/messages", token: test.bob).status == 200 { answers += 1 }
    #expect(answers < RoomSocketLimits.requestsBurst)
    let service = try test.stage.token("shop", .service)
    for _ in 0..<100 { #expect(try test.ask(.get, "", token: service).status == 200) }
  }

  @Test("a body of another type, a field out of range, and who is banned are refused by name")
  func refusals() throws {
    var test = try RoomAPIStage()
    let form = try test.stage.ask(
      .post, "/api/v1/rooms/demo/messages", text: Array("text=a".utf8), test.bob,
      ["Content-Type": "text/plain"])
    #expect(form?.status == 415)
    let poll = try test.ask(.post, "/polls", ["question": "?"], token: test.host)
    #expect(poll.status == 400 && poll.json.text("detail").hasPrefix("options: expected"))
    #expect(try test.ask(.put, "/members/bob/ban", token: test.moderator).status == 200)
    let banned = try test.ask(.post, "/messages", ["text": "hi"], token: test.bob)
    #expect(banned.status == 403 && banned.json["code"] == "banned")
    #expect(try test.ask(.get, "/messages", token: test.bob).json["code"] == "banned")
  }
}

/// The texts of a page of history; deleted ones are "-".
func texts(_ answer: HTTPResponse) -> [String] {
  guard case .array(let messages)? = answer.json["messages"] else { return [] }
  return messages.map { message in
    guard case .object(let object) = message, case .string(let text)? = object["text"] else {
      return "-"
    }
    return text
  }
}
