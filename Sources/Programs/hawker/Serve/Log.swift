// The process's log: one JSON object a line on stderr.

import Loop
import Telemetry
import Wire

/// Writes log lines that matter enough.
struct Log {
  /// Lines below it are not written.
  let level: LogLevel

  func write(
    _ level: LogLevel, _ message: StaticString,
    _ fields: KeyValuePairs<StaticString, LogValue> = [:]
  ) {
    guard level >= self.level else { return }
    var bytes: [UInt8] = []
    LogLine(SystemClock.wallTime(), level, message, fields).write(into: &bytes)
    Terminal.write(String(decoding: bytes, as: UTF8.self), to: 2)
  }
}
