// A place in the export of a room's log: events first, then who and what their references stand for.

/// Where an export goes on.
package enum LogCursor: Hashable, Sendable {
  case events(after: Int64)
  case people(after: UInt32)
  case texts(from: Int64)

  /// The beginning.
  static let start = LogCursor.events(after: 0)

  /// Reads what `text` writes; nil for anything else.
  init?(_ text: String) {
    guard let kind = text.first, let number = Int64(text.dropFirst()), number > 0,
      number <= LogCursor.placeMax
    else { return nil }
    switch kind {
    case "e": self = .events(after: number)
    case "p":
      guard let person = UInt32(exactly: number) else { return nil }
      self = .people(after: person)
    case "t": self = .texts(from: number)
    default: return nil
    }
  }

  /// Far beyond any log, and far from what could overflow.
  private static let placeMax: Int64 = 1 << 53

  var text: String {
    switch self {
    case .events(let after): "e\(after)"
    case .people(let after): "p\(after)"
    case .texts(let first): "t\(first)"
    }
  }
}
