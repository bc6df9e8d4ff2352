// A storm of claims and thousands of orders: what a big show asks of a shop.

import Testing

@testable import Commerce

@Suite("A big show")
struct ShopLoadTests {
  /// Claims of that many buyers in the opening window of a drop of 100 units.
  static func storm(_ buyers: UInt32) throws -> (harness: ShopHarness, drop: ShopID) {
    var harness = try ShopHarness(units: 100)
    harness.checksAlways = false
    let drop = try harness.openDrop(quantity: 100, inWindow: true)
    for buyer in 2..<buyers + 2 {
      if buyer % 25 == 0 { harness.nowMs += 1 }
      try harness.run(.claim(drop: drop, quantity: 1), by: buyer)
    }
    return (harness, drop)
  }

  @Test("5,000 claims of one window: 100 hold a unit, the others wait in order")
  func storm() throws {
    var (harness, drop) = try ShopLoadTests.storm(5000)
    try harness.pass(ms: 300)
    #expect(harness.shop.drop(drop)?.held == 100)
    #expect(harness.shop.drop(drop)?.waiting == 4900)
    #expect(harness.shop.violations().isEmpty)
    for buyer in UInt32(6000)..<7000 {
      try harness.run(.claim(drop: drop, quantity: 1), by: buyer)
    }
    try harness.pass(seconds: 301)
    #expect(harness.shop.drop(drop)?.waiting == 5800)
    #expect(harness.shop.violations().isEmpty)
  }

  @Test("orders by the thousands stay quick")
  func orders() throws {
    var harness = try ShopHarness(units: 1_000_000)
    harness.checksAlways = false
    let count: UInt32 = 5000
    for buyer in 2..<count + 2 {
      try harness.run(.setCart("shirt", quantity: 1), by: buyer)
      try harness.run(.checkout(hold: nil), by: buyer)
      if buyer % 2 == 0 {
        try harness.run(.server(.orderReported(order: harness.nextSequence - 1, .paid)), by: 0)
      }
    }
    for _ in 0..<6 { try harness.pass(seconds: 400) }
    #expect(harness.shop.revenue.paidCount == 2500)
    #expect(harness.shop.stock.stock("shirt")?.held == 0)
    #expect(harness.shop.violations().isEmpty)
  }
}
