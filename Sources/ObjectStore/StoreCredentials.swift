// Who we are to a store: an access key and its secret, which never leave the process.

/// An access key of S3-compatible storage.
///
/// What is printed of it is its name only; the secret is for signing.
package struct StoreCredentials: Hashable, Sendable {
  /// Names who signs; the store is told it.
  package let accessKey: String
  let secret: String
  /// Of credentials that end; the store is told it.
  let sessionToken: String?

  /// Bytes of a file that are read: session tokens have two thousand.
  package static let fileBytesMax = 16 << 10
  private static let bytesMax = 8192

  /// Nil for what can't be sent: nothing, white space or control characters in it, or too much.
  package init?(accessKey: String, secret: String, sessionToken: String? = nil) {
    let texts = [accessKey, secret] + (sessionToken.map { [$0] } ?? [])
    for text in texts {
      guard (1...StoreCredentials.bytesMax).contains(text.utf8.count),
        text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
      else { return nil }
    }
    self.accessKey = accessKey
    self.secret = secret
    self.sessionToken = sessionToken
  }

  /// Reads a file as `aws configure` writes it: `aws_access_key_id = …`, `aws_secret_access_key`,
  /// `aws_session_token`, of the section `[default]` or before any.
  package init?(file text: String) {
    var values: [Substring: String] = [:]
    var isOurs = true
    for line in text.split(whereSeparator: \.isNewline) {
      let line = StoreCredentials.trimmed(line)
      if line.hasPrefix("#") || line.hasPrefix(";") { continue }
      if line.hasPrefix("[") {
        isOurs = line == "[default]"
        continue
      }
      let halves = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard isOurs, halves.count == 2 else { continue }
      values[StoreCredentials.trimmed(halves[0])] = String(StoreCredentials.trimmed(halves[1]))
    }
    guard let key = values["aws_access_key_id"], let secret = values["aws_secret_access_key"] else {
      return nil
    }
    self.init(accessKey: key, secret: secret, sessionToken: values["aws_session_token"])
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while text.first == " " || text.first == "\t" { text.removeFirst() }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}

extension StoreCredentials: CustomStringConvertible, CustomReflectable {
  package var description: String { "access key \(accessKey)" }
  package var customMirror: Mirror { Mirror(self, children: ["accessKey": accessKey]) }
}
