// Media direction, RFC 8866 section 6.7.

/// Which way media flows, as the describing side sees it.
package enum Direction: String, Hashable, Sendable, CaseIterable {
  case sendrecv, sendonly, recvonly, inactive

  /// Whether the describing side sends.
  package var sends: Bool { self == .sendrecv || self == .sendonly }
  /// Whether the describing side receives.
  package var receives: Bool { self == .sendrecv || self == .recvonly }

  package init(sends: Bool, receives: Bool) {
    switch (sends, receives) {
    case (true, true): self = .sendrecv
    case (true, false): self = .sendonly
    case (false, true): self = .recvonly
    case (false, false): self = .inactive
    }
  }
}
