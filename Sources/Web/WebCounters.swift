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
  /// Requests the parser refused.
  package var malformedRequests: UInt64 = 0
  /// Requests that took longer to come than they may.
  package var slowRequests: UInt64 = 0
  /// Requests the application did not answer in time.
  package var unansweredRequests: UInt64 = 0
  package var openedWebSockets: UInt64 = 0
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
}
