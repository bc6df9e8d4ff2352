// Where Redis is, and what it is told to let us in: never printed with its password.

package import Hooks

/// `redis://[[USER]:PASSWORD@]HOST[:PORT]`, `rediss://` for TLS.
package struct RedisAddress: Hashable, Sendable {
  /// Its host, port, and whether TLS is spoken.
  package let server: HookURL
  /// Of Redis's access lists; nil: the default user.
  package let user: String?
  /// Secret.
  package let password: String?

  /// Reads a URL; nil for anything else. The number of a database may follow: channels have none.
  package init?(_ text: String) {
    guard let (scheme, rest) = RedisAddress.scheme(of: text) else { return nil }
    let end = rest.firstIndex(of: "/") ?? rest.endIndex
    guard rest[end...].dropFirst().utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    var authority = rest[..<end]
    var credentials: (user: String?, password: String)?
    if let at = authority.lastIndex(of: "@") {
      guard let read = RedisAddress.credentials(authority[..<at]) else { return nil }
      credentials = read
      authority = authority[authority.index(after: at)...]
    }
    let hasPort =
      authority.last != "]" && authority.contains(":")
      && !(authority.hasPrefix("[") && !authority.contains("]:"))
    let whole = hasPort ? String(authority) : "\(authority):\(RedisAddress.portByDefault)"
    guard let server = HookURL("\(scheme)://\(whole)") else { return nil }
    self.server = server
    user = credentials?.user
    password = credentials?.password
  }

  private static let portByDefault = 6379

  private static func scheme(of text: String) -> (String, Substring)? {
    if text.hasPrefix("redis://") { return ("http", text.dropFirst(8)) }
    if text.hasPrefix("rediss://") { return ("https", text.dropFirst(9)) }
    return nil
  }

  private static func credentials(_ text: Substring) -> (user: String?, password: String)? {
    guard let colon = text.firstIndex(of: ":"),
      let user = decoded(text[..<colon]), let password = decoded(text[text.index(after: colon)...]),
      !password.isEmpty
    else { return nil }
    return (user.isEmpty ? nil : user, password)
  }

  /// Without percent escapes; nil where they are broken.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == 0x25 else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst(), let low = rest.popFirst(),
        let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(value)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

extension RedisAddress: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String {
    (server.isSecure ? "rediss://" : "redis://") + server.authority
  }

  package var debugDescription: String { description }

  package var customMirror: Mirror { Mirror(self, children: []) }
}
