// What comes of an input to a DTLS endpoint.

/// The outcome of one input to `DTLSEndpoint`.
package enum OnDTLS: Equatable, Sendable {
  /// Nothing to act on: the handshake goes on, or the association does.
  case inProgress
  /// The handshake ended well and the peer's certificate matched. Returned once.
  case established(KeyingMaterial)
  /// The peer ended the association with an authenticated alert. Returned once.
  case closedByPeer
  /// The handshake failed; no keys were or will be released. Returned once.
  case failed(DTLSFailure)
}

/// Why a handshake failed.
package enum DTLSFailure: Error, Hashable, Sendable {
  /// The peer's certificate matches none of its fingerprints.
  case fingerprintMismatch
  /// The peer knows none of the protection profiles, or not the extension.
  case noCommonProfile
  /// Not finished `DTLSEndpoint.handshakeTimeMax` after the start.
  case timedOut
  /// The peer sent a fatal alert, or closed, under the handshake's keys.
  case rejectedByPeer
  /// The peer's messages are not a handshake OpenSSL accepts.
  case protocolViolation
  /// OpenSSL could not make a certificate or a session, or is a version we cannot drive.
  case libraryFailure
}
