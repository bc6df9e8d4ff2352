// What the control plane remembers of one WebRTC transport.

package import MediaControl
package import Negotiation
package import RTP
package import Room
package import Wire

/// One negotiated transport: whose, where, for what.
package struct TransportRecord: Sendable {
  /// What the transport is for.
  package enum Purpose: Hashable, Sendable {
    case publish(PublicationKey)
    case watch
  }

  package let peer: PeerID
  package let worker: WorkerIndex
  package let room: String
  package let member: Member
  package let purpose: Purpose
  /// The last part of its WHIP or WHEP URL: 128 random bits, so that it can't be guessed.
  package let urlToken: String
  package var state: NegotiationState
  package var sessionID: UInt64
  /// Counts answers and ICE restarts; the ETag of the ICE session (RFC 9725 section 4.3.1).
  package var generation = 1
  package let createdAt: Instant
  /// When the token it was made with ends; nil where a room socket's session answers for that.
  package var expires: WallTime?
  package var isConnected = false
  /// Whether its member is here by it: WHIP and WHEP. Where a room socket's session has it, that counts.
  var isPresence = false
  /// The seat it takes; nil for publishers, staff, and where there is no HLS tier.
  var seat: SeatHolder?
  /// Since when its publisher sends more than the room's settings allow; nil while it does not.
  package var overSince: Instant?
  /// By section: the mid, to name it to its viewer.
  package var mids: [Int: String] = [:]
  /// By section in which we send: the codecs it can carry.
  package var codecs: [Int: [Codec]] = [:]
}
