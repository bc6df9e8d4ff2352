// Chat: saying, deleting, pinning, reviewing.

import Access

extension RoomState {
  // MARK: Deciding

  func say(
    _ raw: String, replyTo: EntryID?, _ context: CommandContext, _ draft: inout Draft
  ) throws(CommandRefusal) {
    let text = try CleanText.clean(raw, "text", max: EngineLimits.messageMax)
    try checkVoice(context)
    try checkFilters(text, context)
    if let replyTo {
      guard let index = chat.index(of: replyTo), !chat.messages[index].isDeleted else {
        throw CommandRefusal(.unknownMessage, "replyTo: there is no such message any more")
      }
    }
    let role = role(of: context.actor)
    let isForTeam = !role.isStaff && isToBeHeld(text, of: context.actor.person)
    let isForReview = !role.isStaff && !isForTeam && context.isReviewed
    let isHeld = isForTeam || isForReview
    let event = SaidEvent(
      text: draft.text(text), replyTo: replyTo, messageClass: MessageClass(text: text), role: role,
      isHeld: isHeld, isForReview: isForReview)
    draft.make(.said(event))
    if isHeld { draft.noteHeld() } else { enterByKeyword(text, context, &draft) }
  }

  /// Whether this member may write now, whatever the text.
  private func checkVoice(_ context: CommandContext) throws(CommandRefusal) {
    let person = context.actor.person
    if chat.rules.mode == .off { throw CommandRefusal(.chatClosed, "the chat is off") }
    if role(of: context.actor).isStaff { return }
    try checkSilence(of: person, at: context.atMs)
    let isFollower = context.actor.isFollower || people.followers.contains(person)
    switch chat.rules.mode {
    case .everyone, .off: break
    case .followers where isFollower || context.actor.isSubscriber: break
    case .subscribers where context.actor.isSubscriber: break
    case .followers: throw CommandRefusal(.chatClosed, "the chat is for followers of the host")
    case .subscribers: throw CommandRefusal(.chatClosed, "the chat is for subscribers")
    case .staff: throw CommandRefusal(.chatClosed, "the chat is for the host's team")
    }
    if let last = chat.lastSaidMs[person] {
      let waitMs = last + chat.rules.slowSeconds * 1000 - context.atMs
      if waitMs > 0 {
        throw CommandRefusal(
          .slow, "slow mode: one message in \(chat.rules.slowSeconds) s", retryAfterMs: waitMs)
      }
    }
  }

  /// Whether a member has been silenced: for messages and questions alike.
  func checkSilence(of person: PersonID, at atMs: Int64) throws(CommandRefusal) {
    let standing = people[person]
    if standing.isMuted { throw CommandRefusal(.muted, "a moderator has muted you") }
    let waitMs = standing.timedOutUntilMs - atMs
    if waitMs > 0 {
      throw CommandRefusal(.timedOut, "a moderator has sent you out", retryAfterMs: waitMs)
    }
  }

  /// The rules that refuse a text; staff are trusted.
  func checkFilters(_ text: String, _ context: CommandContext) throws(CommandRefusal) {
    if role(of: context.actor).isStaff { return }
    if chat.rules.isEmojiOnly, !CleanText.isEmojiOnly(text) {
      throw CommandRefusal(.filtered, "the chat takes emojis only")
    }
    if chat.rules.links == .refuse, CleanText.hasLink(text) {
      throw CommandRefusal(.filtered, "the chat takes no links")
    }
    if CleanText.contains(chat.rules.words, in: text) {
      throw CommandRefusal(.filtered, "the chat does not take one of these words")
    }
  }

  private func isToBeHeld(_ text: String, of person: PersonID) -> Bool {
    switch chat.rules.hold {
    case .all: return true
    case .newcomers where !chat.speakers.contains(person): return true
    case .off, .links, .newcomers: break
    }
    return (chat.rules.hold == .links || chat.rules.links == .hold) && CleanText.hasLink(text)
  }

  func deleteMessage(
    _ id: EntryID, _ context: CommandContext, _ draft: inout Draft
  ) throws(CommandRefusal) {
    let message = try message(id)
    guard message.author == context.actor.person || role(of: context.actor).isStaff else {
      throw CommandRefusal(.forbidden, "the message is somebody else's")
    }
    if !message.isDeleted { draft.add(.messageDeleted(id)) }
  }

  /// A message that is still shown, waits, or is pinned.
  private func message(_ id: EntryID) throws(CommandRefusal) -> ChatMessage {
    if let index = chat.index(of: id) { return chat.messages[index] }
    if let index = ChatState.index(of: id, in: chat.held) { return chat.held[index] }
    if let pinned = chat.pinned, pinned.id == id { return pinned }
    throw CommandRefusal(.unknownMessage, "there is no such message any more")
  }

  func pinMessage(_ id: EntryID?, _ draft: inout Draft) throws(CommandRefusal) {
    guard id != chat.pinned?.id else { return }
    if let id {
      guard let index = chat.index(of: id), !chat.messages[index].isDeleted else {
        throw CommandRefusal(.unknownMessage, "there is no such message any more")
      }
    }
    draft.add(.messagePinned(id))
  }

  func review(_ id: EntryID, approve: Bool, _ draft: inout Draft) throws(CommandRefusal) {
    guard ChatState.index(of: id, in: chat.held) != nil else {
      throw CommandRefusal(.unknownMessage, "no such message waits for review")
    }
    draft.add(.messageReviewed(id, approved: approve))
  }

  /// What the shop says of a message. Another text goes in as another message of the same author, so
  /// that the log says what was written and what was shown.
  func settleReview(_ id: EntryID, _ judgement: ReviewJudgement, _ draft: inout Draft) {
    // A moderator may have been first.
    guard let index = ChatState.index(of: id, in: chat.held) else { return }
    switch judgement {
    case .allow: draft.add(.messageReviewed(id, approved: true))
    case .deny: draft.add(.messageReviewed(id, approved: false))
    case .modify(let raw):
      guard let text = try? CleanText.clean(raw, "text", max: EngineLimits.messageMax) else {
        draft.add(.messageReviewed(id, approved: false))
        return
      }
      let words = ReviewedText(
        text: draft.text(text, by: chat.held[index].author), messageClass: MessageClass(text: text))
      draft.add(.messageReviewed(id, approved: true, text: words))
    }
  }

  // MARK: Applying

  mutating func applyChat(_ entry: SequencedEvent) -> Bool {
    switch entry.event {
    case .said(let event): applySaid(event, entry)
    case .messageDeleted(let id): return applyDeleted(id)
    case .messagePinned(nil): chat.pinned = nil
    case .messagePinned(let id?):
      guard let index = chat.index(of: id) else { return false }
      chat.pinned = chat.messages[index]
    case .messageReviewed(let id, let approved, let text):
      guard let index = ChatState.index(of: id, in: chat.held) else { return false }
      let message = chat.held.remove(at: index)
      if approved { chat.show(message.with(text)) }
    case .messagesCleared(let person): applyCleared(person)
    case .chatSet(let rules):
      chat.rules = rules
      if rules.slowSeconds == 0 { chat.lastSaidMs = [:] }
    default: return false
    }
    return true
  }

  private mutating func applySaid(_ event: SaidEvent, _ entry: SequencedEvent) {
    let message = ChatMessage(event, entry)
    if event.isHeld {
      chat.held.append(message)
      if chat.held.count > EngineLimits.heldMax { chat.held.removeFirst() }
    } else {
      chat.show(message)
    }
    guard chat.rules.slowSeconds > 0, !event.role.isStaff else { return }
    chat.lastSaidMs[entry.actor] = entry.atMs
    let count = chat.lastSaidMs.count
    // At powers of two only: a scan for each message of a large room would be too much.
    if count >= EngineLimits.slowSpeakersMax, count.nonzeroBitCount == 1 {
      let spanMs = chat.rules.slowSeconds * 1000
      chat.lastSaidMs = chat.lastSaidMs.filter { $0.value + spanMs > entry.atMs }
    }
  }

  private mutating func applyDeleted(_ id: EntryID) -> Bool {
    let isPinned = chat.pinned?.id == id
    if isPinned { chat.pinned = nil }
    if let index = chat.index(of: id) {
      chat.messages[index].isDeleted = true
      return true
    }
    guard let index = ChatState.index(of: id, in: chat.held) else { return isPinned }
    chat.held.remove(at: index)
    return true
  }

  private mutating func applyCleared(_ person: PersonID) {
    for index in chat.messages.indices where chat.messages[index].author == person {
      chat.messages[index].isDeleted = true
    }
    chat.held.removeAll { $0.author == person }
    if chat.pinned?.author == person { chat.pinned = nil }
  }
}
