// A disk in memory that runs full, fails, or is cut off.

import HLS

@testable import HLSKeeping

/// A class: the writer and the test look at the same disk.
final class FaultyDisk: KeptDisk {
  private(set) var files: [String: [UInt8]] = [:]
  private(set) var secrets: Set<String> = []
  /// In the order they were made.
  private(set) var calls: [String] = []
  var free = 1 << 40
  var fault: DiskFault?
  /// What begins with this can't be written.
  var lockedPrefix: String?
  /// Calls that still succeed before the process is killed: what follows changes nothing, as if it never ran.
  var callsLeft = Int.max

  private func begin(_ call: String, _ count: Int) throws(DiskFault) -> Bool {
    if let fault { throw fault }
    let path = call.split(separator: " ").last ?? ""
    if let lockedPrefix, path.hasPrefix(lockedPrefix) { throw DiskFault(code: 13) }
    guard count <= free else { throw .full }
    guard callsLeft > 0 else { return false }
    callsLeft -= 1
    calls.append(call)
    free -= count
    return true
  }

  func replace(
    _ path: String, _ chunks: [[UInt8]], isSecret: Bool, isDurable: Bool
  ) throws(DiskFault) {
    let bytes = Array(chunks.joined())
    guard try begin("replace \(path)", bytes.count) else {
      // Killed in the middle of its draft.
      if callsLeft == 0 {
        files[path + KeptNames.draftSuffix] = Array(bytes.prefix(bytes.count / 2))
        callsLeft = -1
      }
      return
    }
    files[path] = bytes
    if isSecret { secrets.insert(path) }
  }

  func append(_ path: String, _ text: [UInt8]) throws(DiskFault) {
    guard try begin("append \(path)", text.count) else {
      // Killed in the middle of a line.
      if callsLeft == 0 {
        files[path, default: []] += text.prefix(text.count / 2)
        callsLeft = -1
      }
      return
    }
    files[path, default: []] += text
  }

  func read(_ path: String, limit: Int) throws(DiskFault) -> [UInt8] {
    guard let bytes = files[path] else { throw DiskFault(code: 2) }
    guard bytes.count <= limit else { throw DiskFault(code: 27) }
    return bytes
  }

  func size(_ path: String) -> Int? { files[path]?.count }

  func list(_ path: String) -> [String] {
    let prefix = path.isEmpty ? "" : path + "/"
    let below = files.keys.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count) }
    return Set(below.compactMap { $0.split(separator: "/").first.map(String.init) }).sorted()
  }

  func remove(_ path: String) {
    guard callsLeft > 0 else { return }
    files = files.filter { $0.key != path && !$0.key.hasPrefix(path + "/") }
  }

  func sync(_ path: String) {}
  func freeBytes() -> Int { free }

  /// What is below a folder, as a disk of its own.
  func below(_ folder: String) -> FaultyDisk {
    let disk = FaultyDisk()
    for (path, bytes) in files where path.hasPrefix(folder + "/") {
      disk.files[String(path.dropFirst(folder.count + 1))] = bytes
    }
    return disk
  }

  /// Cuts a file.
  func cut(_ path: String, to count: Int) { files[path] = Array(files[path]?.prefix(count) ?? []) }

  /// Puts other bytes in its place.
  func damage(_ path: String, to text: some StringProtocol) { files[path] = Array(text.utf8) }

  func text(_ path: String) -> String { String(decoding: files[path] ?? [], as: UTF8.self) }
}
