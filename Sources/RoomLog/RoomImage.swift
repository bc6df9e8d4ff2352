// What a room is opened from.

/// A room as it is on the disk: the newest snapshot, the events after it, and what both refer to.
package struct RoomImage: Hashable, Sendable {
  package var key: RoomKey
  /// The newest snapshot; nil when there is none, and the tail is the whole log.
  package var snapshot: SnapshotRow?
  /// The events after the snapshot, in order.
  package var tail: [EventRow]
  /// Everyone the room has a reference for, erased people too, by reference.
  package var people: [PersonRow]
  /// Only those asked for, by reference.
  package var texts: [TextRow]
  /// The greatest text reference ever given; 0 when there is none.
  package var lastText: Int64
  /// The stored replies that are young enough to be repeated, oldest first.
  package var replies: [ReplyPlace]
  package var show: ShowRow?

  package init(key: RoomKey) {
    self.key = key
    tail = []
    people = []
    texts = []
    lastText = 0
    replies = []
  }

  /// The sequence of the room's last event; 0 when nothing has happened.
  package var lastSequence: Int64 { tail.last?.sequence ?? snapshot?.sequence ?? 0 }
}
