// A show that sells: everything a shop can tell, told once.

import Access
import Commerce
import JSON
import Room
import Testing
import Wire

/// A scripted shop in a house, and all it told.
struct ShopStory {
  var test = TestHouse()
  /// In the order they were told, counters with the value of then.
  private(set) var told: [(audience: Audience, message: JSONObject)] = []

  static let scarf = ListingDraft(
    reference: "scarf", title: "Scarf", description: "Merino, 30 × 180 cm",
    images: ["https://shop.example/scarf.jpg"], url: "https://shop.example/scarf", currency: "EUR",
    variants: [
      VariantDraft(
        sku: "SCARF-B", title: "Blue", priceMinor: 2500, compareAtMinor: 3900, units: 100)
    ])

  static func listing(_ reference: String, _ sku: SKU, units: Int64 = 10) -> ListingDraft {
    ListingDraft(
      reference: reference, title: reference.uppercased(), currency: "EUR",
      variants: [VariantDraft(sku: sku, priceMinor: 1000, units: units)])
  }

  // MARK: Telling

  private mutating func note(_ frames: [Frame]) throws {
    for frame in frames {
      var bytes: [UInt8]? = frame.bytes
      if case .counter(let key) = frame.delivery { bytes = test.house.counter(key) }
      guard let bytes, case .object(let object) = try JSONValue.parse(bytes) else { continue }
      told.append((frame.audience, object))
    }
  }

  /// Does a command of the shop's, and gives what it made.
  @discardableResult
  mutating func does(
    _ command: ShopCommand, _ identity: String = "ann", _ role: Role = .host
  ) throws -> Int64 {
    test.atMs += 300
    let pending = try test.does(.shop(command), identity, role)
    try note(pending.frames)
    guard case .object(let body) = try JSONValue.parse(pending.body) else { return 0 }
    for member in body.members where member.key != "cursor" {
      if case .integer(let id) = member.value { return id }
    }
    return test.house.state.sequence
  }

  mutating func viewer(_ identity: String, _ command: ShopCommand) throws -> Int64 {
    try does(command, identity, .viewer)
  }

  mutating func serves(_ command: ShopServerCommand) throws {
    test.atMs += 100
    guard case .decided(let pending) = test.house.report(command, atMs: test.atMs) else {
      throw CommandRefusal(.wrongState, "\(command) was refused")
    }
    test.commit(pending)
    try note(pending.frames)
  }

  mutating func waits(_ ms: Int64) throws {
    test.atMs += ms
    try note(test.ticks())
  }

  // MARK: The story

  static func told() throws -> ShopStory {
    var story = ShopStory()
    for (identity, role) in [("ann", Role.host), ("bob", .viewer), ("eve", .viewer)] {
      let arrival = Arrival(identity: identity, name: identity.uppercased(), role: role)
      _ = try story.test.house.arrive(arrival, atMs: story.test.atMs)
    }
    try story.stocks()
    try story.drops()
    try story.sells()
    try story.auctions()
    try story.serves(
      .giftPosted(
        GiftPosting(
          number: 1, buyer: story.buyer("bob"), gift: "rose", count: 3, coins: 3)))
    return story
  }

  func buyer(_ identity: String) -> BuyerID {
    test.house.people.person(identity)?.buyer ?? .server
  }

  private mutating func stocks() throws {
    var settings = ShopSettingsChange()
    settings.currency = "EUR"
    settings.merchant = "wool"
    try does(.setShop(settings))
    let scarf = try does(.putListing(ShopStory.scarf))
    let mug = try does(.putListing(ShopStory.listing("mug", "MUG")))
    let hat = try does(.putListing(ShopStory.listing("hat", "HAT")))
    try does(.orderListings([mug, scarf, hat]))
    try does(.setVariant("SCARF-B", priceMinor: 2400, units: 120))
    let pin = try does(.pinListing(slot: 1, scarf))
    let seen = try test.does(.seen(pin: pin), "bob")
    try note(seen.frames)
    try does(.pinListing(slot: 2, mug))
    try does(.pinListing(slot: 2, nil))
    try does(.removeListing(hat))
    try does(
      .putVoucher(
        VoucherDraft(code: "SPRING", kind: .percent, value: 10, minimumMinor: 1000, usesMax: 100)))
    try does(.putVoucher(VoucherDraft(code: "OLD", kind: .amount, value: 100)))
    try does(.removeVoucher("OLD"))
  }

  private mutating func drops() throws {
    let drop = try does(
      .scheduleDrop(
        DropDraft(
          sku: "SCARF-B", quantity: 2, priceMinor: 1500, countdownSeconds: 10,
          durationSeconds: 60, start: .manual, holdSeconds: 120)))
    try does(.startDrop(drop))
    try waits(10_000)
    for (index, identity) in ["bob", "eve", "dan", "fay"].enumerated() {
      test.atMs += Int64(index)
      let pending = try test.does(.shop(.claim(drop: drop, quantity: 1)), identity)
      try note(pending.frames)
    }
    try waits(300)
    let mine = try #require(own("bob").first { $0.sku == "SCARF-B" })
    _ = try viewer("dan", .leaveDrop(drop))
    _ = try viewer("bob", .releaseHold(mine.id))
  }

  /// The live holds of a buyer.
  func own(_ identity: String) -> [Hold] {
    let shop = test.house.state.shop
    return (shop.buyers[buyer(identity)]?.holds ?? []).compactMap { shop.holds[$0] }
  }

  private mutating func sells() throws {
    let hold = try #require(own("eve").first)
    let order = try viewer("eve", .checkout(hold: hold.id))
    try serves(.checkoutAnswered(order: order, .payment(url: "https://pay.example/1")))
    try serves(.orderReported(order: order, .paid))
    try serves(.orderReported(order: order, .failed))
    try does(.shipOrder(order))
    let other = try #require(own("fay").first)
    let failed = try viewer("fay", .checkout(hold: other.id))
    try serves(.checkoutAnswered(order: failed, .failed(reason: "closed")))
    _ = try viewer("bob", .setCart("MUG", quantity: 2))
    _ = try viewer("bob", .applyVoucher("SPRING"))
    let cart = try viewer("bob", .checkout(hold: nil))
    try serves(.checkoutAnswered(order: cart, .payment(url: "https://pay.example/2")))
    try waits(200_000)
    try waits(1_000)
  }

  private mutating func auctions() throws {
    let lot = try does(
      .openLot(
        LotDraft(
          sku: "MUG", startMinor: 1000, reserveMinor: 1100,
          increments: [LotDraft.Increment(fromMinor: 0, stepMinor: 50)], durationSeconds: 10,
          startsAfterSeconds: 1)))
    try waits(1_000)
    _ = try viewer("bob", .bid(lot: lot, amountMinor: 1000, maxMinor: 2000))
    _ = try viewer("eve", .bid(lot: lot, amountMinor: 1500, maxMinor: 3000))
    // Nobody ran at its end.
    try waits(30_000)
    try waits(10_000)
    try waits(500)
    let won = try #require(own("eve").first)
    try serves(.holdChecked(hold: won.id, .confirmed(["MUG": 1500])))
    let second = try does(.openLot(LotDraft(sku: "MUG", startMinor: 1, durationSeconds: 10)))
    try does(.cancelLot(second))
  }
}
