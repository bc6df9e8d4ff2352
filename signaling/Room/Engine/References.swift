// What stands for people, texts and things in a room's log: numbers, never names.

/// A person in one room. Who it is stands in an erasable table, never in the log.
package struct PersonID: Hashable, Comparable, Sendable {
  /// 0 is the server itself; people count from 1 in the order they first did something.
  package let rawValue: UInt32
  package init(_ rawValue: UInt32) { self.rawValue = rawValue }

  /// The server: timers, media and counts act by themselves.
  package static let server = PersonID(0)

  package static func < (a: PersonID, b: PersonID) -> Bool { a.rawValue < b.rawValue }
}

/// A text somebody wrote, in one room. The text itself stands in an erasable table.
package struct TextID: Hashable, Comparable, Sendable {
  /// Counts from 1 in the order texts were written.
  package let rawValue: Int64
  package init(_ rawValue: Int64) { self.rawValue = rawValue }
  package static func < (a: TextID, b: TextID) -> Bool { a.rawValue < b.rawValue }
}

/// A message, poll, question or giveaway: the sequence number of the event that made it.
package typealias EntryID = Int64

/// What stands for one identity in a ban without naming it: a keyed hash, by which somebody who was
/// erased is known again and nobody can be found.
package struct IdentityMark: Hashable, Comparable, Sendable {
  package let rawValue: UInt64
  package init(_ rawValue: UInt64) { self.rawValue = rawValue }
  package static func < (a: IdentityMark, b: IdentityMark) -> Bool { a.rawValue < b.rawValue }
}

/// What stands for one browser without naming it: a hash of the hint its page sends.
package struct DeviceHint: Hashable, Comparable, Sendable {
  package let rawValue: UInt64
  package init(_ rawValue: UInt64) { self.rawValue = rawValue }
  package static func < (a: DeviceHint, b: DeviceHint) -> Bool { a.rawValue < b.rawValue }
}
