// What one section of a viewer's transport is to carry, and what it carries now.

package import MediaControl
package import RTP

/// What a viewer wants in one section.
package enum SectionWish: Hashable, Sendable {
  /// The n-th track of the section's kind, in the order of DESIGN section 6 (plain WHEP).
  case fill(Int)
  /// The track of the section's kind of this publication, now or when it comes.
  case publication(PublicationKey)
  /// One track by its id.
  case track(String)
  case nothing
}

/// One section in which a viewer receives.
package struct Subscription: Hashable, Sendable {
  package let peer: PeerID
  /// The section's place in the session description.
  package let section: Int
  package let mid: String
  package let kind: MediaKind
  package internal(set) var wish: SectionWish
  package internal(set) var selection: LayerSelection
  /// The id of the track it carries, nil for none.
  package internal(set) var track: String?
  /// The media track attached in the media plane.
  package internal(set) var media: TrackID?

  /// A subscription that carries nothing yet.
  package init(
    peer: PeerID, section: Int, mid: String, kind: MediaKind, wish: SectionWish,
    selection: LayerSelection
  ) {
    self.peer = peer
    self.section = section
    self.mid = mid
    self.kind = kind
    self.wish = wish
    self.selection = selection
  }
}
