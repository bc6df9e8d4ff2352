// Protection of one direction of either SRTP or SRTCP: vectors, order of operations, layout.

/// The session keys of one direction, scheduled and ready.
///
/// ```
/// SRTP,  GCM: header | encrypted payload | tag (16)                RFC 7714 section 8
/// SRTP,  CM:  header | encrypted payload | tag (10)                RFC 3711 section 3.1
/// SRTCP, GCM: 8 bytes | encrypted rest | tag (16) | E, index (4)   RFC 7714 section 9
/// SRTCP, CM:  8 bytes | encrypted rest | E, index (4) | tag (10)   RFC 3711 section 3.4
/// ```
struct PacketCipher: ~Copyable {
  let profile: SRTPProfile
  private let cipher: BlockCipher
  private let authenticator: SHA1Authenticator
  private let salt: InitializationVector

  /// - Throws: `.unknown` when a key has not the profile's length.
  init(
    profile: SRTPProfile, keys: SessionKeys, direction: BlockCipher.Direction
  ) throws(SRTPError) {
    guard keys.salt.count == profile.saltLength,
      keys.authenticationKey.count == profile.authenticationKeyLength
    else { throw .unknown }
    let authenticator = try SHA1Authenticator(key: keys.authenticationKey)
    // Last of what throws: a noncopyable value cannot be half initialized.
    cipher = try BlockCipher(
      profile == .aeadAES128GCM ? .galoisCounter : .counter, direction, key: keys.key)
    self.profile = profile
    self.authenticator = authenticator
    salt = InitializationVector(keys.salt)
  }

  /// Protects an RTP packet in place; lengths were checked by the caller.
  func protectRTP(
    _ packet: inout MutableSpan<UInt8>, length: Int, headerLength: Int, rolloverCounter: UInt32
  ) throws(SRTPError) -> Int {
    let index = PacketCipher.rtpIndex(packet, rolloverCounter: rolloverCounter)
    switch profile {
    case .aeadAES128GCM:
      try cipher.begin(salt.forGCM(ssrc: PacketCipher.word(packet, at: 8), index: index))
      try cipher.authenticate(packet, 0..<headerLength)
      try cipher.crypt(&packet, headerLength..<length)
      try cipher.finish(&packet, tagAt: length)
    case .aes128CMSHA1:
      try cipher.begin(salt.forCM(ssrc: PacketCipher.word(packet, at: 8), index: index))
      try cipher.crypt(&packet, headerLength..<length)
      authenticator.authenticate(
        &packet, 0..<length, trailer: rolloverCounter, tagLength: profile.tagLength, at: length)
    }
    return length + profile.rtpOverhead
  }

  /// Protects an RTCP packet in place with a 31-bit `index`; lengths were checked by the caller.
  func protectRTCP(
    _ packet: inout MutableSpan<UInt8>, length: Int, index: UInt32
  ) throws(SRTPError) -> Int {
    let word = index | PacketCipher.encryptedFlag
    let text = PacketCipher.rtcpHeaderLength..<length
    switch profile {
    case .aeadAES128GCM:
      try cipher.begin(salt.forGCM(ssrc: PacketCipher.word(packet, at: 4), index: UInt64(index)))
      try cipher.authenticate(packet, 0..<PacketCipher.rtcpHeaderLength)
      try cipher.authenticate(u32: word)
      try cipher.crypt(&packet, text)
      try cipher.finish(&packet, tagAt: length)
      PacketCipher.write(word, &packet, at: length + profile.tagLength)
    case .aes128CMSHA1:
      try cipher.begin(salt.forCM(ssrc: PacketCipher.word(packet, at: 4), index: UInt64(index)))
      try cipher.crypt(&packet, text)
      PacketCipher.write(word, &packet, at: length)
      authenticator.authenticate(
        &packet, 0..<(length + 4), trailer: nil, tagLength: profile.tagLength, at: length + 4)
    }
    return length + profile.rtcpOverhead
  }

  /// Unprotects an RTP packet of `length` bytes in place; lengths were checked by the caller.
  ///
  /// - Returns: the length in clear.
  /// - Throws: `.badAuthentication`; the bytes are then unspecified.
  func unprotectRTP(
    _ packet: inout MutableSpan<UInt8>, length: Int, headerLength: Int, rolloverCounter: UInt32
  ) throws(SRTPError) -> Int {
    let index = PacketCipher.rtpIndex(packet, rolloverCounter: rolloverCounter)
    let plain = length - profile.tagLength
    switch profile {
    case .aeadAES128GCM:
      try cipher.begin(salt.forGCM(ssrc: PacketCipher.word(packet, at: 8), index: index))
      try cipher.authenticate(packet, 0..<headerLength)
      try cipher.crypt(&packet, headerLength..<plain)
      try cipher.verify(&packet, tagAt: plain)
    case .aes128CMSHA1:
      guard
        authenticator.isAuthentic(
          packet, 0..<plain, trailer: rolloverCounter, tagLength: profile.tagLength, at: plain)
      else { throw .badAuthentication }
      try cipher.begin(salt.forCM(ssrc: PacketCipher.word(packet, at: 8), index: index))
      try cipher.crypt(&packet, headerLength..<plain)
    }
    return plain
  }

  /// The E flag and index of a protected RTCP packet of `length` bytes, long enough for all of it.
  func rtcpIndexWord(_ packet: borrowing MutableSpan<UInt8>, length: Int) -> UInt32 {
    PacketCipher.word(
      packet, at: profile == .aeadAES128GCM ? length - 4 : length - profile.tagLength - 4)
  }

  /// Unprotects an encrypted RTCP packet of `length` bytes in place; lengths were checked by the
  /// caller, and `index` is what the packet says.
  ///
  /// - Returns: the length in clear.
  /// - Throws: `.badAuthentication`; the bytes are then unspecified.
  func unprotectRTCP(
    _ packet: inout MutableSpan<UInt8>, length: Int, index: UInt32
  ) throws(SRTPError) -> Int {
    let plain = length - profile.rtcpOverhead
    let text = PacketCipher.rtcpHeaderLength..<plain
    switch profile {
    case .aeadAES128GCM:
      try cipher.begin(salt.forGCM(ssrc: PacketCipher.word(packet, at: 4), index: UInt64(index)))
      try cipher.authenticate(packet, 0..<PacketCipher.rtcpHeaderLength)
      try cipher.authenticate(u32: index | PacketCipher.encryptedFlag)
      try cipher.crypt(&packet, text)
      try cipher.verify(&packet, tagAt: plain)
    case .aes128CMSHA1:
      guard
        authenticator.isAuthentic(
          packet, 0..<(plain + 4), trailer: nil, tagLength: profile.tagLength, at: plain + 4)
      else { throw .badAuthentication }
      try cipher.begin(salt.forCM(ssrc: PacketCipher.word(packet, at: 4), index: UInt64(index)))
      try cipher.crypt(&packet, text)
    }
    return plain
  }

  /// The 48-bit packet index (RFC 3711 section 3.3.1).
  private static func rtpIndex(
    _ packet: borrowing MutableSpan<UInt8>, rolloverCounter: UInt32
  ) -> UInt64 {
    let sequence = UInt64(packet[2]) << 8 | UInt64(packet[3])
    return UInt64(rolloverCounter) << 16 | sequence
  }

  private static func word(_ packet: borrowing MutableSpan<UInt8>, at offset: Int) -> UInt32 {
    UInt32(packet[offset]) << 24 | UInt32(packet[offset + 1]) << 16
      | UInt32(packet[offset + 2]) << 8 | UInt32(packet[offset + 3])
  }

  private static func write(_ word: UInt32, _ packet: inout MutableSpan<UInt8>, at offset: Int) {
    for byte in 0..<4 {
      packet[offset + byte] = UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32(byte)))
    }
  }

  /// The first header and the sender's SSRC stay in clear (RFC 3711 section 3.4).
  static let rtcpHeaderLength = 8
  /// The E flag in front of the SRTCP index.
  static let encryptedFlag: UInt32 = 0x8000_0000
}
