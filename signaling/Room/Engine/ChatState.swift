// The chat of a room: its rules, the last messages, what waits for review.

package import Access

/// What may be said, and by whom.
package struct ChatRules: Hashable, Sendable {
  /// Who may write; staff always may, except when it is off.
  package enum Mode: String, Hashable, Sendable, CaseIterable {
    case everyone, followers, subscribers, staff, off
  }
  /// What waits for review.
  package enum Hold: String, Hashable, Sendable, CaseIterable {
    case off, links, all, newcomers
  }
  /// What becomes of messages with links.
  package enum Links: String, Hashable, Sendable, CaseIterable {
    case allow, hold, refuse
  }

  package var mode = Mode.everyone
  /// Seconds between two messages of one member; 0 is no slow mode.
  package var slowSeconds: Int64 = 0
  package var hold = Hold.off
  package var links = Links.allow
  /// In lower case; a message with one of them is refused.
  package var words: [String] = []
  package var isEmojiOnly = false
  package init() {}
}

/// What a message is to the show. Everything but `plain` is never sampled away.
package enum MessageClass: String, Hashable, Sendable, CaseIterable {
  case plain, question, claim, bid
}

/// One message.
package struct ChatMessage: Hashable, Sendable {
  package let id: EntryID
  package let author: PersonID
  /// The author's role when it was said.
  package let role: Role
  package internal(set) var text: TextID
  package let replyTo: EntryID?
  package internal(set) var messageClass: MessageClass
  /// Milliseconds since 1970.
  package let atMs: Int64
  package let mediaTimeMs: Int64?
  /// Deleted messages keep their place until newer ones push them out.
  package internal(set) var isDeleted = false
}

extension ChatMessage {
  /// A message as it was said.
  init(_ event: SaidEvent, _ entry: SequencedEvent) {
    self.init(
      id: entry.sequence, author: entry.actor, role: event.role, text: event.text,
      replyTo: event.replyTo, messageClass: event.messageClass, atMs: entry.atMs,
      mediaTimeMs: entry.mediaTimeMs.flatMap {
        (0...EngineLimits.timeMsMax).contains($0) ? $0 : nil
      })
  }
}

/// The chat half of a room's state.
package struct ChatState: Hashable, Sendable {
  package internal(set) var rules = ChatRules()
  /// The last messages, oldest first, by id.
  package internal(set) var messages: [ChatMessage] = []
  /// Messages that wait for review, oldest first.
  package internal(set) var held: [ChatMessage] = []
  package internal(set) var pinned: ChatMessage?
  /// People of whom a message was shown: the others are newcomers.
  package internal(set) var speakers = PersonSet()
  /// When each member last wrote, while slow mode is on.
  package internal(set) var lastSaidMs: [PersonID: Int64] = [:]

  /// The place of a message among the last ones.
  func index(of id: EntryID) -> Int? { ChatState.index(of: id, in: messages) }

  /// A binary search: ids only grow.
  static func index(of id: EntryID, in messages: [ChatMessage]) -> Int? {
    let index = ChatState.place(of: id, in: messages)
    return index < messages.count && messages[index].id == id ? index : nil
  }

  /// Puts a message at its place and pushes the oldest out.
  mutating func show(_ message: ChatMessage) {
    messages.insert(message, at: ChatState.place(of: message.id, in: messages))
    if messages.count > EngineLimits.messagesMax { messages.removeFirst() }
    speakers.insert(message.author)
  }

  private static func place(of id: EntryID, in messages: [ChatMessage]) -> Int {
    var low = 0
    var high = messages.count
    while low < high {
      let middle = (low + high) / 2
      if messages[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Words that a review has put in the place of a message's own.
package struct ReviewedText: Hashable, Sendable {
  package let text: TextID
  package let messageClass: MessageClass
}

extension ChatMessage {
  /// The same message in other words.
  func with(_ other: ReviewedText?) -> ChatMessage {
    guard let other else { return self }
    var message = self
    message.text = other.text
    message.messageClass = other.messageClass
    return message
  }
}
