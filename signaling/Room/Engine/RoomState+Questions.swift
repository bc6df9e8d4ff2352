// Questions: asked and upvoted by members, answered by staff.

import Access

extension RoomState {
  // MARK: Deciding

  func ask(
    _ raw: String, _ context: CommandContext, _ draft: inout Draft
  ) throws(CommandRefusal) {
    let text = try CleanText.clean(raw, "text", max: EngineLimits.questionMax)
    let person = context.actor.person
    if !role(of: context.actor).isStaff { try checkSilence(of: person, at: context.atMs) }
    try checkFilters(text, context)
    guard questions.open.count < EngineLimits.questionsMax else {
      throw CommandRefusal(.limit, "\(EngineLimits.questionsMax) questions are open")
    }
    guard questions.open.count(where: { $0.author == person }) < EngineLimits.questionsEachMax
    else {
      throw CommandRefusal(.limit, "\(EngineLimits.questionsEachMax) of your questions are open")
    }
    draft.make(.asked(draft.text(text)))
  }

  func upvote(
    _ id: EntryID, _ on: Bool, _ context: CommandContext, _ draft: inout Draft
  ) throws(CommandRefusal) {
    let person = context.actor.person
    guard let index = questions.index(of: id) else { throw unknownQuestion }
    guard questions.open[index].author != person else {
      throw CommandRefusal(.forbidden, "the question is your own")
    }
    if questions.open[index].upvotes.contains(person) != on {
      draft.add(.upvoted(question: id, on: on))
    }
  }

  /// Answers or dismisses an open question.
  func settleQuestion(
    _ id: EntryID, _ event: RoomEvent, _ draft: inout Draft
  ) throws(CommandRefusal) {
    guard questions.index(of: id) != nil else { throw unknownQuestion }
    draft.add(event)
  }

  func highlight(_ id: EntryID?, _ draft: inout Draft) throws(CommandRefusal) {
    guard id != questions.highlighted else { return }
    if let id, questions.question(id) == nil { throw unknownQuestion }
    draft.add(.questionHighlighted(id))
  }

  private var unknownQuestion: CommandRefusal {
    CommandRefusal(.unknownQuestion, "there is no such open question any more")
  }

  // MARK: Applying

  mutating func applyQuestion(_ entry: SequencedEvent) -> Bool {
    switch entry.event {
    case .asked(let text):
      guard questions.open.count < EngineLimits.questionsMax else { return false }
      questions.open.append(
        Question(id: entry.sequence, author: entry.actor, text: text, atMs: entry.atMs))
    case .upvoted(let id, let on):
      guard let index = questions.index(of: id) else { return false }
      if on { return questions.open[index].upvotes.insert(entry.actor) }
      return questions.open[index].upvotes.remove(entry.actor)
    case .questionAnswered(let id):
      guard let index = questions.index(of: id) else { return false }
      questions.answered.append(questions.open.remove(at: index))
      if questions.answered.count > EngineLimits.answeredMax {
        let gone = questions.answered.removeFirst()
        if questions.highlighted == gone.id { questions.highlighted = nil }
      }
    case .questionDismissed(let id):
      guard let index = questions.index(of: id) else { return false }
      questions.open.remove(at: index)
      if questions.highlighted == id { questions.highlighted = nil }
    case .questionHighlighted(let id):
      if let id, questions.question(id) == nil { return false }
      questions.highlighted = id
    default: return false
    }
    return true
  }
}
