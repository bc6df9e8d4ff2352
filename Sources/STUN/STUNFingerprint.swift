// The CRC-32 behind FINGERPRINT (RFC 8489 section 14.7, ITU V.42).

/// The FINGERPRINT of STUN: it tells STUN from other protocols, it proves nothing.
enum STUNFingerprint {
  private static let mask: UInt32 = 0x5354_554E

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { remainder, _ in
      remainder & 1 == 0 ? remainder >> 1 : remainder >> 1 ^ 0xEDB8_8320
    }
  }

  /// The attribute's value for a message whose bytes before the attribute are `bytes`.
  static func value(over bytes: borrowing Span<UInt8>) -> UInt32 {
    var crc: UInt32 = .max
    for index in 0..<bytes.count {
      crc = crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ bytes[index])]
    }
    return ~crc ^ mask
  }
}
