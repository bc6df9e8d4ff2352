// Coins: none made, none lost, none spent twice.

import RoomLog
import Testing

@testable import Store

@Suite("The ledger of coins")
struct LedgerTests {
  private func post(
    _ order: TransferOrder, _ writer: any LogWriter
  ) throws -> TransferOutcome {
    try #require(try writer.write([.transfer(order)]).first).ofTransfer
  }

  /// Gives somebody coins by a purchase that is paid.
  private func fill(
    _ identity: String, _ coins: Int64, _ writer: any LogWriter, key: String = "fill"
  ) throws {
    guard
      case .posted(let purchase) = try post(.purchase(of: coins, by: identity, key: key), writer)
    else {
      Issue.record("no purchase")
      return
    }
    guard case .posted = try post(.settle(purchase.id, key: "paid-\(purchase.id)"), writer) else {
      Issue.record("not settled")
      return
    }
  }

  @Test(
    "a gift moves coins from the wallet to host and house, and the reply says what is left",
    arguments: StoreKind.allCases)
  func gift(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let room = try writer.open("show")
    try fill("ann", 100, writer)
    let outcome = try post(.gift(30, from: "ann", in: room, key: "g1"), writer)
    guard case .posted(let transfer) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(transfer.balance == 70 && transfer.number == 1 && transfer.room == room)
    let wallet = try #require(transfer.wallet)
    #expect(
      try reader.wallets([wallet, wallet + 99]) == [
        WalletRow(owner: "ann", balance: 70, transfer: transfer.id)
      ])
    #expect(try reader.balance(of: "ann") == 70)
    #expect(try reader.earnings(of: "host") == 21)
    #expect(try reader.gifts(in: room, after: 0) == [transfer])
    #expect(try reader.ledgerFaults() == [])
  }

  @Test(
    "a key is carried out once: the same again gets the same, other parameters are refused",
    arguments: StoreKind.allCases)
  func keys(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let room = try writer.open("show")
    try fill("ann", 100, writer)
    let order = TransferOrder.gift(30, from: "ann", in: room, key: "g1")
    guard case .posted(let first) = try post(order, writer) else {
      Issue.record("not posted")
      return
    }
    for _ in 0..<5 { #expect(try post(order, writer) == .repeated(first)) }
    var other = order
    other.parameters = [2]
    #expect(try post(other, writer) == .mismatch)
    // The same key in another room, or of another person, is another key.
    let elsewhere = try writer.open("elsewhere")
    guard case .posted = try post(.gift(30, from: "ann", in: elsewhere, key: "g1"), writer) else {
      Issue.record("not posted")
      return
    }
    #expect(try reader.balance(of: "ann") == 40)
  }

  @Test(
    "repeats within one group are one effect",
    arguments: StoreKind.allCases)
  func keysOfOneGroup(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let room = try writer.open("show")
    try fill("ann", 100, writer)
    let order = TransferOrder.gift(30, from: "ann", in: room, key: "g1")
    let outcomes = try writer.write(Array(repeating: .transfer(order), count: 200)).map(
      \.ofTransfer)
    let posted = outcomes.filter { if case .posted = $0 { true } else { false } }
    #expect(posted.count == 1)
    #expect(try reader.balance(of: "ann") == 70)
  }

  @Test(
    "what is not in the wallet can't be spent, and nothing changes",
    arguments: StoreKind.allCases)
  func insufficient(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let room = try writer.open("show")
    try fill("ann", 29, writer)
    #expect(
      try post(.gift(30, from: "ann", in: room, key: "g1"), writer) == .insufficient(balance: 29))
    #expect(
      try post(.gift(30, from: "bob", in: room, key: "g1"), writer) == .insufficient(balance: 0))
    // Ann's and the merchant's: who only wished has none.
    #expect(try stage.tables().integer("SELECT count(*) FROM accounts") == 2)
    #expect(try reader.gifts(in: room, after: 0) == [])
    // A key of something that was refused is as good as new.
    try fill("ann", 1, writer, key: "more")
    guard case .posted(let transfer) = try post(.gift(30, from: "ann", in: room, key: "g1"), writer)
    else {
      Issue.record("not posted")
      return
    }
    #expect(transfer.balance == 0 && transfer.number == 1)
    #expect(try reader.ledgerFaults() == [])
  }

  @Test(
    "postings that make coins are refused",
    arguments: StoreKind.allCases)
  func unbalanced(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let room = try writer.open("show")
    var order = TransferOrder.gift(30, from: "ann", in: room, key: "g1")
    order.work = .gift([LedgerPosting(LedgerAccount(.wallet, of: "ann"), 30)])
    #expect(try post(order, writer) == .failed)
    order.work = .gift([
      LedgerPosting(LedgerAccount(.house), .max), LedgerPosting(LedgerAccount(.issue), 1),
    ])
    #expect(try post(order, writer) == .failed)
    #expect(try reader.balance(of: "ann") == 0)
  }

  @Test(
    "a purchase is settled once, by its own merchant",
    arguments: StoreKind.allCases)
  func settlement(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    guard case .posted(let purchase) = try post(.purchase(of: 50, by: "ann", key: "p1"), writer)
    else {
      Issue.record("no purchase")
      return
    }
    #expect(try reader.balance(of: "ann") == 0)
    #expect(try post(.settle(purchase.id, by: "thief", key: "a"), writer) == .unknown)
    #expect(try post(.settle(purchase.id + 1, key: "a"), writer) == .unknown)
    guard case .posted(let deposit) = try post(.settle(purchase.id, key: "a"), writer) else {
      Issue.record("not settled")
      return
    }
    #expect(deposit.balance == 50)
    #expect(try post(.settle(purchase.id, key: "another"), writer) == .done(deposit))
    #expect(try reader.balance(of: "ann") == 50)
    #expect(try reader.ledgerFaults() == [])
  }

  @Test(
    "purchases that nobody pays are few in an hour; a key that is known gets its answer all the same",
    arguments: StoreKind.allCases)
  func unsettled(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let writer = try stage.writer()
    var purchases: [Transfer] = []
    for number in 0..<5 {
      let order = TransferOrder.purchase(of: 50, by: "ann", key: "p\(number)")
      guard case .posted(let purchase) = try post(order, writer) else { continue }
      purchases.append(purchase)
    }
    #expect(purchases.count == 5)
    var more = TransferOrder.purchase(of: 50, by: "ann", key: "more")
    #expect(try post(more, writer) == .unsettled(5))
    #expect(
      try post(.purchase(of: 50, by: "ann", key: "p0"), writer) == .repeated(purchases[0]))
    guard case .posted = try post(.purchase(of: 50, by: "bob", key: "b"), writer) else {
      Issue.record("another's purchases count")
      return
    }
    // One that is paid makes room, and so does an hour.
    _ = try post(.settle(purchases[0].id, key: "paid"), writer)
    guard case .posted = try post(more, writer) else {
      Issue.record("a paid one still counts")
      return
    }
    more.key = "later"
    more.atMs += 3_600_001
    guard case .posted = try post(more, writer) else {
      Issue.record("they count for ever")
      return
    }
  }

  @Test(
    "a refund posts everything back, once, and never what is spent already",
    arguments: StoreKind.allCases)
  func refunds(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let room = try writer.open("show")
    guard case .posted(let purchase) = try post(.purchase(of: 50, by: "ann", key: "p1"), writer),
      case .posted(let deposit) = try post(.settle(purchase.id, key: "a"), writer),
      case .posted(let gift) = try post(.gift(30, from: "ann", in: room, key: "g1"), writer)
    else {
      Issue.record("not posted")
      return
    }
    #expect(try post(.undo(deposit.id, key: "u1"), writer) == .insufficient(balance: 20))
    guard case .posted(let refund) = try post(.undo(gift.id, key: "u2"), writer) else {
      Issue.record("not refunded")
      return
    }
    #expect(refund.balance == 50 && refund.number == nil && refund.source == gift.id)
    #expect(try reader.earnings(of: "host") == 0)
    #expect(try post(.undo(gift.id, key: "u3"), writer) == .done(refund))
    #expect(try post(.undo(purchase.id, key: "u4"), writer) == .unknown)
    guard case .posted = try post(.undo(deposit.id, key: "u1"), writer) else {
      Issue.record("not refunded")
      return
    }
    #expect(try reader.balance(of: "ann") == 0)
    #expect(try reader.ledgerFaults() == [])
  }

  @Test(
    "an erased person's coins stay in the sums, and are nobody's",
    arguments: StoreKind.allCases)
  func erasure(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    let room = try writer.open("show")
    try fill("ann", 100, writer)
    guard case .posted(let old) = try post(.gift(30, from: "ann", in: room, key: "g1"), writer)
    else {
      Issue.record("not posted")
      return
    }
    var erasure = Erasure(identity: "ann")
    while try !erasure.step(writer.connection, atMs: 5) {}
    #expect(try reader.balance(of: "ann") == 0)
    #expect(try reader.wallets([try #require(old.wallet)]).isEmpty)
    #expect(try reader.gifts(in: room, after: 0).map(\.subject) == [nil])
    #expect(try reader.earnings(of: "host") == 21)
    #expect(try reader.ledgerFaults() == [])
    // A newcomer of the same name begins with nothing, and with keys of their own.
    try fill("ann", 40, writer)
    guard case .posted(let transfer) = try post(.gift(30, from: "ann", in: room, key: "g1"), writer)
    else {
      Issue.record("not posted")
      return
    }
    #expect(transfer.balance == 10 && transfer.number == 2)
  }

  @Test(
    "whatever is ordered in whatever order, the sum is zero and no wallet is below it",
    arguments: StoreKind.allCases)
  func random(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let (writer, reader) = (try stage.writer(), try stage.reader())
    var random = SeededNumbers(seed: 7)
    let rooms = try (0..<3).map { try writer.open("show-\($0)") }
    let people = ["ann", "bob", "cy", "di"]
    var transfers: [Int64] = []
    for round in 0..<150 {
      var items: [WriteItem] = []
      for _ in 0..<8 {
        let person = people[Int.random(in: 0..<4, using: &random)]
        let key = "k\(Int.random(in: 0..<400, using: &random))"
        let id = transfers.randomElement(using: &random) ?? 1
        let order: TransferOrder =
          switch Int.random(in: 0..<6, using: &random) {
          case 0:
            .purchase(of: Int64.random(in: 1...60, using: &random), by: person, key: "p\(key)")
          case 1: .settle(id, key: "s\(key)")
          case 2: .undo(id, key: "u\(key)")
          default:
            .gift(
              Int64.random(in: 1...40, using: &random), from: person,
              in: rooms[Int.random(in: 0..<3, using: &random)], key: key)
          }
        items.append(.transfer(order))
      }
      for outcome in try writer.write(items).map(\.ofTransfer) {
        if case .posted(let transfer) = outcome { transfers.append(transfer.id) }
      }
      if round % 10 == 9 { #expect(try reader.ledgerFaults() == []) }
    }
    #expect(transfers.count > 100)
    for room in rooms {
      let numbers = try reader.gifts(in: room, after: 0).compactMap(\.number)
      #expect(numbers == Array(1...Int64(numbers.count)))
    }
  }

  @Test(
    "the power goes at every unsynced write: what was acknowledged is there, and the sum is zero")
  func powerCuts() throws {
    let disk = try FaultyDisk()
    let folder = try TemporaryFolder()
    let writer = try RoomWriter(folder.directory, atMs: 1, vfs: disk.name)
    let room = try writer.open("show")
    var promised: [(operations: Int, transfer: Transfer)] = []
    for step in 0..<12 {
      let orders: [TransferOrder] = [
        .purchase(of: 50, by: "ann", key: "p\(step)"),
        .settle(promised.last { $0.transfer.kind == .purchase }?.transfer.id ?? 1, key: "s\(step)"),
        .gift(7, from: "ann", in: room, key: "g\(step)"),
      ]
      for outcome in try writer.write(orders.map { .transfer($0) }).map(\.ofTransfer) {
        if case .posted(let transfer) = outcome { promised.append((disk.count, transfer)) }
      }
    }
    #expect(promised.contains { $0.transfer.kind == .gift })
    var images = CrashImages()
    var random = SeededNumbers(seed: 11)
    var checked = 0
    for index in 0..<disk.count {
      let (file, operation) = disk.operation(index)
      guard images.advance(file, operation) else { continue }
      let loss = CrashImages.Loss.allCases.randomElement(using: &random) ?? .everything
      let crashed = try TemporaryFolder()
      try images.write(to: crashed.directory, losing: loss, &random)
      let kept = promised.filter { $0.operations <= index + 1 }.map(\.transfer)
      guard !kept.isEmpty else { continue }
      let reader = try RoomReader(crashed.directory)
      #expect(try reader.ledgerFaults() == [], "operation \(index), losing \(loss)")
      for transfer in kept { #expect(try reader.transfer(transfer.id) == transfer) }
      checked += 1
    }
    #expect(checked > 30)
  }
}

extension TransferOrder {
  /// Coins for a gift, of which the host gets 70 %.
  static func gift(_ coins: Int64, from giver: String, in room: RoomKey, key: String)
    -> TransferOrder
  {
    let share = coins * 70 / 100
    return TransferOrder(
      .gift([
        LedgerPosting(LedgerAccount(.wallet, of: giver), -coins),
        LedgerPosting(LedgerAccount(.earnings, of: "host"), share),
        LedgerPosting(LedgerAccount(.house), coins - share),
      ]), room: room, subject: giver, key: key, parameters: [1],
      purpose: TransferPurpose(item: "rose", count: 1, coins: coins), atMs: 5)
  }

  static func purchase(of coins: Int64, by identity: String, key: String) -> TransferOrder {
    TransferOrder(
      .purchase, subject: identity, key: key, parameters: [1],
      purpose: TransferPurpose(
        item: "small", count: 1, coins: coins, merchant: "shop", priceMinor: 99, currency: "EUR"),
      atMs: 5)
  }

  static func settle(_ purchase: Int64, by merchant: String = "shop", key: String)
    -> TransferOrder
  {
    TransferOrder(
      .settle(purchase: purchase, merchant: merchant), subject: "merchant:" + merchant, key: key,
      parameters: [1], purpose: TransferPurpose(), atMs: 5)
  }

  static func undo(_ transfer: Int64, key: String) -> TransferOrder {
    TransferOrder(
      .undo(transfer: transfer), subject: "operator", key: key, parameters: [1],
      purpose: TransferPurpose(), atMs: 5)
  }
}
