// The frame rate of one video stream over the last second.

package import Wire

/// Counts frames over a sliding window of one second. A frame is a new RTP timestamp.
package struct FrameRateMeter: Sendable {
  private var window = SlidingWindow(span: ReceiveRateMeter.window)
  private var newest: RTPTimestamp?

  /// Nothing measured yet.
  package init() {}

  /// Notes one packet. Every packet may be given; late packets of earlier frames do not count.
  package mutating func record(_ timestamp: RTPTimestamp, at now: Instant) {
    if let newest, !timestamp.isNewer(than: newest) { return }
    newest = timestamp
    window.add(1, at: now)
  }

  /// Frames per second over the last second, or since the first frame if that is less.
  package mutating func framesPerSecond(at now: Instant) -> Double {
    Double(window.sum(at: now)) / window.covered(at: now).seconds
  }
}
