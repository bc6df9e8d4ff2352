import Access
import Crypto
import HTTP
import Hooks
import JSON
import Room
import RoomLog
import Testing
import Wire

@testable import Endpoints

@Suite("Webhooks over REST")
struct HookAPITests {
  /// A room with a store, and a service of all rooms.
  struct Stage {
    var test: RoomAPIStage
    let service: String

    init() throws {
      test = try RoomAPIStage()
      service = try test.stage.token("ops", .service, room: "*")
    }

    /// Asks, and checks the answer against the description.
    mutating func ask(
      _ method: HTTPMethod, _ path: String = "", _ body: JSONValue? = nil, token: String? = nil
    ) throws -> HTTPResponse {
      let target = "/api/v1/hook-endpoints\(path)"
      let answer = try #require(
        try test.stage.ask(method, target, body, token: token ?? service), "\(target)")
      let route = try #require(
        APIRoute.route(of: HTTPRequest(method, try HTTPTarget(target))), "\(target)")
      try check(answer, against: route.operation)
      return answer
    }

    /// Makes an endpoint; its id and its first secret.
    mutating func make(
      _ merchant: String = "shop", _ more: [(String, JSONValue)] = []
    ) throws -> (id: Int64, key: HookKey) {
      let body = JSONObject(
        [("merchant", .string(merchant)), ("url", "https://shop.example/hooks")] + more)
      let answer = try ask(.post, "", .object(body))
      #expect(answer.status == 201 && answer.headers["Cache-Control"] == "no-store")
      guard case .integer(let id)? = answer.json["id"],
        case .array(let secrets)? = answer.json["secrets"], case .string(let text)? = secrets.first
      else { throw RoomSocketStage.StageFault() }
      return (id, try #require(HookKey(text)))
    }

    /// The deliveries of an endpoint, oldest first: topic and data.
    mutating func deliveries(_ id: Int64) throws -> [(topic: String, data: JSONObject)] {
      let answer = try ask(.get, "/\(id)/deliveries")
      guard case .array(let rows)? = answer.json["deliveries"] else { return [] }
      return try rows.reversed().map { row in
        let fields = try JSONFields(document: row)
        let body = try JSONFields(
          document: try JSONValue.parse(Array(try fields.string("body").utf8)))
        #expect(try body.string("type") == fields.string("topic"))
        let isKnown = HookTopic.known.contains(try fields.string("topic"))
        #expect(try isKnown || fields.string("topic") == HookTopic.test)
        return (try fields.string("topic"), try body.fields("data").object)
      }
    }

    /// Posts a callback.
    mutating func call(
      _ body: String, of merchant: String = "shop", key: HookKey, id: String = "evt_1",
      ageSeconds: Int64 = 0, change: (inout HookHeaders) -> Void = { _ in }
    ) throws -> HTTPResponse {
      let bytes = Array(body.utf8)
      var headers = HookSignature.sign(
        id: id, seconds: test.stage.wall.milliseconds / 1000 - ageSeconds, body: bytes,
        keys: [key])
      change(&headers)
      let answer = try #require(
        try test.stage.ask(
          .post, "/api/v1/hooks/\(merchant)", text: bytes, nil,
          [
            "Content-Type": "application/json", "webhook-id": headers.id,
            "webhook-timestamp": headers.timestamp, "webhook-signature": headers.signature,
          ]))
      try check(answer, against: .server(.receiveCallback))
      return answer
    }
  }

  @Test("only a service of all rooms may see or change endpoints")
  func authority() throws {
    var stage = try Stage()
    let ofRoom = try stage.test.stage.token("shop", .service)
    for token in [ofRoom, stage.test.host, stage.test.bob] {
      #expect(try stage.ask(.get, token: token).status == 403)
      #expect(try stage.ask(.post, "", ["merchant": "a", "url": "b"], token: token).status == 403)
      #expect(try stage.ask(.delete, "/1", token: token).status == 403)
    }
    #expect(try stage.ask(.get, token: "x.y.z").status == 401)
  }

  @Test("an endpoint is made, listed without its secret, changed, and removed")
  func endpoints() throws {
    var stage = try Stage()
    let (id, _) = try stage.make()
    let list = try stage.ask(.get)
    #expect(!String(decoding: list.body, as: UTF8.self).contains("whsec_"))
    #expect(try stage.ask(.get, "/\(id)").json["merchant"] == "shop")
    let changed = try stage.ask(
      .patch, "/\(id)",
      ["topics": ["order.paid", "chat.review"], "deadlineMs": 500, "fallback": "hold"])
    #expect(changed.json["deadlineMs"] == 500 && changed.json["fallback"] == "hold")
    #expect(try stage.ask(.patch, "/\(id)", ["disabled": true]).json["disabled"] == true)
    #expect(try stage.ask(.patch, "/\(id)", ["disabled": false]).json["disabledWhy"] == .null)
    #expect(try stage.ask(.delete, "/\(id)").status == 204)
    #expect(try stage.ask(.get, "/\(id)").status == 404)
    #expect(try stage.ask(.delete, "/\(id)").status == 404)
    for path in ["/0", "/x", "/-1", "/99999999999999999999"] {
      #expect(try stage.ask(.get, path).status == 404)
    }
  }

  @Test("what another process on the same database changed of endpoints counts here, too")
  func changedElsewhere() throws {
    var stage = try Stage()
    let (id, _) = try stage.make()
    var row = try #require(stage.test.stage.core.hooks[id])
    row.disabledMs = 7
    row.disabledWhy = "gone"
    let other = HookEndpointRow(
      id: id + 1, merchant: "other", url: "https://other.example/", keys: [], topics: ["*"],
      deadlineMs: 3000, createdMs: 8)
    stage.test.stage.take(.endpoints([row, other]))
    #expect(try stage.ask(.get, "/\(id)").json["disabledWhy"] == "gone")
    #expect(try stage.ask(.get, "/\(id + 1)").json["merchant"] == "other")
    stage.test.stage.take(.endpoints([other]))
    #expect(try stage.ask(.get, "/\(id)").status == 404)
  }

  @Test("what can't be an endpoint is refused by name")
  func refusals() throws {
    var stage = try Stage()
    let bodies: [JSONValue] = [
      [:], ["merchant": "shop"], ["url": "https://shop.example/"],
      ["merchant": "a b", "url": "https://shop.example/"],
      ["merchant": "shop", "url": "http://shop.example/"],
      ["merchant": "shop", "url": "https://127.0.0.1/"],
      ["merchant": "shop", "url": "https://[::ffff:10.0.0.1]/"],
      ["merchant": "shop", "url": "https://2130706433/"],
      ["merchant": "shop", "url": "https://u:p@shop.example/"],
      ["merchant": "shop", "url": "https://shop.example/", "topics": ["A b"]],
      ["merchant": "shop", "url": "https://shop.example/", "topics": "x"],
      ["merchant": "shop", "url": "https://shop.example/", "deadlineMs": 1],
      ["merchant": "shop", "url": "https://shop.example/", "fallback": "x"],
    ]
    for body in bodies { #expect(try stage.ask(.post, "", body).status == 400, "\(body.text)") }
    #expect(try stage.ask(.get).json["endpoints"] == .array([]))
  }

  @Test("a new key signs beside the one before, until that is retired")
  func rotation() throws {
    var stage = try Stage()
    let (id, first) = try stage.make()
    let rotated = try stage.ask(.post, "/\(id)/keys", ["asymmetric": false])
    guard case .array(let secrets)? = rotated.json["secrets"] else {
      throw RoomSocketStage.StageFault()
    }
    #expect(secrets.count == 2 && secrets[1] == .string(first.text) && secrets[0] != secrets[1])
    let both = try stage.ask(.post, "/\(id)/keys", ["asymmetric": true])
    #expect(both.json["keys"] == 3)
    #expect(String(decoding: both.body, as: UTF8.self).contains("whpk_"))
    #expect(!String(decoding: both.body, as: UTF8.self).contains("whsk_"))
    // Either still verifies a callback.
    let body = #"{"type":"coins.paid","data":{}}"#
    #expect(try stage.call(body, key: first).json["code"] == "unknown-order")
    #expect(try stage.ask(.delete, "/\(id)/keys").json["keys"] == 2)
    #expect(try stage.call(body, key: first).status == 401)
  }

  @Test("a test message waits to be sent; what ended is sent anew, what waits is not")
  func deliveries() throws {
    var stage = try Stage()
    let (id, _) = try stage.make()
    #expect(try stage.ask(.post, "/\(id)/test").status == 202)
    #expect(try stage.deliveries(id).map(\.topic) == ["hook.test"])
    #expect(try stage.ask(.get, "/\(id)/deliveries?state=dead").json["deliveries"] == .array([]))
    #expect(try stage.ask(.get, "/\(id)/deliveries?state=x").status == 400)
    #expect(try stage.ask(.get, "/\(id)/deliveries?limit=0").status == 400)
    #expect(try stage.ask(.post, "/\(id)/deliveries/1/replay").status == 404)
    #expect(try stage.ask(.post, "/\(id)/deliveries/x/replay").status == 404)
    #expect(try stage.ask(.post, "/99/test").status == 404)
    let attempt = HookAttemptRow(
      delivery: 1, attempts: 10, state: .dead, dueMs: 0, status: 500, error: "answered 500",
      atMs: 1)
    _ = stage.test.store.carryOut(.change(.attempted(attempt), number: 9))
    #expect(try stage.ask(.post, "/\(id)/deliveries/1/replay").status == 202)
    let page = try stage.ask(.get, "/\(id)/deliveries?state=waiting&limit=1")
    #expect(page.json["next"] == 1)
  }

  @Test("an endpoint that answered 410 is shown as disabled, with the reason")
  func gone() throws {
    var stage = try Stage()
    let (id, _) = try stage.make()
    stage.test.stage.core.disabledHook(id, why: "it answered 410 Gone", wall: stage.test.stage.wall)
    let shown = try stage.ask(.get, "/\(id)")
    #expect(shown.json["disabled"] == true && shown.json["disabledWhy"] == "it answered 410 Gone")
  }

  @Test("/metrics tells what became of webhooks")
  func figures() throws {
    var stage = try Stage()
    stage.test.stage.core.metrics.hooks.delivered = 5
    stage.test.stage.core.metrics.hooks.dead = 2
    let answer = try #require(try stage.test.stage.ask(.get, "/metrics"))
    let text = String(decoding: answer.body, as: UTF8.self)
    #expect(text.contains("hawker_hook_tries_total{result=\"delivered\"} 5\n"))
    #expect(text.contains("hawker_hooks_dead_total 2\n"))
  }

  // MARK: Events of rooms

  @Test("a show's end is told with its place in the log, in the same transaction")
  func ended() throws {
    var stage = try Stage()
    let (id, _) = try stage.make()
    let (other, _) = try stage.make("other", [("topics", ["order.paid"])])
    #expect(try stage.test.ask(.post, "/end", token: stage.test.host).status == 200)
    let told = try stage.deliveries(id)
    #expect(told.map(\.topic) == ["room.ended"])
    #expect(told.first?.data["room"] == "demo")
    guard case .integer(let sequence)? = told.first?.data["sequence"] else {
      throw RoomSocketStage.StageFault()
    }
    #expect(sequence > 0)
    #expect(try stage.deliveries(other).isEmpty)
  }

  @Test("a show that begins is told once, not again after a break")
  func live() throws {
    var stage = try Stage()
    let (id, _) = try stage.make()
    try stage.test.join(1, "alice", .host)
    for phase in [.live, .away, .live] as [RoomPhase] {
      let wall = stage.test.stage.wall
      stage.test.stage.core.houses.observe(phase, in: "demo", atMs: wall.milliseconds)
      stage.test.stage.wait(.seconds(1))
    }
    #expect(try stage.deliveries(id).map(\.topic) == ["room.live"])
  }

  @Test("who comes and goes is told to those who asked for it by name, each once")
  func viewers() throws {
    var stage = try Stage()
    let (all, _) = try stage.make()
    let (asked, _) = try stage.make("shop", [("topics", ["viewer.joined", "viewer.left"])])
    let (other, _) = try stage.make("other", [("topics", ["viewer.joined", "room.live"])])
    try stage.test.join(1, "vera", .viewer)
    try stage.test.join(2, "vera", .viewer)
    #expect(try stage.deliveries(all).isEmpty)
    let told = try stage.deliveries(asked)
    #expect(told.map(\.topic) == ["viewer.joined"])
    #expect(told.first?.data["identity"] == "vera" && told.first?.data["role"] == "viewer")
    stage.test.stage.close(1)
    stage.test.stage.close(2)
    stage.test.stage.wait(.seconds(120))
    #expect(try stage.deliveries(asked).map(\.topic) == ["viewer.joined", "viewer.left"])
    #expect(try stage.deliveries(other).isEmpty, "the room is the only taker's")
  }

  @Test(
    "with several merchants, a room that names none is told to nobody; one that does, to that one")
  func severalMerchants() throws {
    var stage = try Stage()
    let topics: [JSONValue] = ["*", "viewer.joined", "chat.review"]
    let (wool, _) = try stage.make("wool", [("topics", .array(topics))])
    let (silk, _) = try stage.make("silk", [("topics", .array(topics))])
    func told(_ stage: inout Stage, _ id: Int64) throws -> [String] {
      try stage.deliveries(id).map(\.topic)
    }
    try stage.test.join(1, "vera", .viewer)
    try stage.test.say("hello")
    #expect(stage.test.stage.hookCalls.isEmpty)
    #expect(try stage.test.ask(.post, "/end", token: stage.test.host).status == 200)
    #expect(try told(&stage, wool).isEmpty && told(&stage, silk).isEmpty)
    _ = try stage.test.stage.join(2, "vera", .viewer, room: "other")
    let named = try stage.test.ask(
      .patch, "/shop", ["merchant": "silk"],
      token: try stage.test.stage.token("alice", .host, room: "other"), room: "other")
    #expect(named.status == 200)
    _ = try stage.test.stage.join(3, "bob", .viewer, room: "other")
    let ended = try stage.test.ask(
      .post, "/end", token: try stage.test.stage.token("alice", .host, room: "other"),
      room: "other")
    #expect(ended.status == 200)
    #expect(try told(&stage, wool).isEmpty)
    #expect(try told(&stage, silk) == ["viewer.joined", "room.ended"])
  }

  // MARK: Callbacks

  private static let paid = #"{"type":"order.paid","data":{"room":"demo","order":7}}"#

  @Test("a report of an order or a purchase that nobody made is `unknown-order`")
  func unknownOrder() throws {
    var stage = try Stage()
    let (_, key) = try stage.make()
    let coins = #"{"type":"coins.paid","data":{"purchase":99}}"#
    for body in [Self.paid, coins, #"{"type":"coins.paid","data":{}}"#] {
      let answer = try stage.call(body, key: key)
      #expect(answer.status == 404 && answer.json["code"] == "unknown-order")
    }
  }

  @Test(
    "a sale from the cart to the money: the shop is asked, reports by callback, hears of each step")
  func sale() throws {
    var stage = try Stage()
    let (id, key) = try stage.make()
    let listing: JSONValue = [
      "title": "Scarf", "currency": "EUR",
      "variants": [["sku": "SCARF", "priceMinor": 1500, "units": 2]],
    ]
    let bob = stage.test.bob
    #expect(
      try stage.test.ask(.put, "/listings/scarf", listing, token: stage.test.host).status == 200)
    #expect(try stage.test.ask(.put, "/cart/SCARF", ["quantity": 1], token: bob).status == 200)
    stage.test.stage.now = stage.test.stage.now + .seconds(2)
    let ordered = try stage.test.ask(.post, "/orders", [:], token: bob)
    guard case .integer(let order)? = ordered.json["order"] else {
      Issue.record("no order: \(ordered.json)")
      return
    }
    // As the control thread does it.
    let call = try #require(stage.test.stage.merchantCalls.last)
    let (now, wall) = (stage.test.stage.now, stage.test.stage.wall)
    stage.test.stage.core.ask(call, at: now, wall: wall)
    stage.test.stage.carryOut()
    let question = try #require(stage.test.stage.hookCalls.last)
    #expect(question.kind == .createCheckout)
    stage.test.stage.core.answered(
      question.number, .answered(["url": "https://pay.example/1"]), wall: wall)
    stage.test.stage.carryOut()
    let paid = #"{"type":"order.paid","data":{"room":"demo","order":\#(order)}}"#
    for _ in 0..<3 {
      let answer = try stage.call(paid, key: key)
      #expect(answer.status == 204 && answer.body.isEmpty)
    }
    #expect(try stage.call(paid, key: key, id: "evt_2").status == 204)
    // What does not fit is refused by name, and recorded.
    let failed = #"{"type":"order.failed","data":{"room":"demo","order":\#(order)}}"#
    #expect(try stage.call(failed, key: key, id: "evt_3").status == 409)
    let orders = try stage.test.ask(.get, "/orders", token: bob)
    #expect(String(decoding: orders.body, as: UTF8.self).contains(#""status":"paid""#))
    let topics = try stage.deliveries(id).map(\.topic)
    #expect(topics == ["order.created", "order.awaiting_payment", "order.paid"])
  }

  @Test("coins are in the wallet when the shop's report is answered, once however often it comes")
  func coins() throws {
    var stage = try Stage()
    let (_, key) = try stage.make()
    let bought = try stage.test.ask(.post, "/coins", ["pack": "small"], token: stage.test.bob)
    guard case .integer(let purchase)? = bought.json["purchase"] else {
      Issue.record("no purchase: \(bought.json)")
      return
    }
    let paid = #"{"type":"coins.paid","data":{"purchase":\#(purchase)}}"#
    for evt in ["evt_1", "evt_1", "evt_2"] {
      #expect(try stage.call(paid, key: key, id: evt).status == 204)
    }
    let wallet = try stage.test.ask(.get, "/wallet", token: stage.test.bob)
    #expect(wallet.json["balance"] == 100)
  }

  @Test("a callback that is old, changed, another's, or our own sent back is refused")
  func callbackRefusals() throws {
    var stage = try Stage()
    let (_, key) = try stage.make()
    let (_, foreign) = try stage.make("other")
    #expect(try stage.call(Self.paid, key: key, ageSeconds: 301).status == 401)
    #expect(try stage.call(Self.paid, key: key, ageSeconds: -302).status == 401)
    #expect(try stage.call(Self.paid, key: foreign).status == 401)
    #expect(try stage.call(Self.paid, of: "nobody", key: key).status == 401)
    #expect(try stage.call(Self.paid, key: key) { $0.id += "x" }.status == 401)
    #expect(try stage.call(Self.paid, key: key) { $0.signature = "v1,AAAA" }.status == 401)
    #expect(try stage.call(Self.paid, key: key) { $0.signature = "" }.status == 400)
    #expect(try stage.call(Self.paid, key: key) { $0.timestamp = "now" }.status == 400)
    #expect(try stage.call(Self.paid, key: key, id: "hwk_1").status == 400)
    #expect(try stage.call("{", key: key).status == 400)
    #expect(try stage.call(#"{"type":"x","data":{}}"#, key: key).status == 400)
    let elsewhere = #"{"type":"order.paid","data":{"room":"a.b","order":7}}"#
    #expect(try stage.call(elsewhere, key: key).status == 404)
    let plain = try stage.test.stage.ask(.post, "/api/v1/hooks/shop", ["type": "coins.paid"])
    #expect(plain?.status == 400)
  }

  // MARK: Review

  /// A room whose chat is reviewed by an endpoint with this fallback.
  private func reviewed(_ fallback: String) throws -> Stage {
    var stage = try Stage()
    _ = try stage.make("shop", [("topics", ["chat.review"]), ("fallback", .string(fallback))])
    return stage
  }

  private func texts(_ stage: inout Stage) throws -> [String] {
    EndpointsTests.texts(try stage.test.ask(.get, "", token: stage.test.bob))
  }

  @Test("a message waits until the shop has answered: allowed, changed or denied")
  func review() throws {
    var stage = try reviewed("hold")
    let answers: [(String, JSONObject)] = [
      ("good", ["verdict": "allow"]), ("bad", ["verdict": "deny"]),
      ("rude", ["verdict": "modify", "text": "polite"]),
    ]
    for (number, (text, _)) in answers.enumerated() {
      try stage.test.say(text)
      #expect(stage.test.stage.hookCalls.count == number + 1)
    }
    #expect(try texts(&stage).isEmpty)
    let calls = stage.test.stage.hookCalls
    let asked = try JSONFields(document: try JSONValue.parse(calls[2].body)).fields("data")
    #expect(try asked.string("text") == "rude" && asked.string("identity") == "bob")
    for (call, (_, answer)) in zip(calls, answers) {
      stage.test.stage.answer(call.number, .answered(answer))
      // A second answer has no effect.
      stage.test.stage.answer(call.number, .answered(["verdict": "allow"]))
    }
    #expect(try texts(&stage) == ["good", "polite"])
    // One message all along: the same id, in memory and in what is read from the log.
    let bob = stage.test.bob
    let ids = [
      try stage.test.ask(.get, "", token: bob), try stage.test.ask(.get, "/messages", token: bob),
    ].map { $0.json.objects("messages").map { $0["id"] } }
    #expect(ids[0].count == 2 && ids[0] == ids[1])
    let read = try stage.test.ask(.get, "/messages", token: bob).json.objects("messages")
    #expect(read.map { $0["text"] } == ["good", "polite"])
    #expect(read[1]["class"] == "plain")
  }

  @Test(
    "without an answer the fallback counts: shown, or left to the moderators",
    arguments: ["allow", "hold"])
  func fallback(_ fallback: String) throws {
    var stage = try reviewed(fallback)
    let id = try stage.test.say("hello")
    let call = try #require(stage.test.stage.hookCalls.first)
    stage.test.stage.answer(call.number, .failed("no answer within the time"))
    #expect(try texts(&stage) == (fallback == "allow" ? ["hello"] : []))
    guard fallback == "hold" else { return }
    let reviewed = try stage.test.ask(
      .post, "/messages/\(id)/review", ["approve": true], token: stage.test.moderator)
    #expect(reviewed.status == 200)
    #expect(try texts(&stage) == ["hello"])
  }

  @Test("the team's own messages are not reviewed, and what the room's rules hold is not released")
  func rules() throws {
    var stage = try reviewed("allow")
    let said = try stage.test.ask(
      .post, "/messages", ["text": "from the host"], token: stage.test.host)
    #expect(said.status == 200)
    #expect(stage.test.stage.hookCalls.isEmpty)
    let set = try stage.test.ask(.patch, "/chat", ["hold": "all"], token: stage.test.host)
    #expect(set.status == 200)
    try stage.test.say("held by the rules")
    #expect(stage.test.stage.hookCalls.isEmpty)
    #expect(try texts(&stage) == ["from the host"])
  }

  @Test("a moderator who was first has decided")
  func moderatorFirst() throws {
    var stage = try reviewed("allow")
    let id = try stage.test.say("hello")
    let call = try #require(stage.test.stage.hookCalls.first)
    _ = try stage.test.ask(
      .post, "/messages/\(id)/review", ["approve": false], token: stage.test.moderator)
    stage.test.stage.answer(call.number, .answered(["verdict": "allow"]))
    #expect(try texts(&stage).isEmpty)
  }
}
