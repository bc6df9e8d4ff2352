// Bounds that others rely on.

import Testing

@testable import Commerce

@Suite("The bounds of a shop")
struct ShopLimitsTests {
  @Test("the dearest order there can be still fits 64 bits")
  func sums() {
    let lines = Int64(ShopLimits.cartLinesMax) * ShopLimits.cartQuantityMax
    #expect(!lines.multipliedReportingOverflow(by: ShopLimits.minorMax).overflow)
  }
}
