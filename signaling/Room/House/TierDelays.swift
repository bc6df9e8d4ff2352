// How late each way to watch is, measured by when members say that their page shows a pin.

import Commerce

/// The delays of a room's ways to watch, by the server's clock alone.
///
/// A page shows a pin on the frame on which it was made, and says so at once (`seen`). When that reaches the server, less the
/// pin's media time, is how late the member's picture is, and the way of its words; the difference of two ways' medians is
/// how much later one of them is. One member counts once for a pin, and the median of many is nobody's to choose.
package struct TierDelays: Hashable, Sendable {
  /// By way: the last measures, oldest first.
  private var samples: [AudienceTier: [Int64]] = [:]

  /// Nothing measured.
  package init() {}

  /// How many measures are kept: the last few pins of a large room, all of a small one.
  package static let samplesMax = 101
  /// Fewer than so many say nothing.
  package static let samplesMin = 5
  /// Who says so later than this was not looking: a page in the background, a card out of view.
  package static let latenessMsMax: Int64 = 5000

  /// A member shows what was pinned so long ago.
  package mutating func add(_ latenessMs: Int64, of tier: AudienceTier) {
    guard (0...TierDelays.latenessMsMax).contains(latenessMs) else { return }
    samples[tier, default: []].append(latenessMs)
    if samples[tier, default: []].count > TierDelays.samplesMax { samples[tier]?.removeFirst() }
  }

  /// How much later than over WebRTC its members see the show: 0…`ShopLimits.windowMsMax`.
  package func delayMs(of tier: AudienceTier) -> Int64 {
    guard tier != .webRTC else { return 0 }
    guard let late = median(of: tier) else { return tier.presumedDelayMs }
    return min(max(late - (median(of: .webRTC) ?? 0), 0), ShopLimits.windowMsMax)
  }

  private func median(of tier: AudienceTier) -> Int64? {
    guard let all = samples[tier], all.count >= TierDelays.samplesMin else { return nil }
    return all.sorted()[all.count / 2]
  }
}
