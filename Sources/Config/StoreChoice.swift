// Which database rooms are kept in: never printed with its password.

/// The value of `store`.
package enum StoreChoice: Hashable, Sendable {
  /// SQLite in the data folder.
  case sqlite
  /// PostgreSQL at this URL, which may hold a password.
  case postgres(url: String)

  /// Reads `sqlite` or a URL of PostgreSQL's; nil for anything else.
  package init?(_ text: String) {
    if text == "sqlite" {
      self = .sqlite
    } else if text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") {
      self = .postgres(url: text)
    } else {
      return nil
    }
  }
}

extension StoreChoice: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String {
    switch self {
    case .sqlite: "sqlite"
    case .postgres: "postgres://(redacted)"
    }
  }

  package var debugDescription: String { description }

  package var customMirror: Mirror { Mirror(self, children: []) }
}
