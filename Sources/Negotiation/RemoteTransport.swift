// The peer's ICE and DTLS parameters, from the section that speaks for the BUNDLE group.

import DTLS
import ICE
import SDP

/// What a description says about its side's transport.
struct RemoteTransport {
  let credentials: ICECredentials
  let fingerprints: [CertificateFingerprint]
  let setup: DTLSDescription.Setup?
  let candidates: [RemoteCandidate]

  /// Reads the transport of `section` (RFC 9143 section 7.3: the tagged one).
  init(
    of section: MediaDescription, in description: SessionDescription
  ) throws(NegotiationRefusal) {
    let ice = description.ice(of: section)
    credentials = try ICECharacters.credentials(ufrag: ice.ufrag, password: ice.password)
    candidates = try CandidateLine.usable(ice.candidates)
    let dtls = description.dtls(of: section)
    guard !dtls.fingerprints.isEmpty else { throw .missingFingerprint }
    fingerprints = dtls.fingerprints.compactMap { Self.fingerprint($0) }
    guard !fingerprints.isEmpty else { throw .unsupportedFingerprint }
    setup = dtls.setup
  }

  /// Our DTLS role against an offer; RFC 4145 section 4 makes active the default.
  ///
  /// - Parameter previous: our role in the association that exists; it stays (RFC 8842 section 5.5).
  func roleAsAnswerer(previous: DTLSRole?) throws(NegotiationRefusal) -> DTLSRole {
    let role: DTLSRole
    switch setup {
    case .actpass: role = previous ?? .server
    case .active, nil: role = .server
    case .passive: role = .client
    case .holdconn: throw .unsupportedSetup
    }
    if let previous, previous != role { throw .transportChanged }
    return role
  }

  private static func fingerprint(_ value: Fingerprint) -> CertificateFingerprint? {
    guard let algorithm = CertificateFingerprint.Algorithm(rawValue: value.hashFunction) else {
      return nil
    }
    let length =
      switch algorithm {
      case .sha256: 32
      case .sha384: 48
      case .sha512: 64
      }
    guard value.digest.count == length else { return nil }
    return CertificateFingerprint(algorithm: algorithm, digest: value.digest)
  }
}
