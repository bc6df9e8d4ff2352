// The protection profiles Hawker speaks and their lengths (RFC 5764 section 4.1.2, RFC 7714 section 14.2).

/// A protection profile. The raw value is the number DTLS negotiates it by.
package enum SRTPProfile: UInt16, Hashable, Sendable, CaseIterable {
  /// AEAD_AES_128_GCM: half the cost of the other, so it is listed first.
  case aeadAES128GCM = 0x0007
  /// SRTP_AES128_CM_HMAC_SHA1_80: mandatory to implement, for those who know nothing better.
  case aes128CMSHA1 = 0x0001

  /// All profiles, the one we like best first.
  package static let preferred: [SRTPProfile] = [.aeadAES128GCM, .aes128CMSHA1]

  /// Bytes of a master key and of a session key.
  package var keyLength: Int { 16 }
  /// Bytes of a master salt and of a session salt: 12 for AEAD, 14 for counter mode.
  package var saltLength: Int {
    switch self {
    case .aeadAES128GCM: 12
    case .aes128CMSHA1: 14
    }
  }
  /// Bytes of a session authentication key; 0 for AEAD.
  package var authenticationKeyLength: Int {
    switch self {
    case .aeadAES128GCM: 0
    case .aes128CMSHA1: 20
    }
  }
  /// Bytes of the authentication tag.
  package var tagLength: Int {
    switch self {
    case .aeadAES128GCM: 16
    case .aes128CMSHA1: 10
    }
  }
  /// Bytes by which `SRTPSender.protectRTP` lengthens a packet.
  package var rtpOverhead: Int { tagLength }
  /// Bytes by which `SRTPSender.protectRTCP` lengthens a packet: tag, E flag and index.
  package var rtcpOverhead: Int { tagLength + 4 }
}
