// A check of ours that waits for its response (RFC 8489 section 6.2).

import STUN
import Wire

/// One Binding Request on its way, with its retransmissions.
struct ICETransaction: Sendable {
  enum Purpose: Hashable, Sendable {
    /// A connectivity check of the pair at this index.
    case check(pair: Int)
    /// The same with USE-CANDIDATE, once the pair is valid.
    case nomination(pair: Int)
    /// A consent check of the selected path (RFC 7675 section 5.1).
    case consent
  }

  let request: STUNWriter.BindingRequest
  let purpose: Purpose
  /// The number of the generation whose credentials it carries.
  let generation: Int
  let path: TransportPath
  /// Transmissions still allowed.
  var transmissionsLeft: Int
  /// What the next wait will be.
  var rto: TimeSpan
  /// When to transmit again or, with none left, to give up.
  var nextAt: Instant

  var pair: Int? {
    switch purpose {
    case .check(let pair), .nomination(let pair): pair
    case .consent: nil
    }
  }
}
