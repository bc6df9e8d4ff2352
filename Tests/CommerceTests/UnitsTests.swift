// Units that are the merchant's to give: asked for, granted, and given back when they were not sold.

import Testing

@testable import Commerce

@Suite("Units of the merchant's")
struct UnitsTests {
  /// A listing of these units that a merchant is asked for; the question's number.
  private func asked(_ units: Int64) throws -> (ShopHarness, ShopID) {
    var harness = ShopHarness()
    harness.reservesStock = true
    try harness.run(.putListing(ShopHarness.listing("shirt", units: units)))
    let ask = try #require(harness.stock.asks.first)
    #expect(ask.value.quantity == units)
    return (harness, ask.key)
  }

  /// How many units were given back so far.
  private func returned(_ harness: ShopHarness) -> Int64 {
    harness.log.reduce(0) { sum, entry in
      if case .unitsReturned(_, let quantity) = entry.event { sum + quantity } else { sum }
    }
  }

  @Test("nothing can be bought before the merchant has given it; a second answer is refused")
  func granted() throws {
    var (harness, ask) = try asked(5)
    #expect(harness.stock.units == 0 && harness.stock.pending == 5)
    try harness.run(.setCart("shirt", quantity: 1), by: 2)
    #expect(harness.refusal(of: .checkout(hold: nil), by: 2) == .soldOut)
    try harness.run(.server(.stockGranted(ask: ask, 5)), by: 0)
    #expect(harness.stock.units == 5 && harness.stock.pending == 0)
    #expect(harness.refusal(of: .checkout(hold: nil), by: 2) == nil)
    #expect(harness.refusal(of: .server(.stockGranted(ask: ask, 5)), by: 0) == .closed)
  }

  @Test("fewer than asked for: the rest is asked for again only when the host wants it again")
  func partly() throws {
    var (harness, ask) = try asked(5)
    #expect(harness.refusal(of: .server(.stockGranted(ask: ask, 6)), by: 0) == .badField)
    try harness.run(.server(.stockGranted(ask: ask, 2)), by: 0)
    #expect(harness.stock.units == 2 && harness.stock.wanted == 2 && harness.stock.asks.isEmpty)
    try harness.run(.setVariant("shirt", priceMinor: 900, units: nil))
    #expect(harness.stock.asks.isEmpty && harness.shop.listings[0].variants[0].priceMinor == 900)
    try harness.run(.setVariant("shirt", priceMinor: nil, units: 5))
    #expect(harness.stock.pending == 3)
    // More still: only what is missing beyond what was asked for.
    try harness.run(.setVariant("shirt", priceMinor: nil, units: 9))
    #expect(harness.stock.asks.map(\.value.quantity) == [3, 4])
  }

  @Test("units that are not wanted any more go back, what is sold or held does not")
  func lowered() throws {
    var (harness, ask) = try asked(5)
    try harness.run(.server(.stockGranted(ask: ask, 5)), by: 0)
    try harness.run(.setCart("shirt", quantity: 2), by: 2)
    let order = try #require(try harness.run(.checkout(hold: nil), by: 2).made)
    #expect(
      harness.refusal(of: .setVariant("shirt", priceMinor: nil, units: 1)) == .unitsCommitted)
    try harness.run(.setVariant("shirt", priceMinor: nil, units: 2))
    #expect(returned(harness) == 3 && harness.stock.units == 2)
    try harness.run(.server(.orderReported(order: order, .paid)), by: 0)
    #expect(returned(harness) == 3)
  }

  @Test("what comes when it is not wanted any more goes back at once")
  func late() throws {
    var (harness, ask) = try asked(5)
    try harness.run(.setVariant("shirt", priceMinor: nil, units: 1))
    try harness.run(.server(.stockGranted(ask: ask, 5)), by: 0)
    #expect(harness.stock.units == 1 && returned(harness) == 4)
  }

  @Test("a listing that goes away gives its units back, held ones as they come free")
  func removed() throws {
    var (harness, ask) = try asked(5)
    try harness.run(.server(.stockGranted(ask: ask, 5)), by: 0)
    try harness.run(.setCart("shirt", quantity: 2), by: 2)
    let order = try #require(try harness.run(.checkout(hold: nil), by: 2).made)
    let id = harness.shop.listings[0].id
    try harness.run(.removeListing(id))
    #expect(returned(harness) == 3)
    try harness.run(.server(.orderReported(order: order, .failed)), by: 0)
    try harness.pass(seconds: 1)
    try harness.run(.server(.due), by: 0)
    #expect(returned(harness) == 5)
    #expect(harness.shop.stock.stock("shirt") == nil)
  }

  @Test("when the show ends all that is not sold goes back, now or when its hold is over")
  func ended() throws {
    var (harness, ask) = try asked(5)
    try harness.run(.server(.stockGranted(ask: ask, 5)), by: 0)
    let drop = try harness.openDrop(quantity: 2)
    try harness.run(.claim(drop: drop, quantity: 1), by: 2)
    try harness.run(.claim(drop: drop, quantity: 1), by: 3)
    let paid = try #require(harness.holds(2).first)
    try harness.run(.server(.over), by: 1)
    #expect(returned(harness) == 3)
    try harness.pay(paid)
    try harness.pass(seconds: 4000)
    try harness.pass(seconds: 4000)
    #expect(returned(harness) == 4 && harness.stock.units == 1 && harness.stock.sold == 1)
    #expect(harness.refusal(of: .putListing(ShopHarness.listing("mug", units: 1))) == .closed)
    // Units by the host's word are nobody's to get back.
    var plain = try ShopHarness(units: 3)
    try plain.run(.server(.over), by: 1)
    #expect(returned(plain) == 0 && plain.shop.stock.stock("shirt")?.units == 3)
  }

  @Test("what a merchant offers by itself is there without asking, and goes back in the end")
  func pushed() throws {
    var harness = ShopHarness()
    try harness.run(.server(.listingsPut([ShopHarness.listing("shirt", units: 4)])), by: 0)
    #expect(harness.stock.units == 4 && harness.stock.asks.isEmpty)
    try harness.run(.server(.listingsPut([ShopHarness.listing("shirt", units: 2)])), by: 0)
    #expect(harness.stock.units == 2 && returned(harness) == 0)
    try harness.run(.server(.over), by: 1)
    #expect(returned(harness) == 2)
  }

  @Test("a merchant's price: lower for what is held, what it says for a cart, vouchers follow")
  func prices() throws {
    var harness = try ShopHarness(units: 5)
    try harness.run(.putVoucher(VoucherDraft(code: "HALF", kind: .percent, value: 50)))
    let drop = try harness.openDrop(quantity: 2)
    for (buyer, price, expected) in [(UInt32(2), Minor(700), Minor(500)), (3, 400, 400)] {
      try harness.run(.claim(drop: drop, quantity: 1), by: buyer)
      let hold = try #require(harness.holds(buyer).first)
      let order = try #require(try harness.run(.checkout(hold: hold.id), by: buyer).made)
      let answer = PriceAnswer.confirmed(["shirt": price])
      try harness.run(.server(.pricesChecked(order: order, answer)), by: 0)
      #expect(harness.shop.orders[order]?.totalMinor == expected)
      // A second answer changes nothing.
      let second = try harness.run(
        .server(.pricesChecked(order: order, .denied(reason: ""))), by: 0)
      #expect(second.events.isEmpty)
    }
    try harness.run(.setCart("shirt", quantity: 2), by: 4)
    try harness.run(.applyVoucher("HALF"), by: 4)
    let order = try #require(try harness.run(.checkout(hold: nil), by: 4).made)
    let answer = PriceAnswer.confirmed(["shirt": 1200, "other": 1])
    try harness.run(.server(.pricesChecked(order: order, answer)), by: 0)
    #expect(harness.shop.orders[order]?.discountMinor == 1200)
    #expect(harness.shop.orders[order]?.totalMinor == 1200)
    try harness.run(.setCart("shirt", quantity: 1), by: 4)
    let denied = try #require(try harness.run(.checkout(hold: nil), by: 4).made)
    try harness.run(.server(.pricesChecked(order: denied, .denied(reason: "gone"))), by: 0)
    #expect(harness.shop.orders[denied]?.status == .failed)
    #expect(harness.shop.orders[denied]?.reason == "gone")
  }

  /// The questions so far, with how often each was asked.
  private func questions(_ harness: ShopHarness) -> [ShopID: Int] {
    var times: [ShopID: Int] = [:]
    for entry in harness.log {
      switch entry.event {
      case .unitsAsked(_, _, let quantity) where quantity > 0: times[entry.place.sequence] = 1
      case .unitsAskedAgain(let id, _): times[id, default: 0] += 1
      default: break
      }
    }
    return times
  }

  @Test("a question that nobody answers is asked again, given up by name, and can be asked anew")
  func unanswered() throws {
    var (harness, ask) = try asked(5)
    for times in 1..<ShopLimits.asksTimesMax {
      #expect(harness.shop.nextDueMs == harness.nowMs + ShopLimits.askAgainMs)
      try harness.pass(ms: ShopLimits.askAgainMs - 1)
      #expect(questions(harness)[ask] == Int(times))
      try harness.pass(ms: 1)
      #expect(questions(harness)[ask] == Int(times) + 1 && harness.stock.pending == 5)
    }
    #expect(try ShopHarness.shop(from: harness.snapshot) == harness.shop)
    try harness.pass(ms: ShopLimits.askAgainMs)
    #expect(harness.stock.pending == 0 && harness.stock.unanswered == 5)
    #expect(harness.shop.nextDueMs == nil && harness.stock.wanted == 0)
    // Too late: the merchant is told that nobody waits for them.
    #expect(harness.refusal(of: .server(.stockGranted(ask: ask, 5)), by: 0) == .closed)
    #expect(try ShopHarness.shop(from: harness.snapshot) == harness.shop)
    #expect(harness.replayed == harness.shop)
    try harness.run(.setVariant("shirt", priceMinor: nil, units: 5))
    #expect(harness.stock.pending == 5 && harness.stock.unanswered == 0)
  }

  @Test("an answer in time ends the asking; a show that is over asks no more")
  func answered() throws {
    var (harness, ask) = try asked(5)
    try harness.pass(ms: ShopLimits.askAgainMs)
    try harness.run(.server(.stockGranted(ask: ask, 3)), by: 0)
    #expect(harness.shop.nextDueMs == nil && harness.stock.units == 3)
    try harness.run(.setVariant("shirt", priceMinor: nil, units: 5))
    try harness.run(.server(.over), by: 0)
    let count = questions(harness).count
    try harness.pass(ms: ShopLimits.askAgainMs)
    #expect(harness.stock.pending == 0 && questions(harness).count == count)
  }
}

extension ShopHarness {
  fileprivate var stock: Stock { shop.stock.stock("shirt") ?? Stock(units: -1) }
}
