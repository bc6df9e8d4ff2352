// From a publisher's clock to the server's: what to add to its NTP times.

package import Wire

/// The offset between a publisher's wall clock and ours, smoothed (DESIGN section 4, "Media time").
package struct PublisherClock: Sendable {
  /// What to add to the publisher's time to get ours; nil before the first report.
  package private(set) var offset: TimeSpan?
  /// An offset that stays as it was at the first report, so that the publisher's clock keeps its rate:
  /// sender reports to viewers are made with it. Viewers fit a line through many reports, so a
  /// correction of `offset` between two of them would put audio and video apart for many seconds.
  package private(set) var steadyOffset: TimeSpan?

  /// How much one report moves the estimate: reports queue behind media, so single ones are late.
  static let smoothing: Int64 = 16

  /// A clock nothing is known of.
  package init() {}

  /// Takes a sender report that said `sent` and arrived at `arrival`, `roundTrip` from its sender.
  package mutating func report(sent: WallTime, arrival: WallTime, roundTrip: TimeSpan) {
    let sample = arrival - sent - roundTrip / 2
    guard let offset else { return restart(at: sample) }
    let error = sample - offset
    // A step of the publisher's clock is followed at once; noise is not.
    if error > .seconds(1) || error < .seconds(-1) {
      restart(at: sample)
    } else if error < .zero {
      // A report that came quicker than any before was delayed less: believe it sooner.
      self.offset = offset + error / 2
    } else {
      self.offset = offset + error / PublisherClock.smoothing
    }
  }

  private mutating func restart(at sample: TimeSpan) {
    offset = sample
    steadyOffset = sample
  }
}
