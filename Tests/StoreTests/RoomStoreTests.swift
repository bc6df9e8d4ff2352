// The store with its threads: order, completions after the commit, and its end.

import Foundation
import RoomLog
import Testing

@testable import Store

@Suite("The store's threads")
struct RoomStoreTests {
  @Test(
    "entries of many rooms are committed in order, and found again by the next process",
    arguments: StoreKind.allCases)
  func order(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let outcomes = Arrivals<CommitOutcome>()
    var store = try RoomStore(stage.place) { outcomes.add($0) }
    var feeds = try (0..<5).map { RoomFeed(try open("room-\($0)", store).key) }
    for round in 0..<1000 { #expect(store.commit(feeds[round % 5].next(2))) }
    let arrived = outcomes.wait(for: 1000)
    for feed in feeds {
      let tickets = arrived.filter { $0.room == feed.room }.map(\.ticket)
      #expect(tickets == Array(1...200))
    }
    #expect(arrived.allSatisfy { $0.result.isCommitted })
    #expect(try open("room-3", store).lastSequence == 400)
    store.close()
    store = try RoomStore(stage.place) { _ in }
    #expect(try open("room-3", store).lastSequence == 400)
    store.close()
  }

  @Test(
    "an outcome comes only when the entry can be read by others",
    arguments: StoreKind.allCases)
  func afterCommit(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let seen = Arrivals<Bool>()
    let store = try RoomStore(stage.place) { outcomes in
      // On the writing thread: nothing can be committed meanwhile.
      for outcome in outcomes {
        let last = try? stage.reader().image(of: outcome.room, atMs: 1).lastSequence
        seen.add([last ?? 0 >= Int64(outcome.ticket)])
      }
    }
    var feed = RoomFeed(try open("shop", store).key)
    for _ in 0..<20 { #expect(store.commit(feed.next())) }
    #expect(seen.wait(for: 20).allSatisfy { $0 })
    store.close()
  }

  @Test(
    "closing does what was asked for before",
    arguments: StoreKind.allCases)
  func closing(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let outcomes = Arrivals<CommitOutcome>()
    let store = try RoomStore(stage.place) { outcomes.add($0) }
    var feed = RoomFeed(try open("shop", store).key)
    for _ in 0..<500 { #expect(store.commit(feed.next())) }
    store.close()
    #expect(outcomes.wait(for: 500).count == 500)
    #expect(try stage.reader().image(of: feed.room, atMs: 1).lastSequence == 500)
  }

  @Test(
    "erasing and upkeep are done between commits and answered",
    arguments: StoreKind.allCases)
  func jobs(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    let outcomes = Arrivals<CommitOutcome>()
    let store = try RoomStore(stage.place) { outcomes.add($0) }
    var feed = RoomFeed(try open("shop", store).key)
    var entry = feed.next()
    entry.people = [PersonRow(person: 1, identity: "anna", name: "Anna")]
    #expect(store.commit(entry))
    let erased = Arrivals<ErasedPerson>()
    let kept = Arrivals<Bool>()
    #expect(
      store.erase(identity: "anna", atMs: 5) { result in
        erased.add((try? result.get()) ?? [])
      })
    #expect(
      store.upkeep(retentionDays: 1, atMs: 5) { result in
        kept.add([(try? result.get()) != nil])
      })
    for _ in 0..<50 { #expect(store.commit(feed.next())) }
    #expect(erased.wait(for: 1) == [ErasedPerson(room: feed.room, person: 1)])
    #expect(kept.wait(for: 1) == [true])
    #expect(outcomes.wait(for: 51).allSatisfy { $0.result.isCommitted })
    store.close()
  }
}

@Suite("The store's threads on SQLite")
struct SQLiteThreadsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("the write-ahead log stays bounded under constant writing")
  func boundedLog() throws {
    let outcomes = Arrivals<CommitOutcome>()
    let store = try RoomStore(.sqlite(folder.directory)) { outcomes.add($0) }
    var feed = RoomFeed(try open("shop", store).key)
    // Some 130 MB of log, were it never copied and started again; the bound and one group are 66.
    for round in 0..<900 {
      var entry = feed.next()
      entry.events[0].body =
        Array("\"".utf8) + [UInt8](repeating: 65, count: 150_000) + Array("\"".utf8)
      #expect(store.commit(entry))
      if round % 10 == 9 { _ = outcomes.wait(for: round + 1) }
    }
    let log = try FileManager.default.attributesOfItem(atPath: folder.directory.database + "-wal")
    let bytes = (log[.size] as? Int) ?? .max
    #expect(bytes < 70 << 20)
    store.close()
  }

  @Test(
    "a room with a million events opens from its snapshot in under a second", .enabled(if: isLong))
  func largeRoom() throws {
    let count: Int64 = 1_000_000
    do {
      let writer = try RoomWriter(folder.directory, atMs: 1)
      var feed = RoomFeed(try writer.open("shop"))
      while feed.last < count {
        var items: [WriteItem] = []
        for _ in 0..<1000 { items.append(.entry(feed.next())) }
        _ = try writer.write(items)
        if writer.database.logPages > StoreLimits.checkpointPages {
          _ = try writer.database.checkpoint()
        }
      }
      let state = SnapshotRow(
        sequence: count - 1000, body: [UInt8](repeating: 65, count: 200_000))
      _ = try writer.write([.snapshot(feed.room, state)])
    }
    let store = try RoomStore(.sqlite(folder.directory)) { _ in }
    let start = ContinuousClock.now
    let image = try open("shop", store)
    #expect(ContinuousClock.now - start < .seconds(1))
    #expect(image.tail.count == 1000 && image.lastSequence == count)
    #expect(image.replies.count == count)
    store.close()
  }

  @Test("a failed fsync ends the process with one line that says so")
  func fatal() async throws {
    let result = try await #require(
      processExitsWith: .exitCode(StoreFault.exitStatus), observing: [\.standardErrorContent]
    ) {
      let folder = try TemporaryFolder()
      let disk = try FaultyDisk()
      let committed = Arrivals<CommitOutcome>()
      let store = try RoomStore(.sqlite(folder.directory), vfs: disk.name) { outcomes in
        // An acknowledgement after this would be a lie.
        if outcomes.contains(where: { $0.ticket == 2 }) { exit(99) }
        committed.add(outcomes)
      }
      let opened = Arrivals<RoomKey>()
      _ = store.open("shop", atMs: 1) { result, _ in opened.add([(try? result.get())!]) }
      var feed = RoomFeed(opened.wait(for: 1)[0])
      _ = store.commit(feed.next())
      _ = committed.wait(for: 1)
      disk.failSync(after: 0)
      _ = store.commit(feed.next())
      // Never comes.
      _ = committed.wait(for: 2)
    }
    let errors = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(errors.contains("the store failed, and the process ends"))
    #expect(errors.contains("storage-failed"))
  }

  @Test("a gift that may not have reached the disk is not acknowledged: the process ends")
  func failedSyncOfGift() async throws {
    await #expect(processExitsWith: .exitCode(StoreFault.exitStatus)) {
      let folder = try TemporaryFolder()
      let disk = try FaultyDisk()
      let store = try RoomStore(.sqlite(folder.directory), vfs: disk.name) { _ in }
      let opened = Arrivals<RoomKey>()
      _ = store.open("shop", atMs: 1) { result, _ in opened.add([(try? result.get())!]) }
      let room = opened.wait(for: 1)[0]
      let done = Arrivals<TransferOutcome>()
      func order(_ order: TransferOrder) { _ = store.transfer(order) { done.add([$0]) } }
      order(.purchase(of: 50, by: "ann", key: "p"))
      guard case .posted(let purchase)? = done.wait(for: 1).last else { exit(98) }
      order(.settle(purchase.id, key: "s"))
      _ = done.wait(for: 2)
      disk.failSync(after: 0)
      // An answer after this would be a lie.
      _ = store.transfer(.gift(30, from: "ann", in: room, key: "g")) { _ in exit(99) }
      _ = done.wait(for: 3)
    }
  }
}

/// Opens a room and waits for its image.
func open(_ name: String, _ store: RoomStore) throws -> RoomImage {
  let images = Arrivals<Result<RoomImage, StoreError>>()
  #expect(
    store.open(name, atMs: 1) { result, reader in
      images.add([
        result.flatMap { key in
          Result { () throws(StoreError) in try reader.image(of: key, atMs: 1) }
        }
      ])
    })
  return try #require(images.wait(for: 1).first).get()
}
