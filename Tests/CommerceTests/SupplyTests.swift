// Money that comes late, money that goes back: what is sold at a drop's price is the drop's quantity, and no more.

import Testing

@testable import Commerce

@Suite("What a paid order gets")
struct SupplyTests {
  /// Orders of one unit each of buyers 2, 3, …, in a drop of first payers.
  private static func rights(
    units: Int64, quantity: Int64, buyers: UInt32
  ) throws -> (ShopHarness, ShopID, [ShopID]) {
    var harness = try ShopHarness(units: units)
    let drop = try harness.openDrop(quantity: quantity, mode: .firstPaid)
    var orders: [ShopID] = []
    for buyer in 2..<(2 + buyers) {
      let claim = try #require(try harness.run(.claim(drop: drop, quantity: 1), by: buyer).made)
      orders.append(try #require(try harness.run(.checkout(hold: claim), by: buyer).made))
    }
    return (harness, drop, orders)
  }

  @Test("first paid: the quantity is sold at the drop's price, and the shelf keeps its units")
  func firstPaid() throws {
    var (harness, drop, orders) = try SupplyTests.rights(units: 10, quantity: 2, buyers: 4)
    for order in orders { try harness.run(.server(.orderReported(order: order, .paid)), by: 0) }
    #expect(
      orders.map { harness.shop.orders[$0]?.status }
        == [.paid, .paid, .refundRequested, .refundRequested])
    #expect(harness.shop.stock.stock("shirt")?.available == 8)
    #expect(harness.shop.drop(drop)?.sold == 2)
  }

  @Test("first paid: what is paid after the drop's time gets what it left unsold, and no more")
  func firstPaidLate() throws {
    var (harness, drop, orders) = try SupplyTests.rights(units: 10, quantity: 2, buyers: 4)
    try harness.pass(seconds: 700)
    #expect(harness.shop.drop(drop)?.isSettled == true)
    for order in orders { try harness.run(.server(.orderReported(order: order, .paid)), by: 0) }
    #expect(
      orders.map { harness.shop.orders[$0]?.status }
        == [.paid, .paid, .refundRequested, .refundRequested])
    #expect(harness.shop.stock.stock("shirt")?.available == 8)
  }

  @Test("late money does not pass the limit of a drop that is settled")
  func limit() throws {
    var harness = try ShopHarness(units: 10)
    let drop = try harness.openDrop(quantity: 2)
    var orders: [ShopID] = []
    for _ in 0..<2 {
      try harness.run(.claim(drop: drop, quantity: 1), by: 2)
      let hold = try #require(harness.holds(2).first)
      let order = try #require(try harness.run(.checkout(hold: hold.id), by: 2).made)
      orders.append(order)
      if orders.count == 1 { try harness.pass(seconds: 300) }
    }
    try harness.run(.server(.orderReported(order: orders[1], .paid)), by: 0)
    try harness.pass(seconds: 700)
    #expect(harness.shop.drop(drop)?.isSettled == true)
    try harness.run(.server(.orderReported(order: orders[0], .paid)), by: 0)
    #expect(harness.shop.orders[orders[0]]?.status == .refundRequested)
    #expect(harness.shop.stock.stock("shirt")?.sold == 1)
  }

  @Test("late money for a drop that is forgotten goes back")
  func forgotten() throws {
    var harness = try ShopHarness(units: 200)
    let drop = try harness.openDrop(quantity: 1, duration: 10)
    try harness.run(.claim(drop: drop, quantity: 1), by: 2)
    let hold = try #require(harness.holds(2).first)
    let order = try #require(try harness.run(.checkout(hold: hold.id), by: 2).made)
    try harness.pass(seconds: 400)
    for _ in 0..<ShopLimits.dropsMax {
      _ = try harness.openDrop(quantity: 1, duration: 10)
      try harness.pass(seconds: 20)
    }
    #expect(harness.shop.drop(drop) == nil)
    try harness.run(.server(.orderReported(order: order, .paid)), by: 0)
    #expect(harness.shop.orders[order]?.status == .refundRequested)
  }

  @Test("a refunded unit goes to who waits for it, not to the shelf; after the drop to the shelf")
  func refund() throws {
    var harness = try ShopHarness(units: 2)
    let drop = try harness.openDrop(quantity: 2)
    for buyer in UInt32(2)...4 { try harness.run(.claim(drop: drop, quantity: 1), by: buyer) }
    try harness.pay(try #require(harness.holds(2).first))
    let order = try #require(harness.shop.orders.first?.key)
    try harness.run(.refundOrder(order, reason: nil))
    let decision = try harness.run(.server(.orderReported(order: order, .refunded)), by: 0)
    #expect(decision.events.contains(.dropRestocked(drop, quantity: 1)))
    #expect(harness.holds(4).count == 1)
    #expect(harness.shop.drop(drop)?.sold == 0)
    #expect(harness.shop.stock.stock("shirt")?.available == 0)
    // The one who had it does not get another.
    #expect(harness.refusal(of: .claim(drop: drop, quantity: 1), by: 2) == .limitPerBuyer)
    for buyer in UInt32(3)...4 { try harness.pay(try #require(harness.holds(buyer).first)) }
    let last = try #require(harness.shop.orders.last?.key)
    try harness.run(.server(.orderReported(order: last, .refunded)), by: 0)
    #expect(harness.shop.stock.stock("shirt")?.available == 1)
  }

  @Test("a voucher's last use is one: late money whose use went to another goes back")
  func voucher() throws {
    var harness = try ShopHarness(units: 20)
    try harness.run(.putVoucher(VoucherDraft(code: "ONE", kind: .percent, value: 10, usesMax: 1)))
    var orders: [ShopID] = []
    for buyer in UInt32(2)...3 {
      try harness.run(.setCart("shirt", quantity: 1), by: buyer)
      try harness.run(.applyVoucher("ONE"), by: buyer)
      orders.append(try #require(try harness.run(.checkout(hold: nil), by: buyer).made))
      if buyer == 2 { try harness.pass(seconds: 300) }
    }
    try harness.run(.server(.orderReported(order: orders[0], .paid)), by: 0)
    #expect(harness.shop.orders[orders[0]]?.status == .refundRequested)
    #expect(harness.shop.orders[orders[0]]?.reason == "voucher-used")
    try harness.run(.server(.orderReported(order: orders[1], .paid)), by: 0)
    #expect(harness.shop.orders[orders[1]]?.status == .paid)
    #expect(harness.shop.vouchers["ONE"]?.uses == 1)
  }

  @Test("a voucher put again under its code is another: an old order takes nothing off its count")
  func voucherAgain() throws {
    var harness = try ShopHarness(units: 20)
    let draft = VoucherDraft(code: "ONE", kind: .percent, value: 10, usesMax: 1)
    var orders: [ShopID] = []
    for buyer in UInt32(2)...3 {
      try harness.run(.putVoucher(draft))
      try harness.run(.setCart("shirt", quantity: 1), by: buyer)
      try harness.run(.applyVoucher("ONE"), by: buyer)
      orders.append(try #require(try harness.run(.checkout(hold: nil), by: buyer).made))
      if buyer == 2 { try harness.run(.removeVoucher("ONE")) }
    }
    try harness.run(.cancelOrder(orders[0]), by: 2)
    #expect(harness.shop.vouchers["ONE"]?.uses == 1)
    #expect(harness.refusal(of: .applyVoucher("ONE"), by: 4) == .voucherInvalid)
  }

  @Test("in a pause nobody is handed a hold that can't be paid; those who wait are served after it")
  func pause() throws {
    var harness = try ShopHarness(units: 1)
    let drop = try harness.openDrop(quantity: 1, duration: 3600)
    for buyer in UInt32(2)...4 { try harness.run(.claim(drop: drop, quantity: 1), by: buyer) }
    try harness.run(.setShop(RandomShow.pause(true)))
    try harness.pass(seconds: 1500)
    #expect(harness.shop.holds.isEmpty)
    #expect(harness.shop.drop(drop)?.waiting == 2)
    try harness.run(.setShop(RandomShow.pause(false)))
    #expect(harness.holds(3).count == 1)
    // Who leaves in a pause leaves nothing behind.
    try harness.run(.setShop(RandomShow.pause(true)))
    try harness.pass(seconds: 3600)
    try harness.run(.leaveDrop(drop), by: 4)
    #expect(harness.shop.drop(drop)?.isSettled == true)
    #expect(harness.shop.stock.stock("shirt")?.available == 1)
  }

  @Test("an opening window that a pause falls into is decided when the pause is over")
  func pauseInWindow() throws {
    var harness = try ShopHarness(units: 1)
    let drop = try harness.openDrop(quantity: 1, inWindow: true)
    try harness.run(.claim(drop: drop, quantity: 1), by: 2)
    try harness.run(.setShop(RandomShow.pause(true)))
    try harness.pass(seconds: 100)
    #expect(harness.shop.drop(drop)?.stage == .window && harness.shop.holds.isEmpty)
    try harness.run(.setShop(RandomShow.pause(false)))
    try harness.pass()
    #expect(harness.holds(2).first?.untilMs == harness.nowMs + 300_000)
  }

  @Test("one buyer keeps ten units of a SKU unpaid; who lets orders run out waits")
  func hoarding() throws {
    var harness = try ShopHarness(units: 300)
    try harness.run(.setCart("shirt", quantity: 11), by: 2)
    #expect(harness.refusal(of: .checkout(hold: nil), by: 2) == .limitPerBuyer)
    try harness.run(.setCart("shirt", quantity: 10), by: 2)
    try harness.run(.checkout(hold: nil), by: 2)
    try harness.run(.setCart("shirt", quantity: 1), by: 2)
    #expect(harness.refusal(of: .checkout(hold: nil), by: 2) == .limitPerBuyer)
    for _ in 0..<3 {
      try harness.pass(seconds: 300)
      try harness.run(.setCart("shirt", quantity: 1), by: 2)
      if harness.refusal(of: .checkout(hold: nil), by: 2) == nil {
        try harness.run(.checkout(hold: nil), by: 2)
      }
    }
    #expect(harness.refusal(of: .checkout(hold: nil), by: 2) == .limit)
    #expect(harness.refusal(of: .checkout(hold: nil), by: 3) == .emptyCart)
    try harness.pass(seconds: 600)
    #expect(harness.refusal(of: .checkout(hold: nil), by: 2) == nil)
  }

  @Test("a buyer makes a hundred orders in a show, and then no more")
  func ordersEach() throws {
    var harness = try ShopHarness(units: 300)
    harness.checksAlways = false
    for _ in 0..<ShopLimits.ordersEachMax {
      try harness.run(.setCart("shirt", quantity: 1), by: 2)
      let order = try #require(try harness.run(.checkout(hold: nil), by: 2).made)
      try harness.run(.cancelOrder(order), by: 2)
    }
    try harness.run(.setCart("shirt", quantity: 1), by: 2)
    #expect(harness.refusal(of: .checkout(hold: nil), by: 2) == .limit)
    #expect(harness.shop.violations().isEmpty)
  }

  @Test("a SKU that is offered no more is forgotten with its last promise")
  func forgottenSKU() throws {
    var (harness, order) = try OrderTests.cartOrder()
    try harness.run(.removeListing(try #require(harness.shop.listings.first?.id)))
    #expect(harness.shop.stock.count == 1)
    try harness.run(.cancelOrder(order), by: 2)
    #expect(harness.shop.stock.count == 0)
  }

  @Test("listings named come first, the others follow as they stood")
  func order() throws {
    var harness = ShopHarness()
    for sku in ["a", "b", "c"] { try harness.run(.putListing(ShopHarness.listing(sku, units: 1))) }
    let ids = harness.shop.listings.map(\.id)
    try harness.run(.orderListings([ids[2]]))
    #expect(harness.shop.listings.map(\.id) == [ids[2], ids[0], ids[1]])
    #expect(harness.refusal(of: .orderListings([ids[0], ids[0]])) == .badField)
    #expect(harness.refusal(of: .orderListings([999])) == .badField)
  }

  @Test("what a log of before says was paid is paid, also where it would be sent back today")
  func oldLog() throws {
    var (harness, drop, orders) = try SupplyTests.rights(units: 10, quantity: 1, buyers: 2)
    harness.checksAlways = false
    try harness.run(.server(.orderReported(order: orders[0], .paid)), by: 0)
    #expect(harness.shop.drop(drop)?.isSettled == true)
    harness.apply(.orderMoved(orders[1], .paid, reason: nil), by: .server)
    #expect(harness.shop.orders[orders[1]]?.status == .paid)
    #expect(harness.shop.stock.stock("shirt")?.sold == 2)
    #expect(harness.replayed == harness.shop)
  }

  @Test("an order's merchant stands in the log and in the snapshot")
  func merchant() throws {
    var harness = try ShopHarness(units: 1)
    try harness.run(.setCart("shirt", quantity: 1), by: 2)
    var context = harness.context(2)
    context.merchant = "wool"
    let decision = try harness.shop.decide(
      .checkout(hold: nil), by: context, firstSequence: harness.nextSequence)
    let event = try #require(decision.events.last)
    #expect(ShopEvent(kind: event.kind, body: event.body) == event)
    harness.apply(event, by: BuyerID(2))
    #expect(harness.shop.orders.last?.value.merchant == "wool")
    #expect(try ShopHarness.shop(from: harness.snapshot) == harness.shop)
  }

  @Test("a gift of somebody who was erased meanwhile is recorded as nobody's")
  func erasedGiver() throws {
    var harness = ShopHarness()
    let posting = GiftPosting(number: 1, buyer: .server, gift: "rose", count: 2, coins: 20)
    try harness.run(.server(.giftPosted(posting)), by: 0)
    #expect(harness.shop.gifts.lastPosting == 1 && harness.shop.gifts.coins == 20)
    #expect(harness.shop.gifts.leaders.isEmpty)
    let event = try #require(harness.log.first?.event)
    #expect(ShopEvent(kind: event.kind, body: event.body) == event)
    #expect(try ShopHarness.shop(from: harness.snapshot) == harness.shop)
  }
}
