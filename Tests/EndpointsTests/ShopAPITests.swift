import Access
import Commerce
import HTTP
import JSON
import Messages
import Room
import RoomLog
import Testing
import Wire

@testable import Endpoints

/// A room with a stocked shop and a merchant, over REST.
struct ShopStage {
  var test: RoomAPIStage
  let eve: String

  init(merchants: [String] = ["wool"]) throws {
    test = try RoomAPIStage()
    eve = try test.stage.token("eve", .viewer)
    test.stage.setMerchants(merchants)
    #expect(try put("scarf", "SCARF", units: 3).status == 200)
  }

  static func listing(_ sku: String, units: Int64 = 3, price: Int64 = 2500) -> JSONValue {
    [
      "title": "Scarf", "currency": "EUR",
      "variants": [
        ["sku": .string(sku), "priceMinor": .integer(price), "units": .integer(units)]
      ],
    ]
  }

  mutating func put(_ reference: String, _ sku: String, units: Int64) throws -> HTTPResponse {
    try test.ask(
      .put, "/listings/\(reference)", ShopStage.listing(sku, units: units), token: test.host)
  }

  /// Asks, a second after what was asked before.
  mutating func ask(
    _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil, as token: String? = nil,
    key: String? = nil
  ) throws -> HTTPResponse {
    test.stage.now = test.stage.now + .seconds(1)
    return try test.ask(method, path, body, token: token ?? test.host, key: key)
  }

  mutating func table(_ text: String) throws -> HTTPResponse {
    let answer = try test.stage.ask(
      .post, "/api/v1/rooms/demo/listings-import", text: Array(text.utf8), test.host,
      ["Content-Type": "text/csv; charset=utf-8"])
    let response = try #require(answer)
    try check(response, against: .command("importListings"))
    return response
  }

  var shop: Shop { get throws { try #require(test.stage.core.houses["demo"]).state.shop } }

  /// An open drop; its id.
  mutating func drop(quantity: Int64 = 1, perBuyer: Int64 = 1) throws -> Int64 {
    let answer = try ask(
      .post, "/drops",
      [
        "sku": "SCARF", "quantity": .integer(quantity), "priceMinor": 1500,
        "countdownSeconds": 10, "durationSeconds": 600, "perBuyer": .integer(perBuyer),
        "holdSeconds": 30,
      ])
    // Longer than the countdown and the opening window.
    test.stage.wait(.seconds(11))
    return answer.json.number("drop")
  }
}

@Suite("A room's shop over REST and room sockets")
struct ShopAPITests {
  @Test("what is offered is told to everyone, and its stock as it changes")
  func listings() throws {
    var stage = try ShopStage()
    try stage.test.join(1, "vera", .viewer)
    #expect(try stage.put("scarf", "SCARF", units: 5).status == 200)
    let put = try #require(stage.test.stage.told[1]?.last { $0.type == "listingPut" })
    #expect(put.object("listing").objects("variants")[0]["available"] == 5)
    _ = try stage.ask(.patch, "/variants/SCARF", ["priceMinor": 2000])
    let set = try #require(stage.test.stage.told[1]?.last { $0.type == "variantSet" })
    #expect(set.object("variant")["priceMinor"] == 2000)
    let whole = try stage.ask(.get, "", as: stage.test.bob)
    #expect(whole.json.objects("listings").count == 1)
    #expect(whole.json["vouchers"] == nil && whole.json.object("shop")["merchant"] == nil)
  }

  @Test(
    "a picture without TLS is a shop's on this machine that the operator has allowed, and no other")
  func pictures() throws {
    var stage = try RoomAPIStage(allowing: ["127.0.0.1:8081"])
    for (url, status) in [
      ("https://shop.example/a.jpg", 200), ("http://127.0.0.1:8081/a.svg", 200),
      ("http://127.0.0.1:8082/a.svg", 422), ("http://127.0.0.1/a.svg", 422),
      ("http://127.0.0.1:8081", 422), ("http://127.0.0.1:8081@evil.example/a", 422),
      ("http://shop.example/a.jpg", 422), ("http://[::1]:8081/a.svg", 422),
      ("javascript:alert(1)", 422),
    ] {
      guard case .object(var listing) = ShopStage.listing("SCARF") else { return }
      listing["images"] = [.string(url)]
      let answer = try stage.ask(.put, "/listings/scarf", .object(listing), token: stage.host)
      #expect(answer.status == status, "\(url)")
      if status == 422 { #expect(answer.json["code"] == "bad-field") }
    }
  }

  @Test("the team is told where all units are, viewers what is left for them")
  func units() throws {
    var stage = try ShopStage()
    try stage.test.join(1, "bob", .viewer)
    try stage.test.join(2, "mod", .moderator)
    let drop = try stage.drop(quantity: 2)
    #expect(
      try stage.ask(.post, "/drops/\(drop)/claims", [:], as: stage.test.bob).status == 200)
    stage.test.stage.wait(.seconds(1))
    func last(_ type: String, to socket: UInt64) -> JSONObject? {
      let counters = stage.test.stage.inbox(socket) + (stage.test.stage.told[socket] ?? [])
      return counters.last { $0.type == type }
    }
    let told = try #require(last("units", to: 2))
    #expect(told["units"] == 3 && told["held"] == 1 && told["reserved"] == 1)
    #expect(last("units", to: 1) == nil)
    let house = try #require(stage.test.stage.core.houses["demo"])
    for forStaff in [true, false] {
      let whole = house.whole(forStaff: forStaff)
      let variant = whole.objects("listings")[0].objects("variants")[0]
      #expect((variant["units"] == 3) == forStaff && (variant["held"] == 1) == forStaff)
      #expect(variant["available"] == 1)
      let counts = whole.objects("drops")[0]
      #expect(counts["remaining"] == 1 && counts["sold"] == 0)
      #expect(whole.object("shop").objects("gifts").count == GiftCatalogue.standard.gifts.count)
      #expect(
        whole.object("shop").objects("packs").map { $0["id"] } == ["small", "medium", "large"])
    }
  }

  @Test("a table is imported whole or not at all, and the refusal names the row")
  func tables() throws {
    var stage = try ShopStage()
    let header = "reference,title,sku,variant,price_minor,currency,units,image,description\r\n"
    let good =
      header + "hat,\"Hat, \"\"red\"\"\",HAT-R,Red,1500,EUR,4,,\n"
      + "hat,,HAT-B,Blue,1500,EUR,4,,\nmug,Mug,MUG,,900,EUR,9,https://shop.example/m.jpg,\"a\nb\""
    let missing = try stage.table(good)
    #expect(missing.status == 400)
    #expect(missing.json.text("detail").hasPrefix("row 3: title: expected"))
    #expect(try stage.shop.listings.count == 1)
    let answer = try stage.table(good.replacing("hat,,HAT-B", with: "hat,Hat,HAT-B"))
    #expect(answer.status == 200)
    let listings = try stage.shop.listings
    #expect(listings.map(\.reference) == ["scarf", "hat", "mug"])
    #expect(
      listings[1].title == "Hat, \"red\"" && listings[1].variants.map(\.sku) == ["HAT-R", "HAT-B"])
    #expect(listings[2].images == ["https://shop.example/m.jpg"])
    let before = try stage.shop
    for (bad, place) in [
      ("", "row 1"), ("reference,title\n", "row 1"), (header + "a,A,A,,x,EUR,1,,\n", "row 2"),
      (header + "a,A,A,,-5,EUR,1,,\n", "row 2"), (header + "a,A,A,,5,EUR,1,,\n\"a", "row 3"),
      (header + "a,A,A,,99999999999999999999,EUR,1,,\n", "row 2"),
    ] {
      let refused = try stage.table(bad)
      #expect(refused.status == 400, "\(bad)")
      #expect(refused.json.text("detail").hasPrefix(place), "\(refused.json.text("detail"))")
    }
    // What only the shop knows: another listing's SKU, another currency.
    for bad in ["z,Z,SCARF,,5,EUR,1,,\n", "z,Z,Z,,5,USD,1,,\n"] {
      #expect([409, 422].contains(try stage.table(header + "y,Y,Y,,5,EUR,1,,\n" + bad).status))
    }
    #expect(try stage.shop == before)
  }

  @Test("a shop full of listings fits one import; one listing more is refused by name")
  func largeImport() throws {
    var stage = try ShopStage()
    func listings(_ count: Int) -> JSONValue {
      .array(
        (0..<count).map { index in
          [
            "reference": .string("r\(index)"), "title": .string("Title \(index)"),
            "currency": "EUR",
            "variants": .array(
              (0..<5).map {
                [
                  "sku": .string("S\(index)-\($0)"), "priceMinor": 1000, "units": 10,
                  "title": "One",
                ]
              }),
          ]
        })
    }
    let full = try stage.ask(.post, "/listings-import", ["listings": listings(199)])
    #expect(full.status == 200, "\(full.json)")
    let over = try stage.ask(.post, "/listings-import", ["listings": listings(201)])
    #expect(over.status == 400 && over.json.text("detail").hasPrefix("listings: expected at most"))
    try stage.test.join(1, "vera", .viewer)
    let parts = stage.test.stage.told[1]?.filter { $0.type == "snapshot" } ?? []
    #expect(parts.flatMap { $0.objects("listings") }.count == 200)
    for part in parts { #expect(JSONValue.object(part).write().count < 64 * 1024) }
  }

  @Test("bad input is a named 4xx, and nothing has changed")
  func badInput() throws {
    var stage = try ShopStage()
    let drop = try stage.drop()
    let lot = try stage.ask(
      .post, "/lots", ["sku": "SCARF", "startMinor": 100, "durationSeconds": 600]
    ).json.number("lot")
    let hold = try stage.ask(.post, "/drops/\(drop)/claims", [:], as: stage.test.bob).json
      .number("claim")
    stage.test.stage.wait(.seconds(40))
    let before = try stage.shop
    let (bob, host) = (stage.test.bob, stage.test.host)
    let foreign = try stage.test.stage.token("bob", .viewer, room: "other")
    let deep = String(repeating: "[", count: 100_000)
    let cases: [(HTTPMethod, String, String, String, Int, String)] = [
      // Unknown SKUs and things.
      (.put, "/cart/NONE", #"{"quantity":1}"#, bob, 404, "unknown-sku"),
      (.put, "/cart/a%20b", #"{"quantity":1}"#, bob, 404, "unknown-sku"),
      (
        .post, "/drops",
        #"{"sku":"NONE","quantity":1,"priceMinor":1,"countdownSeconds":10,"durationSeconds":10}"#,
        host, 404, "unknown-sku"
      ),
      (.post, "/drops/9999/claims", "{}", bob, 404, "unknown-drop"),
      (.post, "/lots/9999/bids", #"{"amountMinor":100}"#, bob, 404, "unknown-lot"),
      (.post, "/orders", #"{"hold":9999}"#, bob, 404, "unknown-hold"),
      (.post, "/orders/9999/cancel", "{}", bob, 404, "unknown-order"),
      (.put, "/pins/1", #"{"listing":9999}"#, host, 404, "unknown-listing"),
      (.put, "/cart-voucher", #"{"code":"NONE"}"#, bob, 404, "unknown-voucher"),
      (.post, "/pins/9999/seen", "{}", bob, 404, "unknown-pin"),
      // Negative and huge amounts, 2^63, fractions.
      (.post, "/lots/\(lot)/bids", #"{"amountMinor":-1}"#, bob, 400, "bad-message"),
      (.post, "/lots/\(lot)/bids", #"{"amountMinor":100000000001}"#, bob, 400, "bad-message"),
      (
        .post, "/lots/\(lot)/bids", #"{"amountMinor":9223372036854775808}"#, bob, 400, "bad-message"
      ),
      (.post, "/lots/\(lot)/bids", #"{"amountMinor":1.5}"#, bob, 400, "bad-message"),
      (.post, "/lots/\(lot)/bids", #"{"amountMinor":99}"#, bob, 409, "bid-too-low"),
      (.post, "/lots/\(lot)/bids", #"{"amountMinor":200,"maxMinor":100}"#, bob, 422, "bad-field"),
      (.put, "/cart/SCARF", #"{"quantity":-1}"#, bob, 400, "bad-message"),
      (.put, "/cart/SCARF", #"{"quantity":9223372036854775807}"#, bob, 400, "bad-message"),
      (.patch, "/variants/SCARF", #"{"priceMinor":-5}"#, host, 400, "bad-message"),
      (.patch, "/variants/SCARF", #"{"units":0}"#, host, 409, "units-committed"),
      (.post, "/drops/9223372036854775808/claims", "{}", bob, 400, "bad-message"),
      (.post, "/drops/\(drop)/claims", #"{"quantity":11}"#, bob, 400, "bad-message"),
      // The wrong currency, an expired hold, an empty cart.
      (
        .put, "/listings/x",
        #"{"title":"X","currency":"USD","variants":[{"sku":"X","priceMinor":1,"units":1}]}"#, host,
        422, "wrong-currency"
      ),
      (.patch, "/shop", #"{"currency":"euro"}"#, host, 400, "bad-message"),
      (.post, "/orders", "{\"hold\":\(hold)}", bob, 409, "hold-expired"),
      (.post, "/orders", "{}", bob, 422, "empty-cart"),
      // Another room's token, another role's.
      (.post, "/drops/\(drop)/claims", "{}", foreign, 403, "forbidden"),
      (.post, "/drops/\(drop)/claims", "{}", host, 403, "not-eligible"),
      (.patch, "/shop", #"{"paused":true}"#, bob, 403, "forbidden"),
      // Not JSON we take.
      (.put, "/cart/SCARF", deep, bob, 400, "bad-message"),
      (.put, "/cart/SCARF", #"{"quantity":1e400}"#, bob, 400, "bad-message"),
      (.put, "/cart/SCARF", #"{"quantity":1,"quantity":2}"#, bob, 400, "bad-message"),
      (
        .put, "/listings/x", #"{"title":"\ud800","currency":"EUR","variants":[]}"#, host, 400,
        "bad-message"
      ),
      (
        .put, "/listings/x", #"{"title":"X","currency":"EUR","variants":[]}"#, host, 422,
        "bad-field"
      ),
      (
        .put, "/listings/x", "{\"title\":\"\(String(repeating: "x", count: 300_000))\"}", host, 400,
        "bad-message"
      ),
    ]
    for (method, path, body, token, status, code) in cases {
      stage.test.stage.now = stage.test.stage.now + .seconds(1)
      let answer = try #require(
        try stage.test.stage.ask(
          method, "/api/v1/rooms/demo\(path)", text: Array(body.utf8), token,
          ["Content-Type": "application/json"]))
      #expect(answer.status == status, "\(path) \(body.prefix(80)): \(answer.json)")
      #expect(answer.json["code"] == .string(code), "\(path) \(body.prefix(80)): \(answer.json)")
    }
    #expect(try stage.shop == before)
  }

  @Test("a claim with a key is one claim, however often it is sent, over REST or a socket")
  func claims() throws {
    var stage = try ShopStage()
    let drop = try stage.drop(quantity: 2, perBuyer: 2)
    try stage.test.join(1, "bob", .viewer)
    let first = try stage.ask(.post, "/drops/\(drop)/claims", [:], as: stage.test.bob, key: "k")
    let again = try stage.ask(.post, "/drops/\(drop)/claims", [:], as: stage.test.bob, key: "k")
    #expect(first.status == 200 && again == first)
    stage.test.stage.send(
      1, ["type": "claim", "id": "7", "drop": .integer(drop), "key": "k"])
    let reply = try #require(stage.test.stage.inbox(1).last)
    #expect(reply["claim"] == first.json["claim"] && reply["ref"] == "7")
    #expect(try stage.shop.drop(drop)?.held == 1)
    let other = try stage.ask(
      .post, "/drops/\(drop)/claims", ["quantity": 2], as: stage.test.bob, key: "k")
    #expect(other.status == 422 && other.json["code"] == "idempotency-mismatch")
  }

  @Test("a drop opens and its window closes at their times, whatever else the server does")
  func times() throws {
    var stage = try ShopStage()
    let answer = try stage.ask(
      .post, "/drops",
      [
        "sku": "SCARF", "quantity": 1, "priceMinor": 1500, "countdownSeconds": 10,
        "durationSeconds": 600,
      ])
    let drop = answer.json.number("drop")
    func due() throws -> Instant {
      try #require(
        stage.test.stage.core.nextTick(at: stage.test.stage.now, wall: stage.test.stage.wall))
    }
    func turn(at time: Instant) {
      stage.test.stage.now = time - .milliseconds(1)
      stage.test.stage.wait(.milliseconds(1))
    }
    let opens = try due()
    #expect(opens - stage.test.stage.now == .seconds(10))
    turn(at: opens)
    #expect(try stage.shop.drop(drop)?.stage == .window)
    _ = try stage.test.ask(.post, "/drops/\(drop)/claims", [:], token: stage.test.bob)
    let closes = try due()
    #expect(closes - opens == .milliseconds(300))
    turn(at: closes)
    #expect(try stage.shop.drop(drop)?.held == 1)
  }

  @Test("claims and bids are rationed on their own")
  func rates() throws {
    var stage = try ShopStage()
    let drop = try stage.drop(quantity: 2)
    var codes: [String] = []
    for _ in 0..<8 {
      let answer = try stage.test.ask(
        .post, "/drops/\(drop)/claims", [:], token: stage.test.bob)
      codes.append(answer.json.text("code"))
    }
    #expect(codes.count { $0 == "rate" } == 3 && codes[0].isEmpty)
    #expect(
      try stage.test.ask(.put, "/cart/SCARF", ["quantity": 1], token: stage.eve).status == 200)
  }
}
