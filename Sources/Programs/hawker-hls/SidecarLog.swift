// The process's log: one JSON object a line on stderr.

import Glibc
import Loop
import Telemetry
import Wire

/// Writes to stderr.
enum SidecarLog {
  /// A log line, about a room or about all.
  static func write(_ level: LogLevel, _ message: String, room: String? = nil) {
    var bytes: [UInt8] = []
    var line = LogLine(SystemClock.wallTime(), level, "hls", ["what": .string(message)])
    if let room { line.append("room", .string(room)) }
    line.write(into: &bytes)
    put(bytes)
  }

  /// A line for people and scripts.
  static func say(_ text: String) { put(Array((text + "\n").utf8)) }

  private static func put(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(2, buffer.baseAddress.map { unsafe $0 + sent }, buffer.count - sent)
      }
      if count <= 0 { return }
      sent += count
    }
  }
}
