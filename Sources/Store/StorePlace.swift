// Where rooms are kept.

/// Which database a store uses.
package enum StorePlace: Sendable {
  /// SQLite, in the data folder.
  case sqlite(StoreDirectory)
  /// PostgreSQL. The data folder holds this process's name there, and lets only one process use it.
  case postgres(PostgresAddress, StoreDirectory)

  /// The data folder.
  package var directory: StoreDirectory {
    switch self {
    case .sqlite(let directory), .postgres(_, let directory): directory
    }
  }
}
