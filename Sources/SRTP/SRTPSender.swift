// Our direction of one transport: protects RTP and RTCP in place, without allocating (RFC 3711, 7714).

/// Protects what we send to one peer. Owned by one thread; about 1 KB with its OpenSSL contexts.
///
/// The caller owns sequence numbers and rollover counter, and with them the invariant that no two
/// different packets share (SSRC, rollover counter, sequence number); `nonceGuard` watches it.
package struct SRTPSender: ~Copyable {
  private let rtp: PacketCipher
  private let rtcp: PacketCipher
  /// The index of the next SRTCP packet, 31 bits, shared by all our SSRCs: one index space under one
  /// key is stricter than RFC 3711 asks for and needs no table.
  private var rtcpIndex: UInt32
  /// Set in tests and simulation to watch every RTP packet before it is protected.
  package var nonceGuard: NonceGuard?

  /// Derives the session keys from our half of the keying material.
  ///
  /// - Throws: `.unknown` when key or salt has not the profile's length.
  package init(profile: SRTPProfile, key: MasterKey) throws(SRTPError) {
    try self.init(
      profile: profile,
      rtp: SessionKeys(profile: profile, master: key, use: .rtp),
      rtcp: SessionKeys(profile: profile, master: key, use: .rtcp), rtcpIndex: 1)
  }

  /// A sender under session keys as they are, for vectors.
  init(
    profile: SRTPProfile, rtp: SessionKeys, rtcp: SessionKeys, rtcpIndex: UInt32
  ) throws(SRTPError) {
    let rtpCipher = try PacketCipher(profile: profile, keys: rtp, direction: .encrypting)
    let rtcpCipher = try PacketCipher(profile: profile, keys: rtcp, direction: .encrypting)
    self.rtp = rtpCipher
    self.rtcp = rtcpCipher
    self.rtcpIndex = rtcpIndex
  }

  /// The profile the keys are for.
  package var profile: SRTPProfile { rtp.profile }

  /// Protects the RTP packet in the first `length` bytes of `packet` in place.
  ///
  /// - Parameter headerLength: bytes left in clear: fixed header, CSRCs and extension, 12...`length`.
  /// - Parameter rolloverCounter: the high 32 bits of the 48-bit packet index.
  /// - Returns: the new length, `profile.rtpOverhead` more.
  /// - Throws: `.tooShort` when the lengths contradict each other, `.noSpace` when `packet` ends before
  ///   the tag, `.unknown` when OpenSSL refuses. The bytes are unchanged after the first two.
  package mutating func protectRTP(
    _ packet: inout MutableSpan<UInt8>, length: Int, headerLength: Int, rolloverCounter: UInt32
  ) throws(SRTPError) -> Int {
    guard headerLength >= SRTPSender.rtpHeaderLength, headerLength <= length else {
      throw .tooShort
    }
    guard length <= packet.count - profile.rtpOverhead else { throw .noSpace }
    if nonceGuard != nil {
      nonceGuard?.record(packet.span.extracting(0..<length), rolloverCounter: rolloverCounter)
    }
    return try rtp.protectRTP(
      &packet, length: length, headerLength: headerLength, rolloverCounter: rolloverCounter)
  }

  /// Protects the compound or reduced-size RTCP packet in the first `length` bytes of `packet` in place.
  ///
  /// - Returns: the new length, `profile.rtcpOverhead` more.
  /// - Throws: `.tooShort` below 8 bytes, `.noSpace` when `packet` ends before tag and index,
  ///   `.keyExhausted` after 2^31 packets, `.unknown` when OpenSSL refuses.
  package mutating func protectRTCP(
    _ packet: inout MutableSpan<UInt8>, length: Int
  ) throws(SRTPError) -> Int {
    guard length >= PacketCipher.rtcpHeaderLength else { throw .tooShort }
    guard length <= packet.count - profile.rtcpOverhead else { throw .noSpace }
    guard rtcpIndex < PacketCipher.encryptedFlag else { throw .keyExhausted }
    let index = rtcpIndex
    rtcpIndex += 1
    return try rtcp.protectRTCP(&packet, length: length, index: index)
  }

  /// The fixed header (RFC 3550 section 5.1).
  private static let rtpHeaderLength = 12
}
