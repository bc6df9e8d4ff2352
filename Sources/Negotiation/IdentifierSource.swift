// Where new identifiers come from: the caller knows what is taken and owns the randomness.

package import MediaControl
package import RTP

/// Gives out identifiers during a negotiation.
package protocol IdentifierSource {
  /// A track nobody else has.
  mutating func nextTrack() -> TrackID
  /// A random SSRC; the negotiation makes it unique in the transport.
  mutating func nextSSRC() -> SSRC
}

/// The SSRCs of one transport, ours and the peer's.
struct SSRCPool {
  private var taken: Set<SSRC>
  init(taken: Set<SSRC>) { self.taken = taken.union([0]) }

  /// A new SSRC that neither side uses.
  mutating func next(_ source: inout some IdentifierSource) -> SSRC {
    var ssrc = source.nextSSRC()
    // Ends: fewer SSRCs are taken than there are numbers.
    while !taken.insert(ssrc).inserted { ssrc &+= 1 }
    return ssrc
  }
}
