// Entity tags and the conditions built on them, RFC 9110 sections 8.8.3 and 13.1.

/// An entity tag: an opaque text, weak or strong.
package struct EntityTag: Hashable, Sendable {
  /// The text between the quotes.
  package let opaque: String
  package let isWeak: Bool

  /// A strong tag; `opaque` must be visible ASCII without quotes.
  package init(_ opaque: String, isWeak: Bool = false) {
    self.opaque = opaque
    self.isWeak = isWeak
  }

  /// Parses `"…"` or `W/"…"`; nil for anything else.
  package init?(parsing text: String) {
    isWeak = text.hasPrefix("W/")
    let bytes = Array(isWeak ? text.utf8.dropFirst(2) : text.utf8[...])
    guard bytes.count >= 2, bytes.first == 0x22, bytes.last == 0x22 else { return nil }
    let inner = bytes.dropFirst().dropLast()
    guard inner.allSatisfy({ $0 > 0x20 && $0 != 0x22 && $0 != 0x7F }) else { return nil }
    opaque = String(decoding: inner, as: UTF8.self)
  }

  /// The tag as a header value.
  package var text: String { (isWeak ? "W/\"" : "\"") + opaque + "\"" }
}

/// The value of If-Match or If-None-Match.
package enum EntityTagCondition: Hashable, Sendable {
  case any
  case tags([EntityTag])

  /// Parses "*" or a list of tags; nil when an element is neither.
  package init?(_ value: String) {
    if HTTPSyntax.trimmed(value) == "*" {
      self = .any
      return
    }
    let elements = HTTPSyntax.listElements(value)
    let tags = elements.compactMap { EntityTag(parsing: $0) }
    guard !tags.isEmpty, tags.count == elements.count else { return nil }
    self = .tags(tags)
  }

  /// Whether If-Match holds for `current`: strong comparison.
  package func matchesStrongly(_ current: EntityTag) -> Bool {
    switch self {
    case .any: true
    case .tags(let tags): !current.isWeak && tags.contains(current)
    }
  }

  /// Whether If-None-Match finds `current`: weak comparison.
  package func matchesWeakly(_ current: EntityTag) -> Bool {
    switch self {
    case .any: true
    case .tags(let tags): tags.contains { $0.opaque == current.opaque }
    }
  }
}
