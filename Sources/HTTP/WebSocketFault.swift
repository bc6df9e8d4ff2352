// What a WebSocket peer did wrong, and the code it is closed with.

/// A violation of RFC 6455 or of our limits. Nothing after it is read.
package enum WebSocketFault: Error, Hashable, Sendable {
  /// RSV bits without a negotiated extension.
  case reservedBits
  case unknownOpcode
  /// A client's frame without a mask, or a server's with one.
  case wrongMasking
  /// A length not in its shortest form, or with the top bit set.
  case malformedLength
  case controlFrameTooLong
  case fragmentedControlFrame
  /// A continuation of nothing.
  case unexpectedContinuation
  /// A new message inside an unfinished one.
  case unfinishedMessage
  case messageTooBig
  case tooManyFragments
  case invalidUTF8
  case malformedClose

  /// The code to close with (RFC 6455 section 7.4.1).
  package var closeCode: WebSocketCloseCode {
    switch self {
    case .messageTooBig, .tooManyFragments: .messageTooBig
    case .invalidUTF8: .invalidPayload
    case .reservedBits, .unknownOpcode, .wrongMasking, .malformedLength, .controlFrameTooLong,
      .fragmentedControlFrame, .unexpectedContinuation, .unfinishedMessage, .malformedClose:
      .protocolError
    }
  }
}
