// A file's lines, one by one: logs are larger than memory should hold.

import Config
import Glibc

/// Reads lines that end with a line feed, or with the file.
struct FileLines: ~Copyable {
  /// For sentences about it.
  let name: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false

  /// Bytes of one line: a line of a log is one event, person or text of some kilobytes at most.
  private static let lineBytesMax = 256 * 1024
  /// Bytes read at once.
  private static let chunkBytes = 64 * 1024

  /// - Parameter path: `-` is standard input.
  init(_ path: String) throws(ConfigError) {
    name = path == "-" ? "standard input" : path
    descriptor = path == "-" ? 0 : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ConfigError("cannot read \(path): \(Files.errorText())") }
  }

  deinit { if descriptor > 0 { close(descriptor) } }

  /// The next line without its end; nil after the last one.
  mutating func next() throws(ConfigError) -> [UInt8]? {
    var scanned = start
    while true {
      if let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = end + 1 }
        return FileLines.line(buffer[start..<end])
      }
      if isAtEnd {
        defer { start = buffer.count }
        return start < buffer.count ? FileLines.line(buffer[start...]) : nil
      }
      buffer.removeFirst(start)
      start = 0
      scanned = buffer.count
      guard scanned <= FileLines.lineBytesMax else {
        throw ConfigError("\(name): a line is longer than \(FileLines.lineBytesMax) bytes")
      }
      try read()
    }
  }

  /// Without the carriage return that some tools add.
  private static func line(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    bytes.last == UInt8(ascii: "\r") ? Array(bytes.dropLast()) : Array(bytes)
  }

  private mutating func read() throws(ConfigError) {
    var chunk = [UInt8](repeating: 0, count: FileLines.chunkBytes)
    let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
    guard count >= 0 else { throw ConfigError("cannot read \(name): \(Files.errorText())") }
    buffer += chunk[..<count]
    isAtEnd = count == 0
  }
}
