// The 16 bytes a cipher starts a packet from, as two numbers, so that a packet costs four operations.

/// A salt, or what becomes of one for a packet: 16 bytes, most significant first.
struct InitializationVector {
  var high: UInt64 = 0
  var low: UInt64 = 0

  /// `salt`, at most 16 bytes, with zeros behind it.
  init(_ salt: [UInt8]) {
    for (index, byte) in salt.prefix(16).enumerated() {
      let shift = UInt64(56 - 8 * (index & 7))
      if index < 8 { high |= UInt64(byte) << shift } else { low |= UInt64(byte) << shift }
    }
  }

  /// Salt XOR SSRC (bytes 2...5) XOR 48-bit index (bytes 6...11); 12 bytes (RFC 7714 sections 8.1, 9.1).
  func forGCM(ssrc: UInt32, index: UInt64) -> InitializationVector {
    var vector = self
    vector.high ^= UInt64(ssrc) << 16 | index >> 32
    vector.low ^= index << 32
    return vector
  }

  /// Salt XOR SSRC (bytes 4...7) XOR 48-bit index (bytes 8...13) (RFC 3711 section 4.1.1).
  func forCM(ssrc: UInt32, index: UInt64) -> InitializationVector {
    var vector = self
    vector.high ^= UInt64(ssrc)
    vector.low ^= index << 16
    return vector
  }
}
