// When a flight is sent again (RFC 6347 section 4.2.4).

import Wire

/// Doubles its interval with every retransmission of one flight.
struct RetransmissionTimer {
  private var interval = RetransmissionTimer.intervalMin
  /// When the current flight is due again; nil when nothing waits for an answer.
  private(set) var deadline: Instant?

  /// A new flight went out.
  mutating func start(at now: Instant) {
    interval = RetransmissionTimer.intervalMin
    deadline = now + interval
  }

  /// The current flight went out again.
  mutating func backOff(at now: Instant) {
    interval = min(interval * 2, RetransmissionTimer.intervalMax)
    deadline = now + interval
  }

  /// The flight was answered.
  mutating func stop() { deadline = nil }

  /// Departs from RFC 6347 section 4.2.4.1 (1 s): ICE has just measured the path, joins are watched
  /// with a stopwatch, and a spurious copy of a flight costs 2 KB.
  static let intervalMin = TimeSpan.milliseconds(100)
  /// With it a flight is sent at most nine times in `handshakeTimeMax`; OpenSSL's own limit is 12.
  static let intervalMax = TimeSpan.milliseconds(2000)
}
