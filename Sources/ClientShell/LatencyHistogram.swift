// Latencies counted finely enough for their 99th percentile, in storage that never grows.

package import Wire

/// Counts of latencies in steps of 10 µs up to a second; longer ones share the last step.
package struct LatencyHistogram: Sendable {
  private var buckets = [UInt32](repeating: 0, count: LatencyHistogram.bucketCount)
  package private(set) var count = 0
  package private(set) var longest = TimeSpan.zero

  private static let step: Int64 = 10_000
  private static let bucketCount = 100_001

  package init() {}

  /// Counts one; a negative one, which clocks may yield, counts as none.
  package mutating func record(_ latency: TimeSpan) {
    let index = min(
      max(0, latency.nanoseconds / LatencyHistogram.step), Int64(LatencyHistogram.bucketCount - 1))
    buckets[Int(index)] &+= 1
    count += 1
    longest = max(longest, latency)
  }

  /// The latency that `share`, 0...1, of all do not exceed, rounded up to a step; nil without any.
  package func percentile(_ share: Double) -> TimeSpan? {
    guard count > 0 else { return nil }
    let wanted = max(1, Int((Double(count) * share).rounded(.up)))
    var seen = 0
    for (index, bucket) in buckets.enumerated() {
      seen += Int(bucket)
      if seen >= wanted {
        let bound = TimeSpan(nanoseconds: Int64(index + 1) * LatencyHistogram.step)
        return index == LatencyHistogram.bucketCount - 1 ? longest : min(bound, longest)
      }
    }
    return longest
  }
}
