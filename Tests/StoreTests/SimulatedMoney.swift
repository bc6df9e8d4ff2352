// Rooms with shops and wallets on a real database, in virtual time: random commands, kills and repeats.

import Access
import Commerce
import Room
import RoomLog
import Wire

@testable import Endpoints
@testable import Store

/// A seed's whole history. `complaints` is what went wrong.
struct SimulatedMoney {
  /// A command of a member, asked until there is a reply.
  private struct Asked {
    let room: String
    var envelope: CommandEnvelope
    var reply: [UInt8]?
    var isRefused = false
  }

  private var houses = RoomHouses(isDurable: true)
  private let disk: MoneyDisk
  private var random: SeededNumbers
  private var nowMs: Int64 = 1_793_247_000_000
  private var now = Instant.zero + .seconds(1000)
  private let rooms: [String]
  private let people: [String]
  private let suffix: String
  /// By key.
  private var asked: [String: Asked] = [:]
  private var keys: [String] = []
  /// By waiter: the key.
  private var waiting: [UInt64: String] = [:]
  private var lastNumber: UInt64 = 0
  private var calls: [(room: String, order: ShopID)] = []
  private var purchases: [Int64] = []
  private var transfers: [Int64] = []
  private var bodies: [[UInt8]: Int] = [:]
  /// When processes died, and when each room was opened last.
  private var deaths: [Int64] = []
  private var openedMs: [String: Int64] = [:]
  private var held: Set<String> = []

  private(set) var complaints: [String] = []
  private(set) var repeats = 0
  private(set) var gifts = 0
  private(set) var sold = 0
  private(set) var wins = 0
  private(set) var expired = 0
  var crashes: Int { deaths.count }

  private let steps: Int
  /// Whether the process dies now and then.
  private let dies: Bool
  /// What was answered first, and how much had gone to the disk by then.
  private(set) var promises:
    [(operations: Int, key: String, envelope: CommandEnvelope, body: [UInt8])] = []
  /// Rooms that nobody comes to are opened this long after a process began at the latest.
  static let openingMs: Int64 = 7000

  init(seed: UInt64, on disk: MoneyDisk, steps: Int = 300, dies: Bool = true) {
    self.disk = disk
    self.steps = steps
    self.dies = dies
    random = SeededNumbers(seed: seed)
    suffix = "-\(seed)"
    rooms = (0..<2).map { "show-\(seed)-\($0)" }
    people = ["bob", "carl", "dora", "eve"].map { $0 + "-\(seed)" }
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &random)
  }

  private mutating func pick<T>(_ items: [T]) -> T? { items.randomElement(using: &random) }

  // MARK: History

  mutating func run() throws {
    for _ in 0..<steps {
      try pass(Int64(number(0...60)))
      try step()
      guard complaints.isEmpty, disk.faults.isEmpty else { break }
    }
    try settle()
    try disk.check()
    complaints += disk.faults
  }

  private mutating func step() throws {
    switch number(0...99) {
    case 0...47: act()
    case 48...57: trade()
    case 58...73: try disk.write(number(1...6), atMs: nowMs)
    case 74...91: answer(number(1...6))
    case 92...94: try stand(Int64(number(1...12)) * 1000)
    case 95: held = Set(rooms.filter { _ in Bool.random(using: &random) })
    case 96: again(keys.randomElement(using: &random))
    case 97...98: if number(0...2) == 0, dies { try crash() }
    default: for key in keys.suffix(20) where asked[key]?.reply == nil { again(key) }
    }
    collect()
  }

  /// Time passes in the server's turns; the disk does nothing meanwhile.
  private mutating func pass(_ ms: Int64) throws {
    nowMs += ms
    now = now + .milliseconds(ms)
    houses.tick(atMs: nowMs)
    if houses.isDue(at: now) { houses.advance(at: now, atMs: nowMs, viewers: [:], held: held) }
    collect()
    checkClocks()
  }

  /// Time passes on a server that keeps up.
  private mutating func stand(_ ms: Int64) throws {
    let end = nowMs + ms
    while nowMs < end {
      try pass(min(200, end - nowMs))
      try disk.write(100, atMs: nowMs)
      answer(100)
    }
  }

  private mutating func answer(_ count: Int) {
    for _ in 0..<count {
      guard let answer = disk.nextAnswer() else { return }
      houses.take(answer, at: now)
      collect()
    }
  }

  private mutating func crash() throws {
    deaths.append(nowMs)
    collect()
    try disk.write(number(0...5), atMs: nowMs)
    try disk.crash()
    houses = RoomHouses(isDurable: true)
    waiting = [:]
    openedMs = [:]
    calls = []
    nowMs += 300
    now = now + .milliseconds(300)
  }

  // MARK: News

  private mutating func collect() {
    while true {
      disk.take(houses.takeOrders())
      let news = houses.takeNews()
      guard !news.isEmpty else { return }
      for item in news { take(item) }
    }
  }

  private mutating func take(_ news: HouseNews) {
    switch news {
    case .done(.socket(let number, _), _, let body): done(number, body)
    case .refused(.socket(let number, _), let refusal): refused(number, refusal)
    case .happened(let room, let events):
      for entry in events {
        if case .shop(.orderMade) = entry.event { calls.append((room, entry.sequence)) }
      }
    case .purchased(_, let purchase): purchases.append(purchase.id)
    case .opened(let room, true):
      openedMs[room] = nowMs
      // As `ControlCore.enter`: who was being asked when the last process died.
      for order in houses[room]?.ordersBeingCreated ?? [] { calls.append((room, order)) }
    default: break
    }
  }

  private mutating func done(_ number: UInt64, _ body: [UInt8]) {
    guard let key = waiting.removeValue(forKey: number), var asked = asked[key] else { return }
    if let reply = asked.reply {
      repeats += 1
      if reply != body { complaints.append("\(key) got two different replies") }
    }
    if asked.reply == nil { promises.append((disk.operations, key, asked.envelope, body)) }
    if asked.isRefused { complaints.append("\(key) was refused, and carried out") }
    asked.reply = body
    self.asked[key] = asked
  }

  private mutating func refused(_ number: UInt64, _ refusal: CommandRefusal) {
    guard let key = waiting.removeValue(forKey: number) else { return }
    // Nothing was done, and it may be asked again.
    if [.overloaded, .rate].contains(refusal.code) { return }
    if asked[key]?.reply != nil {
      complaints.append("\(key) was carried out, and refused as \(refusal.code)")
    }
    // Asked twice: a key of what was refused is as good as new, and the other one may be carried out.
    if waiting.values.contains(key) { return }
    keys.removeAll { $0 == key }
    asked[key]?.isRefused = true
  }

  // MARK: Commands

  private mutating func act() {
    guard let room = pick(rooms) else { return }
    let isHost = number(0...5) == 0 || (houses[room]?.state.shop.listings.isEmpty ?? true)
    let identity = isHost ? "alice" + suffix : pick(people) ?? ""
    let shop = houses[room]?.state.shop ?? Shop()
    let command = isHost ? hostCommand(shop) : buyerCommand(shop, room, identity)
    lastNumber += 1
    let key = "k\(lastNumber)\(suffix)"
    var envelope = CommandEnvelope(
      identity: identity, name: identity, role: isHost ? .host : .viewer, command: command,
      key: key,
      atMs: nowMs)
    envelope.parameters = Array("\(command)".utf8.prefix(200))
    envelope.seed = (0..<32).map { UInt8(truncatingIfNeeded: Int(lastNumber) &* 7 &+ $0) }
    envelope.hasMerchant = true
    envelope.merchant = "wool"
    envelope.tier = number(0...1) == 0 ? .webRTC : .hls
    asked[key] = Asked(room: room, envelope: envelope)
    keys.append(key)
    again(key)
    // A page that is in doubt asks twice.
    if number(0...9) == 0 { again(key) }
  }

  /// Asks, whether it was asked before or not.
  private mutating func again(_ key: String?) {
    guard let key, var asked = asked[key], !asked.isRefused, houses.require(asked.room) else {
      return
    }
    asked.envelope.atMs = nowMs
    if asked.envelope.role == .host {
      try? houses.arrive(
        Arrival(identity: asked.envelope.identity, name: "", role: .host), in: asked.room,
        atMs: nowMs)
    }
    lastNumber += 1
    if houses.submit(asked.envelope, in: asked.room, for: .socket(lastNumber, ref: nil)) {
      waiting[lastNumber] = key
    }
  }

  private mutating func hostCommand(_ shop: Shop) -> RoomCommand {
    let sku = pick(["A", "B"]) ?? "A"
    switch shop.listings.isEmpty ? 0 : number(0...13) {
    case 0:
      let variant = VariantDraft(sku: sku, priceMinor: 1000, units: Int64(number(8...30)))
      return .shop(
        .putListing(
          ListingDraft(reference: sku, title: sku, currency: "EUR", variants: [variant])))
    case 1...3:
      return .shop(
        .scheduleDrop(
          DropDraft(
            sku: sku, quantity: Int64(number(1...3)), priceMinor: 700, countdownSeconds: 10,
            durationSeconds: 10, perBuyer: 2, mode: pick([.hold, .hold, .firstPaid]) ?? .hold,
            holdSeconds: 30)))
    case 4...8:
      return .shop(
        .openLot(
          LotDraft(sku: sku, startMinor: 100, durationSeconds: Int64(number(10...12)))))
    case 9:
      return .shop(
        .putVoucher(VoucherDraft(code: "TEN", kind: .percent, value: 10, perBuyer: 3)))
    case 10:
      var change = ShopSettingsChange()
      change.isPaused = number(0...2) == 0
      change.holdSeconds = 30
      return .shop(.setShop(change))
    case 11: return .shop(.refundOrder(pick(shop.orders.map(\.key)) ?? 1, reason: nil))
    case 12: return .shop(.cancelDrop(pick(shop.drops.map(\.id)) ?? 1))
    default: return .shop(.shipOrder(pick(shop.orders.map(\.key)) ?? 1))
    }
  }

  private mutating func buyerCommand(
    _ shop: Shop, _ room: String, _ identity: String
  ) -> RoomCommand {
    let own = houses[room]?.people.person(identity).map { BuyerID($0.rawValue) }
    let holds = shop.holds.filter { $0.value.buyer == own }.map(\.key)
    switch number(0...21) {
    case 0...6:
      return .gift(id: pick(["rose", "coffee", "star", "gem"]) ?? "", count: Int64(number(1...3)))
    case 7...8: return .buyCoins(pack: pick(["small", "medium"]) ?? "")
    case 9...11: return .shop(.claim(drop: pick(shop.drops.map(\.id)) ?? 1, quantity: 1))
    case 12...15:
      guard let lot = shop.liveLot else { return .shop(.checkout(hold: pick(holds))) }
      return .shop(
        .bid(
          lot: lot.id, amountMinor: lot.nextMinor + Int64(number(0...50)),
          maxMinor: pick([nil, 3000])
            ?? nil))
    case 16: return .shop(.setCart(pick(["A", "B"]) ?? "A", quantity: Int64(number(0...2))))
    case 17: return .shop(.applyVoucher("TEN"))
    case 18...19: return .shop(.checkout(hold: pick(holds)))
    case 20: return .shop(.releaseHold(pick(holds) ?? 1))
    default: return .shop(.cancelOrder(pick(shop.orders.map(\.key)) ?? 1))
    }
  }

  /// The merchant answers and reports, and a service gives coins back.
  private mutating func trade() {
    switch number(0...5) {
    case 0...1:
      guard !calls.isEmpty else { return }
      let call = calls.removeFirst()
      let answer: CheckoutAnswer =
        number(0...7) > 0 ? .payment(url: "https://pay.example/1") : .failed(reason: "closed")
      tell(.checkoutAnswered(order: call.order, answer), call.room, key: nil)
    case 2...3:
      guard let room = pick(rooms),
        let order = pick(houses[room]?.state.shop.orders.map(\.key) ?? [])
      else { return }
      let report = number(0...3) > 0 ? OrderReport.paid : pick(OrderReport.allCases) ?? .failed
      tell(
        .orderReported(order: order, report), room,
        key: Bool.random(using: &random) ? "r\(number(0...30))" : nil)
    case 4:
      guard let purchase = pick(purchases) else { return }
      order(
        .settle(purchase: purchase, merchant: "wool"), by: "merchant:wool",
        key: "paid-\(purchase)-\(number(0...1))")
    default:
      guard number(0...3) == 0, let key = pick(keys), case .gift = asked[key]?.envelope.command,
        let body = asked[key]?.reply, let id = SimulatedMoney.transfer(body)
      else { return }
      order(.undo(transfer: id), by: "desk", key: "refund-\(id)")
    }
  }

  private static func transfer(_ body: [UInt8]) -> Int64? {
    let text = String(decoding: body, as: UTF8.self)
    guard let range = text.firstRange(of: "\"transfer\":") else { return nil }
    return Int64(text[range.upperBound...].prefix { $0.isNumber })
  }

  private mutating func tell(_ command: ShopServerCommand, _ room: String, key: String?) {
    guard houses.require(room) else { return }
    _ = houses.submit(
      CommandEnvelope(command, by: "merchant/wool", key: key, atMs: nowMs), in: room, for: nil)
  }

  private mutating func order(_ work: TransferOrder.Work, by subject: String, key: String) {
    houses.order(
      TransferOrder(
        work, subject: subject, key: key, parameters: [1], purpose: TransferPurpose(), atMs: nowMs),
      Transferring(room: "", subject: subject, name: "", waiter: nil))
  }

  // MARK: Checks

  /// Whatever is due happens within a second in every room that is open.
  private mutating func checkClocks() {
    for room in rooms {
      guard let opened = openedMs[room], let due = houses[room]?.state.shop.nextDueMs else {
        continue
      }
      if nowMs > max(due, opened) + 1000 {
        complaints.append("\(room) had something to do at \(due), it is \(nowMs)")
      }
    }
  }

  /// The disk is well, nobody dies: rooms nobody comes to are seen to, then everybody gets every reply.
  private mutating func settle() throws {
    if number(0...1) == 0, dies { try crash() }
    try stand(SimulatedMoney.openingMs)
    for room in rooms where houses[room] == nil {
      guard let key = try disk.reader.room(named: room) else { continue }
      if let due = try replay(key).state.shop.nextDueMs {
        complaints.append("nobody has opened \(room), which has something to do at \(due)")
      }
    }
    for room in rooms { _ = houses.require(room) }
    for _ in 0..<60 {
      try stand(1000)
      let open = keys.filter { asked[$0]?.reply == nil && !waiting.values.contains($0) }
      if open.isEmpty, disk.isIdle { break }
      for key in open { again(key) }
    }
    for key in keys where asked[key]?.reply == nil {
      complaints.append("\(key) has no reply: \(asked[key].map { "\($0.envelope.command)" } ?? "")")
    }
    for room in rooms { try checkRoom(room) }
  }

  private mutating func checkRoom(_ name: String) throws {
    guard let key = try disk.reader.room(named: name) else { return }
    let replayed = try replay(key)
    complaints += replayed.complaints.map { "\(name): \($0)" }
    if houses[name]?.state != replayed.state {
      complaints.append("\(name): the log replayed is another state")
    }
    let ledger = try disk.reader.gifts(in: key, after: 0)
    let numbers = ledger.compactMap(\.number)
    if numbers != (0..<ledger.count).map({ Int64($0) + 1 }) {
      complaints.append("\(name): the ledger counts gifts as \(numbers)")
    }
    let told = ledger.map { [$0.number ?? 0, $0.purpose.coins, $0.purpose.count] }
    if told != replayed.gifts {
      complaints.append("\(name): the log has gifts \(replayed.gifts), the ledger \(told)")
    }
    for (key, asked) in asked where asked.room == name {
      guard let reply = asked.reply else { continue }
      switch asked.envelope.command {
      case .gift, .buyCoins: bodies[reply, default: 0] += 1
      default: try checkReply(reply, key, asked)
      }
    }
    gifts += ledger.count
    sold += Int(replayed.state.shop.revenue.paidCount)
    wins += replayed.wins
    expired += replayed.expired
  }

  private func replay(_ key: RoomKey) throws -> ReplayedRoom {
    try ReplayedRoom(key, from: disk.reader, atMs: nowMs, deaths: deaths)
  }

  private mutating func checkReply(_ reply: [UInt8], _ key: String, _ asked: Asked) throws {
    let reader = try disk.reader
    guard let room = try reader.room(named: asked.room) else { return }
    let stored = try reader.reply(
      in: room, keyHash: IdempotencyIndex.hash(subject: asked.envelope.identity, key: key),
      subject: asked.envelope.identity, key: key, atMs: nowMs)
    if stored?.body != reply {
      complaints.append("\(key) was answered otherwise than it is stored")
    }
  }
}
