// Schema 5: what processes that share a database need. A file is one process's.

extension Migration {
  /// Nothing: so that both databases' steps keep the same numbers.
  static let nodes = Migration(version: 5, statements: [])
}
