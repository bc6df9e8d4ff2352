// Small files: configuration and keys.

import Glibc

/// Reads and writes small files whole.
enum Files {
  /// The largest file read: configurations and keys are a few kilobytes.
  static let bytesMax = 1 << 20

  /// The text of a file; nil when it can't be read or is too large.
  static func read(_ path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while text.count <= bytesMax {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count == 0 { return String(decoding: text, as: UTF8.self) }
      guard count > 0 else { return nil }
      text += buffer[..<count]
    }
    return nil
  }

  /// Makes `path` and the folders above it.
  static func makeFolder(_ path: String) -> Bool {
    var current = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      current += "/" + part
      if unsafe mkdir(current, 0o750) != 0 && errno != EEXIST { return false }
    }
    return unsafe access(path, W_OK) == 0
  }

  /// Writes a new file only its owner may read, durably; false when it exists or can't be written.
  static func create(_ path: String, _ text: String) -> Bool {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard unsafe write(descriptor, bytes, bytes.count) == bytes.count else { return false }
    return fsync(descriptor) == 0
  }
}
