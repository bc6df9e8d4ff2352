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
    switch random.number(0...39) {
    case 0...1: return .putListing(listing())
    case 2: return .importListings([listing(), listing()])
    case 3: return .removeListing(id(shop.listings.map(\.id)))
    case 4: return .setVariant(sku(), priceMinor: amount(1...5000), units: amount(0...40))
    case 5:
      return .pinListing(slot: amount(1...4), random.chance(70) ? id(shop.listings.map(\.id)) : nil)
    case 6...7: return .scheduleDrop(drop())
    case 8: return .startDrop(id(shop.drops.map(\.id)))
    case 9: return random.chance(30) ? .cancelDrop(id(shop.drops.map(\.id))) : .server(.due)
    case 10...15: return .claim(drop: id(shop.drops.suffix(3).map(\.id)), quantity: amount(1...3))
    case 16: return .leaveDrop(id(shop.drops.map(\.id)))
    case 17: return .openLot(lot())
    case 18...21: return bid()
    case 22:
      return random.chance(30)
        ? .cancelLot(id(shop.lots.map(\.id))) : .closeLot(id(shop.lots.map(\.id)))
    case 23...24: return .setCart(sku(), quantity: amount(0...4))
    case 25: return .applyVoucher(random.chance(70) ? "save\(random.number(0...2))" : nil)
    case 26: return .checkout(hold: nil)
    case 27...29: return .checkout(hold: id(payable()))
    case 30: return .releaseHold(id(shop.holds.map(\.key)))
    case 31: return .cancelOrder(id(shop.orders.map(\.key)))
    case 32:
      return random.chance(50)
        ? .refundOrder(id(shop.orders.map(\.key)), reason: nil)
        : .shipOrder(id(shop.orders.map(\.key)))
    case 33: return .putVoucher(voucher())
    case 34...35:
      return .server(
        .checkoutAnswered(
          order: id(shop.orders.map(\.key)),
          random.chance(80) ? .payment(url: "https://p/1") : .failed(reason: "")))
    case 36...38: return .server(.orderReported(order: id(shop.orders.map(\.key)), report()))
    default:
      postings += random.chance(80) ? 1 : 0
      return .server(
        .giftPosted(
          GiftPosting(
            number: postings, buyer: BuyerID(UInt32(random.number(2...9))), gift: "rose",
            count: amount(1...9), coins: amount(0...90))))
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
      code: "save\(random.number(0...2))", kind: random.chance(50) ? .percent : .amount,
      value: amount(1...90),
      minimumMinor: random.chance(30) ? amount(0...3000) : nil,
      usesMax: random.chance(50) ? amount(1...3) : nil,
      perBuyer: amount(1...2))
  }

  /// Runs so many commands; a refusal is one too.
  mutating func run(_ count: Int) {
    harness.windowMs = random.number(300...3000)
    for _ in 0..<count {
      harness.nowMs += random.chance(70) ? random.number(0...900) : random.number(0...40_000)
      let command = command()
      let actor: UInt32 =
        switch command.authority {
        case .server: 0
        case .host, .staff: 1
        case .anyone: UInt32(random.number(2...9))
        }
      _ = try? harness.run(
        command, by: actor, delayMs: random.chance(5) ? extreme() : random.number(0...3000),
        seed: UInt8(random.number(0...255)))
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
      // Everybody goes home: what is held returns within its time.
      for _ in 0..<10 { try show.harness.pass(seconds: 4000) }
      #expect(show.harness.shop.holds.isEmpty, "seed \(seed)")
      #expect(show.harness.shop.nextDueMs == nil, "seed \(seed)")
    }
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
}
