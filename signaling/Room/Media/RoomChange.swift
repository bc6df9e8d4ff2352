// What follows from a change of a room's media: orders to the media plane, news for members.

package import MediaControl
package import RTP

/// Where a room stands (PROTOCOL.md, `roomState`).
package enum RoomPhase: String, Hashable, Sendable {
  /// No host has published yet.
  case waiting
  /// A track of a host's `main` is active.
  case live
  /// One was, and is not now.
  case away
  case ended
}

/// One consequence of an input to `RoomMedia`.
package enum RoomChange: Hashable, Sendable {
  /// To the media plane: this section carries that track from now on.
  case attach(PeerID, section: Int, TrackID?, LayerSelection)
  /// To the media plane: the section's layer is to change.
  case select(PeerID, section: Int, LayerSelection)
  /// To the media plane: this transport is replaced or not wanted any more.
  case close(PeerID, RoomClose)
  case trackAdded(PublicationKey, track: String)
  case trackRemoved(PublicationKey, track: String, MediaKind)
  /// `isUrgent` when activity, codec or the set of layers changed, not only measures.
  case trackChanged(PublicationKey, track: String, isUrgent: Bool)
  /// A section's track changed because its publication came or went.
  case assigned(PeerID, section: Int, mid: String, wish: SectionWish, track: String?)
  case phase(RoomPhase)
}

/// Why a room closes a transport.
package enum RoomClose: String, Hashable, Sendable {
  /// The same identity publishes the stream elsewhere.
  case replaced
  /// Policy, or the member's own wish.
  case removed
}

/// Why a room refuses a wish.
package enum RoomRefusal: Error, Hashable, Sendable {
  case ended
  case unknownTrack
  case wrongKind
  case unknownSection
  case tooManyPublications
  case tooManySubscriptions
}
