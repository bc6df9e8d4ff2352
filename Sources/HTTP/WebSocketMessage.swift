// What a frame reader yields: whole messages and control frames.

/// A complete data message. Text is valid UTF-8.
package enum WebSocketMessage: Hashable, Sendable {
  case text([UInt8])
  case binary([UInt8])
}

/// One thing a peer said.
package enum WebSocketInput: Hashable, Sendable {
  case message(WebSocketMessage)
  case ping([UInt8])
  case pong([UInt8])
  /// A close frame; `.noStatus` when it was empty.
  case close(WebSocketCloseCode, reason: String)
}
