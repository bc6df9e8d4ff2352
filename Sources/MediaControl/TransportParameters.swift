// What one WebRTC transport is made of, as negotiated: ICE, DTLS and SRTP parameters.
package import DTLS
package import ICE

/// Everything one transport needs before its first datagram.
package struct TransportParameters: Hashable, Sendable {
  package var local: ICECredentials
  package var remote: ICECredentials
  package var iceRole: ICERole
  package var dtlsRole: DTLSRole
  /// Any one match admits the peer's certificate; empty never matches.
  package var fingerprints: [CertificateFingerprint]
  /// Used by the controlling side only (DESIGN: a server never contacts candidates).
  package var candidates: [RemoteCandidate]
  package init(
    local: ICECredentials, remote: ICECredentials, iceRole: ICERole, dtlsRole: DTLSRole,
    fingerprints: [CertificateFingerprint], candidates: [RemoteCandidate] = []
  ) {
    self.local = local
    self.remote = remote
    self.iceRole = iceRole
    self.dtlsRole = dtlsRole
    self.fingerprints = fingerprints
    self.candidates = candidates
  }
}
