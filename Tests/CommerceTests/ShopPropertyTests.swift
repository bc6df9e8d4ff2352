// Random commands of random buyers at random times: nothing is oversold, lost or counted twice.

import JSON
import Testing
import Wire

@testable import Commerce

/// A small generator (SplitMix64) that a seed repeats.
struct Randomness: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
  mutating func number(_ range: ClosedRange<Int64>) -> Int64 {
    Int64.random(in: range, using: &self)
  }
  mutating func chance(_ percent: Int64) -> Bool { number(1...100) <= percent }
}

/// A random show.
struct RandomShow {
  var harness = ShopHarness()
  var random: Randomness
  var postings: Int64 = 0
  let skus = ["shirt", "mug", "cap", "gone"]
  /// Numbers no command should be given.
  static let extremes: [Int64] = [.min, -1, 0, 1, 99, 1 << 40, .max]

  init(seed: UInt64) { random = Randomness(state: seed) }

  mutating func sku() -> SKU { skus[Int(random.number(0...3))] }

  /// A number of the log: mostly one that means something.
  mutating func id(_ ids: [ShopID]) -> ShopID {
    if random.chance(3) { return extreme() }
    return ids.randomElement(using: &random) ?? random.number(0...50)
  }

  mutating func extreme() -> Int64 { RandomShow.extremes.randomElement(using: &random) ?? 0 }

  /// Now and then a number that is out of all bounds.
  mutating func amount(_ range: ClosedRange<Int64>) -> Int64 {
    random.chance(2) ? extreme() : random.number(range)
  }

  mutating func command() -> ShopCommand {
    let shop = harness.shop
    let listings = shop.listings.map(\.id)
    let drops = live(shop.drops.filter { $0.stage != .ended }, else: shop.drops).map(\.id)
    let orders = shop.orders.suffix(8).map(\.key)
    if random.number(0...999) < 2 { return .server(.over) }
    switch random.number(0...86) {
    case 66...70: return .checkout(hold: nil)
    case 71...74: return .applyVoucher("save\(random.number(0...1))")
    case 75...77: return .setCart(sku(), quantity: 1)
    case 78...80:
      // One of the same name in the place of another, while orders use that one.
      let used = shop.orders.compactMap { $0.value.status.isOpen ? $0.value.voucher : nil }
      var voucher = voucher()
      if let code = used.randomElement(using: &random) { voucher.code = code }
      if random.chance(50) { _ = try? harness.run(.removeVoucher(voucher.code)) }
      return .putVoucher(voucher)
    case 60...61:
      // Money that comes when its time is over, however long ago.
      let expired = shop.orders.filter { $0.value.status == .expired }
      let special = expired.filter { $0.value.lot != nil || $0.value.voucher != nil }
      return .server(.orderReported(order: id(live(special, else: expired).map(\.key)), .paid))
    case 62...63, 85...86:
      // Mostly of a drop that is still on.
      let paid = shop.orders.filter { $0.value.status == .paid && $0.value.drop != nil }
      let on = paid.filter { $0.value.drop.flatMap { shop.drop($0) }?.takesBack == true }
      return .server(.orderReported(order: id(live(on, else: paid).map(\.key)), .refunded))
    case 64: return .checkout(hold: id(shop.drops.flatMap { $0.claims.map(\.key) }))
    case 65: return .setShop(RandomShow.pause(random.chance(25)))
    case 0: return .putListing(listing())
    case 1:
      return random.chance(50) ? .importListings([listing(), listing()]) : .putListing(listing())
    case 2:
      return random.chance(30)
        ? .removeListing(id(listings)) : .orderListings(listings.shuffled(using: &random))
    case 3: return .setVariant(sku(), priceMinor: amount(1...5000), units: amount(10...40))
    case 4: return .pinListing(slot: amount(1...4), random.chance(70) ? id(listings) : nil)
    case 5...6: return .scheduleDrop(drop())
    case 7: return .startDrop(id(drops))
    case 8: return random.chance(10) ? .cancelDrop(id(drops)) : .server(.due)
    case 9...25: return .claim(drop: id(drops), quantity: amount(1...3))
    case 26: return .leaveDrop(id(drops))
    case 27: return .openLot(lot())
    case 28...33: return bid()
    case 34:
      return random.chance(30)
        ? .cancelLot(shop.liveLot?.id ?? 1) : .closeLot(shop.liveLot?.id ?? 1)
    case 35...37: return .setCart(sku(), quantity: amount(0...4))
    case 38: return .applyVoucher(random.chance(70) ? "save\(random.number(0...2))" : nil)
    case 39...40: return .checkout(hold: nil)
    case 41...45: return .checkout(hold: id(payable()))
    case 46: return .releaseHold(id(shop.holds.map(\.key)))
    case 47: return .cancelOrder(id(orders))
    case 48:
      return random.chance(50) ? .refundOrder(id(orders), reason: nil) : .shipOrder(id(orders))
    case 49:
      return random.chance(60)
        ? .putVoucher(voucher()) : .removeVoucher("SAVE\(random.number(0...1))")
    case 50...52:
      return .server(
        .checkoutAnswered(
          order: id(orders), random.chance(80) ? .payment(url: "https://p/1") : .failed(reason: ""))
      )
    case 53...57: return .server(.orderReported(order: id(orders), report()))
    case 81...82:
      let asks = shop.stock.items.flatMap { $0.value.asks.map { $0 } }
      let ask = asks.randomElement(using: &random)
      return .server(
        .stockGranted(ask: id(asks.map(\.key)), random.number(0...max(1, ask?.value.quantity ?? 1)))
      )
    case 83 where random.chance(50):
      return .server(
        .holdChecked(
          hold: id(shop.holds.map(\.key)),
          random.chance(80) ? .confirmed([sku(): amount(1...3000)]) : .denied(reason: "no")))
    case 83:
      return .server(
        .pricesChecked(
          order: id(orders),
          random.chance(80) ? .confirmed([sku(): amount(1...3000)]) : .denied(reason: "no")))
    case 84: return .server(.listingsPut([listing()]))
    default:
      postings += random.chance(80) ? 1 : 0
      return .server(
        .giftPosted(
          GiftPosting(
            number: postings, buyer: BuyerID(UInt32(random.number(2...9))), gift: "rose",
            count: amount(1...9), coins: amount(0...90))))
    }
  }

  static func pause(_ on: Bool) -> ShopSettingsChange {
    var change = ShopSettingsChange()
    change.isPaused = on
    return change
  }

  /// Money that came late has used a voucher no oftener than may be.
  func checkVouchers(_ decision: ShopDecision, before: Shop) {
    for case .orderMoved(let id, .paid, _) in decision.events {
      guard let order = before.orders[id], order.status == .expired, let code = order.voucher,
        let voucher = harness.shop.vouchers[code]
      else { continue }
      #expect(voucher.uses <= voucher.draft.usesMax ?? .max)
      #expect(voucher.usesBy[order.buyer] ?? 0 <= voucher.draft.perBuyer)
    }
  }

  /// Mostly those that still take something.
  mutating func live<T>(_ some: [T], else all: [T]) -> [T] {
    random.chance(90) && !some.isEmpty ? some : all
  }

  /// Who acts: mostly who the command can be for.
  mutating func actor(of command: ShopCommand) -> UInt32 {
    let own: BuyerID? =
      switch command {
      case .checkout(let id?):
        harness.shop.holds[id]?.buyer
          ?? harness.shop.drops.compactMap { $0.claims[id]?.buyer }.first
      case .releaseHold(let id): harness.shop.holds[id]?.buyer
      case .cancelOrder(let id): harness.shop.orders[id]?.buyer
      case .leaveDrop(let id): harness.shop.drop(id)?.claims.first?.value.buyer
      case .checkout(nil), .applyVoucher:
        harness.shop.buyers.filter { !$0.value.cart.isEmpty }.randomElement(using: &random)?.key
      default: nil
      }
    switch command.authority {
    case .server: return 0
    case .host, .staff: return 1
    case .anyone:
      if let own, random.chance(90) { return own.rawValue }
      return UInt32(random.number(2...12))
    }
  }

  mutating func report() -> OrderReport {
    random.chance(60) ? .paid : OrderReport.allCases.randomElement(using: &random) ?? .paid
  }

  /// Holds and rights to buy.
  func payable() -> [ShopID] {
    harness.shop.holds.map(\.key) + harness.shop.drops.flatMap { $0.claims.map(\.key) }
  }

  mutating func listing() -> ListingDraft {
    let sku = sku()
    var draft = ShopHarness.listing(sku, units: amount(0...40), priceMinor: amount(1...5000))
    if random.chance(10) { draft.currency = "USD" }
    if random.chance(20) {
      draft.variants.append(VariantDraft(sku: "\(sku)-2", priceMinor: 5, units: 3))
    }
    return draft
  }

  mutating func drop() -> DropDraft {
    DropDraft(
      sku: sku(), quantity: amount(1...8), priceMinor: amount(1...900),
      countdownSeconds: amount(10...20),
      durationSeconds: amount(10...120), perBuyer: amount(1...3),
      mode: random.chance(70) ? .hold : .firstPaid, start: random.chance(80) ? .auto : .manual,
      holdSeconds: random.chance(70) ? amount(30...60) : nil)
  }

  mutating func lot() -> LotDraft {
    LotDraft(
      sku: sku(), startMinor: amount(1...100),
      reserveMinor: random.chance(40) ? amount(100...300) : nil,
      increments: random.chance(50)
        ? [LotDraft.Increment(fromMinor: amount(0...10), stepMinor: amount(1...20))] : [],
      durationSeconds: amount(10...60), isSoft: random.chance(70), softSeconds: amount(3...20),
      startsAfterSeconds: random.chance(30) ? amount(0...20) : 0)
  }

  mutating func bid() -> ShopCommand {
    let lot = harness.shop.lots.last
    let amount = amount((lot?.nextMinor ?? 1)...((lot?.nextMinor ?? 1) + 50))
    return .bid(
      lot: lot?.id ?? 1, amountMinor: amount,
      maxMinor: random.chance(50) ? self.amount(1...600) : nil)
  }

  mutating func voucher() -> VoucherDraft {
    VoucherDraft(
      code: "save\(random.number(0...1))", kind: random.chance(50) ? .percent : .amount,
      value: amount(1...90),
      minimumMinor: random.chance(30) ? amount(0...3000) : nil,
      usesMax: random.chance(50) ? amount(1...3) : nil,
      perBuyer: amount(1...2))
  }

  /// Runs so many commands; a refusal is one too.
  mutating func run(_ count: Int) {
    harness.windowMs = random.number(300...3000)
    // Holds of carts and lots run out while there still is a show.
    var settings = ShopSettingsChange()
    settings.holdSeconds = 30
    _ = try? harness.run(.setShop(settings))
    for _ in 0..<count {
      harness.reservesStock = random.chance(50)
      if random.chance(3) { harness.hasMerchant.toggle() }
      harness.nowMs +=
        random.chance(95)
        ? random.number(0...900) : random.chance(95) ? random.number(0...40_000) : 300_000
      let command = command()
      let actor = actor(of: command)
      let before = harness.shop
      let decision = try? harness.run(
        command, by: actor, delayMs: random.chance(5) ? extreme() : random.number(0...3000),
        seed: UInt8(random.number(0...255)))
      if let decision { checkVouchers(decision, before: before) }
    }
  }
}

@Suite("A shop under random commands")
struct ShopPropertyTests {
  @Test("no invariant ever breaks, and the log alone leads to the same state", arguments: 0..<20)
  func invariants(block: UInt64) throws {
    for seed in block * 10..<block * 10 + 10 {
      var show = RandomShow(seed: seed)
      show.run(250)
      let shop = show.harness.shop
      #expect(show.harness.replayed == shop, "seed \(seed)")
      show.harness.hasMerchant = true
      try show.harness.run(.setShop(RandomShow.pause(false)))
      // Everybody goes home: what is held returns within its time.
      // A unit can go from one that waits to the next for a while.
      for _ in 0..<5000 {
        guard let due = show.harness.shop.nextDueMs else { break }
        try show.harness.pass(ms: max(0, due - show.harness.nowMs))
        let now = show.harness.nowMs
        #expect(show.harness.shop.holds.allSatisfy { $0.value.untilMs > now }, "seed \(seed)")
      }
      #expect(show.harness.shop.holds.isEmpty, "seed \(seed)")
      #expect(show.harness.shop.nextDueMs == nil, "seed \(seed)")
    }
  }

  @Test("random shows come to every kind of event")
  func coverage() throws {
    var kinds: [String: Int] = [:]
    for seed in UInt64(0)..<90 {
      var show = RandomShow(seed: seed)
      show.run(400)
      for entry in show.harness.log { kinds[entry.event.kind, default: 0] += 1 }
    }
    #expect(kinds.count == 42)
    #expect(kinds.values.allSatisfy { $0 >= 10 }, "\(kinds)")
  }

  @Test("every event is written to the log and read back the same", arguments: 200..<210)
  func coding(seed: UInt64) throws {
    var show = RandomShow(seed: seed)
    show.run(300)
    for entry in show.harness.log {
      let body = try JSONValue.parse(JSONValue.object(entry.event.body).write())
      guard case .object(let object) = body else { continue }
      #expect(ShopEvent(kind: entry.event.kind, body: object) == entry.event)
    }
  }

  @Test("a snapshot is the whole state: read back the same, written the same", arguments: 300..<330)
  func snapshot(seed: UInt64) throws {
    var show = RandomShow(seed: seed)
    for _ in 0..<6 {
      show.run(60)
      let bytes = show.harness.snapshot
      let read = try ShopHarness.shop(from: bytes)
      #expect(read == show.harness.shop)
      var again = show.harness
      again.shop = read
      #expect(again.snapshot == bytes)
    }
  }

  @Test("a damaged snapshot is refused, or is a shop; it never traps")
  func damaged() {
    var show = RandomShow(seed: 400)
    show.run(300)
    let bytes = show.harness.snapshot
    for count in bytes.indices {
      #expect(throws: WireError.self) { try ShopHarness.shop(from: Array(bytes[..<count])) }
    }
    var random = Randomness(state: 1)
    for _ in 0..<2000 {
      var damaged = bytes
      for _ in 0..<random.number(1...4) {
        damaged[Int(random.number(0...Int64(bytes.count - 1)))] = UInt8(
          truncatingIfNeeded: random.next())
      }
      guard let shop = try? ShopHarness.shop(from: damaged) else { continue }
      // What such a shop is asked and told does not trap either.
      var harness = ShopHarness()
      harness.shop = shop
      _ = shop.violations()
      for command: ShopCommand in [
        .server(.due), .checkout(hold: nil), .claim(drop: 5, quantity: 1),
      ] {
        _ = try? shop.decide(command, by: harness.context(3), firstSequence: 500)
      }
    }
  }
}
