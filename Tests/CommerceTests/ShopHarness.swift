// A shop in a log of its own: commands in, events applied and kept, every invariant checked.

import Testing
import Wire

@testable import Commerce

/// What a room does around its shop, in virtual time.
struct ShopHarness {
  var shop = Shop()
  var log: [(event: ShopEvent, place: ShopPlace)] = []
  var nowMs: Int64 = 1_700_000_000_000
  var windowMs: Int64 = 300
  /// Whether the merchant is asked for units.
  var reservesStock = false
  /// Whether a merchant takes orders.
  var hasMerchant = true
  /// Whether every event is followed by a check of all invariants.
  var checksAlways = true

  init() {}

  /// A shop with one listing of these units at 1000 minor units.
  init(units: Int64, sku: SKU = "shirt", priceMinor: Minor = 1000) throws {
    try run(.putListing(ShopHarness.listing(sku, units: units, priceMinor: priceMinor)))
  }

  static func listing(_ sku: SKU, units: Int64, priceMinor: Minor = 1000) -> ListingDraft {
    ListingDraft(
      reference: "ref-\(sku)", title: "A \(sku)", currency: "EUR",
      variants: [VariantDraft(sku: sku, priceMinor: priceMinor, units: units)])
  }

  var nextSequence: Int64 { Int64(log.count) + 1 }

  /// A moderator.
  static let moderator: UInt32 = 900_000

  func context(_ buyer: UInt32, delayMs: Int64 = 0, seed: UInt8 = 7) -> ShopContext {
    ShopContext(
      buyer: BuyerID(buyer), isStaff: buyer == 1 || buyer == ShopHarness.moderator,
      isHost: buyer == 1, atMs: nowMs, delayMs: delayMs, windowMs: windowMs,
      seed: [UInt8](repeating: seed, count: 32), hasMerchant: hasMerchant,
      reservesStock: reservesStock)
  }

  /// Decides and applies as member `buyer`; 1 is the host.
  @discardableResult
  mutating func run(
    _ command: ShopCommand, by buyer: UInt32 = 1, delayMs: Int64 = 0, seed: UInt8 = 7
  ) throws(ShopRefusal) -> ShopDecision {
    let context = context(buyer, delayMs: delayMs, seed: seed)
    let decision = try shop.decide(command, by: context, firstSequence: nextSequence)
    for event in decision.events { apply(event, by: context.buyer) }
    if !checksAlways || decision.events.isEmpty { return decision }
    let violations = shop.violations()
    #expect(violations.isEmpty, "\(violations) after \(decision.events)")
    return decision
  }

  mutating func apply(_ event: ShopEvent, by buyer: BuyerID) {
    let place = ShopPlace(sequence: nextSequence, atMs: nowMs, buyer: buyer)
    let isApplied = shop.apply(event, at: place)
    #expect(isApplied, "\(event) was ignored")
    log.append((event, place))
  }

  /// Time passes, and the server's timer runs.
  mutating func pass(seconds: Int64 = 0, ms: Int64 = 0) throws(ShopRefusal) {
    nowMs += seconds * 1000 + ms
    try run(.server(.due), by: 0)
  }

  /// The code a command is refused with; nil when it is not.
  func refusal(of command: ShopCommand, by buyer: UInt32 = 1) -> ShopRefusal.Code? {
    do throws(ShopRefusal) {
      _ = try shop.decide(
        command, by: context(buyer), firstSequence: nextSequence)
      return nil
    } catch {
      return error.code
    }
  }

  /// The state that the log alone leads to.
  var replayed: Shop {
    var shop = Shop()
    for entry in log { _ = shop.apply(entry.event, at: entry.place) }
    return shop
  }

  var snapshot: [UInt8] {
    var writer = SnapshotWriter()
    shop.write(to: &writer)
    return writer.bytes
  }

  static func shop(from bytes: [UInt8]) throws(WireError) -> Shop {
    var reader = SnapshotReader(bytes.span)
    let shop = try Shop(&reader)
    guard reader.isAtEnd else { throw .badLength }
    return shop
  }

  // MARK: Shortcuts

  /// What the log says of units that wait for a merchant.
  var awaited: [Bool] {
    log.compactMap { if case .merchantAwaited(let isAwaited) = $0.event { isAwaited } else { nil } }
  }

  /// A drop that is open and whose window is over unless `inWindow`.
  mutating func openDrop(
    quantity: Int64, perBuyer: Int64 = 1, sku: SKU = "shirt", mode: DropDraft.Mode = .hold,
    inWindow: Bool = false, duration: Int64 = 600
  ) throws -> ShopID {
    let draft = DropDraft(
      sku: sku, quantity: quantity, priceMinor: 500, countdownSeconds: 10,
      durationSeconds: duration, perBuyer: perBuyer, mode: mode)
    let id = try #require(try run(.scheduleDrop(draft)).made)
    try pass(seconds: 10)
    if !inWindow { try pass(ms: windowMs) }
    return id
  }

  /// The holds of a buyer.
  func holds(_ buyer: UInt32) -> [Hold] {
    (shop.buyers[BuyerID(buyer)]?.holds ?? []).compactMap { shop.holds[$0] }
  }

  /// Checks out a hold and reports it paid.
  mutating func pay(_ hold: Hold) throws {
    let order = try #require(
      try run(.checkout(hold: hold.id), by: hold.buyer.rawValue).made)
    try run(.server(.checkoutAnswered(order: order, .payment(url: "https://pay.example/1"))), by: 0)
    try run(.server(.orderReported(order: order, .paid)), by: 0)
  }
}
