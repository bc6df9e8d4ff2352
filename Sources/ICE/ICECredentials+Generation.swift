// Making and judging ICE credentials (RFC 8445 section 5.3, RFC 8839 section 5.4).

package import Crypto

extension ICECredentials {
  /// 48 bits of chance: RFC 8445 section 5.3 asks for 24.
  package static let ufragRandomCount = 8
  /// 144 bits of chance: RFC 8445 section 5.3 asks for 128.
  package static let passwordCount = 24
  private static let ufragLengths = 4...256
  private static let passwordLengths = 22...256

  /// Fresh credentials.
  ///
  /// - Parameter prefix: ice-chars the ufrag begins with, at most 8: a server puts the owning worker
  ///   there. It adds no chance of a guess being right: the random part is as long as without it.
  package static func random(prefix: String = "", from source: inout RandomSource)
    -> ICECredentials
  {
    ICECredentials(
      ufrag: prefix + source.iceCharacters(ufragRandomCount),
      password: source.iceCharacters(passwordCount))
  }

  /// Whether both parts have a legal length and nothing but ice-chars (RFC 8839 section 5.4).
  package var isWellFormed: Bool {
    ICECredentials.ufragLengths.contains(ufrag.utf8.count)
      && ICECredentials.passwordLengths.contains(password.utf8.count)
      && ufrag.utf8.allSatisfy(isICECharacter) && password.utf8.allSatisfy(isICECharacter)
  }
}

/// Whether `byte` is an ice-char: a letter, a digit, "+" or "/" (RFC 8839 section 5.1).
func isICECharacter(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
    true
  default: false
  }
}
