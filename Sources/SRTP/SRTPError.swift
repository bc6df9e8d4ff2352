// Why a packet was neither protected nor unprotected.

/// Why SRTP or SRTCP refused a packet. Carries no payload, so throwing it allocates nothing.
package enum SRTPError: Error, Equatable, Sendable {
  /// The authentication tag is wrong: forged, damaged, or under other keys.
  case badAuthentication
  /// Seen before, or older than the replay list reaches.
  case replayed
  /// Too short for the header it announces, for its tag, or not version 2.
  case tooShort
  /// The buffer has no room for the tag.
  case noSpace
  /// The peer uses more SSRCs than `SRTPReceiver.streamsMax`.
  case tooManyStreams
  /// The SRTCP index of the key is used up; a new handshake is needed.
  case keyExhausted
  /// A key or salt of the wrong length, or the cryptographic library refused.
  case unknown
}
