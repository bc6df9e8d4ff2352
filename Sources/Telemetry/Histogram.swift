// A distribution in fixed buckets: constant memory, mergeable over threads.

package import Wire

/// How often values fell below each of some bounds.
package struct Histogram: Hashable, Sendable {
  /// The upper bounds (inclusive) of all buckets but the last, ascending.
  package let bounds: [Double]
  /// The values in each bucket, not cumulative; one more than bounds.
  package private(set) var counts: [UInt64]
  /// The sum of all values.
  package private(set) var sum: Double = 0

  /// An empty histogram. `bounds` must be finite, ascending and not empty: else our own bug, and it traps.
  package init(bounds: [Double]) {
    precondition(!bounds.isEmpty && bounds.allSatisfy(\.isFinite))  // Constants of ours.
    precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
    self.bounds = bounds
    counts = [UInt64](repeating: 0, count: bounds.count + 1)
  }

  /// Seconds from 1 ms to 30 s: joins, first frames, requests.
  package static let secondsBounds: [Double] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
  ]

  /// Counts `value`; not a number counts as nothing. Does not allocate.
  package mutating func observe(_ value: Double) {
    guard !value.isNaN else { return }
    let index = bounds.firstIndex { value <= $0 } ?? bounds.count
    counts[index] &+= 1
    sum += value
  }

  /// Counts a length of time in seconds.
  package mutating func observe(_ span: TimeSpan) { observe(span.seconds) }

  /// How many values were counted.
  package var count: UInt64 { counts.reduce(0, &+) }

  /// Adds another thread's values; one with other bounds is our own bug and traps.
  package mutating func merge(_ other: Histogram) {
    precondition(bounds == other.bounds)  // Both made from the same constant.
    for index in counts.indices { counts[index] &+= other.counts[index] }
    sum += other.sum
  }

  /// An upper estimate of the value below which `share` (0...1) of all lie: the bound of its bucket.
  ///
  /// - Returns: nil when nothing was counted; infinity beyond the last bound.
  package func quantile(_ share: Double) -> Double? {
    let total = count
    guard total > 0 else { return nil }
    let rank = max(1, (share * Double(total)).rounded(.up))
    var below: UInt64 = 0
    for (index, bound) in bounds.enumerated() {
      below &+= counts[index]
      if Double(below) >= rank { return bound }
    }
    return .infinity
  }
}
