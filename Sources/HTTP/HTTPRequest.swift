// One complete request as the application sees it.

/// A request with its whole body.
package struct HTTPRequest: Hashable, Sendable {
  package let method: HTTPMethod
  package let target: HTTPTarget
  /// The y of HTTP/1.y: 0 or 1.
  package let minorVersion: Int
  package var headers: HTTPHeaders
  /// The body with chunking undone; empty when there was none.
  package var body: [UInt8]

  /// A request from its parts.
  package init(
    _ method: HTTPMethod, _ target: HTTPTarget, headers: HTTPHeaders = HTTPHeaders(),
    body: [UInt8] = [], minorVersion: Int = 1
  ) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
    self.minorVersion = minorVersion
  }

  /// Whether the client lets the connection live on after the answer (RFC 9112 section 9.3).
  package var keepsAlive: Bool {
    let options = headers.tokens("connection")
    if options.contains("close") { return false }
    return minorVersion >= 1 || options.contains("keep-alive")
  }

  /// Whether the client asks to speak WebSocket on this connection (RFC 6455 section 4.1).
  package var wantsWebSocket: Bool {
    method == .get && minorVersion >= 1 && headers.tokens("connection").contains("upgrade")
      && headers.tokens("upgrade").contains("websocket")
  }

  /// The credential of `Authorization: Bearer`, nil when absent or of another scheme. Secret: never log it.
  package var bearer: String? {
    guard let value = headers["authorization"] else { return nil }
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, HTTPSyntax.equalIgnoringCase(parts[0], "bearer") else { return nil }
    let credential = HTTPSyntax.trimmed(parts[1])
    return credential.isEmpty ? nil : credential
  }
}
