// How many frames a second a rendition has, as FRAME-RATE tells players (RFC 8216bis section 4.4.6.2).

/// Measured by complete segments, so that what players are told is what they get.
///
/// FRAME-RATE is the most of all the video: a slower camera later, or a slate, leaves it as it is.
struct FrameRate: Sendable {
  /// Frames a second; nil until it was steady once.
  private(set) var settled: Double?
  /// The last complete segments in a row: frames and seconds.
  private var recent: [(frames: Int, seconds: Double)] = []

  /// Segments that must agree: about six seconds.
  static let steadySegments = 3
  /// They agree when none is further than this from their mean: one frame of ten.
  static let tolerance = 0.1
  /// A source counts as one of `common` when it is as near: browsers leave out a frame now and then.
  private static let nearness = 0.05
  private static let common: [Double] = [5, 7.5, 10, 12, 12.5, 15, 20, 24, 25, 30, 48, 50, 60]
  /// Slower by one in 1001 are television's rates; only a steady clock tells them apart.
  private static let television: [Double] = [24_000 / 1001, 30_000 / 1001, 60_000 / 1001]
  private static let televisionNearness = 0.0003

  /// Takes a segment that is complete; one with a gap is none.
  mutating func note(frames: Int, seconds: Double) {
    guard frames > 0, seconds > 0 else {
      recent = []
      return
    }
    recent.append((frames, seconds))
    if recent.count > FrameRate.steadySegments { recent.removeFirst() }
    guard recent.count == FrameRate.steadySegments else { return }
    let mean = Double(recent.reduce(0) { $0 + $1.frames }) / recent.reduce(0) { $0 + $1.seconds }
    guard
      recent.allSatisfy({ abs(Double($0.frames) / $0.seconds / mean - 1) <= FrameRate.tolerance })
    else { return }
    settled = max(settled ?? 0, FrameRate.rounded(mean))
  }

  /// The common rate that is meant, or the nearest whole one.
  static func rounded(_ rate: Double) -> Double {
    if let exact = television.first(where: { abs(rate / $0 - 1) <= televisionNearness }) {
      return exact
    }
    let nearest = common.min { abs($0 - rate) < abs($1 - rate) } ?? rate
    return abs(nearest / rate - 1) <= nearness ? nearest : max(1, rate.rounded())
  }
}
