// Certificate fingerprints as SDP carries them (RFC 8122).

/// A certificate fingerprint as in `a=fingerprint` (RFC 8122).
package struct CertificateFingerprint: Hashable, Sendable {
  package enum Algorithm: String, Hashable, Sendable {
    case sha256 = "sha-256"
    case sha384 = "sha-384"
    case sha512 = "sha-512"
  }
  package let algorithm: Algorithm
  /// The digest, as long as the algorithm says.
  package let digest: [UInt8]
  package init(algorithm: Algorithm, digest: [UInt8]) {
    self.algorithm = algorithm
    self.digest = digest
  }
}
