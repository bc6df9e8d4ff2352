// The power goes at every write that was not synced: nothing that was acknowledged is lost.

import RoomLog
import Testing

@testable import Store

@Suite("Power cuts")
struct PowerCutTests {
  /// What was acknowledged when so many operations had gone to the disk.
  private struct Promise {
    let operations: Int
    let room: RoomKey
    let sequence: Int64
    let reply: Int64
  }

  @Test("whatever of the unsynced writes survives, every acknowledged command is there, in order")
  func everyWrite() throws {
    let folder = try TemporaryFolder()
    let disk = try FaultyDisk()
    let promises = try record(folder, disk, groups: isLong ? 120 : 30)
    var images = CrashImages()
    var random = SeededNumbers(seed: 2026)
    var opened = 0
    for index in 0..<disk.count {
      let (file, operation) = disk.operation(index)
      guard images.advance(file, operation) else { continue }
      let kept = promises.filter { $0.operations <= index + 1 }
      // Losing everything and losing nothing at each write; the others by turns.
      let losses: [CrashImages.Loss] =
        isLong
        ? CrashImages.Loss.allCases
        : [.everything, CrashImages.Loss.allCases.randomElement(using: &random) ?? .nothing]
      for loss in losses {
        try check(images, loss, kept, &random, "crash after operation \(index), losing \(loss)")
        opened += 1
      }
    }
    #expect(opened > 500)
  }

  /// Groups of entries in several rooms, snapshots, erasure and checkpoints on a recorded disk.
  private func record(
    _ folder: TemporaryFolder, _ disk: FaultyDisk, groups: Int
  ) throws -> [Promise] {
    let writer = try RoomWriter(folder.directory, atMs: 1, vfs: disk.name)
    var feeds = try (0..<3).map { RoomFeed(try writer.open("room-\($0)")) }
    var promises: [Promise] = []
    for group in 0..<groups {
      var items: [WriteItem] = []
      for index in feeds.indices where (group + index) % 3 != 0 {
        for _ in 0..<(1 + group % 3) {
          items.append(.entry(feeds[index].next(Int64(1 + group % 2))))
        }
        if group % 5 == 4 {
          items.append(
            .snapshot(feeds[index].room, SnapshotRow(sequence: feeds[index].last, body: [9])))
        }
      }
      let outcomes = try writer.write(items)
      for case (.entry(let entry), .committed(let reply?, _)) in zip(items, outcomes) {
        promises.append(
          Promise(
            operations: disk.count, room: entry.room, sequence: entry.events.last?.sequence ?? 0,
            reply: reply))
      }
      // Afterwards the log starts again at its beginning, over what it held.
      if group % 11 == 10 { _ = try writer.database.checkpoint() }
    }
    return promises
  }

  private func check(
    _ images: CrashImages, _ loss: CrashImages.Loss, _ promises: [Promise],
    _ random: inout SeededNumbers, _ place: String
  ) throws {
    let folder = try TemporaryFolder()
    try images.write(to: folder.directory, losing: loss, &random)
    let database: Database
    do {
      database = try Database(folder.directory.database, .create)
      // The image has crashed already; its own copy needs no care.
      try database.run("PRAGMA synchronous = OFF")
      guard try Migration.version(of: database) > 0 else {
        // A crash before the schema was there: a start makes it.
        #expect(promises.isEmpty, "\(place): the schema is gone")
        try Migration.run(on: database, atMs: 2)
        return
      }
      try Backup.check(database)
    } catch {
      Issue.record("\(place): \(error)")
      return
    }
    for promise in promises {
      let body = try database.first(
        "SELECT body FROM events WHERE room = ? AND sequence = ?",
        [.integer(promise.room.rawValue), .integer(promise.sequence)]
      ) { $0.bytes(0) }
      let reply = try database.string(
        "SELECT key FROM replies WHERE id = ? AND room = ?", .integer(promise.reply),
        .integer(promise.room.rawValue))
      #expect(body == RoomFeed.body(promise.room, promise.sequence), "\(place)")
      #expect(reply == "key-\(promise.sequence)", "\(place)")
    }
  }
}
