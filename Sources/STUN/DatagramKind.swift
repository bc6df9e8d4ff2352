// Which protocol a datagram belongs to, by its first bytes (RFC 7983, RFC 5761).

/// The protocols that share one transport address.
package enum DatagramKind: UInt8, Hashable, Sendable, CaseIterable {
  case stun, zrtp, dtls, turnChannel, rtp, rtcp
  /// Empty, too short to tell, or a first byte no protocol has.
  case unknown

  /// Classifies by the first byte (RFC 7983 section 7), RTP and RTCP by the second: payload types
  /// 64...95 are RTCP's packet types 192...223 without the marker bit (RFC 5761 section 4).
  package init(_ datagram: borrowing Span<UInt8>) {
    guard datagram.count >= 2 else {
      self = .unknown
      return
    }
    switch datagram[0] {
    case 0...3: self = .stun
    case 16...19: self = .zrtp
    case 20...63: self = .dtls
    case 64...79: self = .turnChannel
    case 128...191: self = (64...95).contains(datagram[1] & 0x7F) ? .rtcp : .rtp
    default: self = .unknown
    }
  }
}
