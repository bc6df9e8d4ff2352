// What the RTP tests share: hex vectors, a seeded generator, and sweeps over broken input.

import Testing
import Wire

/// The bytes of a hex string; spaces and line breaks are ignored.
func hex(_ text: String) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count - 1, by: 2).map {
    UInt8(digits[$0] << 4 | digits[$0 + 1])
  }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Calls `body` with random bytes of every length 0...64, `rounds` times each.
func sweepLengths(seed: UInt64, rounds: Int = 40, _ body: ([UInt8]) -> Void) {
  var generator = SeededGenerator(seed: seed)
  for length in 0...64 {
    for _ in 0..<rounds {
      body((0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
  }
}

/// Calls `body` with `rounds` copies of `valid` in which one to four bytes were changed, some cut short.
func mutate(_ valid: [UInt8], seed: UInt64, rounds: Int = 2000, _ body: ([UInt8]) -> Void) {
  var generator = SeededGenerator(seed: seed)
  for _ in 0..<rounds {
    var bytes = valid
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
      let index = Int.random(in: 0..<bytes.count, using: &generator)
      bytes[index] = UInt8.random(in: 0...255, using: &generator)
    }
    if Int.random(in: 0..<4, using: &generator) == 0 {
      bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator))
    }
    body(bytes)
  }
}
