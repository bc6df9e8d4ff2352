// Connections to PostgreSQL lost around a commit, and a server that does not come back.

import Foundation
import RoomLog
import Testing
import Wire

@testable import Store

@Suite("Commits without an answer")
struct LostAnswerTests {
  @Test("connections cut before, during and after a commit lose nothing and do nothing twice")
  func cuts() throws {
    let server = try PostgresServer.shared()
    let proxy = try CuttingProxy(to: server.folder)
    let (direct, schema) = try server.schema()
    let through = try server.address(schema, through: proxy.folder.path)
    let writer = try PostgresWriter(through, node: "cut") { _ in }
    var feeds = try (0..<3).map { RoomFeed(try writer.open("room-\($0)")) }
    let endpoint = HookEndpointRow(
      merchant: "shop", url: "https://shop.example/", keys: ["k"], topics: ["*"], deadlineMs: 3000,
      createdMs: 5)
    _ = try writer.write([.hook(.put(endpoint))])
    var random = SeededNumbers(seed: 17)
    var promised: [(CommitEntry, reply: Int64)] = []
    for round in 0..<(isLong ? 1000 : 150) {
      let entries = (0..<Int.random(in: 1...5, using: &random)).map { _ in
        var entry = feeds[Int.random(in: 0..<3, using: &random)].next(2)
        entry.outbox = [OutboxRow(topic: "room.live", body: [1], atMs: 1)]
        return entry
      }
      let cut = try #require(CuttingProxy.Cut.allCases.randomElement(using: &random))
      if round % 4 != 3 { proxy.arm(cut) }
      // An opening among them: what only its answer said is had again.
      let items = entries.map { WriteItem.entry($0) } + [.open(name: "late-\(round)", atMs: 1)]
      let outcomes = try writer.write(items)
      guard case .opened? = outcomes.last else {
        Issue.record("not opened")
        return
      }
      for (entry, outcome) in zip(entries, outcomes) {
        guard case .committed(let reply?, _) = outcome else {
          Issue.record("\(outcome)")
          return
        }
        promised.append((entry, reply))
      }
    }
    #expect(proxy.count > 80)
    let reader = RoomReader(try PostgresSession(direct, journal: nil))
    for feed in feeds {
      let image = try reader.image(of: feed.room, atMs: 1)
      #expect(image.tail.map(\.sequence) == Array(1...feed.last))
      #expect(image.replies.count == promised.count { $0.0.room == feed.room })
    }
    for (entry, reply) in promised { #expect(try reader.reply(reply) == entry.reply) }
    for table in ["outbox", "hook_deliveries"] {
      let count = try reader.database.integer("SELECT count(*) FROM \(table)")
      #expect(count == Int64(promised.count), "a message is missing, or there twice")
    }
  }

  @Test("an erasure whose last commit was not answered still says who it was")
  func erasure() throws {
    let server = try PostgresServer.shared()
    for cut in CuttingProxy.Cut.allCases {
      let proxy = try CuttingProxy(to: server.folder)
      let (_, schema) = try server.schema()
      let writer = try PostgresWriter(
        try server.address(schema, through: proxy.folder.path), node: "cut"
      ) { _ in }
      var feed = RoomFeed(try writer.open("room"))
      var entry = feed.next()
      entry.people = [PersonRow(person: 1, identity: "anna", name: "Anna")]
      _ = try writer.write(entry)
      var erasure = Erasure(identity: "anna")
      var isDone = false
      while !isDone {
        proxy.arm(cut)
        isDone = try erasure.step(writer.connection, atMs: 1)
      }
      #expect(erasure.erased == [ErasedPerson(room: feed.room, person: 1)])
    }
  }

  @Test("coins move once each, wherever the connection is cut")
  func transfers() throws {
    let server = try PostgresServer.shared()
    let proxy = try CuttingProxy(to: server.folder)
    let (_, schema) = try server.schema()
    let writer = try PostgresWriter(
      try server.address(schema, through: proxy.folder.path), node: "cut"
    ) { _ in }
    let room = try writer.open("room")
    func post(_ order: TransferOrder) throws -> Transfer? {
      guard case .posted(let transfer)? = try writer.write([.transfer(order)]).first?.ofTransfer
      else { return nil }
      return transfer
    }
    let purchase = try #require(try post(.purchase(of: 100, by: "ann", key: "p")))
    #expect(try post(.settle(purchase.id, key: "s")) != nil)
    var random = SeededNumbers(seed: 5)
    for round in 1...60 {
      proxy.arm(try #require(CuttingProxy.Cut.allCases.randomElement(using: &random)))
      let gift = try #require(try post(.gift(1, from: "ann", in: room, key: "g\(round)")))
      #expect(gift.number == Int64(round) && gift.balance == Int64(100 - round))
    }
    #expect(proxy.count > 40)
    let reader = RoomReader(try PostgresSession(try server.address(schema), journal: nil))
    #expect(try reader.ledgerFaults() == [])
    #expect(try reader.balance(of: "ann") == 40)
  }

  @Test("a process whose name another one has taken writes nothing more")
  func superseded() throws {
    let stage = try StoreStage(.postgres)
    let first = try stage.writer()
    var feed = RoomFeed(try first.open("shop"))
    _ = try first.write(feed.next())
    let second = try stage.writer()
    #expect(throws: StoreError.inUse(path: "this server's name in the database")) {
      try first.write(feed.next())
    }
    #expect(try stage.reader().image(of: feed.room, atMs: 1).lastSequence == 1)
    // Its rooms are the second's at once: it has the name.
    #expect(try second.open("shop") == feed.room)
  }

  @Test("a server that does not come back ends the process with one line that says so")
  func fatal() async throws {
    let result = try await #require(
      processExitsWith: .exitCode(StoreFault.exitStatus), observing: [\.standardErrorContent]
    ) {
      let server = try PostgresServer()
      let folder = try TemporaryFolder()
      let committed = Arrivals<CommitOutcome>()
      let store = try RoomStore(
        .postgres(try server.schema().address, folder.directory),
        patience: StorePatience(reconnect: .milliseconds(500))
      ) { outcomes in
        // An acknowledgement after this would be a lie.
        if outcomes.contains(where: { $0.ticket == 2 }) { exit(99) }
        committed.add(outcomes)
      }
      let opened = Arrivals<RoomKey>()
      _ = store.open("shop", atMs: 1) { result, _ in opened.add([(try? result.get())!]) }
      var feed = RoomFeed(opened.wait(for: 1)[0])
      _ = store.commit(feed.next())
      _ = committed.wait(for: 1)
      server.stop()
      _ = store.commit(feed.next())
      // Never comes.
      _ = committed.wait(for: 2)
    }
    let errors = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(errors.contains("the store failed, and the process ends"))
    #expect(errors.contains("storage-away"))
  }
}
