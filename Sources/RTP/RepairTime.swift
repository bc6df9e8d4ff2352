// How long a repair takes: from asking for a packet to getting it, as RFC 6298 smooths round trips.

package import Wire

/// Measured on one packet at a time, one that was asked for once: an answer to a second request would
/// not say which of the two it answers.
package struct RepairTime: Hashable, Sendable {
  private struct Probe: Hashable {
    var number: SerialNumber16
    var askedAt: Instant
  }
  private var probe: Probe?
  private var mean: TimeSpan?
  private var deviation = TimeSpan.zero

  /// After this an answer will not come: the probe is given to another packet.
  static let probeMax = MissingPackets.ageMax
  /// Above the mean by at least this: what comes as quick as ever is not asked for twice.
  static let slackMin = TimeSpan.milliseconds(4)

  /// Nothing measured.
  package init() {}

  /// The time within which nearly every repair comes; nil before the first was measured.
  package var estimate: TimeSpan? {
    mean.map { $0 + max(deviation * 4, RepairTime.slackMin) }
  }

  /// Notes that these packets were asked for at `now`.
  package mutating func note(askedFor numbers: [SerialNumber16], at now: Instant) {
    guard let first = numbers.first else { return }
    guard let probe, now - probe.askedAt < RepairTime.probeMax else {
      self.probe = Probe(number: first, askedAt: now)
      return
    }
    if numbers.contains(probe.number) { self.probe = nil }
  }

  /// Notes that a packet came in a repair.
  package mutating func note(repaired number: SerialNumber16, at now: Instant) {
    guard let probe, probe.number == number else { return }
    self.probe = nil
    let sample = now - probe.askedAt
    guard let mean else {
      mean = sample
      deviation = sample / 4
      return
    }
    let error = sample - mean
    deviation = deviation + ((error < .zero ? .zero - error : error) - deviation) / 4
    self.mean = mean + error / 8
  }
}
