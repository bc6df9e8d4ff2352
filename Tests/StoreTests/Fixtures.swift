// A folder for one test, rows to write, and a disk that fails.

import CFaultyDisk
import Foundation
import RoomLog
import Synchronization
import Testing

@testable import Store

/// A folder that goes, with all that is in it, when its last reference does.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "hawker-store-\(UUID())").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var directory: StoreDirectory { StoreDirectory(path) }

  /// Whether any file of the folder holds these bytes.
  func holds(_ text: String) throws -> Bool {
    for name in try FileManager.default.contentsOfDirectory(atPath: path) {
      let file = try Data(contentsOf: URL(filePath: path + "/" + name))
      if file.range(of: Data(text.utf8)) != nil { return true }
    }
    return false
  }
}

/// A disk under SQLite that is told when to fail.
@safe final class FaultyDisk: Sendable {
  let name = "faulty-\(UUID())"
  nonisolated(unsafe) private let disk: OpaquePointer

  init() throws { unsafe disk = try #require(unsafe faulty_disk_begin(name)) }

  deinit { unsafe faulty_disk_end(disk) }

  var count: Int { unsafe Int(faulty_disk_count(disk)) }

  /// One recorded operation.
  enum Operation {
    case write(at: Int, [UInt8])
    case truncate(to: Int)
    case sync
    case delete
  }

  func operation(_ index: Int) -> (file: faulty_file, Operation) {
    let raw = unsafe faulty_disk_operation(disk, Int64(index))
    let (file, offset) = unsafe (raw.file, Int(raw.offset))
    switch unsafe raw.kind {
    case FAULTY_WRITE:
      let bytes = unsafe UnsafeBufferPointer(start: raw.bytes, count: Int(raw.count))
      return (file, .write(at: offset, unsafe Array(bytes)))
    case FAULTY_TRUNCATE: return (file, .truncate(to: offset))
    case FAULTY_SYNC: return (file, .sync)
    default: return (file, .delete)
    }
  }

  /// The sync after the next `count` ones fails, and all later ones.
  func failSync(after count: Int, ofDatabase: Bool = false) {
    unsafe faulty_disk_fail_sync(disk, Int64(count), ofDatabase ? 1 : 0)
  }

  /// Only this many bytes can still be written; nil: there is room again.
  func fill(_ bytes: Int?) { unsafe faulty_disk_fill(disk, Int64(bytes ?? -1)) }
}

/// Rows of a room, in order.
struct RoomFeed {
  let room: RoomKey
  var last: Int64 = 0
  private var ticket: UInt64 = 0

  init(_ room: RoomKey, last: Int64 = 0) {
    self.room = room
    self.last = last
  }

  static func body(_ room: RoomKey, _ sequence: Int64) -> [UInt8] {
    Array("{\"said\":\"\(room.rawValue)-\(sequence)\"}".utf8)
  }

  /// A command with `count` events, a text and a reply.
  mutating func next(_ count: Int64 = 1, kind: String = "said", actor: UInt32 = 1) -> CommitEntry {
    ticket += 1
    var entry = CommitEntry(room: room, ticket: ticket)
    for _ in 0..<count {
      last += 1
      entry.events.append(
        EventRow(
          sequence: last, atMs: 1000 + last, mediaTimeMs: 900 + last, actor: actor, kind: kind,
          body: RoomFeed.body(room, last)))
    }
    entry.texts = [TextRow(text: last, author: actor, body: "text \(last)")]
    entry.reply = ReplyRow(
      keyHash: UInt64(last), subject: "anna", key: "key-\(last)",
      parameters: [UInt8](repeating: 9, count: 32), status: 200, body: Array("{\"ok\":1}".utf8),
      atMs: 1000 + last)
    return entry
  }
}

extension LogWriter {
  /// Opens a room in a group of its own.
  func open(_ name: String) throws -> RoomKey {
    guard case .opened(let key)? = try write([.open(name: name, atMs: 1)]).first else {
      throw StoreError.unknownRoom
    }
    return key
  }

  /// Writes one entry in a group of its own.
  func write(_ entry: CommitEntry) throws -> CommitOutcome.Result? {
    try write([.entry(entry)]).first?.ofEntry
  }
}

/// Values left by other threads, for a test that waits for them.
final class Arrivals<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])
  private let condition = NSCondition()

  func add(_ new: [Element]) {
    condition.lock()
    elements.withLock { $0 += new }
    condition.broadcast()
    condition.unlock()
  }

  /// Waits until there are `count`.
  func wait(for count: Int) -> [Element] {
    condition.lock()
    defer { condition.unlock() }
    while elements.withLock({ $0.count }) < count { condition.wait() }
    return elements.withLock { $0 }
  }
}

/// A reproducible sequence of numbers (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Whether the long versions of tests were asked for.
let isLong = ProcessInfo.processInfo.environment["HAWKER_LONG"] != nil
