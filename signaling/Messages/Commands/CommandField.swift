// One field of a room command or query: its kind and range, for decoding, REST, OpenAPI and JSON Schemas alike.

/// A field of a command or a query.
package struct CommandField: Hashable, Sendable {
  /// What a field holds. Lengths are in characters (Unicode scalars).
  package enum Kind: Hashable, Sendable {
    case string(ClosedRange<Int>)
    case integer(ClosedRange<Int64>)
    case boolean
    /// One of these words.
    case choice([String])
    /// At most so many strings of at most so many characters.
    case strings(itemsMax: Int, charactersMax: Int)
    /// At most so many integers.
    case integers(itemsMax: Int, ClosedRange<Int64>)
    /// At most so many pairs of integers.
    case pairs(itemsMax: Int, ClosedRange<Int64>)
    /// At most so many objects with these fields; other members of theirs are ignored.
    case objects(itemsMax: Int, [CommandField])

    /// The words of an error.
    var expectation: String {
      switch self {
      case .string(let range): "\(range.lowerBound) to \(range.upperBound) characters"
      case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
      case .boolean: "a boolean"
      case .choice(let words): words.joined(separator: ", ")
      case .strings(let items, let characters):
        "at most \(items) strings of at most \(characters) characters"
      case .integers(let items, let range):
        "at most \(items) integers from \(range.lowerBound) to \(range.upperBound)"
      case .pairs(let items, let range):
        "at most \(items) pairs of integers from \(range.lowerBound) to \(range.upperBound)"
      case .objects(let items, _): "at most \(items) objects"
      }
    }
  }

  package let name: String
  package let kind: Kind
  /// Whether the command is refused without it.
  package let isRequired: Bool
  /// One sentence for readers of the API.
  package let summary: String

  static func required(_ name: String, _ kind: Kind, _ summary: String) -> CommandField {
    CommandField(name: name, kind: kind, isRequired: true, summary: summary)
  }

  static func optional(_ name: String, _ kind: Kind, _ summary: String) -> CommandField {
    CommandField(name: name, kind: kind, isRequired: false, summary: summary)
  }
}
