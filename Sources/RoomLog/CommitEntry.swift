// What one decided command writes: all of it or nothing.

/// The rows of one decision.
package struct CommitEntry: Hashable, Sendable {
  package var room: RoomKey
  /// The owner's number for this entry; comes back with its outcome.
  package var ticket: UInt64
  /// In order, the first right after the room's last event.
  package var events: [EventRow]
  package var reply: ReplyRow?
  package var people: [PersonRow]
  package var texts: [TextRow]
  package var follows: [FollowRow]
  package var outbox: [OutboxRow]
  /// The room's listing, when the decision changed it.
  package var show: ShowRow?
  /// The room's clock, when the decision changed it.
  package var due: DueRow?

  package init(
    room: RoomKey, ticket: UInt64, events: [EventRow] = [], reply: ReplyRow? = nil,
    people: [PersonRow] = [], texts: [TextRow] = [], follows: [FollowRow] = [],
    outbox: [OutboxRow] = [], show: ShowRow? = nil, due: DueRow? = nil
  ) {
    self.room = room
    self.ticket = ticket
    self.events = events
    self.reply = reply
    self.people = people
    self.texts = texts
    self.follows = follows
    self.outbox = outbox
    self.show = show
    self.due = due
  }

  /// Roughly the bytes it writes, to bound a group.
  package var byteCount: Int {
    var count = 64 + (reply.map { $0.body.count + 160 } ?? 0)
    for event in events { count += event.body.count + event.secret.count + 64 }
    for text in texts { count += (text.body?.utf8.count ?? 0) + 32 }
    for person in people { count += person.name.utf8.count + 64 }
    for message in outbox { count += message.body.count + 64 }
    return count
  }
}
