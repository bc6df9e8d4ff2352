// The origin line, RFC 8866 section 5.2.

/// Who made a description: `o=`.
package struct Origin: Hashable, Sendable {
  package var username: String
  package var sessionID: UInt64
  package var version: UInt64
  /// `IN IP4 127.0.0.1`: network type, address type and address.
  package var address: String

  package init(
    username: String = "-", sessionID: UInt64, version: UInt64,
    address: String = "IN IP4 127.0.0.1"
  ) {
    self.username = username
    self.sessionID = sessionID
    self.version = version
    self.address = address
  }

  init?(_ text: Substring) {
    let fields = text.fields()
    guard fields.count == 6, let id = fields[1].decimal(UInt64.self),
      let version = fields[2].decimal(UInt64.self)
    else { return nil }
    self.init(
      username: String(fields[0]), sessionID: id, version: version,
      address: fields[3...].joined(separator: " "))
  }

  var text: String { "\(username) \(sessionID) \(version) \(address)" }
}
