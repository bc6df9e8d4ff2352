// Whether a viewer's path delivers as fast as we send: from the arrival times in its feedback.

package import Wire

/// Compares how far apart packets arrived with how far apart they were sent.
///
/// Where packets arrive more slowly than they leave, a queue grows on the path: it carries only that
/// share of what it is given, long before the queue overflows and loss shows. Of each interval only the
/// quickest packet counts, so that jitter is not taken for a queue.
package struct DeliveryMeter: Sendable {
  private struct Interval {
    var startedAt: Instant
    /// Arrival by the viewer's clock less departure by ours: only differences mean anything.
    var leastDelay: Int64
  }
  private var current: Interval?
  private var previous: Interval?
  private var measured: (share: Double, sentFrom: Instant, at: Instant)?
  /// The least delay of all, which is that of the empty path; it rises slowly, as clocks drift apart.
  private var emptyDelay: Int64?
  private var queue = TimeSpan.zero

  /// Long enough to hold a quick packet: fifteen frames at 30 per second.
  package static let interval = TimeSpan.milliseconds(500)
  /// A share above this is taken for all: 25 ms in an interval are within what jitter leaves over.
  package static let shareMax = 0.95
  /// After this a measurement says nothing of now.
  package static let age = TimeSpan.seconds(2)
  private static let nanosecondsPerTick: Int64 = 250_000
  /// Intervals further apart than this have silence between them.
  private static let silence = DeliveryMeter.interval * 4
  /// A change of delay beyond this is a change of clock.
  private static let delayChangeMax = TimeSpan.seconds(5)

  /// Nothing measured.
  package init() {}

  /// Takes one packet that feedback says arrived.
  package mutating func record(_ arrival: TransportFeedbackReader.Arrival, at now: Instant) {
    let (ticks, overflow) = arrival.arrivalTicks.multipliedReportingOverflow(
      by: DeliveryMeter.nanosecondsPerTick)
    guard !overflow else { return }
    let delay = ticks &- arrival.sentAt.nanoseconds
    guard let interval = current, arrival.sentAt - interval.startedAt < DeliveryMeter.interval
    else {
      return begin(Interval(startedAt: arrival.sentAt, leastDelay: delay), at: now)
    }
    // What was sent before the interval is late news.
    guard arrival.sentAt >= interval.startedAt, delay < interval.leastDelay else { return }
    current?.leastDelay = delay
  }

  /// The share of what we send that the path carries, 0..<1; nil when it carries all, or nothing fresh
  /// is known.
  ///
  /// - Parameter change: when what we send last changed: with seconds of queue on the path, news of what
  ///   was sent before comes for as long, and must not be taken for news of now.
  package func share(since change: Instant, at now: Instant) -> Double? {
    guard let measured, now - measured.at < DeliveryMeter.age, measured.sentFrom >= change,
      measured.share < DeliveryMeter.shareMax
    else { return nil }
    return measured.share
  }

  /// Whether a queue of some length still stands on the path, growing or not: not the time for more.
  package func isQueued(at now: Instant) -> Bool {
    guard let measured, now - measured.at < DeliveryMeter.age else { return false }
    return queue > DeliveryMeter.queueMax
  }

  /// A queue longer than this is felt: with it a viewer is no longer half a second behind.
  package static let queueMax = TimeSpan.milliseconds(300)
  /// How fast the empty path's delay is forgotten: well above the drift of any two clocks.
  private static let drift = 0.000_5

  private mutating func begin(_ next: Interval, at now: Instant) {
    defer {
      previous = current
      current = next
    }
    guard let previous, let current else { return }
    let sent = (current.startedAt - previous.startedAt).nanoseconds
    let growth = current.leastDelay &- previous.leastDelay
    let limit = DeliveryMeter.delayChangeMax.nanoseconds
    guard sent > 0, sent < DeliveryMeter.silence.nanoseconds, growth > -limit, growth < limit else {
      measured = nil
      emptyDelay = nil
      return
    }
    let empty = min(
      (emptyDelay ?? previous.leastDelay) &+ Int64(Double(sent) * DeliveryMeter.drift),
      min(previous.leastDelay, current.leastDelay))
    emptyDelay = empty
    queue = TimeSpan(nanoseconds: current.leastDelay &- empty)
    measured = (Double(sent) / Double(max(sent, sent + growth)), previous.startedAt, now)
  }
}
