// The bitrate of one stream over the last second.

package import Wire

/// Measures a bitrate over a sliding window of one second.
package struct ReceiveRateMeter: Sendable {
  private var window = SlidingWindow(span: ReceiveRateMeter.window)

  /// Long enough to hold a few dozen frames, short enough to follow a layer that stops.
  package static let window = TimeSpan.seconds(Int64(1))

  /// Nothing measured yet.
  package init() {}

  /// Counts one packet of `byteCount` bytes.
  package mutating func record(byteCount: Int, at now: Instant) {
    window.add(Int64(byteCount), at: now)
  }

  /// The rate of the last second, or since the first packet if that is less; 0 after a second's silence.
  package mutating func bitrate(at now: Instant) -> Bitrate {
    let bits = 8 * Double(window.sum(at: now))
    return Bitrate(bitsPerSecond: Int64(bits / window.covered(at: now).seconds))
  }
}
