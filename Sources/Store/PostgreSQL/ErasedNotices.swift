// Erasures that other processes did: what this one must forget, and wipe once more.

import RoomLog

/// What was heard of erasures.
///
/// A process that has a room in memory goes on writing for a person another process has erased, until it
/// hears of it. What it wrote meanwhile is wiped at the next round, when everything decided before has
/// long been committed.
struct ErasedNotices {
  private var heard: Set<Int64> = []
  /// Forgotten in memory at the last round.
  private var toWipe: [ErasedPerson] = []

  /// The calls of one round, for the rooms this process has: wiping, the news, and what is too old for
  /// anybody.
  func calls(rooms: PostgresColumn) -> [PostgresCall] {
    var (wipedRooms, wipedPeople) = (PostgresColumn.integers, PostgresColumn.integers)
    for person in toWipe {
      wipedRooms.add(person.room.rawValue)
      wipedPeople.add(Int64(person.person))
    }
    return [
      PostgresCall(
        """
        UPDATE texts SET body = NULL FROM unnest($1::bigint[], $2::bigint[]) AS erased(room, person)
        WHERE texts.room = erased.room AND texts.author = erased.person AND texts.body IS NOT NULL
        """, PostgresParameters([wipedRooms, wipedPeople])),
      PostgresCall(
        "SELECT id, room, person FROM erased_people WHERE room = ANY($1::bigint[])",
        PostgresParameters([rooms])),
      PostgresCall(
        "DELETE FROM erased_people WHERE at < clock_timestamp() - INTERVAL '1 hour'"),
    ]
  }

  /// Takes the answers to `calls`.
  ///
  /// - Returns: whom memory must forget.
  mutating func take(_ answers: ArraySlice<PostgresResult>) -> [ErasedPerson] {
    guard let news = answers.dropFirst().first else { return [] }
    var ids: Set<Int64> = []
    var people: [ErasedPerson] = []
    for index in 0..<news.rowCount {
      let row = news.row(index)
      ids.insert(row.integer(0))
      guard !heard.contains(row.integer(0)) else { continue }
      people.append(
        ErasedPerson(
          room: RoomKey(rawValue: row.integer(1)),
          person: UInt32(truncatingIfNeeded: row.integer(2))))
    }
    heard = ids
    toWipe = people
    return people
  }
}
