// The merchant's word on a hold's price, before its buyer orders.

import Testing

@testable import Commerce

@Suite("The price of a hold")
struct HoldPriceTests {
  /// A drop of one unit at 500 that buyer 2 holds and buyer 3 waits for.
  private func held() throws -> (ShopHarness, Hold) {
    var harness = try ShopHarness(units: 1)
    let drop = try harness.openDrop(quantity: 1)
    for buyer in UInt32(2)...3 { try harness.run(.claim(drop: drop, quantity: 1), by: buyer) }
    return (harness, try #require(harness.holds(2).first))
  }

  @Test("it can fall and never rise; what was said is not said twice", arguments: [400, 500, 600])
  func confirmed(price: Minor) throws {
    var (harness, hold) = try held()
    try harness.run(.server(.holdChecked(hold: hold.id, .confirmed(["shirt": price]))), by: 0)
    let priced = try #require(harness.holds(2).first)
    #expect(priced.isPriced && priced.priceMinor == min(price, 500))
    #expect(
      try harness.run(.server(.holdChecked(hold: hold.id, .confirmed([:]))), by: 0).events.isEmpty)
    #expect(try ShopHarness.shop(from: harness.snapshot) == harness.shop)
    // The order has it, and nobody is asked again.
    let order = try #require(try harness.run(.checkout(hold: hold.id), by: 2).made)
    #expect(harness.shop.orders[order]?.totalMinor == min(price, 500))
    #expect(harness.shop.orders[order]?.isPriced == true)
  }

  @Test("a merchant that does not sell it so ends the hold: the next in line has it")
  func refused() throws {
    var (harness, hold) = try held()
    try harness.run(.server(.holdChecked(hold: hold.id, .denied(reason: "no"))), by: 0)
    #expect(harness.holds(2).isEmpty && harness.holds(3).count == 1)
    #expect(harness.holds(3).first?.isPriced == false)
  }

  @Test("an answer after the order, or after the hold's end, changes nothing")
  func late() throws {
    var (harness, hold) = try held()
    let order = try #require(try harness.run(.checkout(hold: hold.id), by: 2).made)
    let answer = ShopCommand.server(.holdChecked(hold: hold.id, .denied(reason: "no")))
    #expect(try harness.run(answer, by: 0).events.isEmpty)
    #expect(harness.shop.orders[order]?.isPriced == false)
    try harness.pass(seconds: 300)
    #expect(try harness.run(answer, by: 0).events.isEmpty)
  }
}
