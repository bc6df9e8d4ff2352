// API keys: who may sign tokens. Their text form is a line of the keys file.

package import Crypto

/// One key and its secret. Never prints its secret.
package struct APIKey: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
  /// 1...64 of `[A-Za-z0-9_-]`.
  package let key: String
  /// At least 16 characters.
  package let secret: String

  /// Nil when either is not of its form.
  package init?(key: String, secret: String) {
    guard Credential.isRoomName(key), secret.utf8.count >= APIKey.secretMin,
      secret.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
    else { return nil }
    self.key = key
    self.secret = secret
  }

  /// A new random key: 48 bits of name, 256 bits of secret.
  package static func random(from source: inout RandomSource) -> APIKey? {
    APIKey(
      key: "hk" + Base64.encode(source.bytes(6), .url),
      secret: Base64.encode(source.bytes(32), .url))
  }

  /// The shortest secret: 96 bits even if it is only base64.
  package static let secretMin = 16
  /// Keys that may be live at once: the current one and the one being replaced.
  package static let liveMax = 2

  package var description: String { "\(key):(redacted)" }

  /// Without children: `dump` reads a value's mirror, not its description.
  package var customMirror: Mirror { Mirror(self, children: [:]) }

  /// The line of the keys file: `key secret`.
  package var line: String { "\(key) \(secret)" }

  /// Reads a keys file: one `key secret` per line, `#` comments; nil when a line is neither, when
  /// a key comes twice, or when there are more than `liveMax`. Lines end in LF or CRLF.
  package static func parse(file text: String) -> [APIKey]? {
    var keys: [APIKey] = []
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      if words.isEmpty || words[0].hasPrefix("#") { continue }
      guard words.count == 2, let key = APIKey(key: String(words[0]), secret: String(words[1])),
        !keys.contains(where: { $0.key == key.key })
      else { return nil }
      keys.append(key)
    }
    return keys.count <= liveMax ? keys : nil
  }
}
