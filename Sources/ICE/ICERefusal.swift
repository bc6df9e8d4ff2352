// Why an ICE agent refused a STUN message.

/// The reasons, one counter each. All but the last two are refused without a reply.
package enum ICERefusal: UInt8, Hashable, Sendable, CaseIterable {
  /// Not a STUN message, or one that contradicts itself.
  case malformed
  /// FINGERPRINT is there and wrong (RFC 8489 section 7.3).
  case wrongFingerprint
  /// An indication, another method, or a response nobody waits for.
  case unexpected
  /// No MESSAGE-INTEGRITY.
  case missingIntegrity
  /// USERNAME is absent or is not our ufrag, a colon, the peer's ufrag, of a living generation.
  case wrongUsername
  /// MESSAGE-INTEGRITY was not made with the password that belongs to the user name.
  case wrongIntegrity
  /// A response from elsewhere than its request went to (RFC 8445 section 7.2.5.2.1).
  case wrongPath
  /// Consent has expired: nothing revives the agent.
  case expired
  /// Authentic, but with attributes that must be understood and are not: answered with 420.
  case unknownAttribute
  /// Authentic, but the sender thinks it has our role: answered with 487 (RFC 8445 section 7.3.1.1).
  case roleConflict
}
