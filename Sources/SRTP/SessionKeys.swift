// Session keys and how they are derived from the master key (RFC 3711 section 4.3, RFC 7714 section 11).

/// What protects one direction of either SRTP or SRTCP. Secret: not printable, never leaves SRTP.
struct SessionKeys {
  /// 16 bytes.
  let key: [UInt8]
  /// `SRTPProfile.saltLength` bytes.
  let salt: [UInt8]
  /// `SRTPProfile.authenticationKeyLength` bytes.
  let authenticationKey: [UInt8]

  /// Keys as they are, for vectors that give session keys.
  init(key: [UInt8], salt: [UInt8], authenticationKey: [UInt8] = []) {
    self.key = key
    self.salt = salt
    self.authenticationKey = authenticationKey
  }

  /// Derives the keys for `use` with a key derivation rate of zero: once for the life of the master key.
  ///
  /// - Throws: `.unknown` when the master key or salt has not the profile's length.
  init(profile: SRTPProfile, master: MasterKey, use: Use) throws(SRTPError) {
    guard master.key.count == profile.keyLength, master.salt.count == profile.saltLength else {
      throw .unknown
    }
    let labels = use.labels
    key = try SessionKeys.derive(master, label: labels.key, count: profile.keyLength)
    authenticationKey = try SessionKeys.derive(
      master, label: labels.authentication, count: profile.authenticationKeyLength)
    salt = try SessionKeys.derive(master, label: labels.salt, count: profile.saltLength)
  }

  /// What the keys are for.
  enum Use {
    case rtp, rtcp

    /// The labels of RFC 3711 sections 4.3.1 and 4.3.2.
    var labels: (key: UInt8, authentication: UInt8, salt: UInt8) {
      switch self {
      case .rtp: (0, 1, 2)
      case .rtcp: (3, 4, 5)
      }
    }
  }

  /// The first `count` bytes of AES-CM keystream at the counter that `label` selects.
  static func derive(
    _ master: MasterKey, label: UInt8, count: Int
  ) throws(SRTPError) -> [UInt8] {
    guard count > 0 else { return [] }
    // A 12-byte AEAD salt is the 14-byte one with zeros behind it (RFC 7714 section 11).
    var counter = InitializationVector(master.salt)
    // key_id is label || r, r zero and 48 bits long: the label meets byte 7 of the 14.
    counter.high ^= UInt64(label)
    var output = [UInt8](repeating: 0, count: count)
    let cipher = try BlockCipher(.counter, key: master.key)
    try cipher.begin(counter)
    var span = output.mutableSpan
    try cipher.crypt(&span, 0..<count)
    return output
  }
}
