// The API keys of a server: configured, or made on first start and kept in the data folder.

import Access
import Config
import Crypto
import Room
import Wire

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
    try Files.makeFolder(folder)
    guard let text = newText() else { throw ConfigError("cannot make a key") }
    if try Files.create(fileName, in: folder, text) { return try parse(text, path) }
    // Another process was first: its key counts.
    return try parse(try Files.text(path), path)
  }

  /// A new file's text, with a new key.
  static func newText() -> String? {
    var random = RandomSource.system
    guard let key = APIKey.random(from: &random) else { return nil }
    return
      "# Keys that sign tokens; the first signs new ones. Keep this file secret.\n\(key.line)\n"
  }

  // MARK: The key of bans

  /// The name of its file in the data folder.
  static let markFileName = "ban-key"

  /// What identities are marked with in bans; made on the first start.
  static func markKey(in folder: String) throws(ConfigError) -> IdentityMark.Key {
    let path = folder + "/" + markFileName
    if let text = try Files.textIfPresent(path) { return try markKey(text, path) }
    try Files.makeFolder(folder)
    let text = newMarkText()
    if try Files.create(markFileName, in: folder, text) { return try markKey(text, path) }
    return try markKey(try Files.text(path), path)
  }

  /// A new file's text, with a new key.
  static func newMarkText() -> String {
    var random = RandomSource.system
    return Hex.text(random.bytes(IdentityMark.Key.byteCount)) + "\n"
  }

  private static func markKey(
    _ text: String, _ path: String
  ) throws(ConfigError) -> IdentityMark.Key {
    let digits = text.last == "\n" ? String(text.dropLast()) : text
    guard let bytes = Hex.bytes(digits, count: IdentityMark.Key.byteCount) else {
      throw ConfigError("\(path) must hold \(2 * IdentityMark.Key.byteCount) hexadecimal digits")
    }
    return IdentityMark.Key(bytes)
  }
}
