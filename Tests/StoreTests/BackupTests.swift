// Backups while a server writes, and bringing them back.

import Foundation
import RoomLog
import Synchronization
import Testing

@testable import Store

@Suite("Backups")
struct BackupTests {
  private let folder: TemporaryFolder
  private let place: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    place = try TemporaryFolder()
  }

  private func fill(_ count: Int) throws {
    let writer = try RoomWriter(folder.directory, atMs: 1)
    var feed = RoomFeed(try writer.open("shop"))
    for _ in 0..<count { _ = try writer.write(feed.next()) }
  }

  @Test("a backup taken while a server writes restores to everything acknowledged before it")
  func whileWriting() throws {
    let acknowledged = Atomic<Int>(0)
    let arrived = Arrivals<CommitOutcome>()
    let store = try RoomStore(.sqlite(folder.directory)) { outcomes in
      acknowledged.add(outcomes.count, ordering: .releasing)
      arrived.add(outcomes)
    }
    let opened = Arrivals<RoomKey>()
    _ = store.open("shop", atMs: 1) { result, _ in
      if let key = try? result.get() { opened.add([key]) }
    }
    var feed = RoomFeed(opened.wait(for: 1)[0])
    for round in 1...5 {
      for _ in 0..<2000 { #expect(store.commit(feed.next())) }
      // In the middle of a group.
      _ = arrived.wait(for: (round - 1) * 2000 + 500)
      let before = acknowledged.load(ordering: .acquiring)
      let content = try Backup.make(of: folder.directory, to: place.path + "/copy-\(round)")
      #expect(content.rooms == 1 && content.events >= before)
      let restored = StoreDirectory(place.path + "/restored-\(round)")
      #expect(try Backup.restore(place.path + "/copy-\(round)", to: restored) == content)
      let image = try RoomReader(restored).image(of: feed.room, atMs: 1)
      #expect(image.tail.map(\.sequence) == Array(1...Int64(content.events)))
      #expect(image.replies.count == content.events)
      _ = arrived.wait(for: round * 2000)
    }
    store.close()
  }

  @Test("nothing is overwritten, and no draft is left behind")
  func existing() throws {
    try fill(3)
    let path = place.path + "/copy"
    _ = try Backup.make(of: folder.directory, to: path)
    #expect(throws: StoreError.self) { try Backup.make(of: folder.directory, to: path) }
    #expect(throws: StoreError.self) { try Backup.restore(path, to: folder.directory) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["copy"])
  }

  @Test("a folder in use is not restored to")
  func inUse() throws {
    try fill(3)
    let path = place.path + "/copy"
    _ = try Backup.make(of: folder.directory, to: path)
    let other = try TemporaryFolder()
    let store = try RoomStore(.sqlite(other.directory)) { _ in }
    #expect(throws: StoreError.inUse(path: other.path)) {
      try Backup.restore(path, to: other.directory)
    }
    store.close()
  }

  @Test("a damaged, a newer and a foreign file are refused by name, and leave nothing")
  func unusable() throws {
    try fill(200)
    let path = place.path + "/copy"
    _ = try Backup.make(of: folder.directory, to: path)
    let target = StoreDirectory(place.path + "/target")
    func refusal() -> String? {
      do throws(StoreError) {
        _ = try Backup.restore(path, to: target)
        return nil
      } catch {
        return error.name
      }
    }
    let whole = try Data(contentsOf: URL(filePath: path))
    do {
      let database = try Database(path, .write)
      try database.run("DELETE FROM events WHERE sequence = 100")
    }
    #expect(refusal() == "damaged")
    try whole.write(to: URL(filePath: path))
    do { try Database(path, .write).run("INSERT INTO schema_version VALUES (99, 1)") }
    #expect(refusal() == "newer-schema")
    try Data(repeating: 66, count: 9000).write(to: URL(filePath: path))
    #expect(refusal() == "not-hawkers")
    try whole.prefix(whole.count / 2).write(to: URL(filePath: path))
    #expect(refusal() != nil)
    #expect(!FileManager.default.fileExists(atPath: target.database))
    try whole.write(to: URL(filePath: path))
    #expect(refusal() == nil)
  }
}
