// Messages read from the log, with what was done about them since.

import JSON

/// Messages of a page of history, newest first.
package struct LoggedMessages: Sendable {
  private var messages: [ChatMessage] = []
  /// Those that waited for review and were not shown yet.
  private var held: Set<EntryID> = []

  /// The kind of the events that are messages.
  package static let kind = "said"
  /// The kinds of those that say what became of messages; all are in the audit trail.
  package static let moderation: Set<String> = [
    "messageDeleted", "messageReviewed", "messagesCleared",
  ]

  /// Messages as they were said.
  package init(_ entries: [SequencedEvent]) {
    for entry in entries {
      guard case .said(let event) = entry.event else { continue }
      messages.append(ChatMessage(event, entry))
      if event.isHeld { held.insert(entry.sequence) }
    }
  }

  /// Takes an event after them, in the order of the log.
  package mutating func apply(_ entry: SequencedEvent) {
    switch entry.event {
    case .messageDeleted(let id): delete { $0.id == id }
    case .messageReviewed(let id, approved: true, let text):
      held.remove(id)
      for index in messages.indices where messages[index].id == id {
        messages[index] = messages[index].with(text)
      }
    case .messageReviewed(let id, approved: false, _): delete { $0.id == id }
    case .messagesCleared(let person):
      delete { $0.author == person && $0.id < entry.sequence }
    default: break
    }
  }

  /// Takes all texts away: for when it can't be known what was deleted.
  package mutating func deleteAll() { delete { _ in true } }

  private mutating func delete(_ isMeant: (ChatMessage) -> Bool) {
    for index in messages.indices where isMeant(messages[index]) {
      messages[index].isDeleted = true
    }
  }

  private var shown: [ChatMessage] { messages.filter { !held.contains($0.id) } }

  /// Who wrote what is shown.
  package var people: Set<PersonID> { Set(shown.map(\.author)) }

  /// The texts of what is shown.
  package var texts: [TextID] { shown.filter { !$0.isDeleted }.map(\.text) }

  /// The page, oldest first.
  ///
  /// - Parameter next: where the log goes on before these, nil at its beginning.
  package func page(people: [PersonRecord], texts: [NewText], next: Int64?) -> [UInt8] {
    let entries = EntryRendering(people: people, texts: texts)
    var page = EntryPage()
    var next = next
    var last: EntryID?
    for message in shown {
      guard page.add(entries.message(message)) else {
        next = last
        break
      }
      last = message.id
    }
    let body: JSONValue = ["messages": .array(page.items.reversed()), "next": json(next)]
    return body.write()
  }
}

extension EntryRendering {
  /// What the store has, without a room in memory.
  init(people: [PersonRecord], texts: [NewText]) {
    var known = Texts()
    for text in texts { known.put(text) }
    self.init(state: RoomState(), people: People(people), texts: known)
  }
}
