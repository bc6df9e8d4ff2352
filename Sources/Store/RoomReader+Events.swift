// Pages of a room's log: forwards, backwards, by kind, and the audit trail.

package import RoomLog

/// Events, and where to go on.
package struct EventPage: Hashable, Sendable {
  package let events: [EventRow]
  /// The sequence to read on from, exclusive; nil when the log ends here. A page of a rare kind may be
  /// empty and still have one.
  package let next: Int64?
}

extension RoomReader {
  /// The events after `sequence`, oldest first.
  ///
  /// - Parameter limit: at most `StoreLimits.pageMax` count.
  package func events(
    of room: RoomKey, after sequence: Int64, limit: Int
  ) throws(StoreError) -> EventPage {
    let limit = RoomReader.bounded(limit)
    let events = try database.rows(
      RoomReader.eventColumns + " WHERE room = ? AND sequence > ? ORDER BY sequence LIMIT ?",
      [.integer(room.rawValue), .integer(sequence), .integer(Int64(limit))], RoomReader.event)
    return EventPage(events: events, next: events.count < limit ? nil : events.last?.sequence)
  }

  /// The events before `sequence`, newest first.
  ///
  /// - Parameters:
  ///   - kinds: only these; empty is all. At most `StoreLimits.scanMax` events are looked at.
  ///   - limit: at most `StoreLimits.pageMax` count.
  package func events(
    of room: RoomKey, before sequence: Int64, kinds: Set<String> = [], limit: Int
  ) throws(StoreError) -> EventPage {
    let limit = RoomReader.bounded(limit)
    // Few at a time where all count, many where most are passed over.
    let piece = kinds.isEmpty ? limit : StoreLimits.pageMax
    var events: [EventRow] = []
    var (scanned, last, isEnd): (Int, Int64, Bool) = (0, sequence, false)
    while events.count < limit, scanned < StoreLimits.scanMax, !isEnd {
      let found = try database.rows(
        RoomReader.eventColumns + " WHERE room = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?",
        [.integer(room.rawValue), .integer(last), .integer(Int64(piece))], RoomReader.event)
      isEnd = found.count < piece
      for event in found where events.count < limit {
        scanned += 1
        last = event.sequence
        if kinds.isEmpty || kinds.contains(event.kind) { events.append(event) }
      }
    }
    let hasMore = last > 1 && (events.count == limit || scanned >= StoreLimits.scanMax)
    return EventPage(events: events, next: hasMore ? last : nil)
  }

  /// The audited events before `sequence`, newest first: who did what to whom.
  package func audit(
    of room: RoomKey, before sequence: Int64 = .max, limit: Int
  ) throws(StoreError) -> EventPage {
    let limit = RoomReader.bounded(limit)
    let events = try database.rows(
      RoomReader.eventColumns + database.using(index: "events_audited")
        + " WHERE room = ? AND audited = 1 AND sequence < ? ORDER BY sequence DESC LIMIT ?",
      [.integer(room.rawValue), .integer(sequence), .integer(Int64(limit))], RoomReader.event)
    return EventPage(events: events, next: events.count < limit ? nil : events.last?.sequence)
  }

  /// The audited events after `sequence`, oldest first.
  package func audit(
    of room: RoomKey, after sequence: Int64, limit: Int
  ) throws(StoreError) -> EventPage {
    let limit = RoomReader.bounded(limit)
    let events = try database.rows(
      RoomReader.eventColumns + database.using(index: "events_audited")
        + " WHERE room = ? AND audited = 1 AND sequence > ? ORDER BY sequence LIMIT ?",
      [.integer(room.rawValue), .integer(sequence), .integer(Int64(limit))], RoomReader.event)
    return EventPage(events: events, next: events.count < limit ? nil : events.last?.sequence)
  }

  /// The event at `sequence`; nil when there is none.
  package func event(of room: RoomKey, at sequence: Int64) throws(StoreError) -> EventRow? {
    try database.first(
      RoomReader.eventColumns + " WHERE room = ? AND sequence = ?",
      [.integer(room.rawValue), .integer(sequence)], RoomReader.event)
  }

  static func bounded(_ limit: Int) -> Int { min(max(1, limit), StoreLimits.pageMax) }
}
