// How late media comes, so that no gap is made of what is only late.

import Wire

/// The time from capture to here, its highest value remembered for a while.
struct Lateness {
  private var peak = TimeSpan.zero
  private var updatedAt: Instant?

  /// Waiting costs nothing while media flows: parts close when the next frame comes.
  static let patienceMin = TimeSpan.seconds(1)
  /// Later than this is not live any more; playlists must go on.
  static let patienceMax = TimeSpan.seconds(4)
  /// Above the latest there was.
  static let margin = TimeSpan.milliseconds(300)

  /// Notes a sample captured `age` before it was whole.
  mutating func note(_ age: TimeSpan, at now: Instant) {
    let elapsed = updatedAt.map { max(.zero, now - $0) } ?? .zero
    updatedAt = now
    // A fiftieth of the time that passes: a second is forgotten in a minute.
    let faded = peak - elapsed / 50
    peak = max(age, max(faded, .zero))
  }

  /// How far behind the server's clock something may still come.
  var patience: TimeSpan {
    min(max(peak + Lateness.margin, Lateness.patienceMin), Lateness.patienceMax)
  }
}
