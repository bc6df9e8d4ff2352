// Where pages ask for the key of protected HLS: the operator's licence service for one key system.

/// `SYSTEM=URL`: a key system as browsers name it (`com.widevine.alpha`), and the address its messages go to.
package struct LicencePlace: Hashable, Sendable {
  /// `requestMediaKeySystemAccess`'s name.
  package let keySystem: String
  /// As it was given; `{room}`, where it stands, is the room's name.
  private let template: String

  /// Characters of an address, as of a playlist's.
  private static let templateMax = HLSPlace.templateMax
  /// Characters of a key system's name: the longest there are have about 30.
  private static let keySystemMax = 64

  /// - Returns: nil for another form, for a name that is none, for an address that is no `https` URL (`http` on this
  ///   machine alone: keys pass there), or holds a character that stands in no URL.
  package init?(_ text: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, (1...LicencePlace.keySystemMax).contains(parts[0].utf8.count),
      parts[0].utf8.allSatisfy({ byte in
        (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte)
          || [45, 46, 95].contains(byte)
      })
    else { return nil }
    let address = String(parts[1])
    let isPlain = address.replacing(HLSPlace.placeholder, with: "").utf8.allSatisfy { byte in
      (0x21...0x7E).contains(byte) && !"\"<>\\^`{|}#".utf8.contains(byte)
    }
    guard isPlain, address.utf8.count <= LicencePlace.templateMax,
      let origin = LicencePlace.origin(of: address),
      origin.hasPrefix("https://") || LicencePlace.isHere(origin)
    else { return nil }
    keySystem = String(parts[0])
    template = address
  }

  /// Where the messages of a room's viewers go; the room's name is `[A-Za-z0-9_-]{1,64}`.
  package func url(of room: String) -> String {
    template.replacing(HLSPlace.placeholder, with: room)
  }

  /// The origin pages must be allowed to ask.
  package var origin: String { LicencePlace.origin(of: template) ?? "" }

  /// Scheme and authority of an address with a path; nil for what has none, or names a user.
  private static func origin(of address: String) -> String? {
    guard let scheme = ["http://", "https://"].first(where: { address.hasPrefix($0) }),
      let slash = address.dropFirst(scheme.count).firstIndex(of: "/")
    else { return nil }
    let authority = address[..<slash].dropFirst(scheme.count)
    // It becomes a source of the pages' Content-Security-Policy, which knows no addresses of IPv6.
    let isPlain = authority.utf8.allSatisfy { byte in
      (97...122).contains(byte) || (65...90).contains(byte) || (48...58).contains(byte)
        || [45, 46].contains(byte)
    }
    return isPlain && !authority.isEmpty ? String(address[..<slash]) : nil
  }

  private static func isHere(_ origin: String) -> Bool {
    let authority = origin.dropFirst("http://".count)
    return ["127.0.0.1", "localhost"].contains { host in
      authority == host || authority.hasPrefix(host + ":")
    }
  }
}
