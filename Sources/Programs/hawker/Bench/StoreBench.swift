// What the store commits on this machine's disk: commands a second, and how long one waits.

import Config
import Doctor
import Glibc
import JSON
import Loop
import RoomLog
import Store
import Wire

/// Drives a store as a control thread does: decides at once, answers when the commit is told.
enum StoreBench {
  /// What is measured.
  struct Settings {
    var rooms: Int
    /// Commands of the measurement.
    var commands: Int
    /// Commands a second; nil is as fast as they are committed.
    var rate: Int?
    /// Commands under way at most.
    var underWay: Int
    /// Where the database is made, and removed again.
    var folder: String
    /// Whose tables are made there, and stay.
    var store: StoreChoice
  }

  /// - Throws: when the folder is not on a disk.
  static func run(_ settings: Settings) throws -> JSONValue {
    guard FolderFacts(measuring: settings.folder).storage != .memory else {
      throw UsageError(text: "\(settings.folder) is in memory: give a folder on a disk with --data")
    }
    let path = settings.folder + "/hawker-bench-\(getpid())"
    try Files.makeFolder(path)
    defer { remove(path) }
    let sync = try syncMicroseconds(path)
    let bench = try StoreDriver(settings, try StorePlace(settings.store, data: path))
    let report = bench.run()
    return [
      "benchmark": "store", "store": .string("\(settings.store)"),
      "rooms": .integer(Int64(settings.rooms)),
      "commands": .integer(Int64(settings.commands)),
      "rate": settings.rate.map { .integer(Int64($0)) } ?? .null,
      "fsync_p50_us": .integer(sync.median), "fsync_p99_us": .integer(sync.high),
      "commands_per_s": .integer(report.perSecond),
      "cpu_us_per_command": .double(report.cpuMicroseconds),
      "commands_per_commit": .double((report.perCommit * 10).rounded() / 10),
      "acknowledged_p50_ms": .double(report.median), "acknowledged_p99_ms": .double(report.high),
    ]
  }

  static func remove(_ path: String) {
    for name in ["hawker.db", "hawker.db-wal", "hawker.db-shm", "hawker.lock", "node", "sync"] {
      _ = unsafe unlink(path + "/" + name)
    }
    _ = unsafe rmdir(path)
  }

  /// How long it takes to append 16 KiB durably, a small commit's share.
  private static func syncMicroseconds(_ path: String) throws -> (median: Int64, high: Int64) {
    let descriptor = unsafe open(path + "/sync", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw UsageError(text: "\(path): \(Files.errorText())") }
    defer { close(descriptor) }
    let bytes = [UInt8](repeating: 1, count: 16_384)
    var times: [Int64] = []
    for _ in 0..<300 {
      let start = SystemClock.now()
      guard unsafe write(descriptor, bytes, bytes.count) == bytes.count, fdatasync(descriptor) == 0
      else { throw UsageError(text: "\(path): \(Files.errorText())") }
      times.append((SystemClock.now() - start).nanoseconds / 1000)
    }
    times.sort()
    return (times[times.count / 2], times[times.count * 99 / 100])
  }
}
