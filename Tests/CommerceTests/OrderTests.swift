// Carts, vouchers and orders: what a checkout costs, who keeps the units and what a report can do.

import Testing

@testable import Commerce

@Suite("Orders")
struct OrderTests {
  /// An order of one shirt from the cart of buyer 2.
  static func cartOrder(units: Int64 = 1) throws -> (ShopHarness, ShopID) {
    var harness = try ShopHarness(units: units)
    try harness.run(.setCart("shirt", quantity: 1), by: 2)
    let order = try #require(try harness.run(.checkout(hold: nil), by: 2).made)
    return (harness, order)
  }

  @Test("a paid report counts once, however often it comes")
  func paidTwice() throws {
    var (harness, order) = try OrderTests.cartOrder()
    for _ in 0..<3 { try harness.run(.server(.orderReported(order: order, .paid)), by: 0) }
    #expect(harness.shop.revenue.paidCount == 1)
    #expect(harness.shop.revenue.paidMinor == 1000)
    #expect(harness.shop.stock.stock("shirt")?.sold == 1)
  }

  @Test("somebody else's order is cancelled by a host only; to moderators there is no such order")
  func cancelling() throws {
    var (harness, order) = try OrderTests.cartOrder()
    for buyer in [3, ShopHarness.moderator] {
      #expect(harness.refusal(of: .cancelOrder(order), by: buyer) == .unknownOrder)
    }
    try harness.run(.cancelOrder(order), by: 1)
    #expect(harness.shop.orders[order]?.status == .cancelled)
    #expect(harness.shop.stock.stock("shirt")?.available == 1)
  }

  @Test("an order that is not paid in time expires; paid later, it gets a unit that is left")
  func expiredPaid() throws {
    var (harness, order) = try OrderTests.cartOrder()
    try harness.pass(seconds: 300)
    #expect(harness.shop.orders[order]?.status == .expired)
    #expect(harness.shop.stock.stock("shirt")?.available == 1)
    try harness.run(.server(.orderReported(order: order, .paid)), by: 0)
    #expect(harness.shop.orders[order]?.status == .paid)
    #expect(harness.shop.stock.stock("shirt")?.sold == 1)
  }

  @Test("paid after its hold ended with no unit left: the money goes back, nobody loses a unit")
  func expiredPaidWithoutUnits() throws {
    var harness = try ShopHarness(units: 1)
    let drop = try harness.openDrop(quantity: 1)
    try harness.run(.claim(drop: drop, quantity: 1), by: 2)
    try harness.run(.claim(drop: drop, quantity: 1), by: 3)
    let hold = try #require(harness.holds(2).first)
    let order = try #require(try harness.run(.checkout(hold: hold.id), by: 2).made)
    try harness.pass(seconds: 300)
    #expect(harness.shop.orders[order]?.status == .expired)
    #expect(harness.holds(3).count == 1)
    try harness.run(.server(.orderReported(order: order, .paid)), by: 0)
    #expect(harness.shop.orders[order]?.status == .refundRequested)
    #expect(harness.holds(3).count == 1)
    try harness.run(.server(.orderReported(order: order, .refunded)), by: 0)
    #expect(harness.shop.orders[order]?.status == .refunded)
    #expect(harness.shop.revenue == Revenue())
  }

  @Test(
    "every report on every state: what fits moves it, what is so stays, what can't be is recorded")
  func machine() throws {
    /// Reports that lead to the state.
    let ways: [OrderStatus: [OrderReport]] = [
      .creating: [], .paid: [.paid], .shipped: [.paid, .shipped], .failed: [.failed],
      .cancelled: [.cancelled], .refundRequested: [.failed, .paid],
      .refunded: [.paid, .refunded],
    ]
    /// What each report makes of each state; absent: refused and recorded.
    let table: [OrderStatus: [OrderReport: OrderStatus]] = [
      .creating: [.paid: .paid, .failed: .failed, .cancelled: .cancelled],
      .awaitingPayment: [.paid: .paid, .failed: .failed, .cancelled: .cancelled],
      .paid: [.paid: .paid, .refunded: .refunded, .shipped: .shipped],
      .shipped: [.paid: .shipped, .refunded: .refunded, .shipped: .shipped],
      .failed: [.paid: .refundRequested, .failed: .failed, .cancelled: .failed],
      .cancelled: [.paid: .refundRequested, .failed: .cancelled, .cancelled: .cancelled],
      .expired: [.paid: .paid, .failed: .expired, .cancelled: .expired],
      .refundRequested: [.paid: .refundRequested, .refunded: .refunded],
      .refunded: [.paid: .refunded, .refunded: .refunded],
    ]
    for status in OrderStatus.allCases {
      for report in OrderReport.allCases {
        var (harness, order) = try OrderTests.cartOrder()
        for step in ways[status] ?? [] {
          try harness.run(.server(.orderReported(order: order, step)), by: 0)
        }
        if status == .awaitingPayment {
          try harness.run(
            .server(.checkoutAnswered(order: order, .payment(url: "https://p"))), by: 0)
        }
        if status == .expired { try harness.pass(seconds: 300) }
        #expect(harness.shop.orders[order]?.status == status)
        let decision = try harness.run(.server(.orderReported(order: order, report)), by: 0)
        let next = table[status]?[report]
        #expect(harness.shop.orders[order]?.status == next ?? status, "\(status) \(report)")
        #expect((decision.refusal != nil) == (next == nil), "\(status) \(report)")
        if next == nil { #expect(decision.events == [.reportRefused(order, report)]) }
      }
    }
  }

  @Test("a failed payment leaves a drop's hold for another try; a cart's units return")
  func failed() throws {
    var harness = try ShopHarness(units: 2)
    let drop = try harness.openDrop(quantity: 1)
    try harness.run(.claim(drop: drop, quantity: 1), by: 2)
    let hold = try #require(harness.holds(2).first)
    let first = try #require(try harness.run(.checkout(hold: hold.id), by: 2).made)
    #expect(harness.refusal(of: .checkout(hold: hold.id), by: 2) == .wrongState)
    try harness.run(.server(.checkoutAnswered(order: first, .failed(reason: "down"))), by: 0)
    try harness.pay(hold)
    #expect(harness.shop.stock.stock("shirt")?.sold == 1)
    // The money of the first try, had it come after all, goes back.
    try harness.run(.server(.orderReported(order: first, .paid)), by: 0)
    #expect(harness.shop.orders[first]?.status == .refundRequested)
  }

  @Test("a refund before shipping returns the units to the shelf, one after does not")
  func refunds() throws {
    for isShipped in [false, true] {
      var (harness, order) = try OrderTests.cartOrder()
      try harness.run(.server(.orderReported(order: order, .paid)), by: 0)
      if isShipped { try harness.run(.shipOrder(order)) }
      try harness.run(.refundOrder(order, reason: "torn"))
      #expect(harness.shop.orders[order]?.reason == "torn")
      try harness.run(.server(.orderReported(order: order, .refunded)), by: 0)
      #expect(harness.shop.stock.stock("shirt")?.available == (isShipped ? 0 : 1))
      #expect(harness.shop.revenue.refundedMinor == 1000)
    }
  }

  @Test("vouchers: percent rounds down, an amount is at most the sum, and every condition is kept")
  func vouchers() throws {
    var harness = try ShopHarness(units: 50, priceMinor: 999)
    try harness.run(.setCart("shirt", quantity: 1), by: 2)
    let percent = VoucherDraft(code: "ten", kind: .percent, value: 10, minimumMinor: 1500)
    try harness.run(.putVoucher(percent))
    try harness.run(.applyVoucher("TEN"), by: 2)
    #expect(harness.refusal(of: .checkout(hold: nil), by: 2) == .voucherInvalid)
    try harness.run(.setCart("shirt", quantity: 2), by: 2)
    let order = try #require(try harness.run(.checkout(hold: nil), by: 2).made)
    #expect(harness.shop.orders[order]?.discountMinor == 199)
    #expect(harness.shop.orders[order]?.totalMinor == 1799)
    #expect(harness.shop.buyers[BuyerID(2)]?.cart == [])
    // Once each.
    #expect(harness.refusal(of: .applyVoucher("ten"), by: 2) == .voucherInvalid)
    // An order that comes to nothing gives the use back.
    try harness.run(.cancelOrder(order), by: 2)
    #expect(harness.refusal(of: .applyVoucher("ten"), by: 2) == nil)

    try harness.run(
      .putVoucher(VoucherDraft(code: "big", kind: .amount, value: 5000, usesMax: 1)))
    try harness.run(.setCart("shirt", quantity: 1), by: 3)
    try harness.run(.applyVoucher("big"), by: 3)
    let free = try #require(try harness.run(.checkout(hold: nil), by: 3).made)
    #expect(harness.shop.orders[free]?.totalMinor == 0)
    #expect(harness.refusal(of: .applyVoucher("big"), by: 4) == .voucherInvalid)
    try harness.run(
      .putVoucher(
        VoucherDraft(code: "late", kind: .percent, value: 5, startsAtMs: harness.nowMs + 1)))
    #expect(harness.refusal(of: .applyVoucher("late"), by: 4) == .voucherInvalid)
    #expect(harness.refusal(of: .applyVoucher("none"), by: 4) == .unknownVoucher)
  }

  @Test("a buyer keeps units in few orders at one time, and sees nobody else's")
  func others() throws {
    var (harness, order) = try OrderTests.cartOrder(units: 50)
    #expect(harness.refusal(of: .cancelOrder(order), by: 3) == .unknownOrder)
    for _ in 1..<ShopLimits.ordersOpenEachMax {
      try harness.run(.setCart("shirt", quantity: 1), by: 2)
      try harness.run(.checkout(hold: nil), by: 2)
    }
    try harness.run(.setCart("shirt", quantity: 1), by: 2)
    #expect(harness.refusal(of: .checkout(hold: nil), by: 2) == .limit)
  }

  @Test("gifts: runs count up within five seconds, the most generous lead, a posting counts once")
  func gifts() throws {
    var harness = ShopHarness()
    func posting(_ number: Int64, _ buyer: UInt32, _ coins: Int64) -> ShopCommand {
      .server(
        .giftPosted(
          GiftPosting(number: number, buyer: BuyerID(buyer), gift: "rose", count: 2, coins: coins)))
    }
    var combos: [Int64] = []
    for (number, wait) in [(Int64(1), Int64(0)), (2, 5000), (3, 5001)] {
      harness.nowMs += wait
      guard case .gifted(let event) = try harness.run(posting(number, 2, 10), by: 0).events.first
      else { continue }
      combos.append(event.combo)
    }
    #expect(combos == [2, 4, 2])
    #expect(try harness.run(posting(3, 2, 10), by: 0).events.isEmpty)
    #expect(harness.refusal(of: posting(5, 2, 10), by: 0) == .wrongState)
    try harness.run(posting(4, 3, 31), by: 0)
    #expect(harness.shop.gifts.leaders.map(\.coins) == [31, 30])
    #expect(harness.shop.gifts.coins == 61)
    #expect(harness.shop.gifts.lastPosting == 4)
  }
}
