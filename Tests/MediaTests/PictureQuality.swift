// How alike two pictures are, and other measures the tests share.
import Media
import Wire

/// The peak signal-to-noise ratio of two pictures' luma in decibels, as ten times the base-10
/// logarithm found by comparing powers; capped at 99.
func peakSignalToNoise(_ a: borrowing VideoFrame, _ b: borrowing VideoFrame) -> Double {
  guard a.width == b.width, a.height == b.height else { return 0 }
  let (first, second) = (a.luma, b.luma)
  var sum = 0
  for index in 0..<first.count {
    let difference = Int(first[index]) - Int(second[index])
    sum += difference * difference
  }
  guard sum > 0 else { return 99 }
  let ratio = 255.0 * 255.0 * Double(first.count) / Double(sum)
  // One decibel is the tenth root of ten.
  var (decibels, power) = (0.0, 1.0)
  while power * 1.2589 < ratio, decibels < 99 {
    power *= 1.2589
    decibels += 1
  }
  return decibels
}

/// The wall time most tests start at: 2023-11-14T22:13:20.123Z.
let someMoment = WallTime(nanoseconds: 1_700_000_000_123_000_000)

/// What the tests cannot go on without.
struct Missing: Error {}

extension Optional {
  func orThrow() throws -> Wrapped {
    guard let self else { throw Missing() }
    return self
  }
}

/// A small generator for seeded sweeps (SplitMix64).
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
