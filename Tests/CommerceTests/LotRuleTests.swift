// Auctions that somebody tries to bend: bids that are not meant, ends that never come, money that comes late.

import Testing

@testable import Commerce

@Suite("Auctions that are bent")
struct LotRuleTests {
  @Test("one unit, one buyer: a winner's late money does not buy a second one off the shelf")
  func latePayment() throws {
    var (harness, lot) = try LotTests.open(units: 2)
    try harness.run(.bid(lot: lot, amountMinor: 300, maxMinor: nil), by: 2)
    _ = try? harness.run(.bid(lot: lot, amountMinor: 200, maxMinor: nil), by: 3)
    try harness.run(.bid(lot: lot, amountMinor: 400, maxMinor: nil), by: 3)
    try harness.pass(seconds: 61)
    try harness.pass(ms: 300)
    let won = try #require(harness.holds(3).first)
    let order = try #require(try harness.run(.checkout(hold: won.id), by: 3).made)
    try harness.pass(seconds: 300)
    try harness.pay(try #require(harness.holds(2).first))
    #expect(harness.shop.stock.stock("shirt")?.available == 1)
    try harness.run(.server(.orderReported(order: order, .paid)), by: 0)
    #expect(harness.shop.orders[order]?.status == .refundRequested)
    #expect(harness.shop.stock.stock("shirt")?.sold == 1)
  }

  @Test("a lot that nobody paid is sold to the first late payment, once")
  func lateOnce() throws {
    var (harness, lot) = try LotTests.open(units: 3)
    for (buyer, amount) in [(UInt32(2), Minor(200)), (3, 300)] {
      try harness.run(.bid(lot: lot, amountMinor: amount, maxMinor: nil), by: buyer)
    }
    try harness.pass(seconds: 60)
    try harness.pass(ms: 300)
    var orders: [ShopID] = []
    for buyer in [UInt32(3), 2] {
      let hold = try #require(harness.holds(buyer).first)
      orders.append(try #require(try harness.run(.checkout(hold: hold.id), by: buyer).made))
      try harness.pass(seconds: 300)
    }
    #expect(harness.shop.lot(lot)?.stage == .unsold)
    for order in orders { try harness.run(.server(.orderReported(order: order, .paid)), by: 0) }
    #expect(orders.map { harness.shop.orders[$0]?.status } == [.paid, .refundRequested])
  }

  @Test("a bid that is not meant keeps nobody away: who is asked next pays the price that stood")
  func shielding() throws {
    var (harness, lot) = try LotTests.open()
    try harness.run(.bid(lot: lot, amountMinor: 100, maxMinor: 250), by: 2)
    // Two who know each other bid so high that nobody else can.
    try harness.run(.bid(lot: lot, amountMinor: 110, maxMinor: 9_000), by: 3)
    try harness.run(.bid(lot: lot, amountMinor: 9_500, maxMinor: nil), by: 4)
    try harness.pass(seconds: 60)
    try harness.pass(ms: 300)
    try harness.run(.releaseHold(try #require(harness.holds(4).first).id), by: 4)
    #expect(harness.holds(3).map(\.priceMinor) == [9_000])
    try harness.run(.releaseHold(try #require(harness.holds(3).first).id), by: 3)
    #expect(harness.holds(2).map(\.priceMinor) == [250])
  }

  @Test("a leader who raises the own maximum does not move the end; whoever takes the lead does")
  func prolonging() throws {
    var (harness, lot) = try LotTests.open()
    try harness.run(.bid(lot: lot, amountMinor: 100, maxMinor: nil), by: 2)
    try harness.pass(seconds: 55)
    let end = harness.shop.lot(lot)?.endsAtMs
    for raise in Minor(1)...5 {
      try harness.run(.bid(lot: lot, amountMinor: 100 + raise, maxMinor: nil), by: 2)
      #expect(harness.shop.lot(lot)?.endsAtMs == end)
    }
    try harness.run(.bid(lot: lot, amountMinor: 300, maxMinor: nil), by: 3)
    #expect(harness.shop.lot(lot)?.endsAtMs == harness.nowMs + 10_000)
  }

  @Test("the own raise that meets the reserve moves the price, and so the end")
  func prolongingByReserve() throws {
    var (harness, lot) = try LotTests.open(reserve: 500)
    try harness.run(.bid(lot: lot, amountMinor: 100, maxMinor: nil), by: 2)
    try harness.pass(seconds: 55)
    try harness.run(.bid(lot: lot, amountMinor: 100, maxMinor: 500), by: 2)
    #expect(harness.shop.lot(lot)?.endsAtMs == harness.nowMs + 10_000)
  }

  @Test("closed by the host while it closes by itself: no late bid reopens it")
  func closedTwice() throws {
    var (harness, lot) = try LotTests.open()
    harness.windowMs = 3000
    try harness.pass(seconds: 61)
    let closesAtMs = harness.shop.lot(lot)?.closesAtMs
    #expect(try !harness.run(.closeLot(lot)).events.isEmpty)
    try harness.run(.bid(lot: lot, amountMinor: 100, maxMinor: nil), by: 2, delayMs: 2000)
    #expect(harness.shop.lot(lot)?.stage == .closing)
    #expect(harness.shop.lot(lot)?.closesAtMs == closesAtMs)
    #expect(try harness.run(.closeLot(lot)).events.isEmpty)
    try harness.pass(seconds: 3)
    #expect(harness.holds(2).count == 1)
  }

  @Test("an end that is noticed a little late still leaves the whole time for late bids")
  func endedLate() throws {
    var (harness, lot) = try LotTests.open()
    try harness.run(.bid(lot: lot, amountMinor: 100, maxMinor: nil), by: 2)
    try harness.pass(seconds: 60, ms: ShopLimits.outageMs)
    #expect(harness.shop.lot(lot)?.stage == .closing)
    #expect(harness.shop.lot(lot)?.closesAtMs == harness.nowMs + 300)
    try harness.pass(ms: 300)
    #expect(harness.holds(2).count == 1)
  }

  @Test(
    "an end that passed while no process ran: open for a soft close's time, to everyone",
    arguments: [true, false])
  func endedUnseen(isSoft: Bool) throws {
    var harness = try ShopHarness(units: 1)
    let lot = try #require(
      try harness.run(
        .openLot(LotDraft(sku: "shirt", startMinor: 100, durationSeconds: 60, isSoft: isSoft))
      ).made)
    try harness.run(.bid(lot: lot, amountMinor: 100, maxMinor: nil), by: 2)
    harness.nowMs += 120_000
    // Also for a bid that comes before the timer.
    try harness.run(.bid(lot: lot, amountMinor: 500, maxMinor: nil), by: 3)
    #expect(harness.shop.lot(lot)?.stage == .open)
    #expect(harness.shop.lot(lot)?.endsAtMs == harness.nowMs + 10_000)
    #expect(harness.shop.lot(lot)?.leader == BuyerID(3))
    try harness.pass(seconds: 10)
    try harness.pass(ms: 300)
    #expect(harness.holds(3).count == 1)
  }

  @Test("a server that is away at every end does not keep a lot open for ever")
  func endedUnseenOften() throws {
    var (harness, lot) = try LotTests.open()
    try harness.run(.bid(lot: lot, amountMinor: 100, maxMinor: nil), by: 2)
    for _ in 0..<ShopLimits.prolongedMax {
      try harness.pass(seconds: 120)
      #expect(harness.shop.lot(lot)?.stage == .open)
      #expect(harness.shop.lot(lot)?.endsAtMs == harness.nowMs + 10_000)
    }
    #expect(try ShopHarness.shop(from: harness.snapshot) == harness.shop)
    try harness.pass(seconds: 120)
    #expect(harness.shop.lot(lot)?.stage == .closing)
    #expect(harness.shop.lot(lot)?.closesAtMs == harness.nowMs + 300)
    try harness.pass(ms: 300)
    #expect(harness.holds(2).count == 1)
  }

  @Test("while no merchant takes orders the winner is told so, and nobody is next for it")
  func unattended() throws {
    var (harness, lot) = try LotTests.open()
    for (buyer, amount) in [(UInt32(2), Minor(200)), (3, 300)] {
      try harness.run(.bid(lot: lot, amountMinor: amount, maxMinor: nil), by: buyer)
    }
    harness.hasMerchant = false
    try harness.pass(seconds: 60)
    try harness.pass(ms: 300)
    #expect(harness.holds(3).count == 1)
    try harness.pass(seconds: 300)
    #expect(harness.shop.holds.isEmpty && harness.shop.lot(lot)?.stage == .sold)
    #expect(harness.shop.nextDueMs(hasMerchant: false) == nil)
    harness.hasMerchant = true
    try harness.pass()
    #expect(harness.holds(2).count == 1)
  }

  @Test(
    "a unit that nobody is next for comes back without a merchant, and one that waits can be let go"
  )
  func letGo() throws {
    var (harness, lot) = try LotTests.open()
    try harness.run(.bid(lot: lot, amountMinor: 200, maxMinor: nil), by: 2)
    harness.hasMerchant = false
    try harness.pass(seconds: 60)
    try harness.pass(ms: 300)
    #expect(harness.holds(2).count == 1)
    try harness.pass(seconds: 300)
    #expect(harness.shop.lot(lot)?.stage == .unsold && !harness.shop.awaitsMerchant)

    var (waiting, other) = try LotTests.open()
    for (buyer, amount) in [(UInt32(2), Minor(200)), (3, 300)] {
      try waiting.run(.bid(lot: other, amountMinor: amount, maxMinor: nil), by: buyer)
    }
    waiting.hasMerchant = false
    try waiting.pass(seconds: 60)
    try waiting.pass(ms: 300)
    try waiting.pass(seconds: 300)
    #expect(waiting.shop.lot(other)?.stage == .sold)
    try waiting.run(.cancelLot(other))
    #expect(waiting.shop.lot(other)?.stage == .cancelled && waiting.shop.violations() == [])
  }

  @Test("in a pause no bidder is asked: the next is when it is over")
  func pause() throws {
    var (harness, lot) = try LotTests.open()
    for (buyer, amount) in [(UInt32(2), Minor(200)), (3, 300)] {
      try harness.run(.bid(lot: lot, amountMinor: amount, maxMinor: nil), by: buyer)
    }
    try harness.pass(seconds: 60)
    try harness.pass(ms: 300)
    try harness.run(.setShop(RandomShow.pause(true)))
    try harness.pass(seconds: 300)
    #expect(harness.shop.holds.isEmpty && harness.shop.nextDueMs == nil)
    try harness.run(.setShop(RandomShow.pause(false)))
    #expect(harness.holds(2).count == 1)

    var (closing, other) = try LotTests.open()
    try closing.run(.bid(lot: other, amountMinor: 200, maxMinor: nil), by: 2)
    try closing.run(.setShop(RandomShow.pause(true)))
    try closing.pass(seconds: 60)
    try closing.pass(seconds: 100)
    #expect(closing.shop.lot(other)?.stage == .closing && closing.shop.nextDueMs == nil)
    try closing.run(.setShop(RandomShow.pause(false)))
    try closing.pass()
    #expect(closing.holds(2).count == 1)
  }
}
