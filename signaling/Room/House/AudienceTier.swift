// By which way members watch, and so how late they see the show.

import Commerce

/// A way to watch. Drops and auctions make up for its delay: this is the one place that says how late it is.
package enum AudienceTier: Hashable, Sendable, CaseIterable {
  /// A peer connection: what the host shows is seen at once, within `ShopLimits.windowMsMin`.
  case webRTC

  /// How late a member of it sees the show, where nobody has measured more: taken off when claims and
  /// bids are put in order.
  package var delayMs: Int64 {
    switch self {
    case .webRTC: 0
    }
  }

  /// How late its slowest member may see it: so long an opening window lasts where it is let in.
  package var windowMs: Int64 {
    switch self {
    case .webRTC: ShopLimits.windowMsMin
    }
  }
}

extension RoomHouse {
  /// How late the slowest audience that this room lets in sees the show.
  package var windowMs: Int64 {
    tiers.map(\.windowMs).max() ?? ShopLimits.windowMsMin
  }
}
