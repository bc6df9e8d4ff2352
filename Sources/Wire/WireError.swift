// Why bytes from the wire were refused: one small error for every binary parser.

/// Why a binary message could not be read or written.
///
/// The caller knows which protocol it was reading and counts the matching `DiscardReason`; the case
/// only says what was wrong. Carries no payload, so throwing it allocates nothing.
package enum WireError: Error, Equatable, Sendable {
  /// The message ends before a field it announces.
  case truncated
  /// A length field contradicts its surroundings.
  case badLength
  /// The protocol version, magic or fixed bits are not this protocol's.
  case badVersion
  /// A field holds a value its specification forbids.
  case badValue
  /// More items than the named limit allows.
  case tooMany
  /// An item the message cannot do without is absent.
  case missing
  /// The caller's buffer is full.
  case noSpace
}
