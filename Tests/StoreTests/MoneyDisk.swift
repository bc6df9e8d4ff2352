// The store's thread as a value: a real database that is written, answers and dies when a test says so.

import Room
import RoomLog
import Wire

@testable import Endpoints
@testable import Store

/// Takes the houses' orders in order, writes them in groups, answers them; two queues that a crash empties.
///
/// A class because it owns the database's connections.
final class MoneyDisk {
  private let stage: StoreStage
  /// A disk that remembers what was written to it, under SQLite.
  private let recording: FaultyDisk?
  private var writer: (any LogWriter)?
  private var connection: RoomReader?
  private var orders: [HouseOrder] = []
  private var answers: [HouseAnswer] = []
  /// What was wrong with the ledger right after some commit, or with what was to be written.
  private(set) var faults: [String] = []
  /// Groups in which coins moved.
  private(set) var moves = 0

  init(_ kind: StoreKind, recording: FaultyDisk? = nil) throws {
    self.recording = recording
    stage = try StoreStage(kind)
    try begin()
  }

  /// The process begins.
  private func begin() throws {
    switch stage.place {
    case .sqlite(let directory):
      let new = try RoomWriter(directory, atMs: 1, vfs: recording?.name)
      // The process dies here; where the machine does, its writes are recorded.
      if recording == nil { try new.database.run("PRAGMA synchronous = OFF") }
      writer = new
    case .postgres(let address, _):
      // Longer than any test: time is the test's own.
      writer = try PostgresWriter(
        address, node: "money", patience: StorePatience(lease: .seconds(3600))
      ) { _ in }
    }
    connection =
      if case .postgres(let address, _) = stage.place {
        RoomReader(try PostgresSession(address, journal: nil), node: "money")
      } else {
        try stage.reader()
      }
  }

  var reader: RoomReader {
    get throws {
      guard let connection else { throw StoreError.unknownRoom }
      return connection
    }
  }

  /// How much has gone to a disk that remembers it.
  var operations: Int { recording?.count ?? 0 }

  var isIdle: Bool { orders.isEmpty && answers.isEmpty }

  func take(_ orders: [HouseOrder]) { self.orders += orders }

  /// The process dies: what was not written is lost, and what was is not answered.
  func crash() throws {
    orders = []
    answers = []
    writer = nil
    connection = nil
    try begin()
  }

  /// The oldest answer, which the process now has.
  func nextAnswer() -> HouseAnswer? { answers.isEmpty ? nil : answers.removeFirst() }

  // MARK: Writing

  /// Writes the oldest orders, as many as go together in one commit.
  func write(_ count: Int, atMs nowMs: Int64) throws {
    let next = orders.prefix(count)
    orders.removeFirst(next.count)
    var group: [(order: HouseOrder, item: WriteItem)] = []
    for order in next {
      if let item = MoneyDisk.item(order, nowMs) {
        group.append((order, item))
      } else {
        try flush(&group, nowMs)
        try answer(order)
      }
    }
    try flush(&group, nowMs)
  }

  private static func item(_ order: HouseOrder, _ nowMs: Int64) -> WriteItem? {
    switch order {
    case .open(let room): .open(name: room, atMs: nowMs)
    case .commit(let entry): .entry(entry)
    case .keep(let snapshot, let room): .snapshot(room, snapshot)
    case .release(let room): .release(room)
    case .transfer(let order, _): .transfer(order)
    case .lookUp, .read, .readWallets, .erase, .change, .findDue, .upkeep, .noteViewers: nil
    }
  }

  private func flush(
    _ group: inout [(order: HouseOrder, item: WriteItem)], _ nowMs: Int64
  ) throws {
    guard !group.isEmpty, let writer else { return }
    defer { group = [] }
    let outcomes = try writer.write(group.map(\.item))
    // Commits are told before what was opened, as the store's threads do.
    for (order, outcome) in zip(group.map(\.order), outcomes) {
      guard case .commit(let entry) = order else { continue }
      switch outcome.ofEntry {
      case .committed(let row):
        answers.append(.committed(entry.room, ticket: entry.ticket, replyRow: row))
      case .refused(let error):
        faults.append("an entry was refused: \(error)")
        answers.append(.refused(entry.room, ticket: entry.ticket))
      }
    }
    for (order, outcome) in zip(group.map(\.order), outcomes) {
      switch order {
      case .open(let room):
        let key = try outcome.ofOpening.get()
        answers.append(
          .opened(room: room, try OpenedRoom(reading: key, from: reader, atMs: nowMs)))
      case .transfer(_, let number):
        answers.append(.transferred(number: number, outcome.ofTransfer))
      default: break
      }
    }
    guard group.contains(where: { $0.item.isJudged }) else { return }
    moves += 1
    let sum = try reader.database.integer("SELECT CAST(sum(coins) AS BIGINT) FROM postings") ?? 0
    if sum != 0 { faults.append("after a commit all postings together are \(sum)") }
    // Each wallet and each transfer for itself costs more, and is as wrong a moment later.
    if moves % 10 == 0 { try check() }
  }

  /// Has the whole ledger looked at.
  func check() throws { faults += try reader.ledgerFaults() }

  private func answer(_ order: HouseOrder) throws {
    switch order {
    case .lookUp(let room, let row, let number):
      let found = try reader.reply(row).map {
        StoredReply(
          subject: $0.subject, key: $0.key, parameters: $0.parameters, status: $0.status,
          body: $0.body)
      }
      answers.append(.found(room: room, number: number, found))
    case .findDue(let place):
      answers.append(.due(try reader.dueRooms(after: place, limit: HousesLimits.dueRoomsMax)))
    case .read(_, let number): answers.append(.read(number: number, nil))
    case .readWallets(let accounts): answers.append(.wallets(try reader.wallets(accounts)))
    default: break
    }
  }
}
