import Access
import Commerce
import HTTP
import Hooks
import JSON
import Room
import RoomLog
import Testing
import Wire

@testable import Endpoints

@Suite("What shops are told and may report")
struct ShopOrdersTests {
  private func claimed(_ stage: inout ShopStage, by token: String) throws -> Int64 {
    let drop = try stage.drop()
    let claim = try stage.ask(.post, "/drops/\(drop)/claims", [:], as: token)
    return claim.json.number("claim")
  }

  @Test(
    "an order stays the merchant's that took it, whoever the room names later and who is enabled")
  func merchants() throws {
    var stage = try ShopStage(merchants: ["wool", "silk"])
    _ = try stage.ask(.patch, "/shop", ["merchant": "wool"])
    let claim = try claimed(&stage, by: stage.test.bob)
    let answer = try stage.ask(.post, "/orders", ["hold": .integer(claim)], as: stage.test.bob)
    let order = answer.json.number("order")
    #expect(stage.test.stage.merchantCalls.last?.merchant == "wool")
    _ = try stage.ask(.patch, "/shop", ["merchant": "silk"])
    stage.test.stage.merchantReports(.paid, order, by: "silk")
    #expect(try stage.shop.orders[order]?.status == .creating)
    // Its endpoint is disabled: what became of the order can still be said.
    stage.test.stage.setMerchants(["silk"])
    stage.test.stage.merchantReports(.paid, order, by: "wool")
    #expect(try stage.shop.orders[order]?.status == .paid)
    _ = stage.test.stage.takeHouseOrders()
    _ = try stage.ask(.post, "/orders/\(order)/refund", [:])
    let rows = stage.test.stage.takeHouseOrders().outbox
    #expect(rows.map(\.topic) == ["order.refund_requested"])
    #expect(rows.map(\.merchant) == ["wool"])
  }

  @Test("every hold is told of: those of the opening window, too, and each end")
  func holds() throws {
    var stage = try ShopStage()
    let answer = try stage.ask(
      .post, "/drops",
      [
        "sku": "SCARF", "quantity": 2, "priceMinor": 1500, "countdownSeconds": 10,
        "durationSeconds": 600, "perBuyer": 1, "holdSeconds": 30,
      ])
    let drop = answer.json.number("drop")
    stage.test.stage.wait(.milliseconds(10_100))
    #expect(try stage.shop.drop(drop)?.stage == .window)
    _ = stage.test.stage.takeHouseOrders()
    for token in [stage.test.bob, stage.eve] {
      _ = try stage.test.ask(.post, "/drops/\(drop)/claims", [:], token: token)
    }
    stage.test.stage.wait(.seconds(1))
    let made = stage.test.stage.takeHouseOrders().outbox.filter { $0.topic == "hold.created" }
    #expect(made.count == 2 && Set(made.map(\.body)).count == 2)
    stage.test.stage.wait(.seconds(31))
    let ended = stage.test.stage.takeHouseOrders().outbox.filter { $0.topic == "hold.ended" }
    #expect(ended.count == 2)
  }

  @Test("somebody erased while a gift of theirs was on its way is not written again")
  func erasedGiver() throws {
    var stage = try RoomSocketStage(store: nil, isDurable: true)
    let bob = try stage.token("bob", .viewer)
    #expect(try stage.ask(.post, "/api/v1/rooms/demo/gifts", ["gift": "rose"], token: bob) == nil)
    let key = RoomKey(rawValue: 1)
    stage.answer(.opened(room: "demo", OpenedRoom(key: key, house: RoomHouse(), tailCount: 0)))
    var number: UInt64?
    var gift: Transfer?
    for case .transfer(let order, let its) in stage.takeHouseOrders() {
      number = its
      gift = ShopOrdersTests.gift(1, of: order.subject)
    }
    stage.core.houses.erase("bob", number: 99)
    _ = stage.takeHouseOrders()
    stage.answer(.transferred(number: try #require(number), .posted(try #require(gift))))
    let entries = stage.takeHouseOrders().entries
    #expect(entries.flatMap(\.events).map(\.kind) == ["gifted"])
    #expect(entries.flatMap(\.people).isEmpty)
    let house = try #require(stage.core.houses["demo"])
    #expect(house.people.person("bob") == nil && house.state.shop.gifts.lastPosting == 1)
  }

  @Test("a gift that is missing makes a room be read again once, not for ever")
  func missingGift() throws {
    var stage = try RoomSocketStage(store: nil, isDurable: true)
    let bob = try stage.token("bob", .viewer)
    #expect(try stage.ask(.get, "/api/v1/rooms/demo/leaderboard", token: bob) == nil)
    var reads = 0
    for _ in 0..<5 {
      for case .open(room: _) in stage.takeHouseOrders() {
        reads += 1
        stage.answer(
          .opened(
            room: "demo",
            OpenedRoom(
              key: RoomKey(rawValue: 1), house: RoomHouse(), tailCount: 0,
              gifts: [ShopOrdersTests.gift(2, of: "bob"), ShopOrdersTests.gift(3, of: "bob")])))
      }
    }
    #expect(reads == 2)
    #expect(stage.core.houses["demo"] != nil)
  }

  private static func gift(_ number: Int64, of subject: String) -> Transfer {
    Transfer(
      id: number, kind: .gift, room: RoomKey(rawValue: 1), number: number, subject: subject,
      purpose: TransferPurpose(item: "rose", count: 1, coins: 1), source: nil, balance: 9, atMs: 1)
  }

  @Test("a slow shop is asked for so many pages at once; the others wait, and are asked in turn")
  func questions() throws {
    var stage = try RoomAPIStage()
    let row = HookEndpointRow(
      id: 1, merchant: "wool", url: "https://wool.example/", keys: [], topics: [HookTopic.all],
      deadlineMs: 3000, isConfigured: true, createdMs: 0)
    stage.stage.core.hooks = HookDirectory([row])
    let (now, wall) = (stage.stage.now, stage.stage.wall)
    func call(_ order: Int64, of buyer: String, seconds: Int64 = 300) -> MerchantCall {
      MerchantCall(
        room: "demo", merchant: "wool", thing: .order(order),
        untilMs: wall.milliseconds + seconds * 1000, data: ["buyer": .string(buyer)])
    }
    for order in Int64(1)...3 { stage.stage.core.ask(call(order, of: "bob"), at: now, wall: wall) }
    stage.stage.core.ask(call(4, of: "bob", seconds: 0), at: now, wall: wall)
    #expect(stage.stage.core.syncCalls.count == HookLimits.syncBuyerMax)
    for order in Int64(10)..<90 {
      stage.stage.core.ask(call(order, of: "eve\(order)"), at: now, wall: wall)
    }
    #expect(stage.stage.core.syncCalls.count == HookLimits.syncEachMax)
    let waiting = stage.stage.core.waitingCalls.count
    #expect(waiting == 84 - HookLimits.syncEachMax)
    // An answer lets the oldest that may be asked go first; what it is too late for is dropped.
    let first = try #require(stage.stage.core.syncCalls.keys.min())
    stage.stage.core.answered(first, .failed("slow"), wall: wall)
    #expect(stage.stage.core.syncCalls.count == HookLimits.syncEachMax)
    #expect(stage.stage.core.waitingCalls.count == waiting - 2)
    let asked = stage.stage.core.syncCalls.values.contains {
      if case .checkout(let call) = $0.purpose { call.thing == .order(3) } else { false }
    }
    #expect(asked)
  }

  @Test("checkouts are rationed on their own")
  func rates() throws {
    var stage = try ShopStage()
    var codes: [String] = []
    for _ in 0..<7 {
      codes.append(
        try stage.test.ask(.post, "/orders", [:], token: stage.test.bob).json.text("code"))
    }
    #expect(codes.count { $0 == "rate" } == 2)
  }
}

extension [HouseOrder] {
  fileprivate var entries: [CommitEntry] {
    compactMap { if case .commit(let entry) = $0 { entry } else { nil } }
  }

  fileprivate var outbox: [OutboxRow] { entries.flatMap(\.outbox) }
}
