// Every bound of the WebSocket codec, each with its reason.

/// What one WebSocket peer may ask the reader to hold.
package struct WebSocketLimits: Sendable, Hashable {
  /// The longest message in bytes: an SDP offer with trickle fits twice; 1009.
  package var messageBytesMax = 64 * 1024
  /// The most fragments of one message: empty ones would never reach the size limit; 1009.
  package var fragmentsMax = 256

  /// The limits above.
  package init() {}
}
