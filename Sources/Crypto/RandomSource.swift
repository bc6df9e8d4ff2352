// Randomness as an argument: the kernel's through OpenSSL, or a seed's for runs that can be replayed.

import COpenSSL

/// Cryptographically secure random bytes from OpenSSL's generator.
package enum SecureRandom {
  /// Fills all of `bytes`. A generator that cannot be seeded ends the process: nothing is safe then.
  package static func fill(_ bytes: inout MutableSpan<UInt8>) {
    guard bytes.count > 0 else { return }
    let filled = unsafe bytes.withUnsafeMutableBytes { raw in
      let start = unsafe raw.bindMemory(to: UInt8.self).baseAddress
      return unsafe RAND_bytes(start, CInt(raw.count))
    }
    precondition(filled == 1)  // Only without any entropy at all; never reachable from a socket.
  }
}

/// Where a machine of the core gets its random numbers: injected, so that simulations replay.
package struct RandomSource: RandomNumberGenerator, Sendable {
  private enum Origin: Sendable {
    case system
    /// The state of SplitMix64.
    case seeded(UInt64)
  }
  private var origin: Origin

  /// Secure randomness: the only source in a running server.
  package static let system = RandomSource(origin: .system)

  /// A sequence that depends on `seed` alone. Never for secrets outside of tests and simulation.
  package static func seeded(_ seed: UInt64) -> RandomSource {
    RandomSource(origin: .seeded(seed))
  }

  private init(origin: Origin) { self.origin = origin }

  /// The next 64 random bits.
  package mutating func next() -> UInt64 {
    switch origin {
    case .system:
      var bytes = InlineArray<8, UInt8>(repeating: 0)
      var span = bytes.mutableSpan
      SecureRandom.fill(&span)
      var value: UInt64 = 0
      for index in bytes.indices { value = value << 8 | UInt64(bytes[index]) }
      return value
    case .seeded(let state):
      // SplitMix64, Steele, Lea and Flood 2014.
      let advanced = state &+ 0x9E37_79B9_7F4A_7C15
      origin = .seeded(advanced)
      var z = advanced
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  /// Fills all of `bytes`.
  package mutating func fill(_ bytes: inout MutableSpan<UInt8>) {
    if case .system = origin { return SecureRandom.fill(&bytes) }
    var word: UInt64 = 0
    for index in 0..<bytes.count {
      if index % 8 == 0 { word = next() }
      bytes[index] = UInt8(truncatingIfNeeded: word)
      word >>= 8
    }
  }

  /// `count` random bytes as a new array.
  package mutating func bytes(_ count: Int) -> [UInt8] {
    var array = [UInt8](repeating: 0, count: count)
    var span = array.mutableSpan
    fill(&span)
    return array
  }

  /// A number in 0..<1, evenly spread.
  package mutating func unitInterval() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// `count` random ice-chars (letters, digits, "+" and "/"; RFC 8839 section 5.4): six bits each.
  package mutating func iceCharacters(_ count: Int) -> String {
    var text = ""
    for byte in bytes(count) { text.unicodeScalars.append(Base64.standardScalar(byte & 63)) }
    return text
  }
}
