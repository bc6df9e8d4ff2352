// Orders over REST and sockets: what their merchant is asked and reports, restarts, exports, the end.

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
