// `hawker bench shop`: claims and orders a second on the disk, and a drop claimed over real sockets.

import Commerce
import Config
import Doctor
import Glibc
import JSON
import Loop
import Store
import Wire

/// Measures the shop on one store.
struct ShopBench {
  /// What can be measured.
  enum Subject: String, CaseIterable {
    /// Claims of one drop, at the engine and its store.
    case claims
    /// Checkouts, their payment pages and payments, at the engine and its store.
    case orders
    /// A drop claimed by everyone in a room within a second, over sockets.
    case drop
  }

  /// What is measured, and where.
  struct Settings {
    var subject: Subject
    /// Claims, orders or buyers; nil: the subject's own.
    var count: Int?
    /// Commands under way at most.
    var underWay: Int
    /// Where databases are made, and removed again; must be on a disk.
    var folder: String
    var store: StoreChoice
    /// The binary that serves, to compare builds.
    var server: String
  }

  static let unitsOfDrop: Int64 = 100
  private static let sku = "mug"
  private static let room = "storm"

  static func run(_ settings: Settings) throws -> JSONValue {
    guard FolderFacts(measuring: settings.folder).storage != .memory else {
      throw UsageError(text: "\(settings.folder) is in memory: give a folder on a disk with --data")
    }
    var report: JSONObject
    switch settings.subject {
    case .claims: report = try measured(settings) { try claims($0, settings) }
    case .orders: report = try measured(settings) { try orders($0, settings) }
    case .drop:
      report = try RoomBench.drop(
        buyers: settings.count ?? 5000, in: settings.folder, store: settings.store,
        server: settings.server)
    }
    report["benchmark"] = .string("shop-" + settings.subject.rawValue)
    report["store"] = .string("\(settings.store)")
    report["load_average"] = .double(RoomBench.loadAverage)
    return .object(report)
  }

  /// Measures with an engine in a folder of its own; and what the bare store writes for one room in the
  /// same minute, the bound that all of it stays below.
  private static func measured(
    _ settings: Settings, _ body: (ShopEngine) throws -> JSONObject
  ) throws -> JSONObject {
    let bare = try StoreBench.run(
      StoreBench.Settings(
        rooms: 1, commands: 20_000, rate: nil, underWay: settings.underWay,
        folder: settings.folder, store: settings.store))
    let path = settings.folder + "/hawker-bench-\(getpid())"
    try Files.makeFolder(path)
    defer { StoreBench.remove(path) }
    let engine = try ShopEngine(try StorePlace(settings.store, data: path))
    defer { engine.close() }
    var report = try body(engine)
    if case .object(let bare) = bare {
      report["bare_commands_per_s"] = bare["commands_per_s"] ?? .null
      report["fsync_p50_us"] = bare["fsync_p50_us"] ?? .null
    }
    return report
  }

  // MARK: Claims

  private static func claims(_ engine: ShopEngine, _ settings: Settings) throws -> JSONObject {
    let count = settings.count ?? 20_000
    // A PostgreSQL may hold an earlier run's room.
    let room = "\(room)-\(SystemClock.wallTime().milliseconds)"
    try stock(engine, room, units: unitsOfDrop)
    let made = try engine.require(
      .scheduleDrop(
        DropDraft(
          sku: sku, quantity: unitsOfDrop, priceMinor: 900, countdownSeconds: 10,
          durationSeconds: 3600)), in: room)
    let drop = try id("drop", in: made)
    engine.skippedMs += 10_000
    let deadline = SystemClock.now() + .seconds(5)
    while engine.shop(of: room).drop(drop)?.stage != .window {
      guard SystemClock.now() < deadline else { throw UsageError(text: "the drop does not open") }
      engine.turn(until: SystemClock.now() + .milliseconds(10))
    }
    var run = ShopRun(count: count, underWay: settings.underWay)
    try run.drive(engine) { number in
      engine.submit(.claim(drop: drop, quantity: 1), number, by: "buyer-\(number)", in: room)
    } next: { _, _ in
      false
    }
    guard engine.shop(of: room).drop(drop)?.held == unitsOfDrop else {
      throw UsageError(text: "not all units were held")
    }
    return run.report(of: "claims")
  }

  // MARK: Orders

  private static func orders(_ engine: ShopEngine, _ settings: Settings) throws -> JSONObject {
    let count = settings.count ?? 10_000
    let room = "\(room)-\(SystemClock.wallTime().milliseconds)"
    try stock(engine, room, units: Int64(count))
    var carts = ShopRun(count: count, underWay: settings.underWay)
    try carts.drive(engine) { number in
      engine.submit(.setCart(sku, quantity: 1), count + number, by: "buyer-\(number)", in: room)
    } next: { _, _ in
      false
    }
    var steps = [OrderStep](repeating: .checkedOut, count: count)
    var run = ShopRun(count: count, underWay: settings.underWay)
    try run.drive(engine) { number in
      engine.submit(.checkout(hold: nil), number, by: "buyer-\(number)", in: room)
    } next: { number, body in
      switch steps[number] {
      case .checkedOut:
        let order = try id("order", in: body)
        steps[number] = .offered(order)
        let url = "https://shop.example/pay/\(order)"
        return engine.report(
          .checkoutAnswered(order: order, .payment(url: url)), number, in: room)
      case .offered(let order):
        steps[number] = .paid
        return engine.report(
          .orderReported(order: order, .paid), count + number, in: room)
      case .paid: return false
      }
    }
    let paid = engine.shop(of: room).revenue.paidCount
    guard paid == Int64(count) else { throw UsageError(text: "\(paid) of \(count) were paid") }
    return run.report(of: "orders")
  }

  /// How far an order is.
  private enum OrderStep {
    case checkedOut, offered(ShopID), paid
  }

  private static func stock(_ engine: ShopEngine, _ room: String, units: Int64) throws {
    try engine.open(room)
    _ = try engine.require(
      .putListing(
        ListingDraft(
          reference: sku, title: "A mug", currency: "EUR",
          variants: [VariantDraft(sku: sku, priceMinor: 1000, units: units)])), in: room)
  }

  private static func id(_ name: String, in body: [UInt8]) throws -> ShopID {
    guard let number = BenchSwarm.number(after: Array("\"\(name)\":".utf8), in: body) else {
      throw UsageError(text: "no \(name) in \(String(decoding: body, as: UTF8.self))")
    }
    return Int64(number)
  }
}
