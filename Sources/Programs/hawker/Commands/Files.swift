// Small files: configuration and keys.

import Config
import Glibc

/// Reads and writes small files whole.
enum Files {
  /// The largest file read: configurations and keys are a few kilobytes.
  static let bytesMax = 1 << 20

  /// The text of a file; nil when there is none.
  ///
  /// - Throws: when there is one that can't be read or is larger than `bytesMax`.
  static func textIfPresent(
    _ path: String, bytesMax: Int = bytesMax
  ) throws(ConfigError) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 && errno == ENOENT { return nil }
    guard descriptor >= 0 else { throw failure("read", path) }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while text.count <= bytesMax {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count == 0 { return String(decoding: text, as: UTF8.self) }
      guard count > 0 else { throw failure("read", path) }
      text += buffer[..<count]
    }
    throw ConfigError("cannot read \(path): it is larger than \(bytesMax) bytes")
  }

  /// The text of a file that must be there.
  static func text(_ path: String) throws(ConfigError) -> String {
    guard let text = try textIfPresent(path) else {
      throw ConfigError("cannot read \(path): no such file")
    }
    return text
  }

  /// Makes `path` and the folders above it.
  static func makeFolder(_ path: String) throws(ConfigError) {
    var current = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      current += "/" + part
      if unsafe mkdir(current, 0o750) != 0 && errno != EEXIST { throw failure("make", current) }
    }
    guard unsafe access(path + "/.", W_OK) == 0 else { throw failure("write to", path) }
  }

  /// Writes a new file in `folder` that only its owner may read; false when there is one already.
  ///
  /// It appears whole and on the disk, or not at all: after a crash there is never half a file.
  static func create(_ name: String, in folder: String, _ text: String) throws(ConfigError) -> Bool
  {
    let path = folder + "/" + name
    let draft = path + ".\(getpid())"
    // A draft of our number can only be what a process that is gone left behind.
    _ = unsafe unlink(draft)
    try writeDurably(draft, text)
    defer { _ = unsafe unlink(draft) }
    // Unlike a rename, a link never replaces what another process made in the meantime.
    if unsafe link(draft, path) != 0 {
      if errno == EEXIST { return false }
      // File systems without links have renames.
      guard unsafe rename(draft, path) == 0 else { throw failure("write", path) }
    }
    try syncFolder(folder)
    return true
  }

  private static func writeDurably(_ path: String, _ text: String) throws(ConfigError) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("write", path) }
    defer { close(descriptor) }
    guard append(text, to: descriptor) else { throw failure("write", path) }
  }

  /// Writes a file that only its owner may read in the place of the one that is there, if any.
  ///
  /// It appears whole and on the disk, or the old one stays.
  static func replace(_ name: String, in folder: String, _ text: String) throws(ConfigError) {
    let path = folder + "/" + name
    let draft = path + ".\(getpid())"
    _ = unsafe unlink(draft)
    try writeDurably(draft, text)
    guard unsafe rename(draft, path) == 0 else { throw failure("write", path) }
    try syncFolder(folder)
  }

  /// Writes all of `text` and has it put on the disk; false when that failed.
  static func append(_ text: String, to descriptor: Int32) -> Bool {
    let bytes = Array(text.utf8)
    return unsafe write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
  }

  /// A file's name is on the disk only once its folder is.
  static func syncFolder(_ path: String) throws(ConfigError) {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("read", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("write to", path) }
  }

  /// The error of the call that has just failed.
  private static func failure(_ verb: String, _ path: String) -> ConfigError {
    ConfigError("cannot \(verb) \(path): \(errorText())")
  }

  /// The kernel's text for the call that has just failed.
  static func errorText() -> String { unsafe String(cString: strerror(errno)) }

  /// Whether users other than owner and group may read the file; with `group`, the group too.
  static func isExposed(_ path: String, group: Bool = false) -> Bool {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return false }
    return status.st_mode & (group ? 0o044 : 0o004) != 0
  }
}
