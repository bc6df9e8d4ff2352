// Keys of encrypted segments: METHOD=AES-128, another key every few segments (RFC 8216bis section 4.4.4.4).

import Crypto

/// What a resource is encrypted with: AES-128-CBC with PKCS #7 padding, each segment and each part by itself.
package struct SegmentCipher: Hashable, Sendable {
  package let key: [UInt8]
  package let vector: [UInt8]

  /// How many bytes so many become.
  static func byteCount(of count: Int) -> Int {
    (count / AESCBC.byteCount + 1) * AESCBC.byteCount
  }

  /// Without an IV attribute the vector is the Media Sequence Number (section 5.2).
  package static func vector(ofSegment sequence: Int) -> [UInt8] {
    let number = UInt64(truncatingIfNeeded: sequence)
    return (0..<16).map {
      $0 < 8 ? 0 : UInt8(truncatingIfNeeded: number >> UInt64(120 - 8 * $0))
    }
  }
}

/// Makes the keys of a room. Nothing is kept: a key is a function of the secret, the run and its number.
package struct SegmentKeys: Sendable {
  private let secret: HMACSHA256
  /// Segments that have a key in common.
  package let segmentsEach: Int

  /// - Parameters:
  ///   - secret: of this process or of several that serve the same run; never given out.
  ///   - segmentsEach: at least 1.
  package init(secret: [UInt8], segmentsEach: Int) {
    self.secret = HMACSHA256(key: secret.span)
    self.segmentsEach = max(1, segmentsEach)
  }

  /// The number of the key of a segment.
  package func number(ofSegment sequence: Int) -> Int { sequence / segmentsEach }

  /// Key number `number` of a run: 16 bytes.
  package func key(_ number: Int, run: String) -> [UInt8] {
    let purpose = Array("hls-key\n\(run)\n\(number)".utf8)
    return Array(secret.tag(over: purpose.span).prefix(AESCBC.byteCount))
  }

  /// What a segment and its parts are encrypted with.
  package func cipher(ofSegment sequence: Int, run: String) -> SegmentCipher {
    SegmentCipher(
      key: key(self.number(ofSegment: sequence), run: run),
      vector: SegmentCipher.vector(ofSegment: sequence))
  }
}
