// What a client names in `map` and `assign`: a publication, a track, or nothing.

/// What a section is to carry.
package enum TrackReference: Hashable, Sendable {
  /// The track of the section's kind of this publication, now or when it comes.
  case publication(identity: String, stream: String)
  /// One track by its id.
  case track(String)
  case nothing

  /// Reads `SUB/NAME` (the last slash separates) or a track's id; nil for anything else.
  package init?(_ text: String) {
    guard let slash = text.lastIndex(of: "/") else {
      guard WireName.isTrackID(text) else { return nil }
      self = .track(text)
      return
    }
    let identity = String(text[..<slash])
    let stream = String(text[text.index(after: slash)...])
    guard (1...MessageLimits.identityMax).contains(identity.unicodeScalars.count),
      WireName.isName(stream)
    else { return nil }
    self = .publication(identity: identity, stream: stream)
  }
}
