// From RTP timestamps to media time, by the sender reports of one stream (RFC 3550 section 6.4.1).

package import RTP
package import Wire

/// The clock of one received stream.
///
/// The server's reports describe the instant of capture on its wall clock. A new report moves the clock
/// slowly, so that frames keep their distances; one that contradicts it by more than `jump` sets it.
package struct MediaClock: Sendable {
  private let clockRate: Int64
  private var reference: (timestamp: RTPTimestamp, time: WallTime)?
  /// What reports say the reference is off by, not yet taken up.
  private var pending = TimeSpan.zero
  /// The server's clock at an instant of ours.
  private var server: (time: WallTime, at: Instant)?

  /// A correction per frame nobody sees.
  static let slew = TimeSpan.milliseconds(1)
  /// Beyond this it is not drift but another clock.
  static let jump = TimeSpan.milliseconds(500)

  /// A clock that knows nothing. `clockRate`: ticks a second.
  package init(clockRate: Int) { self.clockRate = Int64(max(1, clockRate)) }

  /// Whether it can tell times.
  package var isSet: Bool { reference != nil }

  /// Takes a report that came at `arrival`.
  ///
  /// - Returns: true when the clock was set anew: what follows is a discontinuity.
  package mutating func receive(_ report: SenderReport, arrival: Instant) -> Bool {
    let time = report.time.wallTime
    server = (time, arrival)
    guard let known = self.time(of: report.timestamp) else {
      reference = (report.timestamp, time)
      return false
    }
    let error = time - known
    if error > MediaClock.jump || error < TimeSpan.zero - MediaClock.jump {
      reference = (report.timestamp, time)
      pending = .zero
      return true
    }
    pending = error
    return false
  }

  /// When the frame with this timestamp was captured; nil before the first report. Moves the clock a
  /// little towards the last report.
  package mutating func advance(to timestamp: RTPTimestamp) -> WallTime? {
    guard let time = time(of: timestamp) else { return nil }
    let step = min(max(pending, TimeSpan.zero - MediaClock.slew), MediaClock.slew)
    pending = pending - step
    // The reference moves along, so that timestamps are never half a cycle away from it.
    reference = (timestamp, time + step)
    return time + step
  }

  private func time(of timestamp: RTPTimestamp) -> WallTime? {
    guard let reference else { return nil }
    let distance = Int64(Int32(bitPattern: timestamp.rawValue &- reference.timestamp.rawValue))
    return reference.time + TimeSpan(nanoseconds: distance * 1_000_000_000 / clockRate)
  }

  /// The server's wall clock at `now`; nil before the first report.
  package func serverTime(at now: Instant) -> WallTime? {
    server.map { $0.time + (now - $0.at) }
  }
}
