// By which way members watch, and so how late they see the show.

import Commerce

/// A way to watch. Drops and auctions make up for its delay: this and `TierDelays` are where it is said
/// how late it is.
package enum AudienceTier: Hashable, Sendable, CaseIterable {
  /// A peer connection: what the host shows is seen at once, within `ShopLimits.windowMsMin`.
  case webRTC
  /// LL-HLS: parts are made, fetched and held back.
  case hls

  /// How much later than over WebRTC a member of it sees the show, while too few have been measured.
  package var presumedDelayMs: Int64 {
    switch self {
    case .webRTC: 0
    // The hold-back of three parts of a third of a second, and the making and fetching of one.
    case .hls: 1500
    }
  }

  /// How late its slowest member may see it: so long an opening window lasts where it is let in.
  package var windowMs: Int64 {
    switch self {
    case .webRTC: ShopLimits.windowMsMin
    case .hls: ShopLimits.windowMsMax
    }
  }
}

extension RoomHouse {
  /// How late the slowest audience that this room lets in sees the show.
  package var windowMs: Int64 {
    tiers.map(\.windowMs).max() ?? ShopLimits.windowMsMin
  }
}
