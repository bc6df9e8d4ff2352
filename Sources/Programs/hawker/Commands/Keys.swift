// The API keys of a server: configured, or made on first start and kept in the data folder.

import Access
import Config
import Crypto

/// Finds the keys.
enum Keys {
  /// The name of the keys file in the data folder.
  static let fileName = "keys"

  /// The configured key, else those of the data folder; made there when `creating`.
  static func load(_ configuration: ServerConfiguration, creating: Bool) throws(ConfigError)
    -> [APIKey]
  {
    if let pair = configuration.apiKey {
      guard let key = APIKey(key: pair.key, secret: pair.secret) else {
        throw ConfigError(
          "api-key must be [A-Za-z0-9_-]{1,64} and api-secret at least 16 characters")
      }
      return [key]
    }
    let path = configuration.data + "/" + fileName
    if let text = try Files.textIfPresent(path) { return try parse(text, path) }
    guard creating else {
      throw ConfigError(
        "there are no keys in \(path) yet: start `hawker serve` once, or set --data or api-key")
    }
    return try create(path, in: configuration.data)
  }

  private static func parse(_ text: String, _ path: String) throws(ConfigError) -> [APIKey] {
    guard let keys = APIKey.parse(file: text), !keys.isEmpty else {
      throw ConfigError("\(path) must hold one or two lines: key secret")
    }
    return keys
  }

  private static func create(_ path: String, in folder: String) throws(ConfigError) -> [APIKey] {
    var random = RandomSource.system
    try Files.makeFolder(folder)
    guard let key = APIKey.random(from: &random) else { throw ConfigError("cannot make a key") }
    let text =
      "# Keys that sign tokens; the first signs new ones. Keep this file secret.\n\(key.line)\n"
    if try Files.create(fileName, in: folder, text) { return [key] }
    // Another process was first: its key counts.
    return try parse(try Files.text(path), path)
  }
}
