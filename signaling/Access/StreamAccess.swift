// Who may load a room's HLS: an expiring token in the path, made by `hawker serve`, checked by `hawker-hls`.

import Crypto
package import Wire

/// The keys of a key file that both programs read. Never prints them.
///
/// A token says until when which room may be loaded, and nothing about who loads it: it is in addresses,
/// and addresses get into logs. Everybody who has one may give it away until it expires.
package struct StreamAccess: Sendable, CustomStringConvertible, CustomReflectable {
  /// The first one signs; all of them are believed.
  private let keys: [HMACSHA256]

  /// Reads a key file: a secret of at least `secretMin` printable characters a line, `#` comments. The first
  /// one signs, and what the others signed is good too, so that a key can be replaced while viewers
  /// watch. Nil when a line is no such secret, or there are none or more than `APIKey.liveMax`.
  package init?(keyFile text: String) {
    var keys: [HMACSHA256] = []
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard let secret = words.first, !secret.hasPrefix("#") else { continue }
      guard words.count == 1, secret.utf8.count >= StreamAccess.secretMin,
        secret.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
      else { return nil }
      keys.append(HMACSHA256(key: Array(secret.utf8).span))
    }
    guard (1...APIKey.liveMax).contains(keys.count) else { return nil }
    self.keys = keys
  }

  /// The shortest secret: 192 bits as base64, 128 as hexadecimal.
  package static let secretMin = 32

  // MARK: Tokens

  /// The token for a room, good for at least `span` (by default: a long show) after `now`.
  ///
  /// The end is rounded up to a whole minute: all who come within one have the same token, and a proxy
  /// that keeps our verdicts asks once.
  package func token(
    room: String, for span: TimeSpan = .seconds(6 * 3600), at now: WallTime
  ) -> String {
    let minute: Int64 = 60_000_000_000
    let end = (max(0, (now + span).nanoseconds) + minute - 1) / minute * 60
    // There is at least one key.
    return keys.first.map { StreamAccess.token(room, "\(end)", $0) } ?? ""
  }

  /// The path of a room's Multivariant Playlist with a token: `/hls/{room}/~{token}/index.m3u8`.
  /// Everything it names is relative, so the token is in all that follows from it.
  package static func path(room: String, token: String) -> String {
    "/hls/\(room)/\(prefix)\(token)/index.m3u8"
  }

  /// An address with a token: `~token/` put before its last segment (`…/hls/{room}/index.m3u8`).
  package static func address(_ address: String, token: String) -> String {
    let path = address.prefix { $0 != "?" && $0 != "#" }
    guard let slash = path.lastIndex(of: "/") else { return address }
    return address[...slash] + "\(prefix)\(token)/" + address[address.index(after: slash)...]
  }

  /// What a segment of a path begins with that is a token; no rendition's name begins so.
  package static let prefix = "~"

  /// Whether a token is one of ours for this room and has not expired. Signatures are compared in constant
  /// time.
  package func allows(_ token: Substring, room: String, at now: WallTime) -> Bool {
    guard token.utf8.count <= StreamAccess.tokenBytesMax, let dot = token.firstIndex(of: ".")
    else { return false }
    let end = token[..<dot]
    guard let seconds = Int64(end), end.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      now.nanoseconds / 1_000_000_000 < seconds
    else { return false }
    let given = Array(token.utf8)
    var isAllowed = false
    for key in keys {
      let expected = Array(StreamAccess.token(room, String(end), key).utf8)
      // All keys are tried, so that time does not tell which one it was.
      if ConstantTime.equal(expected.span, given.span) { isAllowed = true }
    }
    return isAllowed
  }

  /// Ten digits of seconds (until the year 2286), a point, 43 characters of signature.
  private static let tokenBytesMax = 10 + 1 + 43

  private static func token(_ room: String, _ end: String, _ key: HMACSHA256) -> String {
    // Names have no line breaks, so no room and time read as another room and time.
    let signed = Array("hawker-hls\n\(room)\n\(end)".utf8)
    return "\(end).\(Base64.encode(key.tag(over: signed.span), .url))"
  }

  // MARK: Secrecy

  package var description: String { "StreamAccess(redacted)" }

  /// Without children: `dump` reads a value's mirror, not its description.
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}
