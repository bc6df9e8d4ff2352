// What processes on one database agree on and tell each other.

import Foundation
import Loop
import RoomLog
import Synchronization
import Testing
import Wire

@testable import Store

@Suite("Processes on one database")
struct NodeTests {
  /// A process with its writer, and what it was told.
  private final class Member: Sendable {
    let revoked = Arrivals<RevocationRow>()
    let told = Arrivals<Set<StoreHint>>()
    let erased = Arrivals<ErasedPerson>()
    let board: StoreBoard

    init() throws { board = try StoreBoard() }

    func writer(_ node: String, _ address: PostgresAddress) throws -> PostgresWriter {
      let (revoked, told, erased) = (revoked, told, erased)
      return try PostgresWriter(address, node: node) { news in
        switch news {
        case .revocations(let rows): revoked.add(rows)
        case .worthTelling(let hints): told.add([hints])
        case .erased(let people): erased.add(people)
        case .lost, .endpoints, .hooksDue: break
        }
      }
    }
  }

  private let address: PostgresAddress

  init() throws { address = try PostgresServer.shared().schema().address }

  private func agree(_ own: String?, make made: String? = nil) throws -> String? {
    try SharedSecrets.agree(
      on: try PostgresSession(address, journal: nil), "keys", own: own, make: { made })
  }

  @Test("a secret is made once; a new one counts for all, an old one gives way for ever")
  func secrets() throws {
    try PostgresMigration.run(on: address, atMs: 1)
    #expect(try agree(nil) == nil)
    #expect(try agree(nil, make: "a") == "a")
    #expect(try agree(nil, make: "b") == "a")
    #expect(try agree("a") == "a")
    // An operator has changed it on one machine.
    #expect(try agree("c") == "c")
    for _ in 0..<2 { #expect(try agree("a") == "c") }
    for own in ["d", "c", "a"] { #expect(try agree(own) == "d") }
    let session = try PostgresSession(address, journal: nil)
    let kept = try session.rows("SELECT value FROM shared_secrets WHERE name = 'keys'", []) {
      $0.optionalString(0)
    }
    #expect(kept.compactMap { $0 } == ["d"], "old ones are kept as digests alone")
  }

  @Test("many processes that start together have one key, each its own number")
  func membership() async throws {
    let address = address
    try PostgresMigration.run(on: address, atMs: 1)
    let members = try await withThrowingTaskGroup(of: NodeMembership?.self) { group in
      for number in 0..<8 {
        group.addTask {
          try PostgresWriter(address, node: "node-\(number)") { _ in }.membership()
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let found = members.compactMap { $0 }
    #expect(found.count == 8 && Set(found.map(\.key)).count == 1)
    #expect(Set(found.map(\.node)).count == 8)
    #expect(found[0].key.count == SharedSecrets.nodeKeyByteCount)
    #expect(!"\(found[0])".contains("\(found[0].key[0])\(found[0].key[1])"))
  }

  @Test("a revoked token is heard of by all, once; a restored one too; a new process has them all")
  func revocations() throws {
    let (anna, ben) = (try Member(), try Member())
    let first = try anna.writer("anna", address)
    let second = try ben.writer("ben", address)
    func round(_ writer: PostgresWriter, _ member: Member) throws {
      _ = try writer.tend(member.board, isIdle: true, at: .distantFuture)
    }
    try round(second, ben)
    let forEver = RevocationRow(room: "demo", subject: "eve")
    let brief = RevocationRow(room: "demo", subject: "mal", untilMs: RoomStore.nowMs + 100_000)
    let written = try first.write([.revocation(forEver), .revocation(brief)])
    #expect(written.allSatisfy { $0.isCommitted })
    #expect(anna.told.wait(for: 1) == [[.revocations]])
    try round(second, ben)
    #expect(Set(ben.revoked.wait(for: 2)) == [forEver, brief])
    try round(second, ben)
    var lifted = forEver
    lifted.isLifted = true
    _ = try first.write([.revocation(lifted)])
    try round(second, ben)
    #expect(ben.revoked.wait(for: 3).dropFirst(2) == [lifted])
    #expect(try Member().writer("carl", address).revocations() == [brief])
    #expect(try second.revocations() == [brief])
  }

  @Test("a process that is nudged looks at once, but not more often than ten times a second")
  func nudge() throws {
    let (anna, ben) = (try Member(), try Member())
    let first = try anna.writer("anna", address)
    let second = try ben.writer("ben", address)
    let start = SystemClock.now()
    let next = try second.tend(ben.board, isIdle: true, at: start)
    #expect(next >= start + .seconds(4))
    let row = RevocationRow(room: "demo", subject: "eve")
    _ = try first.write([.revocation(row)])
    _ = try second.tend(ben.board, isIdle: true, at: start + .seconds(1))
    #expect(ben.revoked.wait(for: 0).isEmpty)
    ben.board.isNudged.store(true, ordering: .releasing)
    let soon = start + StoreLimits.nudgePause
    #expect(try second.tend(ben.board, isIdle: true, at: soon - .milliseconds(1)) == soon)
    #expect(ben.revoked.wait(for: 0).isEmpty)
    _ = try second.tend(ben.board, isIdle: true, at: soon)
    #expect(ben.revoked.wait(for: 0) == [row])
  }

  @Test(
    "rooms taken and given back, endpoints and erasures are worth telling; a room's events are not")
  func hints() throws {
    let anna = try Member()
    let writer = try anna.writer("anna", address)
    let room = try writer.open("demo")
    var feed = RoomFeed(room)
    _ = try writer.write([.entry(feed.next())])
    _ = try writer.write([.release(room)])
    _ = try writer.write([.hook(.disable(endpoint: 1, why: "", atMs: 1))])
    writer.noteErasure()
    writer.close()
    let expected: [Set<StoreHint>] = [
      [.room("demo")], [.rooms], [.hooks], [.erasures], [.rooms, .hooks],
    ]
    #expect(anna.told.wait(for: 5) == expected)
  }

  @Test("a wallet that moved is worth telling, by its account alone; what moved nothing is not")
  func wallets() throws {
    let (anna, ben) = (try Member(), try Member())
    let writer = try anna.writer("anna", address)
    let other = try ben.writer("ben", address)
    guard
      case .posted(let purchase)? = try writer.write([
        .transfer(.purchase(of: 50, by: "bob", key: "p"))
      ]).first?.ofTransfer,
      case .posted(let deposit)? = try other.write([.transfer(.settle(purchase.id, key: "s"))])
        .first?.ofTransfer
    else {
      Issue.record("not posted")
      return
    }
    _ = try other.write([.transfer(.settle(purchase.id, key: "again"))])
    _ = try other.write([.release(RoomKey(rawValue: 1))])
    let wallet = try #require(deposit.wallet)
    #expect(purchase.wallet == nil)
    #expect(ben.told.wait(for: 2) == [[.wallet(wallet)], [.rooms]])
    #expect(anna.told.wait(for: 0).isEmpty)
    let reader = RoomReader(try PostgresSession(address, journal: nil), node: "anna")
    #expect(
      try reader.wallets([wallet, wallet + 1]) == [
        WalletRow(owner: "bob", balance: 50, transfer: deposit.id)
      ])
  }

  @Test("one process at a time keeps to the retention; it lets go when it is done")
  func upkeep() throws {
    try PostgresMigration.run(on: address, atMs: 1)
    let (anna, ben) = (
      try PostgresSession(address, journal: nil), try PostgresSession(address, journal: nil)
    )
    var (first, second) = (
      Retention(days: nil, atMs: RoomStore.nowMs), Retention(days: nil, atMs: RoomStore.nowMs)
    )
    #expect(try first.step(anna) == false)
    #expect(try second.step(ben), "the other one is at it")
    while try !first.step(anna) {}
    var third = Retention(days: nil, atMs: RoomStore.nowMs)
    #expect(try third.step(ben) == false)
  }
}
