// What a DTLS handshake is for: the SRTP master keys of both directions (RFC 5764 section 4.2).

package import SRTP

/// The master keys of one transport, ordered by who uses them. Prints neither key.
package struct KeyingMaterial: Hashable, Sendable {
  /// The profile both sides agreed to.
  package let profile: SRTPProfile
  /// Protects what we send.
  package let local: MasterKey
  /// Unprotects what the peer sends.
  package let remote: MasterKey

  package init(profile: SRTPProfile, local: MasterKey, remote: MasterKey) {
    self.profile = profile
    self.local = local
    self.remote = remote
  }

  /// Cuts the exporter's output: client key, server key, client salt, server salt.
  ///
  /// - Returns: nil unless `exported` has exactly `byteCount(of: profile)` bytes.
  init?(profile: SRTPProfile, exported: [UInt8], role: DTLSRole) {
    guard exported.count == KeyingMaterial.byteCount(of: profile) else { return nil }
    let keys = profile.keyLength
    let salts = profile.saltLength
    let client = MasterKey(
      key: Array(exported[0..<keys]), salt: Array(exported[(2 * keys)..<(2 * keys + salts)]))
    let server = MasterKey(
      key: Array(exported[keys..<(2 * keys)]), salt: Array(exported[(2 * keys + salts)...]))
    switch role {
    case .client: self.init(profile: profile, local: client, remote: server)
    case .server: self.init(profile: profile, local: server, remote: client)
    }
  }

  /// Bytes to ask the exporter for.
  static func byteCount(of profile: SRTPProfile) -> Int {
    2 * (profile.keyLength + profile.saltLength)
  }
}
