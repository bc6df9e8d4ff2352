// What the web server and the application say to each other.

package import HTTP
package import Wire

/// What the server tells the application, on the server's thread. Connection ids are never reused.
package enum WebEvent: Sendable {
  /// A complete request, to be answered by one `.respond` with the same ids.
  case request(_ connection: UInt64, _ request: UInt64, HTTPRequest, remote: SocketAddress)
  /// A WebSocket is open; its Origin was allowed. Carries the request of its handshake.
  case opened(_ connection: UInt64, HTTPRequest)
  /// A text message, valid UTF-8, within the limits.
  case message(_ connection: UInt64, [UInt8])
  /// More waits for a WebSocket than `WebLimits.webSocketHighWater`: what can wait or be left out
  /// should not be sent now.
  case behind(_ connection: UInt64)
  /// A WebSocket that was behind has taken what waited, but for `WebLimits.webSocketLowWater`.
  case drained(_ connection: UInt64)
  /// An opened WebSocket is over, for whatever reason. Told once for each `.opened`.
  case closed(_ connection: UInt64)
}

/// A request's place in the server.
package struct WebRequestID: Hashable, Sendable {
  package let connection: UInt64
  package let request: UInt64

  package init(connection: UInt64, request: UInt64) {
    self.connection = connection
    self.request = request
  }
}

/// What the application asks of the server, from any thread. Ids of what is gone are passed over.
package enum WebCommand: Sendable {
  /// Answers a request. Answers may come in any order; each connection gets them in order.
  case respond(_ connection: UInt64, _ request: UInt64, HTTPResponse)
  /// Answers requests of many connections in one way: encoded once, given to each.
  case respondAll(_ requests: [WebRequestID], HTTPResponse)
  /// Sends a text message, which must be UTF-8.
  case send(_ connection: UInt64, [UInt8])
  /// Sends one text message to many: encoded once.
  case sendAll(_ connections: [UInt64], [UInt8])
  /// Begins the closing handshake of a WebSocket. At most 123 bytes of the reason are sent.
  case close(_ connection: UInt64, WebSocketCloseCode, _ reason: String)
  /// Reads certificate and key again; the old ones stay in use when that fails, which is counted.
  case reloadCertificate
}
