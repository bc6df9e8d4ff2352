// A value to be bound where speed does not matter.

/// What a statement's parameter may be.
enum SQLValue {
  case null
  case integer(Int64)
  case text(String)
  case bytes([UInt8])

  /// An integer, or null.
  static func optional(_ number: Int64?) -> SQLValue { number.map { .integer($0) } ?? .null }
  /// A text, or null.
  static func optional(_ text: String?) -> SQLValue { text.map { .text($0) } ?? .null }
}
