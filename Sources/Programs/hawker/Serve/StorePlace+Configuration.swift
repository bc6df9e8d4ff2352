// The store a configuration names.

import Config
import Store

extension StorePlace {
  /// - Throws: when the URL can't be one of PostgreSQL's; its text is never in the error.
  init(_ configuration: ServerConfiguration) throws(ConfigError) {
    try self.init(configuration.store, data: configuration.data)
  }

  /// - Parameter data: the data folder.
  init(_ choice: StoreChoice, data: String) throws(ConfigError) {
    switch choice {
    case .sqlite: self = .sqlite(StoreDirectory(data))
    case .postgres(let url):
      guard let address = PostgresAddress(url) else {
        throw ConfigError(
          "store: this value is not postgres://USER:PASSWORD@HOST/DATABASE; "
            + "write @ and / in user and password as %40 and %2F")
      }
      self = .postgres(address, StoreDirectory(data))
    }
  }
}
