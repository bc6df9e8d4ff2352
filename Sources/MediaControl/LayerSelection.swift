// Which encoding of a track a viewer gets: layers are ranks by size, whatever the RIDs.

/// A rank among a track's encodings: `q` is the smallest, `f` the largest.
package enum LayerRank: UInt8, Hashable, Sendable, CaseIterable, Comparable {
  case q = 0
  case h = 1
  case f = 2
  package static func < (a: LayerRank, b: LayerRank) -> Bool { a.rawValue < b.rawValue }
  /// `q`, `h` or `f`; nil for anything else.
  package init?(name: String) {
    switch name {
    case "q": self = .q
    case "h": self = .h
    case "f": self = .f
    default: return nil
    }
  }
  package var name: String {
    switch self {
    case .q: "q"
    case .h: "h"
    case .f: "f"
    }
  }
}

/// What a viewer asked for.
package enum LayerSelection: Hashable, Sendable {
  /// The best that fits, with fallback.
  case automatic
  /// Exactly this layer; silence when it stops.
  case pinned(LayerRank)
}
