// The plain values a thread counts in; whoever owns them copies them out to be read.

/// A count that only grows. Wraps after 2^64, which monitoring takes for a restart.
package struct Counter: Hashable, Sendable {
  /// The count.
  package private(set) var value: UInt64 = 0
  /// A counter at zero.
  package init() {}
  /// Adds `count`.
  package mutating func add(_ count: UInt64 = 1) { value &+= count }
  /// The counts of two threads together.
  package static func + (a: Counter, b: Counter) -> Counter {
    var sum = a
    sum.add(b.value)
    return sum
  }
}

/// A quantity that rises and falls.
package struct Gauge: Hashable, Sendable {
  /// The quantity.
  package var value: Int64 = 0
  /// A gauge at zero.
  package init() {}
  /// Adds `amount`, which may be negative; saturates.
  package mutating func add(_ amount: Int64) {
    let (sum, overflow) = value.addingReportingOverflow(amount)
    value = overflow ? (amount > 0 ? .max : .min) : sum
  }
}
