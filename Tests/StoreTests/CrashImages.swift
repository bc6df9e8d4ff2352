// What a disk may hold after the power went, at any moment of a recorded run.

import CFaultyDisk
import Foundation

@testable import Store

/// The files of a recorded run at one moment: what was synced, and what since then may or may not be there.
///
/// A write that was not synced is on the disk whole, in part (blocks of 512 or 4096 bytes) or not at all,
/// whatever became of the writes before it. Making and removing files is taken to be lasting at once.
struct CrashImages {
  /// One file, by what is certain.
  private struct File {
    var synced: [UInt8] = []
    var unsynced: [FaultyDisk.Operation] = []
    var exists = false
  }

  /// What of the unsynced writes is there.
  enum Loss: CaseIterable {
    case everything, nothing, last, someWhole, someTorn512, someTorn4096
  }

  private var files = [File](repeating: File(), count: 3)

  /// Goes past one operation; whether it was one that a crash may undo.
  mutating func advance(_ file: faulty_file, _ operation: FaultyDisk.Operation) -> Bool {
    let index = Int(file.rawValue)
    switch operation {
    case .write, .truncate:
      files[index].unsynced.append(operation)
      files[index].exists = true
      return true
    case .sync:
      for operation in files[index].unsynced {
        CrashImages.apply(operation, to: &files[index].synced)
      }
      files[index].unsynced = []
    case .delete:
      files[index] = File()
    }
    return false
  }

  /// Writes the files as a crash now would leave them.
  func write(
    to directory: StoreDirectory, losing loss: Loss, _ random: inout SeededNumbers
  ) throws {
    for (file, suffix) in zip(files, ["", "-wal", "-journal"]) where file.exists {
      var bytes = file.synced
      for (index, operation) in file.unsynced.enumerated() {
        let isLast = index == file.unsynced.count - 1
        switch loss {
        case .everything: break
        case .nothing: CrashImages.apply(operation, to: &bytes)
        case .last: if !isLast { CrashImages.apply(operation, to: &bytes) }
        case .someWhole:
          if Bool.random(using: &random) { CrashImages.apply(operation, to: &bytes) }
        case .someTorn512: CrashImages.tear(operation, 512, &bytes, &random)
        case .someTorn4096: CrashImages.tear(operation, 4096, &bytes, &random)
        }
      }
      try Data(bytes).write(to: URL(filePath: directory.database + suffix))
    }
  }

  private static func apply(_ operation: FaultyDisk.Operation, to bytes: inout [UInt8]) {
    switch operation {
    case .write(let offset, let new): put(new[...], at: offset, &bytes)
    case .truncate(let count):
      if count < bytes.count { bytes.removeLast(bytes.count - count) }
    case .sync, .delete: break
    }
  }

  /// Puts some of the blocks of a write there, by where they are on the disk.
  private static func tear(
    _ operation: FaultyDisk.Operation, _ block: Int, _ bytes: inout [UInt8],
    _ random: inout SeededNumbers
  ) {
    guard case .write(let offset, let new) = operation else {
      if Bool.random(using: &random) { apply(operation, to: &bytes) }
      return
    }
    var start = 0
    while start < new.count {
      let end = min(new.count, ((offset + start) / block + 1) * block - offset)
      if Bool.random(using: &random) { put(new[start..<end], at: offset + start, &bytes) }
      start = end
    }
  }

  private static func put(_ new: ArraySlice<UInt8>, at offset: Int, _ bytes: inout [UInt8]) {
    if bytes.count < offset + new.count {
      bytes += [UInt8](repeating: 0, count: offset + new.count - bytes.count)
    }
    bytes.replaceSubrange(offset..<offset + new.count, with: new)
  }
}
