// Converting between a track's ticks and time since the room's epoch.

import Wire

/// The clock of one track: ticks since the epoch, at `timescale` a second.
struct Ticks: Hashable, Sendable {
  let timescale: Int64

  private static let nanosecondsPerSecond: Int64 = 1_000_000_000

  /// The tick nearest to `span`; exact for whole seconds, and for times beyond 2262 it does not matter.
  func count(_ span: TimeSpan) -> Int64 {
    let (seconds, rest) = span.nanoseconds.quotientAndRemainder(
      dividingBy: Ticks.nanosecondsPerSecond)
    let half = rest < 0 ? -Ticks.nanosecondsPerSecond / 2 : Ticks.nanosecondsPerSecond / 2
    return seconds &* timescale &+ (rest &* timescale &+ half) / Ticks.nanosecondsPerSecond
  }

  /// The last tick not after `span`.
  func floor(_ span: TimeSpan) -> Int64 {
    let (seconds, rest) = span.nanoseconds.quotientAndRemainder(
      dividingBy: Ticks.nanosecondsPerSecond)
    return seconds &* timescale &+ rest &* timescale / Ticks.nanosecondsPerSecond
  }

  /// The length of `count` ticks, rounded down to a nanosecond.
  func span(_ count: Int64) -> TimeSpan {
    let (seconds, rest) = count.quotientAndRemainder(dividingBy: max(1, timescale))
    return TimeSpan(
      nanoseconds: seconds &* Ticks.nanosecondsPerSecond
        &+ rest &* Ticks.nanosecondsPerSecond / max(1, timescale))
  }
}
