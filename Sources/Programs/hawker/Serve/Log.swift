// The process's log: one JSON object a line on stderr.

import Loop
import Telemetry
import Wire

/// Writes log lines.
enum Log {
  static func write(
    _ level: LogLevel, _ message: StaticString,
    _ fields: KeyValuePairs<StaticString, LogValue> = [:]
  ) {
    var bytes: [UInt8] = []
    LogLine(SystemClock.wallTime(), level, message, fields).write(into: &bytes)
    Terminal.write(String(decoding: bytes, as: UTF8.self), to: 2)
  }
}
