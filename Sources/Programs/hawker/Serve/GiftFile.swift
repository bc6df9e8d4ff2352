// The file with a server's gifts, packs of coins and split.

import Commerce
import Config
import JSON

/// Reads `--gifts FILE`.
enum GiftFile {
  /// What the configured file says; the standard catalogue without one.
  static func catalogue(
    _ configuration: ServerConfiguration
  ) throws(ConfigError) -> GiftCatalogue {
    guard let path = configuration.gifts else { return .standard }
    let value = try document(Array(try Files.text(path).utf8), path)
    do throws(JSONMismatch) {
      return try GiftCatalogue(JSONFields(document: value))
    } catch {
      throw ConfigError("gifts: \(path): \(error.text)")
    }
  }

  private static func document(_ text: [UInt8], _ path: String) throws(ConfigError) -> JSONValue {
    do throws(JSONError) {
      return try JSONValue.parse(text)
    } catch {
      throw ConfigError("gifts: \(path): \(error.text)")
    }
  }
}
