// Questions to the host and their upvotes.

/// A question.
package struct Question: Hashable, Sendable {
  package let id: EntryID
  package let author: PersonID
  package let text: TextID
  /// Milliseconds since 1970.
  package let atMs: Int64
  package internal(set) var upvotes = PersonSet()
}

/// The questions of a room.
package struct QuestionState: Hashable, Sendable {
  /// Open ones, oldest first, by id.
  package internal(set) var open: [Question] = []
  /// Answered ones that are still shown, oldest answer first.
  package internal(set) var answered: [Question] = []
  /// The one on screen, open or answered.
  package internal(set) var highlighted: EntryID?

  func index(of id: EntryID) -> Int? { open.firstIndex { $0.id == id } }

  /// A question that is shown.
  package func question(_ id: EntryID) -> Question? {
    open.first { $0.id == id } ?? answered.first { $0.id == id }
  }
}
