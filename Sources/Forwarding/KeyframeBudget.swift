// Keyframe requests of one layer, however many viewers ask: RFC 4585 section 6.3.1.

package import Wire

/// Decides when a layer's publisher is asked for a keyframe.
package struct KeyframeBudget: Sendable {
  /// Why a keyframe is wanted.
  package enum Reason: Sendable {
    /// A viewer lost what it needs, or moves to this layer.
    case repair
    /// A viewer joined and the chain is too long.
    case refresh
  }

  private var lastRequest: Instant?
  private var lastRefresh: Instant?
  private var isWanted = false

  /// A budget nothing was taken from.
  package init() {}

  /// A keyframe is wanted: true when the request goes out now. A repair that is over budget is
  /// remembered for `takeOverdue`; a join is not: its viewer asks again if no keyframe comes.
  package mutating func ask(_ reason: Reason, at now: Instant) -> Bool {
    if let lastRequest, now - lastRequest < ForwardingLimits.repairInterval {
      if reason == .repair { isWanted = true }
      return false
    }
    if reason == .refresh {
      if let lastRefresh, now - lastRefresh < ForwardingLimits.refreshInterval { return false }
      lastRefresh = now
    }
    lastRequest = now
    isWanted = false
    return true
  }

  /// A keyframe began: what was wanted is there.
  package mutating func satisfy() { isWanted = false }

  /// Whether a wish that was over budget is due now; takes it.
  package mutating func takeOverdue(at now: Instant) -> Bool {
    guard isWanted else { return false }
    return ask(.repair, at: now)
  }
}
