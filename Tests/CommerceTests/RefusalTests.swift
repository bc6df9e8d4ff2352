// Bad input: each a named refusal, and nothing changed.

import JSON
import Testing

@testable import Commerce

@Suite("What a shop refuses")
struct RefusalTests {
  /// A shop with a shirt, an open drop, a lot, a hold and an order.
  static func show() throws -> (harness: ShopHarness, drop: ShopID, lot: ShopID, order: ShopID) {
    var harness = try ShopHarness(units: 20)
    let drop = try harness.openDrop(quantity: 3, perBuyer: 2)
    let lot = try #require(
      try harness.run(.openLot(LotDraft(sku: "shirt", startMinor: 100, durationSeconds: 3600))).made
    )
    try harness.run(.claim(drop: drop, quantity: 1), by: 2)
    try harness.run(.setCart("shirt", quantity: 1), by: 3)
    let order = try #require(try harness.run(.checkout(hold: nil), by: 3).made)
    return (harness, drop, lot, order)
  }

  static func listing(_ change: (inout ListingDraft) -> Void) -> ShopCommand {
    var draft = ShopHarness.listing("mug", units: 1)
    change(&draft)
    return .putListing(draft)
  }

  @Test("every bad field, unknown thing and wrong moment has its name, and nothing is changed")
  func table() throws {
    let (harness, drop, lot, order) = try RefusalTests.show()
    let long = String(repeating: "x", count: 2001)
    var currency = ShopSettingsChange()
    currency.currency = "USD"
    var noCurrency = ShopSettingsChange()
    noCurrency.currency = "usd"
    var hold = ShopSettingsChange()
    hold.holdSeconds = .max
    var merchant = ShopSettingsChange()
    merchant.merchant = ""
    let scheduled = DropDraft(
      sku: "shirt", quantity: 1, priceMinor: 1, countdownSeconds: 10, durationSeconds: 10)
    func dropping(_ change: (inout DropDraft) -> Void) -> ShopCommand {
      var draft = scheduled
      change(&draft)
      return .scheduleDrop(draft)
    }
    func lotting(_ change: (inout LotDraft) -> Void) -> ShopCommand {
      var draft = LotDraft(sku: "shirt", startMinor: 100, durationSeconds: 60)
      change(&draft)
      return .openLot(draft)
    }
    let table: [(ShopCommand, UInt32, ShopRefusal.Code)] = [
      (.setShop(currency), 1, .wrongCurrency), (.setShop(noCurrency), 1, .badField),
      (.setShop(hold), 1, .badField), (.setShop(merchant), 1, .badField),
      (RefusalTests.listing { $0.currency = "USD" }, 1, .wrongCurrency),
      (RefusalTests.listing { $0.currency = "EURO" }, 1, .badField),
      (RefusalTests.listing { $0.title = "\u{200B}" }, 1, .badField),
      (RefusalTests.listing { $0.title = long }, 1, .badField),
      (RefusalTests.listing { $0.description = long }, 1, .badField),
      (RefusalTests.listing { $0.reference = "a b" }, 1, .badField),
      (RefusalTests.listing { $0.images = ["http://a/b"] }, 1, .badField),
      (RefusalTests.listing { $0.images = ["https://a/\"b"] }, 1, .badField),
      (RefusalTests.listing { $0.url = "javascript:1" }, 1, .badField),
      (RefusalTests.listing { $0.variants = [] }, 1, .badField),
      (RefusalTests.listing { $0.variants += $0.variants }, 1, .badField),
      (RefusalTests.listing { $0.variants[0].sku = "ä" }, 1, .badField),
      (RefusalTests.listing { $0.variants[0].sku = "shirt" }, 1, .skuTaken),
      (RefusalTests.listing { $0.variants[0].priceMinor = 0 }, 1, .badField),
      (RefusalTests.listing { $0.variants[0].priceMinor = .max }, 1, .badField),
      (RefusalTests.listing { $0.variants[0].compareAtMinor = -1 }, 1, .badField),
      (RefusalTests.listing { $0.variants[0].units = .min }, 1, .badField),
      (.putListing(ShopHarness.listing("shirt", units: 2)), 1, .unitsCommitted),
      (.importListings([]), 1, .badField), (.removeListing(99), 1, .unknownListing),
      (.removeListing(harness.shop.listings[0].id), 1, .wrongState),
      (.orderListings([1, 1]), 1, .badField),
      (.setVariant("hat", priceMinor: 1, units: nil), 1, .unknownSKU),
      (.setVariant("shirt", priceMinor: -1, units: nil), 1, .badField),
      (.setVariant("shirt", priceMinor: nil, units: .max), 1, .badField),
      (.pinListing(slot: 5, nil), 1, .badField), (.pinListing(slot: 1, 99), 1, .unknownListing),
      (dropping { $0.sku = "hat" }, 1, .unknownSKU), (dropping { $0.quantity = 0 }, 1, .badField),
      (dropping { $0.quantity = .max }, 1, .badField), (dropping { $0.quantity = 99 }, 1, .soldOut),
      (dropping { $0.priceMinor = .min }, 1, .badField),
      (dropping { $0.countdownSeconds = .max }, 1, .badField),
      (dropping { $0.durationSeconds = 9 }, 1, .badField),
      (dropping { $0.perBuyer = 11 }, 1, .badField),
      (dropping { $0.holdSeconds = 1 }, 1, .badField),
      (.startDrop(99), 1, .unknownDrop), (.cancelDrop(99), 1, .unknownDrop),
      (.claim(drop: 99, quantity: 1), 4, .unknownDrop),
      (.claim(drop: drop, quantity: 0), 4, .badField),
      (.claim(drop: drop, quantity: .max), 4, .badField),
      (.claim(drop: drop, quantity: .min), 4, .badField),
      (.claim(drop: drop, quantity: 3), 4, .limitPerBuyer),
      (.claim(drop: drop, quantity: 1), 1, .notEligible), (.leaveDrop(.min), 4, .unknownDrop),
      (lotting { _ in }, 1, .limit), (.closeLot(99), 1, .unknownLot),
      (.bid(lot: 99, amountMinor: 1, maxMinor: nil), 4, .unknownLot),
      (.bid(lot: lot, amountMinor: .max, maxMinor: nil), 4, .badField),
      (.bid(lot: lot, amountMinor: -1, maxMinor: nil), 4, .badField),
      (.bid(lot: lot, amountMinor: 100, maxMinor: .max), 4, .badField),
      (.bid(lot: lot, amountMinor: 100, maxMinor: 99), 4, .badField),
      (.bid(lot: lot, amountMinor: 99, maxMinor: nil), 4, .bidTooLow),
      (.setCart("hat", quantity: 1), 4, .unknownSKU), (.setCart("", quantity: 1), 4, .unknownSKU),
      (.setCart("shirt", quantity: -1), 4, .badField),
      (.setCart("shirt", quantity: 100), 4, .badField),
      (.setCart("shirt", quantity: 1), 0, .notEligible),
      (.applyVoucher("ä"), 4, .badField), (.applyVoucher("none"), 4, .unknownVoucher),
      (.checkout(hold: nil), 4, .emptyCart), (.checkout(hold: 99), 4, .unknownHold),
      (.checkout(hold: harness.holds(2)[0].id), 4, .unknownHold),
      (.releaseHold(.max), 4, .unknownHold), (.cancelOrder(99), 4, .unknownOrder),
      (.cancelOrder(order), 4, .unknownOrder), (.refundOrder(99, reason: nil), 1, .unknownOrder),
      (.refundOrder(order, reason: nil), 1, .wrongState), (.shipOrder(order), 1, .wrongState),
      (.putVoucher(VoucherDraft(code: "", kind: .percent, value: 1)), 1, .badField),
      (.putVoucher(VoucherDraft(code: "a", kind: .percent, value: 101)), 1, .badField),
      (.putVoucher(VoucherDraft(code: "a", kind: .amount, value: 0)), 1, .badField),
      (.putVoucher(VoucherDraft(code: "a", kind: .amount, value: 1, usesMax: 0)), 1, .badField),
      (
        .putVoucher(
          VoucherDraft(code: "a", kind: .amount, value: 1, startsAtMs: 5, endsAtMs: 4)), 1,
        .badField
      ),
      (.removeVoucher("none"), 1, .unknownVoucher),
      (.server(.checkoutAnswered(order: 99, .failed(reason: ""))), 0, .unknownOrder),
      (.server(.checkoutAnswered(order: order, .payment(url: "a b"))), 0, .badField),
      (.server(.orderReported(order: .min, .paid)), 0, .unknownOrder),
    ]
    for (command, buyer, code) in table {
      #expect(harness.refusal(of: command, by: buyer) == code, "\(command)")
    }
  }

  @Test("an import is all or nothing and names the row")
  func imports() throws {
    var harness = ShopHarness()
    let good = ShopHarness.listing("mug", units: 1)
    var bad = ShopHarness.listing("cap", units: 1)
    bad.variants[0].priceMinor = -5
    do throws(ShopRefusal) {
      try harness.run(.importListings([good, bad]))
      Issue.record("imported")
    } catch {
      #expect(error.code == .badField)
      #expect(error.text.hasPrefix("listings[1]: "))
    }
    #expect(harness.shop == Shop())
    bad.variants[0].priceMinor = 5
    try harness.run(.importListings([good, bad]))
    #expect(harness.shop.listings.map(\.reference) == ["ref-mug", "ref-cap"])
    #expect(harness.shop.settings.currency == "EUR")
    // The same again changes nothing.
    #expect(try harness.run(.importListings([good, bad])).events.isEmpty)
  }

  @Test("numbers at the ends of their range never trap, whatever the state")
  func extremes() throws {
    let (harness, _, _, _) = try RefusalTests.show()
    var numbers: [Int64] = [.min, .min + 1, -1, 0, 1, 1 << 62, .max - 1, .max]
    numbers += [ShopLimits.timeMsMax, ShopLimits.minorMax]
    for number in numbers {
      for other in numbers {
        let commands: [ShopCommand] = [
          .claim(drop: number, quantity: other),
          .setVariant("shirt", priceMinor: number, units: other),
          .bid(lot: number, amountMinor: other, maxMinor: number),
          .setCart("shirt", quantity: number), .pinListing(slot: number, other),
          .scheduleDrop(
            DropDraft(
              sku: "shirt", quantity: number, priceMinor: other, countdownSeconds: number,
              durationSeconds: other, perBuyer: number, holdSeconds: other)),
          .openLot(
            LotDraft(
              sku: "shirt", startMinor: number, reserveMinor: other, durationSeconds: number,
              softSeconds: other, startsAfterSeconds: number)),
          .server(
            .giftPosted(
              GiftPosting(number: 1, buyer: BuyerID(.max), gift: "a", count: number, coins: other))),
        ]
        for command in commands {
          for atMs in [number, harness.nowMs] {
            let context = ShopContext(
              buyer: BuyerID(9), isStaff: false, atMs: atMs, delayMs: other, windowMs: number)
            _ = try? harness.shop.decide(command, by: context, firstSequence: harness.nextSequence)
          }
        }
      }
    }
  }

  @Test("texts of any length and kind are judged, not trapped on")
  func texts() {
    let harness = ShopHarness()
    for length in 0...70 {
      for scalar in ["a", "é", "\u{300}", "\u{0}", "👩‍👩‍👧", " "] {
        let text = String(repeating: scalar, count: length)
        var draft = ShopHarness.listing("mug", units: 1)
        draft.title = text
        draft.reference = text
        draft.variants[0].sku = text
        draft.url = "https://\(text)"
        _ = harness.refusal(of: .putListing(draft))
        _ = harness.refusal(of: .applyVoucher(text), by: 2)
        _ = harness.refusal(of: .setCart(text, quantity: 1), by: 2)
      }
    }
  }

  @Test("a log row that is not one of the shop's is no event")
  func rows() {
    #expect(ShopEvent(kind: "said", body: [:]) == nil)
    #expect(ShopEvent(kind: "claimed", body: [:]) == nil)
    #expect(ShopEvent(kind: "cartSet", body: ["sku": "a", "quantity": 100]) == nil)
    #expect(ShopEvent(kind: "cartSet", body: ["sku": "a b", "quantity": 1]) == nil)
    #expect(ShopEvent(kind: "cartSet", body: ["sku": "a", "quantity": 9]) != nil)
  }

  @Test("what must not be seen stands under the member that the room keeps apart")
  func secrets() throws {
    var harness = try ShopHarness(units: 3)
    _ = try harness.openDrop(quantity: 1)
    try harness.run(.setCart("shirt", quantity: 1), by: 2)
    let order = try #require(try harness.run(.checkout(hold: nil), by: 2).made)
    try harness.run(.server(.checkoutAnswered(order: order, .payment(url: "https://p/key"))), by: 0)
    let lot = try #require(
      try harness.run(.openLot(LotDraft(sku: "shirt", startMinor: 100, durationSeconds: 60))).made)
    try harness.run(.bid(lot: lot, amountMinor: 321, maxMinor: 4321), by: 2)
    try harness.run(.bid(lot: lot, amountMinor: 8765, maxMinor: nil), by: 3)
    for entry in harness.log {
      var body = entry.event.body
      let secret = body[ShopEvent.secretKey]
      switch entry.event {
      case .dropScheduled, .paymentOffered, .bidPlaced: #expect(secret != nil)
      default: #expect(secret == nil)
      }
      // Without it the row still is the event.
      body[ShopEvent.secretKey] = nil
      #expect(ShopEvent(kind: entry.event.kind, body: body)?.kind == entry.event.kind)
      // However a buyer said how far to go: what staff can read says what everybody was shown.
      let text = String(decoding: JSONValue.object(body).write(), as: UTF8.self)
      for amount in ["321", "8765"] { #expect(!text.contains(amount), "\(text)") }
    }
  }

  @Test("rows of a show with anything in them: an event or none, and the shop stays whole")
  func damagedRows() throws {
    var show = RandomShow(seed: 77)
    show.run(200)
    var random = Randomness(state: 3)
    for entry in show.harness.log {
      let index = UInt8(CommerceFuzzBody.kinds.firstIndex(of: entry.event.kind) ?? 0)
      let bytes = [index] + JSONValue.object(entry.event.body).write()
      CommerceFuzzBody.run(bytes.span)
      for _ in 0..<4 {
        var damaged = bytes
        damaged[Int(random.number(0...Int64(bytes.count - 1)))] = UInt8(random.number(32...125))
        CommerceFuzzBody.run(damaged.span)
      }
    }
    for length in 0...64 {
      let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      CommerceFuzzBody.run(bytes.span)
    }
  }
}
