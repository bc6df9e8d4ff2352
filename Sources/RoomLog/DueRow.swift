// When a room has something to do by itself: what a process that begins looks for.

/// The room's clock as its row in the list of rooms has it.
package struct DueRow: Hashable, Sendable {
  /// The earliest time something happens in the room by itself (a hold ends, a lot closes), milliseconds
  /// since 1970; nil: nothing will.
  package var atMs: Int64?

  package init(atMs: Int64?) { self.atMs = atMs }
}

/// A room nobody may have in memory whose clock runs.
package struct DueRoom: Hashable, Sendable {
  package var name: String
  package var place: DuePlace

  package init(name: String, place: DuePlace) {
    self.name = name
    self.place = place
  }
}

/// A place in the list of rooms by what is due.
package struct DuePlace: Hashable, Sendable {
  package var atMs: Int64
  package var room: RoomKey

  package init(atMs: Int64, room: RoomKey) {
    self.atMs = atMs
    self.room = room
  }
}
