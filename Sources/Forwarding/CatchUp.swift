// Instant start: sending a keyframe chain at a multiple of its rate, up to the live edge.

package import Wire

/// The state of a viewer that is being brought to the live edge (DESIGN section 3, "Instant start").
///
/// Chain frames carry the timestamp a live frame would have at the moment they are sent, a little
/// less: the receiver sees no jitter, decodes all of them and ends on the newest picture.
package struct CatchUp: Sendable {
  package let encoding: UInt8
  /// The next source number to send.
  package var cursor: Int64
  /// The newest capture instant, on the track clock, when the catch-up began.
  package let edgeTicks: Int64
  package let startedAt: Instant
  private var rate: Bitrate
  private var spentBytes: Int64 = 0
  /// Whether the chain's first packet has been sent.
  package private(set) var hasBegun = false

  /// How far behind the live edge chain frames are stamped: one frame at 25 per second.
  package static let margin = TimeSpan.milliseconds(40)
  /// Sent at once: what a bottleneck queue takes without harm (RFC 6928's ten packets).
  package static let burstBytes: Int64 = 12_000

  /// Starts at `cursor`; `layerRate` is the layer's measured rate.
  package init(
    encoding: UInt8, cursor: Int64, edgeTicks: Int64, layerRate: Bitrate, at now: Instant
  ) {
    self.encoding = encoding
    self.cursor = cursor
    self.edgeTicks = edgeTicks
    startedAt = now
    rate = CatchUp.rate(for: layerRate)
  }

  private static func rate(for layerRate: Bitrate) -> Bitrate {
    min(
      max(
        Bitrate(bitsPerSecond: layerRate.bitsPerSecond * ForwardingLimits.catchUpFactor),
        ForwardingLimits.catchUpRateMin), ForwardingLimits.catchUpRateMax)
  }

  /// Takes a better knowledge of the layer's rate: on a worker that has just begun to follow, the chain
  /// is still coming when its first viewer starts.
  package mutating func hasten(_ layerRate: Bitrate) {
    rate = max(rate, CatchUp.rate(for: layerRate))
  }

  /// The chain's first packet, or the first of the keyframe it goes on with, is about to be sent.
  package mutating func begin() { hasBegun = true }

  /// Goes on with a newer keyframe, the first packet of which is `start`: nothing before it is needed.
  package mutating func skip(to start: Int64) {
    cursor = start
    hasBegun = false
  }

  /// Whether the pace allows another packet at `now`.
  package func mayWrite(at now: Instant) -> Bool {
    let earned = Int64((now - startedAt).seconds * Double(rate.bitsPerSecond) / 8)
    return spentBytes < earned + CatchUp.burstBytes
  }

  /// Moves past the packet at the cursor, which took `bytes` bytes (0 when it is missing).
  package mutating func advance(bytes: Int) {
    cursor += 1
    spentBytes += Int64(bytes)
  }
}
