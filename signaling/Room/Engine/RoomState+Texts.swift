// Which texts the state shows: those a house keeps in memory.

extension RoomState {
  /// The texts of everything that is shown now; deleted messages have none.
  package var shownTexts: Set<TextID> {
    var texts: Set<TextID> = []
    for message in chat.messages where !message.isDeleted { texts.insert(message.text) }
    for message in chat.held { texts.insert(message.text) }
    if let pinned = chat.pinned { texts.insert(pinned.text) }
    for poll in polls { texts.formUnion([poll.question] + poll.options) }
    for question in questions.open { texts.insert(question.text) }
    for question in questions.answered { texts.insert(question.text) }
    for giveaway in giveaways { texts.insert(giveaway.prize) }
    let single = [
      show.schedule?.title, show.schedule?.description, show.announcement, show.settings.title,
      show.settings.description,
    ]
    for case let text? in single { texts.insert(text) }
    return texts
  }
}
