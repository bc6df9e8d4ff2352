// Webhooks on the disk: who gets which message, tries, replay, what goes with time.

import JSON
import RoomLog
import Testing

@testable import Store

/// An empty store with what webhooks are tested by.
private struct HookStage {
  // Its folder goes with it.
  private let stage: StoreStage
  let writer: any LogWriter
  let reader: RoomReader

  init(_ kind: StoreKind) throws {
    stage = try StoreStage(kind)
    writer = try stage.writer()
    reader = try stage.reader()
  }

  func endpoint(
    _ merchant: String = "shop", topics: [String] = ["*"]
  ) throws -> Int64 {
    let row = HookEndpointRow(
      merchant: merchant, url: "https://\(merchant).example/", keys: ["whsec_a", "whsec_b"],
      topics: topics, deadlineMs: 3000, createdMs: 5)
    guard case .hooked(.done(let made?), _)? = try writer.write([.hook(.put(row))]).first else {
      throw StoreError.unknownRoom
    }
    return made
  }

  func change(_ change: HookChange) throws -> HookChanged? {
    try writer.write([.hook(change)]).first?.ofHook
  }

  func waiting(_ endpoint: Int64) throws -> [HookDeliveryRow] {
    try reader.waitingHooks(of: endpoint, limit: 100)
  }

  func messages() throws -> Int64 {
    try reader.database.integer("SELECT count(*) FROM outbox") ?? -1
  }
}

@Suite("Webhooks in the store")
struct HookStoreTests {
  @Test(
    "a message goes to each endpoint that wants its topic, under one id, with the events",
    arguments: StoreKind.allCases)
  func fanOut(_ kind: StoreKind) throws {
    let stage = try HookStage(kind)
    let all = try stage.endpoint()
    let some = try stage.endpoint("other", topics: ["room.ended", "viewer.joined"])
    let off = try stage.endpoint("off")
    #expect(try stage.change(.disable(endpoint: off, why: "gone", atMs: 9)) == .done(made: nil))
    let room = try stage.writer.open("r")
    var feed = RoomFeed(room)
    var entry = feed.next()
    entry.outbox = [
      OutboxRow(topic: "room.live", body: [1], atMs: 10),
      OutboxRow(topic: "room.ended", body: [2], atMs: 10),
      OutboxRow(topic: "room.ended", body: [3], merchant: "shop", atMs: 10),
      OutboxRow(topic: "viewer.joined", body: [4], isOnRequest: true, atMs: 10),
      OutboxRow(topic: "viewer.left", body: [5], isOnRequest: true, atMs: 10),
    ]
    #expect(Set(try #require(try stage.writer.write([.entry(entry)]).first).hooks) == [all, some])
    #expect(try stage.waiting(all).map(\.body) == [[1], [2], [3]])
    #expect(try stage.waiting(some).map(\.body) == [[2], [4]])
    #expect(try stage.waiting(off).isEmpty)
    #expect(try stage.messages() == 4, "what nobody wants is not written")
    let ids = try stage.waiting(all).map(\.message)
    #expect(Set(ids).count == 3 && ids.allSatisfy { $0.hasPrefix("hwk_") && $0.count == 36 })
    #expect(try stage.waiting(some).first?.message == ids[1])
  }

  @Test("a refused entry leaves no message behind", arguments: StoreKind.allCases)
  func refused(_ kind: StoreKind) throws {
    let stage = try HookStage(kind)
    let endpoint = try stage.endpoint()
    let room = try stage.writer.open("r")
    var feed = RoomFeed(room)
    let good = feed.next()
    var entry = feed.next()
    // The reference was given already.
    entry.texts = good.texts
    entry.outbox = [OutboxRow(topic: "room.live", body: [1])]
    let outcomes = try stage.writer.write([.entry(good), .entry(entry)])
    #expect(!outcomes[1].ofEntry.isCommitted && outcomes[1].hooks.isEmpty)
    #expect(try stage.waiting(endpoint).isEmpty)
    #expect(try stage.messages() == 0)
  }

  @Test(
    "tries are written down; what ended can be sent anew under its id",
    arguments: StoreKind.allCases)
  func tries(_ kind: StoreKind) throws {
    let stage = try HookStage(kind)
    let endpoint = try stage.endpoint()
    #expect(
      try stage.change(.send(OutboxRow(topic: "hook.test", body: [1]), endpoint: 99, atMs: 5))
        == .missing
    )
    _ = try stage.change(
      .send(OutboxRow(topic: "hook.test", body: [1]), endpoint: endpoint, atMs: 5))
    let row = try #require(try stage.waiting(endpoint).first)
    var attempt = HookAttemptRow(
      delivery: row.id, attempts: 1, state: .waiting, dueMs: 5000, status: 500,
      error: "answered 500", atMs: 6)
    #expect(try stage.change(.attempted(attempt)) == .done(made: nil))
    #expect(try stage.waiting(endpoint).first?.dueMs == 5000)
    #expect(
      try stage.change(.replay(delivery: row.id, endpoint: endpoint, atMs: 7)) == .missing,
      "it waits already")
    #expect(try stage.change(.replay(delivery: row.id, endpoint: 99, atMs: 7)) == .missing)
    attempt.state = .dead
    attempt.attempts = 10
    _ = try stage.change(.attempted(attempt))
    #expect(try stage.waiting(endpoint).isEmpty)
    let dead = try #require(
      try stage.reader.hookDeliveries(of: endpoint, state: .dead, limit: 9).first)
    #expect(dead.attempts == 10 && dead.lastError == "answered 500" && dead.lastStatus == 500)
    #expect(
      try stage.change(.replay(delivery: row.id, endpoint: endpoint, atMs: 7))
        == .done(made: row.id))
    #expect(try stage.waiting(endpoint).first?.message == row.message)
    #expect(try stage.waiting(endpoint).first?.attempts == 0)
  }

  @Test(
    "an endpoint goes with its deliveries and the messages only it had",
    arguments: StoreKind.allCases)
  func removal(_ kind: StoreKind) throws {
    let stage = try HookStage(kind)
    let first = try stage.endpoint()
    let second = try stage.endpoint("other")
    _ = try stage.change(.send(OutboxRow(topic: "hook.test", body: [1]), endpoint: first, atMs: 5))
    _ = try stage.change(.send(OutboxRow(topic: "hook.test", body: [2]), endpoint: second, atMs: 5))
    #expect(try stage.change(.remove(endpoint: first)) == .done(made: nil))
    #expect(try stage.change(.remove(endpoint: first)) == .missing)
    #expect(try stage.reader.hookEndpoints().map(\.id) == [second])
    #expect(try stage.messages() == 1)
    #expect(try stage.waiting(second).count == 1)
  }

  @Test(
    "the configuration makes, changes and disables its endpoints, and no others",
    arguments: StoreKind.allCases)
  func configured(_ kind: StoreKind) throws {
    let stage = try HookStage(kind)
    let own = try stage.endpoint("rest")
    func row(_ merchant: String, _ url: String) -> HookEndpointRow {
      HookEndpointRow(
        merchant: merchant, url: url, keys: ["k"], topics: ["*"], deadlineMs: 3000, createdMs: 1)
    }
    let first = try stage.writer.configureHooks(
      [row("a", "https://1/"), row("b", "https://2/")], atMs: 1)
    #expect(first.map(\.merchant) == ["rest", "a", "b"])
    let second = try stage.writer.configureHooks([row("a", "https://3/")], atMs: 2)
    #expect(second.map(\.id) == first.map(\.id))
    #expect(second[1].url == "https://3/" && second[1].disabledMs == nil)
    #expect(second[2].disabledMs == 2)
    let third = try stage.writer.configureHooks([row("b", "https://2/")], atMs: 3)
    #expect(third.map(\.disabledMs) == [nil, 3, nil])
    #expect(third[0].id == own)
  }

  @Test(
    "topics the configuration names come back at each start, others stay as chosen since",
    arguments: StoreKind.allCases)
  func configuredTopics(_ kind: StoreKind) throws {
    let stage = try HookStage(kind)
    func start(_ topics: [String]) throws -> HookEndpointRow {
      let row = HookEndpointRow(
        merchant: "a", url: "https://1/", keys: ["k"], topics: topics, deadlineMs: 3000,
        createdMs: 1)
      return try #require(try stage.writer.configureHooks([row], atMs: 1).first)
    }
    var row = try start([])
    #expect(row.topics == ["*"])
    row.topics = ["order.paid"]
    _ = try stage.change(.put(row))
    #expect(try start([]).topics == ["order.paid"])
    #expect(try start(["*", "price.check"]).topics == ["*", "price.check"])
    _ = try stage.change(.put(row))
    #expect(try start(["*", "price.check"]).topics == ["*", "price.check"])
    #expect(try start([]).topics == ["*", "price.check"])
  }

  @Test(
    "what was delivered goes after a week, what died after a month, what waits never",
    arguments: StoreKind.allCases)
  func retention(_ kind: StoreKind) throws {
    let stage = try HookStage(kind)
    let endpoint = try stage.endpoint()
    let day: Int64 = 86_400_000
    for state in HookDeliveryRow.State.allCases {
      _ = try stage.change(
        .send(
          OutboxRow(topic: "hook.test", body: [UInt8(state.rawValue)]), endpoint: endpoint, atMs: 0)
      )
      let row = try #require(try stage.waiting(endpoint).last)
      _ = try stage.change(
        .attempted(
          HookAttemptRow(
            delivery: row.id, attempts: 1, state: state, dueMs: 0, status: nil, error: nil,
            atMs: 0)))
    }
    func left(after days: Int64) throws -> [HookDeliveryRow.State] {
      var retention = Retention(days: nil, atMs: days * day)
      while try !retention.step(stage.writer.connection) {}
      return try stage.reader.hookDeliveries(of: endpoint, limit: 9).map(\.state).reversed()
    }
    #expect(try left(after: 7) == [.waiting, .delivered, .dead])
    #expect(try left(after: 8) == [.waiting, .dead])
    #expect(try left(after: 31) == [.waiting])
    #expect(try stage.messages() == 1)
  }

  @Test("an erased person's messages go, delivered or not", arguments: StoreKind.allCases)
  func erasure(_ kind: StoreKind) throws {
    let stage = try HookStage(kind)
    let endpoint = try stage.endpoint("shop", topics: ["viewer.joined"])
    let room = try stage.writer.open("r")
    var feed = RoomFeed(room)
    var entry = feed.next()
    entry.outbox = ["anna", "ben"].map {
      OutboxRow(topic: "viewer.joined", body: Array($0.utf8), subject: $0, isOnRequest: true)
    }
    _ = try stage.writer.write([.entry(entry)])
    #expect(try stage.waiting(endpoint).count == 2)
    var erasure = Erasure(identity: "anna")
    while try !erasure.step(stage.writer.connection, atMs: 2) {}
    #expect(try stage.waiting(endpoint).map(\.body) == [Array("ben".utf8)])
  }

  @Test("a database of schema 1 becomes one of schema 2 with what it holds")
  func migration() throws {
    let folder = try TemporaryFolder()
    let database = try Database(folder.directory.database, .create)
    try Migration.run([.rooms], on: database, atMs: 1)
    try database.run("INSERT INTO rooms(name, created_ms) VALUES ('old', 1)")
    try Migration.run(on: database, atMs: 2)
    #expect(try database.string("SELECT name FROM rooms") == "old")
    #expect(try database.integer("SELECT count(*) FROM hook_endpoints") == 0)
    #expect(try database.integer("SELECT max(version) FROM schema_version") ?? 0 >= 2)
  }
}
