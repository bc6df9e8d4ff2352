// When the relation between a viewer's timestamps and media time is worth telling again.

package import RTP
package import Wire

/// What a viewer was last told of its timestamps, so that only changes are told.
package struct MediaTimeMapping: Sendable {
  private var told: (timestamp: Int64, mediaTime: WallTime)?

  /// A drift below this is not worth a message: half a frame at 60 per second.
  static let tolerance = TimeSpan.milliseconds(8)

  /// Nothing told yet.
  package init() {}

  /// Compares the track's newest anchor with what was told.
  ///
  /// - Returns: what to tell now; nil when the viewer already knows as much.
  package mutating func update(
    ticks: Int64, mediaTime: WallTime, offset: Int64, clockRate: Int
  ) -> (timestamp: RTPTimestamp, mediaTime: WallTime)? {
    let timestamp = ticks + offset
    if let told {
      let elapsed = Double(timestamp - told.timestamp) / Double(clockRate)
      let drift = (mediaTime - told.mediaTime).seconds - elapsed
      guard abs(drift) > MediaTimeMapping.tolerance.seconds else { return nil }
    }
    told = (timestamp, mediaTime)
    return (RTPTimestamp(UInt32(truncatingIfNeeded: timestamp)), mediaTime)
  }
}
