// An SRTP master key with its salt: secret, so it never prints itself.

/// One direction's master key and master salt (RFC 3711 section 3.2.1).
///
/// Every textual form is `MasterKey(redacted)`; reflection shows no children.
package struct MasterKey: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// `SRTPProfile.keyLength` bytes.
  package let key: [UInt8]
  /// `SRTPProfile.saltLength` bytes.
  package let salt: [UInt8]

  /// Holds `key` and `salt` as they are; their lengths are checked where they are used.
  package init(key: [UInt8], salt: [UInt8]) {
    self.key = key
    self.salt = salt
  }

  package var description: String { "MasterKey(redacted)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
