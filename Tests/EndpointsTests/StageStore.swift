// A real store on a disk of its own, waited for order by order.

import Foundation
import RoomLog
import Store
import Synchronization

@testable import Endpoints

/// Carries out the rooms' orders one after the other.
final class StageStore: Sendable {
  private let folder: String
  private let store: HouseStore
  private let answers: Answers
  private let old: StageStore?

  /// What the store has said, and who waits for it.
  private final class Answers: Sendable {
    private let waiting = DispatchSemaphore(value: 0)
    private let list = Mutex<[HouseAnswer]>([])

    func add(_ answer: HouseAnswer) {
      list.withLock { $0.append(answer) }
      waiting.signal()
    }

    func next() -> HouseAnswer {
      waiting.wait()
      return list.withLock { $0.removeFirst() }
    }
  }

  /// - Parameters:
  ///   - nowMs: the clock of retention and replies, milliseconds since 1970.
  ///   - old: a closed store, to go on with what it wrote.
  init(nowMs: Int64, retentionDays: Int? = nil, after old: StageStore? = nil) throws {
    self.old = old
    folder = try old?.folder ?? StageStore.newFolder()
    let answers = Answers()
    self.answers = answers
    store = try HouseStore(
      .sqlite(StoreDirectory(folder)), retentionDays: retentionDays, nowMs: { nowMs }
    ) { answers.add($0) }
  }

  private static func newFolder() throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "hawker-stage-\(UUID())")
      .path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }

  /// Does what was ordered and closes.
  func close() { store.close() }

  deinit {
    store.close()
    // The folder goes with the store that made it, which outlives those after it.
    if old == nil { try? FileManager.default.removeItem(atPath: folder) }
  }

  /// The answer to an order; nil for those that have none.
  func carryOut(_ order: HouseOrder) -> HouseAnswer? {
    store.carryOut(order)
    switch order {
    case .open, .commit, .lookUp, .read, .readWallets, .erase, .transfer, .findDue:
      return answers.next()
    case .change(_, let number):
      if number > 0 { return answers.next() }
      // Nobody is told when it is written: the next change is written after it.
      store.carryOut(.change(.remove(endpoint: -1), number: .max))
      _ = answers.next()
      return nil
    case .keep, .release, .upkeep, .noteViewers: return nil
    }
  }

  /// Whether any file of the store holds these bytes.
  func holds(_ text: String) throws -> Bool {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let file = try Data(contentsOf: URL(filePath: folder + "/" + name))
      if file.range(of: Data(text.utf8)) != nil { return true }
    }
    return false
  }
}
