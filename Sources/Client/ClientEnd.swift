// Why a client's transport ended, and what one datagram led to.

package import DTLS

/// Why a client's transport ended.
package enum ClientEnd: Hashable, Sendable {
  /// We closed it.
  case closed
  /// The server sent an authenticated close_notify or fatal alert.
  case closedByServer
  /// No authentic STUN response for 30 s (RFC 7675 section 5.1).
  case consentExpired
  /// The DTLS handshake failed, or its keys were of no use.
  case handshakeFailed(DTLSFailure)
}

/// What became of one datagram.
package enum OnClientDatagram: Hashable, Sendable {
  /// Taken in, or discarded and counted.
  case nothing
  /// Keys are there: media may be sent from now on. Returned once.
  case connected
  /// RTP in clear: the first `length` bytes of the datagram.
  case rtp(length: Int)
  /// RTCP in clear: the first `length` bytes of the datagram.
  case rtcp(length: Int)
  /// The transport is over; nothing more comes of it. Returned once.
  case ended(ClientEnd)
}
