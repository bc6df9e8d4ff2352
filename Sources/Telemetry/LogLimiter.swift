// How often the same message may be logged: a flood becomes a count.

package import Wire

/// Admits at most some lines per message and interval, and tells how many were left out.
package struct LogLimiter: Sendable {
  /// What to do with a line.
  package enum Admission: Hashable, Sendable {
    case suppressed
    /// Log it; `suppressed` lines with this message were left out since the last one.
    case admitted(suppressed: Int)
  }

  private struct Window {
    var start: Instant
    var admitted = 0
    var suppressed = 0
  }

  /// The most messages watched: messages are constants, so there are never this many unless a key is
  /// made from input; then the rest share one window.
  package static let keysMax = 512

  private let linesMax: Int
  private let interval: TimeSpan
  private var windows: [String: Window] = [:]

  /// A limiter that admits `linesMax` lines per message and `interval`.
  package init(linesMax: Int = 10, interval: TimeSpan = .seconds(Int64(1))) {
    self.linesMax = linesMax
    self.interval = interval
  }

  /// Judges one line with `message`.
  package mutating func admit(_ message: String, at now: Instant) -> Admission {
    let isKnown = windows[message] != nil
    let key = isKnown || windows.count < LogLimiter.keysMax ? message : ""
    var window = windows[key] ?? Window(start: now)
    defer { windows[key] = window }
    if now - window.start >= interval {
      window.start = now
      window.admitted = 0
    }
    guard window.admitted < linesMax else {
      window.suppressed += 1
      return .suppressed
    }
    window.admitted += 1
    let suppressed = window.suppressed
    window.suppressed = 0
    return .admitted(suppressed: suppressed)
  }
}
