// Bitrates with their unit in the type.

/// A rate in bits per second.
package struct Bitrate: Hashable, Comparable, Sendable {
  package var bitsPerSecond: Int64
  @inlinable package init(bitsPerSecond: Int64) { self.bitsPerSecond = bitsPerSecond }
  @inlinable package static func kilobits(_ n: Int64) -> Bitrate { .init(bitsPerSecond: n * 1000) }
  package static let zero = Bitrate(bitsPerSecond: 0)
  @inlinable package static func < (a: Bitrate, b: Bitrate) -> Bool {
    a.bitsPerSecond < b.bitsPerSecond
  }
}
