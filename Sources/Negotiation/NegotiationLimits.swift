// Every bound of offer/answer in one place.

/// The bounds of one transport's negotiation; whatever exceeds them is refused by name.
package enum NegotiationLimits {
  /// Tracks one peer may publish: camera, microphone, screen and its sound, twice over.
  package static let receivesMax = 8
  /// Tracks one peer may watch on one transport: a stage of a dozen people, and `layer=all` of
  /// several publishers.
  package static let sendsMax = 40
  /// Simulcast encodings of one section: layers are q, h and f.
  package static let encodingsMax = 3
  /// Remote candidates kept; a browser with many interfaces has about 20. Further ones are ignored:
  /// a lite agent contacts none.
  package static let candidatesMax = 64
  /// A rid's length in bytes (RFC 8852 leaves it open; a header extension element of one-byte form
  /// has at most 16).
  package static let ridBytesMax = 16
}
