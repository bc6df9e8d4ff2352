// What the web server counts.

/// Counts since the server started, and how many connections there are.
package struct WebCounters: Sendable, Hashable {
  /// Connections now, WebSockets included.
  package var connections = 0
  /// WebSockets now.
  package var webSockets = 0
  package var acceptedConnections: UInt64 = 0
  /// Connections refused because there were too many.
  package var refusedConnections: UInt64 = 0
  /// Complete requests, those for static files and WebSockets included.
  package var requests: UInt64 = 0
  /// Answers written, by the first digit of their status less one: 1xx to 5xx.
  package var answers: [UInt64] = Array(repeating: 0, count: 5)
  /// Requests the parser refused.
  package var malformedRequests: UInt64 = 0
  /// Requests that took longer to come than they may.
  package var slowRequests: UInt64 = 0
  /// Requests the application did not answer in time.
  package var unansweredRequests: UInt64 = 0
  package var openedWebSockets: UInt64 = 0
  /// WebSocket handshakes refused: a foreign Origin, another version, a drain.
  package var refusedWebSockets: UInt64 = 0
  /// WebSockets closed because the client broke the protocol or a limit.
  package var faultyWebSockets: UInt64 = 0
  /// Connections closed because the client did not read.
  package var slowReaders: UInt64 = 0
  /// TLS handshakes that failed, plain HTTP on a TLS port included.
  package var failedHandshakes: UInt64 = 0
  package var certificateReloads: UInt64 = 0
  package var failedCertificateReloads: UInt64 = 0

  /// All zero.
  package init() {}

  /// What was refused or given up, by the reason's name in /metrics.
  package var refusals: [(reason: String, count: UInt64)] {
    [
      ("too-many-connections", refusedConnections), ("malformed-request", malformedRequests),
      ("slow-request", slowRequests), ("unanswered-request", unansweredRequests),
      ("refused-socket", refusedWebSockets), ("faulty-socket", faultyWebSockets),
      ("slow-reader", slowReaders), ("failed-handshake", failedHandshakes),
    ]
  }

  /// Counts an answer; a status outside of 100...599 counts with the nearest.
  mutating func countAnswer(status: Int) { answers[min(max(status / 100, 1), 5) - 1] += 1 }
}
