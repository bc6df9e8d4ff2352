// Auctions: what a maximum comes to, when it ends and who pays.

import Testing

@testable import Commerce

@Suite("Auctions")
struct LotTests {
  /// An open lot from 100 in steps of 10, for 60 seconds.
  static func open(
    reserve: Minor? = nil, isSoft: Bool = true, after: Int64 = 0, units: Int64 = 1
  ) throws -> (ShopHarness, ShopID) {
    var harness = try ShopHarness(units: units)
    let draft = LotDraft(
      sku: "shirt", startMinor: 100, reserveMinor: reserve,
      increments: [LotDraft.Increment(fromMinor: 0, stepMinor: 10)], durationSeconds: 60,
      isSoft: isSoft, startsAfterSeconds: after)
    let lot = try #require(try harness.run(.openLot(draft)).made)
    return (harness, lot)
  }

  @Test("the price is what is needed to lead, at most the leader's maximum; earlier wins a tie")
  func proxy() throws {
    var (harness, lot) = try LotTests.open()
    func price() -> Minor? { harness.shop.lot(lot)?.priceMinor }
    try harness.run(.bid(lot: lot, amountMinor: 100, maxMinor: 300), by: 2)
    #expect(price() == 100)
    #expect(
      harness.refusal(of: .bid(lot: lot, amountMinor: 105, maxMinor: nil), by: 3) == .bidTooLow)
    try harness.run(.bid(lot: lot, amountMinor: 150, maxMinor: nil), by: 3)
    #expect(price() == 160)
    #expect(harness.shop.lot(lot)?.leader == BuyerID(2))
    // The own maximum raised: the price stays.
    try harness.run(.bid(lot: lot, amountMinor: 160, maxMinor: 400), by: 2)
    #expect(price() == 160)
    #expect(
      harness.refusal(of: .bid(lot: lot, amountMinor: 300, maxMinor: 390), by: 2) == .bidTooLow)
    // The same maximum later: behind.
    let tie = try harness.run(.bid(lot: lot, amountMinor: 200, maxMinor: 400), by: 4)
    #expect(price() == 400)
    #expect(harness.shop.lot(lot)?.leader == BuyerID(2))
    guard case .bidPlaced(let event) = tie.events.last else { return }
    #expect(event.outbid == nil)
    let over = try harness.run(.bid(lot: lot, amountMinor: 410, maxMinor: nil), by: 4)
    guard case .bidPlaced(let event) = over.events.last else { return }
    #expect(event.outbid == BuyerID(2))
  }

  @Test("a reserve that is not met sells nothing; a maximum that meets it bids it")
  func reserve() throws {
    var (harness, lot) = try LotTests.open(reserve: 500)
    try harness.run(.bid(lot: lot, amountMinor: 499, maxMinor: nil), by: 2)
    #expect(harness.shop.lot(lot)?.isReserveMet == false)
    var met = harness
    try met.run(.bid(lot: lot, amountMinor: 499, maxMinor: 600), by: 2)
    #expect(met.shop.lot(lot)?.priceMinor == 500)
    try met.pass(seconds: 60)
    try met.pass(ms: 300)
    #expect(met.holds(2).map(\.priceMinor) == [500])
    try harness.pass(seconds: 60)
    try harness.pass(ms: 300)
    #expect(harness.shop.lot(lot)?.stage == .unsold)
    #expect(harness.shop.stock.stock("shirt")?.available == 1)
  }

  @Test("a bid with little time left sets the end anew; with sudden death it does not")
  func softClose() throws {
    for isSoft in [true, false] {
      var (harness, lot) = try LotTests.open(isSoft: isSoft)
      let end = try #require(harness.shop.lot(lot)?.endsAtMs)
      try harness.pass(seconds: 45)
      try harness.run(.bid(lot: lot, amountMinor: 100, maxMinor: nil), by: 2)
      #expect(harness.shop.lot(lot)?.endsAtMs == end)
      try harness.pass(seconds: 8)
      try harness.run(.bid(lot: lot, amountMinor: 200, maxMinor: nil), by: 3)
      #expect(harness.shop.lot(lot)?.endsAtMs == (isSoft ? harness.nowMs + 10_000 : end))
    }
  }

  @Test(
    "it closes after the slowest audience's delay: bids made before the end count, later ones don't"
  )
  func closing() throws {
    var (harness, lot) = try LotTests.open(isSoft: false)
    harness.windowMs = 3000
    try harness.run(.bid(lot: lot, amountMinor: 100, maxMinor: nil), by: 2)
    try harness.pass(seconds: 60)
    try harness.pass(seconds: 2)
    #expect(harness.shop.lot(lot)?.stage == .closing)
    #expect(harness.refusal(of: .bid(lot: lot, amountMinor: 200, maxMinor: nil), by: 3) == .closed)
    try harness.run(.bid(lot: lot, amountMinor: 200, maxMinor: nil), by: 3, delayMs: 2500)
    try harness.pass(seconds: 1)
    #expect(harness.holds(3).map(\.priceMinor) == [110])
  }

  @Test("a late bid made before the end reopens a soft lot, but not one the host has closed")
  func reopening() throws {
    var (harness, lot) = try LotTests.open()
    harness.windowMs = 3000
    var closed = harness
    try harness.pass(seconds: 61)
    try harness.run(.bid(lot: lot, amountMinor: 100, maxMinor: nil), by: 2, delayMs: 2000)
    #expect(harness.shop.lot(lot)?.stage == .open)
    #expect(harness.shop.lot(lot)?.endsAtMs == harness.nowMs + 10_000)
    try closed.pass(seconds: 30)
    try closed.run(.closeLot(lot))
    try closed.pass(ms: 500)
    try closed.run(.bid(lot: lot, amountMinor: 100, maxMinor: nil), by: 2, delayMs: 2000)
    #expect(closed.shop.lot(lot)?.stage == .closing)
    try closed.pass(seconds: 3)
    #expect(closed.holds(2).count == 1)
  }

  @Test(
    "an unpaid win goes to the next bidder at the price that stood, up to the own maximum; after three it is unsold"
  )
  func nextBidder() throws {
    var (harness, lot) = try LotTests.open()
    for (buyer, maximum) in [(UInt32(2), Minor(150)), (3, 300), (4, 220), (5, 400), (6, 410)] {
      _ = try? harness.run(.bid(lot: lot, amountMinor: maximum, maxMinor: maximum), by: buyer)
    }
    try harness.run(.bid(lot: lot, amountMinor: 500, maxMinor: 900), by: 6)
    try harness.pass(seconds: 60)
    try harness.pass(ms: 300)
    #expect(harness.holds(6).map(\.priceMinor) == [410])
    try harness.pass(seconds: 300)
    #expect(harness.holds(5).map(\.priceMinor) == [400])
    try harness.pay(try #require(harness.holds(5).first))
    #expect(harness.shop.stock.stock("shirt")?.sold == 1)
    #expect(harness.shop.lot(lot)?.winner == BuyerID(5))

    var (unpaid, other) = try LotTests.open()
    for buyer in UInt32(2)...6 {
      try unpaid.run(.bid(lot: other, amountMinor: Minor(buyer) * 100, maxMinor: nil), by: buyer)
    }
    try unpaid.pass(seconds: 60)
    try unpaid.pass(ms: 300)
    for winner in [UInt32(6), 5, 4] {
      #expect(unpaid.holds(winner).count == 1)
      try unpaid.pass(seconds: 300)
    }
    #expect(unpaid.shop.lot(other)?.stage == .unsold)
    #expect(unpaid.shop.stock.stock("shirt")?.available == 1)
  }

  @Test("pre-bids are taken before the start and are shown by nothing until then")
  func preBids() throws {
    var (harness, lot) = try LotTests.open(after: 30)
    try harness.run(.bid(lot: lot, amountMinor: 100, maxMinor: 300), by: 2)
    try harness.run(.bid(lot: lot, amountMinor: 100, maxMinor: 200), by: 3)
    #expect(harness.shop.lot(lot)?.leader == nil)
    #expect(harness.shop.lot(lot)?.priceMinor == 100)
    try harness.pass(seconds: 30)
    #expect(harness.shop.lot(lot)?.leader == BuyerID(2))
    #expect(harness.shop.lot(lot)?.priceMinor == 210)
  }

  @Test("one lot a room; staff does not bid; a cancelled lot's unit returns")
  func rules() throws {
    var (harness, lot) = try LotTests.open(units: 2)
    let draft = LotDraft(sku: "shirt", startMinor: 1, durationSeconds: 60)
    #expect(harness.refusal(of: .openLot(draft)) == .limit)
    #expect(harness.refusal(of: .bid(lot: lot, amountMinor: 100, maxMinor: nil)) == .notEligible)
    try harness.run(.cancelLot(lot))
    #expect(harness.shop.stock.stock("shirt")?.available == 2)
    #expect(harness.refusal(of: .bid(lot: lot, amountMinor: 100, maxMinor: nil), by: 2) == .closed)
    #expect(harness.refusal(of: .openLot(draft)) == nil)
  }
}
