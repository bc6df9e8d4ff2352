// Frame opcodes, RFC 6455 section 5.2.

/// What a frame carries.
package enum WebSocketOpcode: UInt8, Hashable, Sendable {
  case continuation = 0
  case text = 1
  case binary = 2
  case close = 8
  case ping = 9
  case pong = 10

  /// Whether this is a control frame: never fragmented, at most 125 bytes (RFC 6455 section 5.5).
  package var isControl: Bool { rawValue & 8 != 0 }
}

/// Which end of a WebSocket this is: clients mask, servers do not (RFC 6455 section 5.1).
package enum WebSocketRole: Hashable, Sendable {
  case server, client
}
