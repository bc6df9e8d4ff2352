// Polls: one vote per identity, counted as they come.

extension RoomState {
  // MARK: Deciding

  func open(
    _ poll: PollDraft, _ context: CommandContext, _ draft: inout Draft
  ) throws(CommandRefusal) {
    guard (2...EngineLimits.optionsMax).contains(poll.options.count) else {
      throw CommandRefusal(.badField, "options: from 2 to \(EngineLimits.optionsMax)")
    }
    guard polls.count(where: \.isOpen) < EngineLimits.pollsOpenMax else {
      throw CommandRefusal(.limit, "\(EngineLimits.pollsOpenMax) polls are open")
    }
    let closesAtMs = try closingTime(poll.closesAfterSeconds, context)
    let question = try CleanText.clean(
      poll.question, "question", max: EngineLimits.pollQuestionMax)
    var options: [String] = []
    for option in poll.options {
      options.append(try CleanText.clean(option, "options", max: EngineLimits.optionMax))
    }
    let event = PollOpenedEvent(
      question: draft.text(question), options: options.map { draft.text($0) },
      isMultiple: poll.isMultiple, isChangeable: poll.isChangeable, results: poll.results,
      closesAtMs: closesAtMs)
    draft.make(.pollOpened(event))
  }

  /// When something that is open for so many seconds closes; nil for no end of its own.
  func closingTime(
    _ seconds: Int64?, _ context: CommandContext
  ) throws(CommandRefusal) -> Int64? {
    guard let seconds else { return nil }
    try check(seconds, "closesAfterSeconds", in: 1...EngineLimits.closesAfterSecondsMax)
    return context.atMs + seconds * 1000
  }

  func vote(
    _ id: EntryID, _ chosen: [Int64], _ context: CommandContext, _ draft: inout Draft
  ) throws(CommandRefusal) {
    let poll = try poll(id)
    guard poll.isOpen(at: context.atMs) else {
      throw CommandRefusal(.closed, "the poll is closed")
    }
    guard !chosen.isEmpty, poll.isMultiple || chosen.count == 1 else {
      throw CommandRefusal(.badField, "options: \(poll.isMultiple ? "at least one" : "one") option")
    }
    var mask: UInt16 = 0
    for option in chosen {
      try check(option, "options", in: 0...Int64(poll.options.count - 1))
      mask |= 1 << UInt16(option)
    }
    let old = poll.voters[context.actor.person]
    guard old != mask else { return }
    guard old == nil || poll.isChangeable else {
      throw CommandRefusal(.alreadyVoted, "you have voted, and this poll's votes can't be changed")
    }
    draft.add(.voted(poll: id, mask: mask))
  }

  func closePoll(_ id: EntryID, _ draft: inout Draft) throws(CommandRefusal) {
    if try poll(id).isOpen { draft.add(.pollClosed(id)) }
  }

  func revealPoll(_ id: EntryID, _ draft: inout Draft) throws(CommandRefusal) {
    if try !poll(id).isRevealed { draft.add(.pollRevealed(id)) }
  }

  private func poll(_ id: EntryID) throws(CommandRefusal) -> Poll {
    guard let poll = polls.last(where: { $0.id == id }) else {
      throw CommandRefusal(.unknownPoll, "there is no such poll any more")
    }
    return poll
  }

  // MARK: Applying

  mutating func applyPoll(_ entry: SequencedEvent) -> Bool {
    switch entry.event {
    case .pollOpened(let event):
      // What was decided fits; an event from elsewhere must not make the list grow for ever.
      if polls.count >= EngineLimits.pollsMax {
        polls.remove(at: polls.firstIndex { !$0.isOpen } ?? 0)
      }
      polls.append(Poll(id: entry.sequence, event))
    case .voted(let id, let mask):
      guard let index = pollIndex(id) else { return false }
      return polls[index].count(mask, of: entry.actor)
    case .pollClosed(let id):
      guard let index = pollIndex(id), polls[index].isOpen else { return false }
      polls[index].isOpen = false
      forgetVoters()
    case .pollRevealed(let id):
      guard let index = pollIndex(id) else { return false }
      polls[index].isRevealed = true
    default: return false
    }
    return true
  }

  private func pollIndex(_ id: EntryID) -> Int? { polls.lastIndex { $0.id == id } }

  /// Only the newest closed polls remember who voted for what.
  private mutating func forgetVoters() {
    var kept = 0
    for index in polls.indices.reversed() where !polls[index].isOpen {
      kept += 1
      if kept > EngineLimits.pollsWithVotersMax { polls[index].voters = [:] }
    }
  }
}
