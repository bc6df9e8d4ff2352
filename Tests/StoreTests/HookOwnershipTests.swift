// Webhooks of several processes on one database: who sends what, and who hears of changes.

import Foundation
import Loop
import RoomLog
import Synchronization
import Testing
import Wire

@testable import Store

@Suite("Who sends a webhook")
struct HookOwnershipTests {
  /// A process with its writer, its reader, and what it is told.
  private struct Member {
    let writer: PostgresWriter
    let reader: RoomReader
    let due = Arrivals<Int64>()
    let endpoints = Arrivals<[HookEndpointRow]>()
    private let board: StoreBoard

    init(_ node: String, _ address: PostgresAddress, lease: TimeSpan) throws {
      let (due, endpoints) = (due, endpoints)
      writer = try PostgresWriter(
        address, node: node, patience: StorePatience(lease: lease)
      ) { news in
        switch news {
        case .lost, .erased, .revocations, .worthTelling: break
        case .endpoints(let rows): endpoints.add([rows])
        case .hooksDue(let ids): due.add(Array(ids))
        }
      }
      reader = RoomReader(try PostgresSession(address, journal: nil), node: node)
      board = try StoreBoard()
    }

    /// One round, whenever the last one was.
    func round() throws {
      _ = try writer.tend(board, isIdle: true, at: .distantFuture)
    }

    func change(_ change: HookChange) throws -> HookChanged? {
      try writer.write([.hook(change)]).first?.ofHook
    }

    /// An endpoint that wants everything.
    func endpoint() throws -> Int64 {
      let row = HookEndpointRow(
        merchant: "shop", url: "https://shop.example/", keys: ["k"], topics: ["*"],
        deadlineMs: 3000, createdMs: 5)
      guard case .done(let made?)? = try change(.put(row)) else { throw StoreError.unknownRoom }
      return made
    }

    /// Bodies that wait for this process.
    func waiting(_ endpoint: Int64) throws -> [[UInt8]] {
      try reader.waitingHooks(of: endpoint, limit: 100).map(\.body)
    }
  }

  private final class Flag: Sendable {
    let value = Mutex(false)
  }

  private let address: PostgresAddress
  private let brief = TimeSpan.milliseconds(400)
  /// Longer than any test.
  private let long = TimeSpan.seconds(3600)

  init() throws { address = try PostgresServer.shared().schema().address }

  @Test("what a silent process has not sent is another's after the life of a lease, and once")
  func takeover() throws {
    let anna = try Member("anna", address, lease: brief)
    let endpoint = try anna.endpoint()
    var feed = RoomFeed(try anna.writer.open("shop"))
    var entry = feed.next()
    entry.outbox = [1, 2, 3].map { OutboxRow(topic: "room.live", body: [$0], atMs: 1) }
    _ = try anna.writer.write(entry)
    let done = try #require(try anna.reader.waitingHooks(of: endpoint, limit: 9).first)
    _ = try anna.change(
      .attempted(
        HookAttemptRow(
          delivery: done.id, attempts: 1, state: .delivered, dueMs: 1, status: 200, error: nil,
          atMs: 2)))
    let (ben, cem) = (
      try Member("ben", address, lease: long), try Member("cem", address, lease: brief)
    )
    try ben.round()
    #expect(ben.due.wait(for: 0).isEmpty, "taken from a process that has just spoken")
    #expect(try ben.waiting(endpoint).isEmpty)
    #expect(try anna.waiting(endpoint) == [[2], [3]])
    while try cem.waiting(endpoint).isEmpty {
      try cem.round()
      usleep(20_000)
    }
    #expect(cem.due.wait(for: 1).allSatisfy { $0 == endpoint })
    #expect(try cem.waiting(endpoint) == [[2], [3]])
    #expect(try anna.waiting(endpoint).isEmpty)
    try ben.round()
    #expect(ben.due.wait(for: 0).isEmpty)
    // What has ended stays with who sent it, until it is sent anew.
    #expect(
      try ben.change(.replay(delivery: done.id, endpoint: endpoint, atMs: 9))
        == .done(made: done.id))
    #expect(try ben.waiting(endpoint) == [[1]])
  }

  @Test("a process that ends leaves what it has not sent to the others at once")
  func leaving() throws {
    let (anna, ben) = (
      try Member("anna", address, lease: long), try Member("ben", address, lease: long)
    )
    let endpoint = try anna.endpoint()
    _ = try anna.change(
      .send(OutboxRow(topic: "hook.test", body: [7]), endpoint: endpoint, atMs: 1))
    try ben.round()
    #expect(try ben.waiting(endpoint).isEmpty)
    anna.writer.close()
    try ben.round()
    #expect(ben.due.wait(for: 1) == [endpoint])
    #expect(try ben.waiting(endpoint) == [[7]])
  }

  @Test("what one process changes of endpoints the others hear, once")
  func endpoints() throws {
    let (anna, ben) = (
      try Member("anna", address, lease: long), try Member("ben", address, lease: long)
    )
    try ben.round()
    #expect(ben.endpoints.wait(for: 1) == [[]])
    let endpoint = try anna.endpoint()
    try ben.round()
    try ben.round()
    #expect(ben.endpoints.wait(for: 2).map { $0.map(\.id) } == [[], [endpoint]])
    _ = try anna.change(.disable(endpoint: endpoint, why: "gone", atMs: 3))
    try ben.round()
    #expect(ben.endpoints.wait(for: 3).last?.first?.disabledMs == 3)
  }

  @Test("an endpoint that goes while a message is written to it takes nothing else along")
  func removed() throws {
    let anna = try Member("anna", address, lease: long)
    let (endpoint, other) = (try anna.endpoint(), try anna.endpoint())
    var feed = RoomFeed(try anna.writer.open("shop"))
    let (address, isGoing, isWritten) = (address, DispatchSemaphore(value: 0), Flag())
    let removal = Thread {
      defer { isGoing.signal() }
      guard let database = try? PostgresSession(address, journal: nil) else { return }
      try? database.run("BEGIN")
      try? database.run("DELETE FROM hook_endpoints WHERE id = ?", .integer(other))
      isGoing.signal()
      // The write below waits for this transaction, or has seen it: both must do.
      while isWritten.value.withLock({ !$0 }),
        (try? database.integer(
          """
          SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))
          """)) == 0
      {
        usleep(1000)
      }
      try? database.run("COMMIT")
    }
    removal.start()
    isGoing.wait()
    var entry = feed.next()
    entry.outbox = [OutboxRow(topic: "room.live", body: [1], atMs: 1)]
    let written = Result { try anna.writer.write(entry) }
    isWritten.value.withLock { $0 = true }
    #expect(try written.get()?.isCommitted == true)
    isGoing.wait()
    #expect(try anna.waiting(endpoint) == [[1]])
    #expect(try anna.reader.database.integer("SELECT count(*) FROM hook_deliveries") == 1)
  }
}
