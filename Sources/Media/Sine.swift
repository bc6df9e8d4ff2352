// The sine function for tones and clock hands, without the C library.

/// A sine accurate to one part in a million: far below what 16-bit sound or a pixel can show.
package enum Sine {
  /// The sine of `turns` full turns (1.0 is 2π); magnitudes up to 2^40 turns.
  package static func sine(turns: Double) -> Double {
    let whole = turns.rounded(.down)
    var x = turns - whole
    // Fold onto the first quarter, where the series converges quickly.
    var sign = 1.0
    if x >= 0.5 {
      x -= 0.5
      sign = -1
    }
    if x > 0.25 { x = 0.5 - x }
    let angle = x * 2 * Double.pi
    let square = angle * angle
    // Taylor's series to the eleventh power, from the innermost term.
    var series = 1.0
    for n in [10.0, 8.0, 6.0, 4.0, 2.0] { series = 1 - square / (n * (n + 1)) * series }
    return sign * angle * series
  }

  /// The cosine of `turns` full turns.
  package static func cosine(turns: Double) -> Double { sine(turns: turns + 0.25) }
}
