// The data folder: its files, the lock that keeps a second server out, and names that outlive a crash.

import Glibc

/// The folder a store lives in.
package struct StoreDirectory: Sendable {
  /// Without a slash at its end.
  package let path: String

  package init(_ path: String) { self.path = path }

  /// The database; SQLite keeps its log (`-wal`) and the log's index (`-shm`) beside it.
  package var database: String { path + "/" + StoreDirectory.databaseName }
  /// What a server locks for as long as it runs.
  package var lockFile: String { path + "/hawker.lock" }

  private static let databaseName = "hawker.db"

  /// Makes the folder and those above it.
  func make() throws(StoreError) {
    var current = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      current += "/" + part
      if unsafe mkdir(current, 0o750) != 0 && errno != EEXIST {
        throw StoreDirectory.failure(current)
      }
    }
  }

  /// Locks the folder until the lock's last reference goes; the kernel ends it with the process.
  ///
  /// - Throws: `.inUse` when another process, or another store of this one, has it.
  package func lock() throws(StoreError) -> DirectoryLock {
    let descriptor = unsafe open(lockFile, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw StoreDirectory.failure(lockFile) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let isTaken = errno == EWOULDBLOCK
      let failure = StoreDirectory.failure(lockFile)
      Glibc.close(descriptor)
      throw isTaken ? .inUse(path: path) : failure
    }
    return DirectoryLock(descriptor)
  }

  /// This server's name for other servers: drawn once, then kept in the file `node`. The lock lets one
  /// process at a time have it.
  func nodeName() throws(StoreError) -> String {
    let file = path + "/node"
    if let name = StoreDirectory.readNode(file) { return name }
    let drawn = UInt64.random(in: 0 ... .max)
    let name =
      String(repeating: "0", count: drawn.leadingZeroBitCount / 4) + String(drawn, radix: 16)
    let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw StoreDirectory.failure(file) }
    defer { Glibc.close(descriptor) }
    guard unsafe write(descriptor, name, name.utf8.count) == name.utf8.count, fsync(descriptor) == 0
    else { throw StoreDirectory.failure(file) }
    return name
  }

  /// Nil when it is not there, or was cut by a crash.
  private static func readNode(_ file: String) -> String? {
    let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { Glibc.close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 17)
    let count = unsafe read(descriptor, &bytes, bytes.count)
    guard count == 16 else { return nil }
    return String(decoding: bytes[..<16], as: UTF8.self)
  }

  /// Puts the folder's names on the disk: a file's name outlives a crash only once its folder does.
  func sync() throws(StoreError) { try StoreDirectory.sync(path) }

  static func sync(_ folder: String) throws(StoreError) {
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(folder) }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(folder) }
  }

  /// The error of the call that has just failed.
  static func failure(_ path: String) -> StoreError {
    .file(path: path, text: unsafe String(cString: strerror(errno)))
  }
}

/// A locked data folder. A class: the lock is one descriptor, closed once.
package final class DirectoryLock: Sendable {
  private let descriptor: Int32

  fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { Glibc.close(descriptor) }
}
