// How long parts and segments are, and what players are told to keep away from the live edge.

package import Wire

/// The durations of a room's HLS; the same for all its renditions.
package struct HLSTiming: Hashable, Sendable {
  /// Part Target Duration, 200...333 ms.
  package let part: TimeSpan
  /// From one planned cut to the next, 1...6 s.
  package let segment: TimeSpan
  /// How much of the past a playlist lists: at least six target durations.
  package let window: TimeSpan

  /// - Parameters: clamped to the ranges above.
  package init(
    part: TimeSpan = .milliseconds(320), segment: TimeSpan = .seconds(2),
    window: TimeSpan = .seconds(30)
  ) {
    self.part = min(max(part, .milliseconds(200)), .milliseconds(333))
    self.segment = min(max(segment, .seconds(1)), .seconds(6))
    let target = HLSTiming.targetSeconds(self.segment)
    self.window = max(window, .seconds(Int64(6 * target)))
  }

  /// EXT-X-TARGETDURATION: the longest segment, rounded (RFC 8216bis section 4.4.3.1).
  package var targetSeconds: Int { HLSTiming.targetSeconds(segment) }

  private static func targetSeconds(_ segment: TimeSpan) -> Int {
    Int((segment + longestExcess).seconds.rounded())
  }

  /// How much longer than planned a segment may become.
  static let longestExcess = HLSLimits.cutPatience

  /// The shortest part that is not the last of its segment: 85 % of the target, and a little so that
  /// rounding never goes below it.
  package var shortestPart: TimeSpan { TimeSpan(nanoseconds: part.nanoseconds / 100 * 85 + 50_000) }
  /// PART-HOLD-BACK: three parts, as the specification recommends.
  package var partHoldBack: TimeSpan { part * 3 }
  /// HOLD-BACK, for players that load whole segments: three target durations, the least allowed.
  package var holdBack: TimeSpan { .seconds(Int64(3 * targetSeconds)) }
  /// CAN-SKIP-UNTIL: six target durations, the least allowed.
  package var skipUntil: TimeSpan { .seconds(Int64(6 * targetSeconds)) }
  /// How long a playlist request is blocked before it gets 503: three target durations (section 6.2.5.2).
  package var blockingPatience: TimeSpan { .seconds(Int64(3 * targetSeconds)) }
  /// How far behind the live edge parts are listed: three target durations (section 6.2.2).
  package var partWindow: TimeSpan { .seconds(Int64(3 * targetSeconds)) }
}
