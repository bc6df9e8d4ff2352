// A seeded source of mutations, so that a failing sweep can be run again.

/// SplitMix64.
struct SeededBytes: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// `bytes` with one to four places overwritten, inserted or removed.
  mutating func mutate(_ bytes: [UInt8], alphabet: [UInt8]) -> [UInt8] {
    var result = bytes
    for _ in 0..<Int.random(in: 1...4, using: &self) where !result.isEmpty {
      let index = Int.random(in: 0..<result.count, using: &self)
      let byte =
        Bool.random(using: &self)
        ? alphabet.randomElement(using: &self) ?? 0 : UInt8.random(in: 0...255, using: &self)
      switch Int.random(in: 0..<3, using: &self) {
      case 0: result[index] = byte
      case 1: result.insert(byte, at: index)
      default: result.remove(at: index)
      }
    }
    return result
  }

  /// `count` bytes of `alphabet`, which is not empty.
  mutating func bytes(_ count: Int, from alphabet: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for _ in 0..<count {
      result.append(alphabet[Int.random(in: 0..<alphabet.count, using: &self)])
    }
    return result
  }
}
