// What we bring into a negotiation.

package import DTLS
package import ICE
package import RTP
package import Wire

/// Our side of one transport.
package struct LocalSide: Sendable {
  /// Stays the same for all descriptions of the transport; below 2^63 (RFC 9429 section 5.2.1).
  package var sessionID: UInt64
  /// New ones. A continued negotiation takes them only where ICE restarts.
  package var credentials: ICECredentials
  package var fingerprint: CertificateFingerprint
  /// Best first.
  package var candidates: [HostCandidate]
  /// The same for all our streams of the transport (RFC 8834 section 4.9).
  package var cname: String

  package init(
    sessionID: UInt64, credentials: ICECredentials, fingerprint: CertificateFingerprint,
    candidates: [HostCandidate], cname: String
  ) {
    self.sessionID = sessionID
    self.credentials = credentials
    self.fingerprint = fingerprint
    self.candidates = candidates
    self.cname = cname
  }
}

/// What the peer may do, and what we prefer.
package struct AnswerPolicy: Hashable, Sendable {
  /// What the peer is to us.
  package enum Role: Hashable, Sendable {
    /// WHIP: it sends.
    case publisher
    /// WHEP: it receives.
    case viewer
    /// The room socket: each section as it is offered.
    case mixed

    var weReceive: Bool { self != .viewer }
    var weSend: Bool { self != .publisher }
  }

  package var role: Role
  /// The video codec that is answered first, so that a publisher sends it.
  package var preferCodec: Codec

  /// What a publisher may send in one video section, all its encodings together; nil is no cap.
  package var bitrateMax: Bitrate?

  package init(role: Role, preferCodec: Codec = .vp8, bitrateMax: Bitrate? = nil) {
    self.role = role
    self.preferCodec = preferCodec
    self.bitrateMax = bitrateMax
  }
}
