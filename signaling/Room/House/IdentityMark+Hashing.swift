// Identities and browsers to what stands for them in bans.

import Crypto

extension IdentityMark {
  /// The server's secret: without it nobody can tell whose mark one is by trying identities.
  package struct Key: Hashable, Sendable {
    package static let byteCount = 32
    fileprivate let bytes: [UInt8]

    /// - Parameter bytes: `byteCount` random ones; always the same for the rooms of one store.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// For tests and simulations.
    package static let none = Key([UInt8](repeating: 0, count: byteCount))
  }

  /// The mark of an identity.
  package init(_ identity: String, _ key: Key) {
    self.init(IdentityMark.hash("identity:" + identity, key))
  }

  fileprivate static func hash(_ text: String, _ key: Key) -> UInt64 {
    let tag = HMACSHA256(key: key.bytes.span).tag(over: Array(text.utf8).span)
    return tag[..<8].reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension DeviceHint {
  /// What stands for a browser in the log: not the hint itself.
  package init(hashing hint: String, _ key: IdentityMark.Key) {
    self.init(IdentityMark.hash("device:" + hint, key))
  }
}
