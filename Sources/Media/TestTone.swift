// The sound of the test picture: a soft bell at every whole second.
package import Wire

/// A bell in time with the picture's seconds, as a pure function of the wall clock.
///
/// Four notes of a pentatonic scale in turn, an octave higher at whole minutes; each fades within
/// half a second and is silent after it, so that onset and silence can both be measured.
package enum TestTone {
  /// The length of a note.
  package static let noteLength = TimeSpan.milliseconds(500)
  /// A quarter of full scale: loud enough to hear, soft enough for headphones.
  private static let amplitude = 8000.0
  /// C5, D5, E5, G5.
  private static let notes = [523.25, 587.33, 659.25, 783.99]
  /// The note swells within 3 ms instead of clicking.
  private static let attackSeconds = 0.003

  /// Fills `samples` with interleaved sound at 48 kHz.
  ///
  /// - Parameters:
  ///   - wall: when the first sample sounds.
  ///   - channelCount: 1 or 2, all with the same sound.
  package static func fill(
    _ samples: inout [Int16], from wall: WallTime, channelCount: Int
  ) {
    let nanosecondsPerSecond: Int64 = 1_000_000_000
    for index in 0..<(samples.count / channelCount) {
      let offset = Int64(index) * nanosecondsPerSecond / Int64(OpusFormat.sampleRate)
      let value = level(at: wall + TimeSpan(nanoseconds: offset))
      for channel in 0..<channelCount { samples[index * channelCount + channel] = value }
    }
  }

  /// The sound's level at one moment.
  static func level(at wall: WallTime) -> Int16 {
    let second = wall.nanoseconds / 1_000_000_000
    let inSecond = Double(wall.nanoseconds - second * 1_000_000_000) / 1e9
    let left = 1 - inSecond / noteLength.seconds
    guard inSecond >= 0, left > 0 else { return 0 }
    let note = notes[Int(second % 4)] * (second % 60 == 0 ? 2 : 1)
    let turns = note * inSecond
    // A fundamental and a fainter octave sound like a small bell.
    let wave = 0.8 * Sine.sine(turns: turns) + 0.2 * Sine.sine(turns: 2 * turns)
    let attack = min(1, inSecond / attackSeconds)
    return Int16(amplitude * attack * left * left * left * wave)
  }
}
