// Schema 6: viewers of rooms for other processes. A file is one process's.

extension Migration {
  /// Nothing: so that both databases' steps keep the same numbers.
  static let viewers = Migration(version: 6, statements: [])
}
