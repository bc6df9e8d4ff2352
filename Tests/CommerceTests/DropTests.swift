// Drops: who gets a unit, who waits and what becomes of a unit nobody pays for.

import Crypto
import Testing

@testable import Commerce

@Suite("Drops")
struct DropTests {
  @Test("claims of the opening window are served by when they were made, not by when they came")
  func windowOrder() throws {
    var harness = try ShopHarness(units: 5)
    harness.windowMs = 3000
    let drop = try harness.openDrop(quantity: 1, inWindow: true)
    harness.nowMs += 400
    try harness.run(.claim(drop: drop, quantity: 1), by: 2)
    harness.nowMs += 2000
    // Sees the show 2.5 s late: claimed 300 ms before the first.
    try harness.run(.claim(drop: drop, quantity: 1), by: 3, delayMs: 2300)
    #expect(harness.holds(2).isEmpty && harness.holds(3).isEmpty)
    try harness.pass(ms: 600)
    #expect(harness.holds(3).count == 1)
    #expect(harness.holds(2).isEmpty)
    let claim = try #require(harness.shop.drop(drop)?.claims(of: BuyerID(2)).first)
    #expect(harness.shop.drop(drop)?.position(of: claim) == 0)
  }

  @Test("a delay never puts a claim before the opening, nor counts beyond the window")
  func delayBounds() throws {
    var harness = try ShopHarness(units: 5)
    harness.windowMs = 1000
    let drop = try harness.openDrop(quantity: 1, inWindow: true)
    harness.nowMs += 100
    let early = try harness.run(.claim(drop: drop, quantity: 1), by: 2, delayMs: 900)
    guard case .claimed(let event) = early.events.last else {
      Issue.record("no claim")
      return
    }
    #expect(event.adjustedMs == harness.shop.drop(drop)?.openedAtMs)
    for delay: Int64 in [.min, .max] {
      let decision = try harness.run(
        .claim(drop: drop, quantity: 1), by: delay < 0 ? 3 : 4, delayMs: delay)
      guard case .claimed(let event) = decision.events.last else { continue }
      #expect(event.adjustedMs <= harness.nowMs)
      #expect(event.adjustedMs >= harness.shop.drop(drop)?.openedAtMs ?? 0)
    }
  }

  @Test("ties go by the committed seed: anyone can repeat the order")
  func ties() throws {
    var harness = try ShopHarness(units: 5)
    let drop = try harness.openDrop(quantity: 1, inWindow: true)
    for buyer in UInt32(2)..<22 { try harness.run(.claim(drop: drop, quantity: 1), by: buyer) }
    let claims = try #require(harness.shop.drop(drop)?.claims.map(\.key))
    let commitment = try #require(harness.shop.drop(drop)?.commitment)
    try harness.pass(ms: 300)
    let seed = try #require(harness.shop.drop(drop)?.seed)
    #expect(SHA256.digest((seed + Array("hawker-drop:\(drop)".utf8)).span) == commitment)
    let tags = claims.map { claim in
      (claim, HMACSHA256(key: seed.span).tag(over: Array("\(claim)".utf8).span))
    }
    let expected = tags.sorted { $0.1.lexicographicallyPrecedes($1.1) }.map(\.0)
    let served = harness.shop.holds.map(\.key)
    #expect(served == [expected[0]])
    #expect(harness.shop.drop(drop)?.waitlist.map(\.value) == Array(expected.dropFirst()))
    // Twenty in the order they came would be one chance in 20!.
    #expect(expected != claims)
  }

  @Test("the vector of PROTOCOL.md")
  func vector() {
    let seed = (0..<32).map { UInt8($0) }
    #expect(
      DropOrder.sorted([(11, 500), (12, 500), (13, 500), (14, 499)], seed: seed)
        == ShopVectors.order)
    #expect(DropOrder.commitment(seed: seed, drop: 17) == ShopVectors.commitment)
  }

  @Test("after the window: first come, first served, and position shown")
  func open() throws {
    var harness = try ShopHarness(units: 5)
    let drop = try harness.openDrop(quantity: 2)
    for buyer in UInt32(2)...5 { try harness.run(.claim(drop: drop, quantity: 1), by: buyer) }
    #expect(harness.holds(2).count == 1 && harness.holds(3).count == 1)
    let waiting = try #require(harness.shop.drop(drop)?.claims(of: BuyerID(5)).first)
    #expect(harness.shop.drop(drop)?.position(of: waiting) == 1)
    #expect(harness.shop.stock.stock("shirt")?.available == 3)
  }

  @Test("a hold that runs out, is released or whose order is cancelled goes to the next in line")
  func handOn() throws {
    var harness = try ShopHarness(units: 1)
    let drop = try harness.openDrop(quantity: 1)
    for buyer in UInt32(2)...5 { try harness.run(.claim(drop: drop, quantity: 1), by: buyer) }
    try harness.pass(seconds: 300)
    #expect(harness.holds(2).isEmpty)
    let second = try #require(harness.holds(3).first)
    #expect(second.untilMs == harness.nowMs + 300_000)
    try harness.run(.releaseHold(second.id), by: 3)
    let third = try #require(harness.holds(4).first)
    let order = try #require(try harness.run(.checkout(hold: third.id), by: 4).made)
    try harness.run(.cancelOrder(order), by: 4)
    #expect(harness.holds(5).count == 1)
    #expect(harness.refusal(of: .checkout(hold: second.id), by: 3) == .holdExpired)
  }

  @Test("a hold's end is judged by time at the next command, whether or not the timer ran")
  func judgedAtClaim() throws {
    var harness = try ShopHarness(units: 1)
    let drop = try harness.openDrop(quantity: 1)
    try harness.run(.claim(drop: drop, quantity: 1), by: 2)
    let hold = try #require(harness.holds(2).first)
    harness.nowMs += 300_000
    #expect(harness.refusal(of: .checkout(hold: hold.id), by: 2) == .holdExpired)
    try harness.run(.claim(drop: drop, quantity: 1), by: 3)
    #expect(harness.holds(3).count == 1)
  }

  @Test("nobody gets more than the limit, in one claim or several, held or paid")
  func limit() throws {
    var harness = try ShopHarness(units: 9)
    let drop = try harness.openDrop(quantity: 9, perBuyer: 2)
    #expect(harness.refusal(of: .claim(drop: drop, quantity: 3), by: 2) == .limitPerBuyer)
    try harness.run(.claim(drop: drop, quantity: 1), by: 2)
    try harness.run(.claim(drop: drop, quantity: 1), by: 2)
    #expect(harness.refusal(of: .claim(drop: drop, quantity: 1), by: 2) == .limitPerBuyer)
    for hold in harness.holds(2) { try harness.pay(hold) }
    #expect(harness.refusal(of: .claim(drop: drop, quantity: 1), by: 2) == .limitPerBuyer)
    #expect(harness.refusal(of: .claim(drop: drop, quantity: 1), by: 1) == .notEligible)
  }

  @Test("a claim that gets only a part waits for the rest in its place")
  func part() throws {
    var harness = try ShopHarness(units: 3)
    let drop = try harness.openDrop(quantity: 3, perBuyer: 2)
    try harness.run(.claim(drop: drop, quantity: 2), by: 2)
    try harness.run(.claim(drop: drop, quantity: 2), by: 3)
    try harness.run(.claim(drop: drop, quantity: 1), by: 4)
    #expect(harness.holds(3).map(\.quantity) == [1])
    try harness.run(.releaseHold(try #require(harness.holds(2).first).id), by: 2)
    #expect(harness.holds(3).map(\.quantity) == [1, 1])
    #expect(harness.holds(4).map(\.quantity) == [1])
  }

  @Test("exactly the stock is sold when buyers wait, and the drop ends sold out")
  func soldOut() throws {
    var harness = try ShopHarness(units: 4)
    let drop = try harness.openDrop(quantity: 2, duration: 3600)
    for buyer in UInt32(2)...9 { try harness.run(.claim(drop: drop, quantity: 1), by: buyer) }
    for _ in 0..<3 { try harness.pass(seconds: 300) }
    for entry in harness.shop.holds { try harness.pay(entry.value) }
    #expect(harness.shop.drop(drop)?.sold == 2)
    #expect(harness.shop.drop(drop)?.endedBy == .soldOut)
    #expect(harness.shop.drop(drop)?.isSettled == true)
    #expect(harness.shop.stock.stock("shirt")?.available == 2)
    #expect(harness.refusal(of: .claim(drop: drop, quantity: 1), by: 20) == .closed)
  }

  @Test("after its end holds run on; their units go to who waits, then back to the shelf")
  func end() throws {
    var harness = try ShopHarness(units: 1)
    let drop = try harness.openDrop(quantity: 1, duration: 10)
    try harness.run(.claim(drop: drop, quantity: 1), by: 2)
    try harness.run(.claim(drop: drop, quantity: 1), by: 3)
    try harness.pass(seconds: 20)
    #expect(harness.shop.drop(drop)?.endedBy == .time)
    #expect(harness.refusal(of: .claim(drop: drop, quantity: 1), by: 4) == .closed)
    try harness.pass(seconds: 300)
    #expect(harness.holds(3).count == 1)
    try harness.pass(seconds: 300)
    #expect(harness.shop.stock.stock("shirt")?.available == 1)
    #expect(harness.shop.drop(drop)?.isSettled == true)
  }

  @Test("the quantity leaves the shelf when the drop is scheduled and returns when it is cancelled")
  func reserves() throws {
    var harness = try ShopHarness(units: 3)
    let draft = DropDraft(
      sku: "shirt", quantity: 3, priceMinor: 1, countdownSeconds: 10, durationSeconds: 10,
      start: .manual)
    let drop = try #require(try harness.run(.scheduleDrop(draft)).made)
    try harness.run(.setCart("shirt", quantity: 1), by: 2)
    #expect(harness.refusal(of: .checkout(hold: nil), by: 2) == .soldOut)
    #expect(harness.refusal(of: .scheduleDrop(draft)) == .soldOut)
    #expect(harness.refusal(of: .setVariant("shirt", priceMinor: nil, units: 2)) == .unitsCommitted)
    #expect(harness.refusal(of: .claim(drop: drop, quantity: 1), by: 2) == .wrongState)
    try harness.pass(seconds: 900)
    #expect(harness.shop.drop(drop)?.stage == .scheduled)
    try harness.run(.startDrop(drop))
    #expect(harness.refusal(of: .startDrop(drop)) == .wrongState)
    try harness.run(.cancelDrop(drop))
    #expect(harness.refusal(of: .checkout(hold: nil), by: 2) == nil)
  }

  @Test(
    "first paid: a claim is a right to buy; who pays first gets the unit, money without one returns"
  )
  func firstPaid() throws {
    var harness = try ShopHarness(units: 1)
    let drop = try harness.openDrop(quantity: 1, mode: .firstPaid)
    var orders: [ShopID] = []
    for buyer in UInt32(2)...3 {
      let claim = try #require(try harness.run(.claim(drop: drop, quantity: 1), by: buyer).made)
      orders.append(try #require(try harness.run(.checkout(hold: claim), by: buyer).made))
    }
    #expect(harness.shop.holds.isEmpty)
    for order in orders.reversed() {
      try harness.run(.server(.orderReported(order: order, .paid)), by: 0)
    }
    #expect(harness.shop.orders[orders[1]]?.status == .paid)
    #expect(harness.shop.orders[orders[0]]?.status == .refundRequested)
    #expect(harness.shop.drop(drop)?.endedBy == .soldOut)
  }

  @Test("a pause stops claims, bids and checkouts of everyone; clocks go on")
  func pause() throws {
    var harness = try ShopHarness(units: 2)
    let drop = try harness.openDrop(quantity: 1)
    try harness.run(.claim(drop: drop, quantity: 1), by: 2)
    let hold = try #require(harness.holds(2).first)
    var change = ShopSettingsChange()
    change.isPaused = true
    try harness.run(.setShop(change))
    #expect(harness.refusal(of: .claim(drop: drop, quantity: 1), by: 3) == .salesPaused)
    #expect(harness.refusal(of: .checkout(hold: hold.id), by: 2) == .salesPaused)
    #expect(harness.refusal(of: .bid(lot: 1, amountMinor: 1, maxMinor: nil), by: 3) == .salesPaused)
    try harness.pass(seconds: 300)
    #expect(harness.holds(2).isEmpty)
  }

  @Test("while no merchant takes orders the waitlist stands still, and goes on when one does")
  func unattended() throws {
    var harness = try ShopHarness(units: 1)
    let drop = try harness.openDrop(quantity: 1)
    for buyer in UInt32(2)...3 { try harness.run(.claim(drop: drop, quantity: 1), by: buyer) }
    harness.hasMerchant = false
    try harness.pass(seconds: 600)
    #expect(harness.shop.holds.isEmpty && harness.shop.drop(drop)?.stage == .ended)
    #expect(harness.shop.drop(drop)?.waiting == 1 && harness.shop.drop(drop)?.isSettled == false)
    #expect(harness.shop.nextDueMs(hasMerchant: false) == nil)
    #expect(harness.awaited == [true])
    harness.hasMerchant = true
    #expect(harness.shop.nextDueMs(hasMerchant: true) == 0)
    try harness.pass()
    #expect(harness.holds(3).count == 1)
    #expect(harness.awaited == [true, false] && harness.shop.nextDueMs(hasMerchant: true) != 0)
  }

  @Test("that something waits for a merchant is on record only where something waits")
  func unattendedRecord() throws {
    var harness = try ShopHarness(units: 1)
    let drop = try harness.openDrop(quantity: 1)
    harness.hasMerchant = false
    try harness.run(.claim(drop: drop, quantity: 1), by: 2)
    try harness.pass(seconds: 1)
    let place = ShopPlace(sequence: harness.nextSequence, atMs: harness.nowMs, buyer: .server)
    #expect(harness.awaited.isEmpty && !harness.shop.apply(.merchantAwaited(true), at: place))
    // It would be handed on in the pause's end, were there a merchant.
    try harness.run(.claim(drop: drop, quantity: 1), by: 3)
    try harness.run(.setShop(RandomShow.pause(true)))
    try harness.pass(seconds: 300)
    #expect(harness.awaited.isEmpty && harness.shop.nextDueMs(hasMerchant: false) != 0)
    try harness.run(.setShop(RandomShow.pause(false)))
    #expect(harness.awaited == [true] && harness.holds(3).isEmpty)
    #expect(try ShopHarness.shop(from: harness.snapshot) == harness.shop)
  }

  @Test("who waits after the end, with nobody to pay, is let go by the host; the units are free")
  func cancelWaiting() throws {
    var harness = try ShopHarness(units: 1)
    let drop = try harness.openDrop(quantity: 1)
    for buyer in UInt32(2)...3 { try harness.run(.claim(drop: drop, quantity: 1), by: buyer) }
    harness.hasMerchant = false
    try harness.pass(seconds: 600)
    try harness.run(.cancelDrop(drop))
    #expect(harness.shop.drop(drop)?.isSettled == true)
    #expect(harness.shop.stock.available("shirt") == 1)
    #expect(try harness.run(.cancelDrop(drop)).events.isEmpty)
    var other = try ShopHarness(units: 1)
    let over = try other.openDrop(quantity: 1)
    try other.pass(seconds: 600)
    #expect(other.refusal(of: .cancelDrop(over)) == .wrongState)
  }
}
