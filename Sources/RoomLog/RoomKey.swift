// The number that stands for a room in the log.

/// The number the store gave a room when it was first opened; never used again for another room.
package struct RoomKey: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
  /// From 1 up.
  package let rawValue: Int64

  package init(rawValue: Int64) { self.rawValue = rawValue }

  /// Whether `a` was opened first before `b`.
  package static func < (a: RoomKey, b: RoomKey) -> Bool { a.rawValue < b.rawValue }
}
