// Why a packet was discarded. Bad input is a counter with a name, never a teardown or a log line.

/// The reason one datagram or packet went no further.
package enum DiscardReason: UInt8, Hashable, Sendable, CaseIterable {
  /// The first byte belongs to no protocol of RFC 7983.
  case unknownProtocol
  /// Not STUN and from an address no valid check has come from.
  case unknownSource
  /// STUN that does not parse.
  case malformedSTUN
  /// A Binding Request for a ufrag nobody has.
  case unknownUfrag
  /// A Binding Request without MESSAGE-INTEGRITY, or with a wrong one.
  case badIntegrity
  /// STUN that is no Binding Request, to a lite agent.
  case unexpectedSTUN
  /// A peer has more paths than the limit.
  case tooManyPaths
  /// DTLS that came before any path was selected, or from another path's address.
  case unexpectedDTLS
  /// A DTLS record that does not parse, or in clear where it must be protected.
  case malformedDTLS
  /// Media before the handshake ended.
  case mediaBeforeDTLS
  /// RTP that does not parse.
  case malformedRTP
  /// SRTP or SRTCP whose tag is wrong.
  case badAuthentication
  /// SRTP or SRTCP seen before.
  case replayed
  /// RTCP that does not parse.
  case malformedRTCP
  /// RTP that belongs to no section: unknown SSRC, MID, RID.
  case unknownStream
  /// A payload type that was not negotiated.
  case unknownPayloadType
  /// A payload whose descriptor does not parse.
  case malformedPayload
  /// A packet too old for the cache, or seen before.
  case late
  /// RTX that wraps nothing useful.
  case malformedRTX
  /// More encodings than the limit.
  case tooManyEncodings
  /// The principal's budget of packets, requests or bytes is used up.
  case overBudget
  /// A queue between workers is full.
  case queueFull
  /// A datagram larger than we take.
  case oversized
  /// A TCP connection's frame or queue broke its limit.
  case badFrame

  /// The name in metrics: lower case with underscores.
  package var metricName: String {
    var name = ""
    for character in String(describing: self) {
      if character.isUppercase && !(name.last.map { $0 == "_" } ?? true) && !name.isEmpty,
        let previous = name.last, previous.isLowercase
      {
        name += "_"
      }
      name += character.lowercased()
    }
    return name
  }
}
