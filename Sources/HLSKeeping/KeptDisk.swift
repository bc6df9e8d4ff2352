// The folder of kept shows: the calls that change or read it, each whole or not at all.

import Glibc

/// A call on the folder that failed.
package struct DiskFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// The errno value.
  package let code: Int32

  package init(code: Int32) { self.code = code }
  /// No room, by the disk, by a quota, or by what is left for others.
  package var isFull: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }
  /// There is no such file.
  package var isMissing: Bool { code == ENOENT || code == ENOTDIR }
  /// What was to be read is not there, or not as it was written.
  package var isLoss: Bool { isMissing || code == EIO }
  package static let full = DiskFault(code: ENOSPC)
  /// What is there can't be what was written.
  static let unreadable = DiskFault(code: EIO)
  static let noMemory = DiskFault(code: ENOMEM)
  package var description: String { unsafe String(cString: strerror(code)) }
  static var last: DiskFault { DiskFault(code: errno) }
}

/// What writing and reading shows needs of a disk; a test's has faults.
package protocol KeptDisk {
  /// Makes a file appear whole: written beside it, on the disk when `isDurable`, then renamed.
  ///
  /// - Parameter isSecret: for nobody but its owner.
  func replace(
    _ path: String, _ chunks: [[UInt8]], isSecret: Bool, isDurable: Bool) throws(DiskFault)
  /// Appends to a file, which is made if there is none: all of the text, or nothing of it.
  func append(_ path: String, _ text: [UInt8]) throws(DiskFault)
  /// A whole file of at most `limit` bytes.
  func read(_ path: String, limit: Int) throws(DiskFault) -> [UInt8]
  /// The length of a file; nil when there is none.
  func size(_ path: String) -> Int?
  /// What is in a folder, sorted, without what is hidden.
  func list(_ path: String) -> [String]
  /// Removes a file, or a folder with everything in it.
  func remove(_ path: String)
  /// Puts the names in a folder on the disk.
  func sync(_ path: String)
  /// Bytes that may still be written.
  func freeBytes() -> Int
}

extension KeptDisk {
  /// A file that appears whole.
  func replace(_ path: String, _ bytes: [UInt8]) throws(DiskFault) {
    try replace(path, [bytes], isSecret: false, isDurable: true)
  }
}
