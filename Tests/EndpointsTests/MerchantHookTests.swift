// What merchants are asked beside payment pages: prices, and the units of a show; and what they push.

import Access
import Commerce
import HTTP
import Hooks
import JSON
import Room
import Testing
import Wire

@testable import Endpoints

/// A room with a shop whose merchant has these topics.
private struct MerchantStage {
  var hooks: HookAPITests.Stage
  let endpoint: Int64
  let key: HookKey
  private var lastCall = 0

  init(_ topics: [JSONValue], fallback: JSONValue = "allow", units: Int64 = 5) throws {
    hooks = try HookAPITests.Stage()
    (endpoint, key) = try hooks.make(
      "shop", [("topics", .array(topics)), ("fallback", fallback)])
    #expect(try put(units: units).status == 200)
  }

  mutating func put(units: Int64) throws -> HTTPResponse {
    try ask(.put, "/listings/scarf", ShopStage.listing("SCARF", units: units))
  }

  /// Asks as the host, a second after what was asked before.
  mutating func ask(
    _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil, as token: String? = nil
  ) throws -> HTTPResponse {
    hooks.test.stage.now = hooks.test.stage.now + .seconds(1)
    return try hooks.test.ask(method, path, body, token: token ?? hooks.test.host)
  }

  /// A callback of the merchant's; its answer.
  mutating func report(_ type: String, _ data: JSONObject, id: String? = nil) throws -> HTTPResponse
  {
    lastCall += 1
    let body: JSONValue = ["type": .string(type), "data": .object(data)]
    return try hooks.call(
      String(decoding: body.write(), as: UTF8.self), key: key, id: id ?? "evt_\(lastCall)")
  }

  var shop: Shop { get throws { try #require(hooks.test.stage.core.houses["demo"]).state.shop } }

  var stock: Stock { get throws { try #require(try shop.stock.stock("SCARF")) } }

  /// What the merchant was told with a topic, oldest first.
  mutating func told(_ topic: String) throws -> [JSONObject] {
    try hooks.deliveries(endpoint).filter { $0.topic == topic }.map(\.data)
  }

  /// Bob's order of one unit from the cart.
  mutating func order() throws -> Int64 {
    let bob = hooks.test.bob
    #expect(try ask(.put, "/cart/SCARF", ["quantity": 1], as: bob).status == 200)
    return try ask(.post, "/orders", [:], as: bob).json.number("order")
  }
}

@Suite("Prices are checked with the merchant")
struct PriceCheckTests {
  private static let topics: [JSONValue] = ["*", "price.check"]

  @Test("the page is asked for when the prices are on the disk, with the merchant's prices")
  func confirmed() throws {
    var stage = try MerchantStage(Self.topics)
    let order = try stage.order()
    #expect(stage.hooks.test.stage.merchantCalls.isEmpty)
    let call = try #require(stage.hooks.test.stage.hookCalls.last)
    #expect(call.kind == .priceCheck && call.id == "hwk_price-demo-\(order)")
    let data = try JSONFields(document: try JSONValue.parse(call.body)).fields("data")
    #expect(try data.int("order") == order && data.int("totalMinor") == 2500)
    stage.hooks.test.stage.answer(
      call.number, .answered(["variants": [["sku": "SCARF", "priceMinor": 2400]]]))
    let page = try #require(stage.hooks.test.stage.merchantCalls.last)
    #expect(page.data["totalMinor"] == 2400)
    #expect(try stage.shop.orders[order]?.totalMinor == 2400)
    // A second answer of the same question has no effect.
    stage.hooks.test.stage.answer(call.number, .answered(["error": "no"]))
    #expect(try stage.shop.orders[order]?.status == .creating)
    #expect(stage.hooks.test.stage.merchantCalls.count == 1)
  }

  @Test("a merchant that says no makes the order fail, in its words; the units are free again")
  func denied() throws {
    var stage = try MerchantStage(Self.topics)
    let order = try stage.order()
    let call = try #require(stage.hooks.test.stage.hookCalls.last)
    stage.hooks.test.stage.answer(call.number, .answered(["error": "not today"]))
    #expect(try stage.shop.orders[order]?.status == .failed)
    #expect(try stage.shop.orders[order]?.reason == "not today")
    #expect(try stage.stock.available == 5)
    #expect(stage.hooks.test.stage.merchantCalls.isEmpty)
  }

  @Test(
    "without an answer that can be read, the fallback decides",
    arguments: ["allow", "hold", "deny"])
  func fallback(_ fallback: String) throws {
    let answers: [SyncAnswer] = [
      .failed("late"), .answered(["x": 1]), .answered(["variants": [["sku": "SCARF"]]]),
      .answered(["variants": [["sku": "SCARF", "priceMinor": -1]]]),
    ]
    for answer in answers {
      var stage = try MerchantStage(Self.topics, fallback: .string(fallback))
      let order = try stage.order()
      let call = try #require(stage.hooks.test.stage.hookCalls.last)
      stage.hooks.test.stage.answer(call.number, answer)
      #expect(try stage.shop.orders[order]?.status == (fallback == "allow" ? .creating : .failed))
      #expect(try stage.shop.orders[order]?.totalMinor == 2500)
      #expect(stage.hooks.test.stage.merchantCalls.isEmpty == (fallback != "allow"))
    }
  }

  @Test("who did not ask for it by name is not asked")
  func unasked() throws {
    var stage = try MerchantStage(["*"])
    _ = try stage.order()
    #expect(stage.hooks.test.stage.hookCalls.isEmpty)
    #expect(stage.hooks.test.stage.merchantCalls.count == 1)
  }
}

@Suite("Prices of holds are checked with the merchant")
struct HoldPriceCheckTests {
  /// A stage with an open drop of these units.
  private func opened(
    _ units: Int64 = 1, fallback: JSONValue = "allow", topics: [JSONValue] = ["*", "price.check"]
  ) throws -> (MerchantStage, Int64) {
    var stage = try MerchantStage(topics, fallback: fallback, units: units + 5)
    let drop = try stage.ask(
      .post, "/drops",
      [
        "sku": "SCARF", "quantity": .integer(units), "priceMinor": 1500, "countdownSeconds": 10,
        "durationSeconds": 600, "holdSeconds": 60, "perBuyer": 10,
      ]
    ).json.number("drop")
    stage.hooks.test.stage.wait(.seconds(11))
    return (stage, drop)
  }

  private func claim(_ stage: inout MerchantStage, _ drop: Int64, _ name: String = "bob") throws {
    let token = try stage.hooks.test.stage.token(name, .viewer)
    #expect(try stage.ask(.post, "/drops/\(drop)/claims", [:], as: token).status == 200)
  }

  @Test("a claim's hold shows the merchant's price before the order, which asks for none again")
  func confirmed() throws {
    var (stage, drop) = try opened()
    try stage.hooks.test.join(1, "bob", .viewer)
    try claim(&stage, drop)
    let hold = try #require(try stage.shop.holds.first?.value)
    #expect(hold.priceMinor == 1500 && !hold.isPriced)
    let call = try #require(stage.hooks.test.stage.hookCalls.last)
    #expect(call.kind == .priceCheck && call.id == "hwk_price-demo-hold-\(hold.id)")
    let data = try JSONFields(document: try JSONValue.parse(call.body)).fields("data")
    #expect(try data.int("hold") == hold.id && data.int("totalMinor") == 1500)
    #expect(try data.string("buyer") == "bob")
    stage.hooks.test.stage.answer(
      call.number, .answered(["variants": [["sku": "SCARF", "priceMinor": 1400]]]))
    let told = try #require(stage.hooks.test.stage.told[1]?.last { $0.type == "holdPriced" })
    #expect(told.object("hold")["priceMinor"] == 1400 && told.object("hold")["priced"] == true)
    let count = stage.hooks.test.stage.hookCalls.count
    let bob = stage.hooks.test.bob
    let order = try stage.ask(.post, "/orders", ["hold": .integer(hold.id)], as: bob)
    #expect(order.status == 200 && stage.hooks.test.stage.hookCalls.count == count)
    #expect(stage.hooks.test.stage.merchantCalls.last?.data["totalMinor"] == 1400)
  }

  @Test(
    "a merchant that says no ends the hold; without an answer the fallback or the order decides")
  func denied() throws {
    var (stage, drop) = try opened()
    try claim(&stage, drop)
    try claim(&stage, drop, "eve")
    let first = try #require(stage.hooks.test.stage.hookCalls.last)
    stage.hooks.test.stage.answer(first.number, .answered(["error": "not to you"]))
    let next = try #require(try stage.shop.holds.first?.value)
    #expect(next.priceMinor == 1500 && stage.hooks.test.stage.hookCalls.count == 2)
    for (fallback, isPriced) in [("allow", true), ("hold", false), ("deny", false)] {
      var (stage, drop) = try opened(fallback: .string(fallback))
      try claim(&stage, drop)
      let call = try #require(stage.hooks.test.stage.hookCalls.last)
      stage.hooks.test.stage.answer(call.number, .failed("late"))
      #expect(try stage.shop.holds.first?.value.isPriced == isPriced)
      #expect(try stage.shop.holds.first?.value.priceMinor == 1500)
    }
  }

  @Test("so many at once, and each of the others when an answer is there; orders come first")
  func many() throws {
    let units = Int64(HookLimits.syncHoldsMax + 3)
    var (stage, drop) = try opened(units)
    for number in 0..<units { try claim(&stage, drop, "buyer\(number)") }
    #expect(stage.hooks.test.stage.hookCalls.count == HookLimits.syncHoldsMax)
    let order = try stage.order()
    #expect(stage.hooks.test.stage.hookCalls.last?.id == "hwk_price-demo-\(order)")
    var number = 0
    while number < stage.hooks.test.stage.hookCalls.count {
      stage.hooks.test.stage.answer(
        stage.hooks.test.stage.hookCalls[number].number, .answered(JSONObject()))
      number += 1
    }
    #expect(stage.hooks.test.stage.hookCalls.count == Int(units) + 1)
    #expect(try stage.shop.holds.allSatisfy { $0.value.isPriced })
  }

  @Test("a merchant that takes no orders any more leaves the waitlist as it is, until it does")
  func unattended() throws {
    var (stage, drop) = try opened(topics: ["*"])
    try claim(&stage, drop)
    try claim(&stage, drop, "eve")
    func disable(_ isDisabled: Bool) throws {
      #expect(
        try stage.hooks.ask(
          .patch, "/\(stage.endpoint)", ["disabled": .bool(isDisabled)]
        ).status == 200)
    }
    try disable(true)
    stage.hooks.test.stage.wait(.seconds(120))
    #expect(try stage.shop.holds.first == nil && stage.shop.drop(drop)?.waiting == 1)
    try disable(false)
    stage.hooks.test.stage.wait(.seconds(1))
    #expect(try stage.shop.holds.first?.value.quantity == 1)
  }

  @Test("a question for units that is not answered is sent again, under the same number")
  func askedAgain() throws {
    var stage = try MerchantStage(["*", "stock.reserve", "stock.return"])
    stage.hooks.test.stage.wait(.milliseconds(ShopLimits.askAgainMs + 1000))
    let told = try stage.told("stock.reserve")
    #expect(told.count == 2 && told[0]["reserve"] == told[1]["reserve"])
    #expect(told[1]["quantity"] == 5)
  }
}

@Suite("Units are asked of the merchant")
struct StockHookTests {
  private static let topics: [JSONValue] = ["*", "stock.reserve", "stock.return"]

  @Test("units are there when the merchant's callback has given them; its repeats change nothing")
  func reserve() throws {
    var stage = try MerchantStage(Self.topics)
    #expect(try stage.stock.units == 0 && stage.stock.pending == 5)
    let asked = try #require(try stage.told("stock.reserve").first)
    #expect(asked["sku"] == "SCARF" && asked["reference"] == "scarf" && asked["quantity"] == 5)
    let granted: JSONObject = [
      "room": "demo", "reserve": asked["reserve"] ?? .null, "quantity": 5,
    ]
    for _ in 0..<2 {
      #expect(try stage.report("stock.granted", granted, id: "evt_g").status == 204)
    }
    #expect(try stage.stock.units == 5 && stage.stock.pending == 0)
    let again = try stage.report("stock.granted", granted)
    #expect(again.status == 409 && again.json["code"] == "closed")
    var more = granted
    more["quantity"] = 4
    #expect(
      try stage.report("stock.granted", more, id: "evt_g").json["code"] == "idempotency-mismatch")
    #expect(try stage.stock.units == 5)
  }

  @Test("a listing shows the team what it waits for")
  func pending() throws {
    var stage = try MerchantStage(Self.topics)
    let house = try #require(stage.hooks.test.stage.core.houses["demo"])
    for forStaff in [true, false] {
      let whole = house.whole(forStaff: forStaff)
      let variant = whole.objects("listings")[0].objects("variants")[0]
      #expect((variant["pending"] == 5) == forStaff && variant["available"] == 0)
    }
    #expect(try stage.told("stock.return").isEmpty)
  }

  @Test("units that fall, listings that go and shows that end give back what was not sold")
  func giveBack() throws {
    var stage = try MerchantStage(Self.topics)
    let asked = try #require(try stage.told("stock.reserve").first)
    let granted: JSONObject = [
      "room": "demo", "reserve": asked["reserve"] ?? .null, "quantity": 5,
    ]
    #expect(try stage.report("stock.granted", granted).status == 204)
    let order = try stage.order()
    #expect(try stage.put(units: 4).status == 200)
    #expect(try stage.told("stock.return").map { $0["quantity"] } == [1])
    #expect(try stage.ask(.post, "/end").status == 200)
    #expect(try stage.told("stock.return").map { $0["quantity"] } == [1, 3])
    #expect(
      try stage.report("order.failed", ["room": "demo", "order": .integer(order)]).status == 204)
    #expect(try stage.told("stock.return").map { $0["quantity"] } == [1, 3, 1])
    #expect(try stage.stock.units == 0)
  }

  @Test("a merchant without the topic is not asked: the host's word is enough")
  func unasked() throws {
    var stage = try MerchantStage(["*"])
    #expect(try stage.stock.units == 5 && stage.told("stock.reserve").isEmpty)
    #expect(try stage.ask(.post, "/end").status == 200)
    #expect(try stage.told("stock.return").isEmpty)
  }
}

@Suite("A merchant's catalogue by its callback")
struct ListingsCallbackTests {
  private static func listings(_ items: [JSONValue], room: String = "demo") -> JSONObject {
    ["room": .string(room), "listings": .array(items)]
  }

  private static func listing(_ reference: String, _ sku: String, price: JSONValue = 100)
    -> JSONValue
  {
    [
      "reference": .string(reference), "title": "T", "currency": "EUR",
      "variants": [["sku": .string(sku), "priceMinor": price, "units": 3]],
    ]
  }

  @Test("it is read as an import is: all or nothing, the row is named, a repeat has no effect")
  func put() throws {
    var stage = try MerchantStage(["*"])
    let good = Self.listings([Self.listing("a", "A"), Self.listing("b", "B")])
    #expect(try stage.report("listings.put", good, id: "evt_p").status == 204)
    let sequence = try #require(stage.hooks.test.stage.core.houses["demo"]).state.sequence
    #expect(try stage.report("listings.put", good, id: "evt_p").status == 204)
    #expect(try #require(stage.hooks.test.stage.core.houses["demo"]).state.sequence == sequence)
    #expect(try stage.shop.listings.map(\.reference) == ["scarf", "a", "b"])
    let bad: [(JSONObject, Int, JSONValue)] = [
      (Self.listings([Self.listing("c", "C"), Self.listing("d", "A")]), 409, "sku-taken"),
      (Self.listings([Self.listing("c", "C", price: 0)]), 400, "bad-message"),
      (["room": "demo"], 400, "bad-message"),
      (Self.listings([Self.listing("c c", "C")]), 422, "bad-field"),
      (Self.listings([Self.listing("c", "C")], room: "no room"), 403, "forbidden"),
    ]
    for (data, status, code) in bad {
      let answer = try stage.report("listings.put", data)
      #expect(answer.status == status && answer.json["code"] == code, "\(answer.json)")
    }
    #expect(try stage.shop.listings.count == 3)
    let row = try stage.report(
      "listings.put", Self.listings([Self.listing("c", "C"), Self.listing("d", "A")]))
    #expect(row.json.text("detail").hasPrefix("listings[1]: "))
    #expect(try stage.ask(.post, "/end").status == 200)
    let late = try stage.report("listings.put", good)
    #expect(late.status == 409 && late.json["code"] == "room-ended")
  }

  @Test("another merchant's room is not one's own, named or not")
  func foreign() throws {
    var stage = try MerchantStage(["*"])
    let (_, other) = try stage.hooks.make("other")
    let body: JSONValue = [
      "type": "listings.put", "data": .object(Self.listings([Self.listing("a", "A")])),
    ]
    let text = String(decoding: body.write(), as: UTF8.self)
    #expect(try stage.hooks.call(text, of: "other", key: other).status == 403)
    #expect(try stage.ask(.patch, "/shop", ["merchant": "other"]).status == 200)
    #expect(try stage.hooks.call(text, of: "other", key: other, id: "evt_2").status == 204)
    #expect(try stage.hooks.call(text, key: stage.key, id: "evt_3").status == 403)
  }
}
