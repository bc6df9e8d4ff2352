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

@Suite("Orders and their merchant")
struct CheckoutTests {
  /// An order of a held unit; the call that was made for it.
  private func ordered(_ stage: inout ShopStage) throws -> Int64 {
    let drop = try stage.drop()
    let claim = try stage.ask(.post, "/drops/\(drop)/claims", [:], as: stage.test.bob)
    let answer = try stage.ask(
      .post, "/orders", ["hold": claim.json["claim"] ?? .null], as: stage.test.bob, key: "order")
    #expect(answer.status == 200, "\(answer.json)")
    return answer.json.number("order")
  }

  @Test("an order is on the disk before its merchant is called, and is told as it moves on")
  func flow() throws {
    var stage = try ShopStage()
    try stage.test.join(1, "bob", .viewer)
    try stage.test.join(2, "eve", .viewer)
    try stage.test.join(3, "alice", .host)
    let order = try ordered(&stage)
    let call = try #require(stage.test.stage.merchantCalls.first)
    #expect(call.thing == .order(order) && call.merchant == "wool" && call.room == "demo")
    #expect(call.data["totalMinor"] == 1500 && call.data["buyer"] == "bob")
    #expect(call.data.objects("lines")[0]["reference"] == "scarf")
    stage.test.stage.answerMerchant(.payment(url: "https://pay.example/7"))
    stage.test.stage.merchantReports(.paid, order)
    func orders(_ socket: UInt64) -> [JSONObject] {
      (stage.test.stage.told[socket] ?? []).filter { $0.type == "orderUpdated" }
        .map { $0.object("order") }
    }
    #expect(orders(1).map { $0["status"] } == ["creating", "awaitingPayment", "paid"])
    #expect(orders(1).map { $0["paymentURL"] } == [.null, "https://pay.example/7", .null])
    #expect(orders(2).isEmpty)
    #expect(orders(3).map { $0["status"] } == ["creating", "awaitingPayment", "paid"])
    #expect(orders(3).allSatisfy { $0["paymentURL"] == nil && $0["member"] != nil })
    stage.test.stage.wait(.seconds(1))
    let stock = stage.test.stage.told[2]?.last { $0.type == "stock" }
    let counted = stock ?? stage.test.stage.inbox(2).last { $0.type == "stock" }
    #expect(counted?["sold"] == 1)
    #expect(try stage.shop.stock.stock("SCARF")?.sold == 1)
  }

  @Test("nothing is called before the order is on the disk, and nobody waits for the merchant")
  func order() throws {
    var stage = try RoomSocketStage(store: nil, isDurable: true)
    stage.setMerchants(["wool"])
    let bob = try stage.token("bob", .viewer)
    #expect(
      try stage.ask(.put, "/api/v1/rooms/demo/cart/A", ["quantity": 1], token: bob) == nil)
    var house = RoomHouse()
    for (command, identity, role) in [
      (
        ShopCommand.putListing(
          ListingDraft(
            reference: "a", title: "A", currency: "EUR",
            variants: [VariantDraft(sku: "A", priceMinor: 100, units: 1)])), "ann", Role.host
      )
    ] {
      let envelope = CommandEnvelope(
        identity: identity, name: "", role: role, command: .shop(command), atMs: 1_000_000)
      guard case .decided(let pending) = house.submit(envelope) else { continue }
      house.committed(pending, replyRow: nil)
    }
    let key = RoomKey(rawValue: 1)
    stage.answer(.opened(room: "demo", OpenedRoom(key: key, house: house, tailCount: 0)))
    #expect(try stage.ask(.post, "/api/v1/rooms/demo/orders", [:], token: bob) == nil)
    #expect(stage.merchantCalls.isEmpty)
    let tickets = stage.takeHouseOrders().compactMap { order in
      if case .commit(let entry) = order { entry.ticket } else { nil }
    }
    for ticket in tickets { stage.answer(.committed(key, ticket: ticket, replyRow: nil)) }
    #expect(stage.merchantCalls.count == 1)
    #expect(stage.answers[2]?.status == 200, "the reply does not wait for the merchant")
  }

  @Test("a merchant that says no, or that is gone, makes the order fail; the unit stays held")
  func failures() throws {
    var stage = try ShopStage()
    let order = try ordered(&stage)
    stage.test.stage.answerMerchant(.failed(reason: "no stock"))
    #expect(try stage.shop.orders[order]?.status == .failed)
    #expect(try stage.shop.stock.stock("SCARF")?.held == 1)
    stage.test.stage.setMerchants([])
    let hold = try #require(try stage.shop.holds.first?.key)
    let refused = try stage.ask(.post, "/orders", ["hold": .integer(hold)], as: stage.test.bob)
    #expect(refused.status == 409 && refused.json["code"] == "no-checkout")
  }

  @Test(
    "a report that does not fit is recorded and answered as a conflict, another merchant's is 404")
  func reports() throws {
    var stage = try ShopStage()
    let order = try ordered(&stage)
    stage.test.stage.merchantReports(.paid, order, by: "other")
    #expect(try stage.shop.orders[order]?.status == .creating)
    stage.test.stage.merchantReports(.paid, order)
    stage.test.stage.merchantReports(.failed, order)
    #expect(try stage.shop.orders[order]?.status == .paid)
    let audit = try stage.ask(.get, "/audit")
    let refused = audit.json.objects("entries").first { $0["kind"] == "reportRefused" }
    #expect(refused?["order"] == .integer(order) && refused?["text"] == "failed")
    var house = try #require(stage.test.stage.core.houses["demo"])
    guard
      case .decided(let pending) = house.report(
        .orderReported(order: order, .failed), atMs: stage.test.stage.wall.milliseconds)
    else {
      Issue.record("a report is always an answer")
      return
    }
    #expect(pending.status == 409)
    guard
      case .refused(let refusal, _) = house.report(
        .orderReported(order: 9999, .paid), atMs: stage.test.stage.wall.milliseconds)
    else {
      Issue.record("no order, no event")
      return
    }
    #expect(refusal.code == .unknownOrder)
  }

  @Test(
    "a report with the id of an earlier one is no second report, also when things have moved on")
  func repeatedReports() throws {
    var stage = try ShopStage()
    let order = try ordered(&stage)
    func events() throws -> Int64 {
      try #require(stage.test.stage.core.houses["demo"]).state.sequence
    }
    stage.test.stage.merchantReports(.paid, order, id: "msg_1")
    let before = try events()
    stage.test.stage.merchantReports(.paid, order, id: "msg_1")
    #expect(try events() == before)
    stage.test.stage.merchantReports(.failed, order, id: "msg_2")
    #expect(try events() == before + 1, "what does not fit is recorded once")
    stage.test.stage.merchantReports(.failed, order, id: "msg_2")
    stage.test.stage.merchantReports(.refunded, order, id: "msg_1")
    #expect(try events() == before + 1)
    #expect(try stage.shop.orders[order]?.status == .paid)
  }

  @Test("a room that is opened again asks for the payment pages that never came")
  func restart() throws {
    var stage = try ShopStage()
    let order = try ordered(&stage)
    let store = stage.test.store
    stage.test.stage.wait(.milliseconds(200))
    store.close()
    let later = try StageStore(nowMs: 1_793_248_000_000, after: store)
    var next = try RoomSocketStage(store: later)
    next.setMerchants(["wool"])
    next.now = stage.test.stage.now
    _ = try next.join(1, "eve", .viewer)
    #expect(next.merchantCalls.map(\.thing) == [.order(order)])
    later.close()
  }

  @Test("after a restart the clock of a room that nobody comes to runs, until all is done")
  func unattended() throws {
    var stage = try ShopStage()
    let order = try ordered(&stage)
    let store = stage.test.store
    store.close()
    let later = try StageStore(nowMs: 1_793_248_000_000, after: store)
    var next = try RoomSocketStage(store: later)
    next.setMerchants(["wool"])
    next.now = stage.test.stage.now
    next.wait(.seconds(2))
    #expect(next.core.houses["demo"]?.state.shop.orders[order]?.status == .creating)
    #expect(next.merchantCalls.map(\.thing) == [.order(order)])
    // The drop ends, the hold too, and the room leaves memory: a third process has no reason to open it.
    var last: Shop?
    for _ in 0..<4000 {
      guard let house = next.core.houses["demo"] else { break }
      last = house.state.shop
      next.wait(.milliseconds(200))
    }
    let shop = try #require(last)
    #expect(shop.orders[order]?.status == .expired)
    #expect(shop.stock.stock("SCARF")?.available == 3)
    #expect(next.core.houses["demo"] == nil)
    later.close()
    let latest = try StageStore(nowMs: 1_793_248_000_000, after: store)
    var third = try RoomSocketStage(store: latest)
    third.now = next.now
    third.wait(.seconds(12))
    #expect(third.core.houses.openRooms == [])
    latest.close()
  }

  @Test("many rooms whose clocks run are opened a page a second, the most urgent first")
  func manyUnattended() throws {
    var stage = try RoomSocketStage(isDurable: true)
    stage.wait(.milliseconds(200))
    func place(_ number: Int64) -> DuePlace {
      DuePlace(atMs: 1000 + number, room: RoomKey(rawValue: number))
    }
    func asked() -> [DuePlace?] {
      stage.takeHouseOrders().compactMap { order -> DuePlace?? in
        if case .findDue(let place) = order { .some(place) } else { nil }
      }
    }
    func page(_ numbers: ClosedRange<Int64>) -> HouseAnswer {
      .due(numbers.map { DueRoom(name: "room-\($0)", place: place($0)) })
    }
    #expect(asked() == [nil])
    let full = Int64(HousesLimits.dueRoomsMax)
    stage.take(page(1...full))
    let opened = stage.takeHouseOrders().compactMap { order -> String? in
      if case .open(let room) = order { room } else { nil }
    }
    #expect(opened == (1...full).map { "room-\($0)" })
    stage.wait(.milliseconds(800))
    #expect(asked() == [])
    stage.wait(.milliseconds(400))
    #expect(asked() == [place(full)])
    // What is open already, or being read, is left alone.
    stage.take(page(full...full + 1))
    #expect(stage.takeHouseOrders().count == 1)
    stage.wait(.seconds(4))
    #expect(asked() == [])
    stage.wait(.milliseconds(1200))
    #expect(asked() == [nil])
  }

  @Test("one's own orders, all of them for staff, and the table a spreadsheet takes for text")
  func queries() throws {
    var stage = try ShopStage()
    let order = try ordered(&stage)
    let own = try stage.ask(.get, "/orders", as: stage.test.bob)
    #expect(own.json.objects("orders").map { $0.number("id") } == [order])
    #expect(own.json["revenue"] == nil)
    #expect(try stage.ask(.get, "/orders", as: stage.eve).json.objects("orders").isEmpty)
    stage.test.stage.merchantReports(.paid, order)
    let all = try stage.ask(.get, "/orders")
    #expect(all.json.object("revenue")["paidMinor"] == 1500)
    #expect(all.json.objects("orders")[0].object("member")["identity"] == "bob")
    let table = try stage.ask(.get, "/orders.csv")
    let lines = String(decoding: table.body, as: UTF8.self).split(separator: "\r\n")
    #expect(lines.count == 2 && lines[1].hasPrefix("\(order),paid,"))
    #expect(lines[1].hasSuffix(",bob,SCARF,1,1500,0,1500,EUR,"))
    #expect(try stage.ask(.get, "/orders.csv", as: stage.test.moderator).status == 403)
    let pinned = try stage.ask(.put, "/pins/1", ["listing": 1])
    let id = try stage.shop.listings[0].id
    #expect(pinned.status == 404 || id == 1)
    _ = try stage.ask(.put, "/pins/1", ["listing": .integer(id)])
    _ = try stage.ask(.put, "/pins/1", [:])
    let pins = try stage.ask(.get, "/pins", as: stage.test.bob).json.objects("pins")
    #expect(pins.count == 1 && pins[0]["endedAtMs"] != .null)
    #expect(try stage.ask(.get, "/leaderboard", as: stage.test.bob).status == 200)
  }

  @Test("what is secret is in no export and told to nobody: seeds before the draw, payment pages")
  func secrets() throws {
    var stage = try ShopStage()
    try stage.test.join(2, "eve", .viewer)
    let order = try ordered(&stage)
    stage.test.stage.answerMerchant(.payment(url: "https://pay.example/secret"))
    _ = try stage.ask(
      .post, "/drops",
      [
        "sku": "SCARF", "quantity": 1, "priceMinor": 1, "countdownSeconds": 300,
        "durationSeconds": 10,
      ])
    let seed = Hex.text(try #require(try stage.shop.drops.first?.seed))
    let log = String(decoding: try stage.ask(.get, "/log").body, as: UTF8.self)
    #expect(log.contains(seed), "a seed is published with its decision")
    #expect(!log.contains("pay.example") && log.contains("\"paymentOffered\""))
    #expect(!log.contains("\"secret\""))
    for message in stage.test.stage.told[2] ?? [] {
      let text = String(decoding: JSONValue.object(message).write(), as: UTF8.self)
      #expect(!text.contains("pay.example"))
    }
    #expect(try stage.shop.orders[order]?.paymentURL == "https://pay.example/secret")
  }

  @Test("after the end, what is held can be paid for, and nothing else is sold")
  func afterTheEnd() throws {
    var stage = try ShopStage()
    let drop = try stage.drop()
    let claim = try stage.ask(.post, "/drops/\(drop)/claims", [:], as: stage.test.bob)
    #expect(try stage.ask(.post, "/end").status == 200)
    let late = try stage.ask(.post, "/drops/\(drop)/claims", [:], as: stage.eve)
    #expect(late.status == 409 && late.json["code"] == "room-ended")
    #expect(try stage.ask(.put, "/cart/SCARF", ["quantity": 1], as: stage.eve).status == 409)
    let paid = try stage.ask(
      .post, "/orders", ["hold": claim.json["claim"] ?? .null], as: stage.test.bob)
    #expect(paid.status == 200)
    stage.test.stage.merchantReports(.paid, paid.json.number("order"))
    #expect(try stage.shop.stock.stock("SCARF")?.sold == 1)
    #expect(
      try stage.ask(.post, "/orders/\(paid.json.number("order"))/refund", [:]).status == 200)
  }
}
