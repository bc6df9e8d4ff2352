// The credentials and roles of ICE (RFC 8445, RFC 8839).

/// ICE credentials of one side and one ICE generation (RFC 8839 section 5.4).
package struct ICECredentials: Hashable, Sendable {
  /// 4...256 ice-chars.
  package let ufrag: String
  /// 22...256 ice-chars. A secret: never logged.
  package let password: String
  package init(ufrag: String, password: String) {
    self.ufrag = ufrag
    self.password = password
  }
}

/// Which part we play in ICE. Servers are lite and thus controlled; our own clients control.
package enum ICERole: Hashable, Sendable { case lite, controlling }
