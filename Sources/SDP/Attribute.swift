// An attribute nobody here interprets, RFC 8866 section 5.13.

/// An `a=` line kept as it is.
package struct Attribute: Hashable, Sendable {
  package var name: String
  /// Nil for a flag without colon.
  package var value: String?
  package init(_ name: String, _ value: String? = nil) {
    self.name = name
    self.value = value
  }
}

/// A session-level or media-level line that is kept as it is: `i=`, `b=`, `k=` and the like.
package struct OtherLine: Hashable, Sendable {
  /// One ASCII letter.
  package var letter: Character
  package var value: String
  package init(_ letter: Character, _ value: String) {
    self.letter = letter
    self.value = value
  }
}
