// The alphabets of names on the wire: rooms, streams, tracks.

/// Checks of names that come from clients.
package enum WireName {
  /// Whether `text` can name a room or a stream: `[A-Za-z0-9_-]{1,64}`.
  package static func isName(_ text: String) -> Bool {
    (1...MessageLimits.nameMax).contains(text.utf8.count)
      && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F }
  }

  /// Whether `text` can be a track's id: `[A-Za-z0-9]{1,32}`.
  package static func isTrackID(_ text: String) -> Bool {
    (1...MessageLimits.trackIDMax).contains(text.utf8.count)
      && text.utf8.allSatisfy { isAlphanumeric($0) }
  }

  /// The first characters of a client's text, for an error message.
  static func quoted(_ text: String) -> String {
    let head = String(String.UnicodeScalarView(text.unicodeScalars.prefix(MessageLimits.quotedMax)))
    return text.unicodeScalars.count > MessageLimits.quotedMax ? "\(head)…" : head
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
