// The frames of the last events, for members who come back after a cut.

/// A bounded memory of frames.
struct RecentFrames: Sendable {
  private var entries: [(sequence: Int64, frames: [Frame])] = []
  private var first = 0
  private var byteCount = 0
  /// Frames of all events after this one are here.
  private(set) var floor: Int64 = 0

  /// Forgets everything up to an event.
  mutating func begin(after sequence: Int64) {
    entries = []
    first = 0
    byteCount = 0
    floor = sequence
  }

  mutating func append(_ frames: [Frame], of sequence: Int64) {
    entries.append((sequence, frames))
    byteCount += frames.reduce(0) { $0 + $1.bytes.count }
    while entries.count - first > HouseLimits.recentEventsMax
      || byteCount > HouseLimits.recentBytesMax
    {
      floor = entries[first].sequence
      byteCount -= entries[first].frames.reduce(0) { $0 + $1.bytes.count }
      entries[first].frames = []
      first += 1
    }
    if first > HouseLimits.recentEventsMax {
      entries.removeFirst(first)
      first = 0
    }
  }

  /// The frames after an event, oldest first; nil when some of them are gone.
  func frames(after cursor: Int64) -> [Frame]? {
    guard cursor >= floor else { return nil }
    // Sequences have no gaps, so the place is known.
    let skipped = cursor - floor
    guard skipped <= Int64(entries.count - first) else { return nil }
    return entries[(first + Int(skipped))...].flatMap(\.frames)
  }
}
