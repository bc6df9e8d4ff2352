// A sum over the last stretch of time, kept in a fixed number of buckets: no allocation.

import Wire

/// Adds amounts as they come and sums those of the last `bucketCount` buckets.
struct SlidingWindow: Sendable {
  private var buckets = InlineArray<10, Int64>(repeating: 0)
  /// The number of the newest bucket since the clock's origin.
  private var newest: Int64?
  private var startedAt: Instant?
  private let bucket: TimeSpan

  /// Buckets in the window: the sum forgets in steps of a tenth.
  static let bucketCount: Int64 = 10

  /// A window over the last `span`, at least ten nanoseconds.
  init(span: TimeSpan) {
    bucket = TimeSpan(nanoseconds: max(1, span.nanoseconds / SlidingWindow.bucketCount))
  }

  /// Adds `amount` at `now`; a time before the newest counts in the newest bucket.
  mutating func add(_ amount: Int64, at now: Instant) {
    move(to: now)
    if startedAt == nil { startedAt = now }
    buckets[slot(newest ?? 0)] += amount
  }

  /// The sum of the last whole buckets and the one being filled.
  mutating func sum(at now: Instant) -> Int64 {
    move(to: now)
    var sum: Int64 = 0
    for index in buckets.indices { sum += buckets[index] }
    return sum
  }

  /// How much time the sum stands for: the window's buckets, less while younger than that. At least
  /// one bucket.
  func covered(at now: Instant) -> TimeSpan {
    guard let startedAt else { return bucket }
    let filled = (SlidingWindow.bucketCount - 1) * bucket.nanoseconds
    let inNewest = max(0, now.nanoseconds % bucket.nanoseconds)
    let age = (now - startedAt).nanoseconds
    return TimeSpan(nanoseconds: max(bucket.nanoseconds, min(filled + inNewest, age)))
  }

  private func slot(_ number: Int64) -> Int {
    let remainder = number % SlidingWindow.bucketCount
    return Int(remainder < 0 ? remainder + SlidingWindow.bucketCount : remainder)
  }

  private mutating func move(to now: Instant) {
    let number = now.nanoseconds / bucket.nanoseconds
    guard let newest else {
      self.newest = number
      return
    }
    guard number > newest else { return }
    let (steps, overflow) = number.subtractingReportingOverflow(newest)
    let cleared = overflow ? SlidingWindow.bucketCount : min(steps, SlidingWindow.bucketCount)
    for step in 0..<cleared { buckets[slot(number - step)] = 0 }
    self.newest = number
  }
}
