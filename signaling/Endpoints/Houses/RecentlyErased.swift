// Who was erased lately: for rooms that were read before and come to memory after.

import RoomLog
import Store

/// The last erased people, a bounded number of them.
struct RecentlyErased: Sendable {
  private var people: [RoomKey: [UInt32]] = [:]
  /// The oldest first.
  private var order: [ErasedPerson] = []

  /// Remembers somebody, and forgets the oldest beyond the limit.
  mutating func add(_ person: ErasedPerson) {
    people[person.room, default: []].append(person.person)
    order.append(person)
    guard order.count > HousesLimits.erasedMax else { return }
    let oldest = order.removeFirst()
    people[oldest.room]?.removeAll { $0 == oldest.person }
    if people[oldest.room]?.isEmpty == true { people[oldest.room] = nil }
  }

  /// Identities, the oldest first.
  private var identities: [String] = []

  /// Remembers an identity that is being erased.
  mutating func add(_ identity: String) {
    identities.append(identity)
    if identities.count > HousesLimits.erasedMax { identities.removeFirst() }
  }

  /// Whether an identity was erased lately; what was read before still names it.
  func contains(_ identity: String) -> Bool { identities.contains(identity) }

  /// Those of a room.
  func people(of room: RoomKey) -> [UInt32] { people[room] ?? [] }
}
