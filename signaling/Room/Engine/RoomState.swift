// The whole state of a room over references: what `decide` reads and `apply` changes.

package import Commerce

/// One room's state: a plain value, a function of its log alone.
///
/// `decide` judges a command and changes nothing; `apply` gives an event its meaning and can't fail. So
/// the same log gives the same state in every process and after every restart.
package struct RoomState: Hashable, Sendable {
  /// The last event's number; 0 for a new room.
  package internal(set) var sequence: Int64 = 0
  /// The highest person and text the log names: the next ones follow them.
  package internal(set) var peopleMade: UInt32 = 0
  package internal(set) var textsMade: Int64 = 0
  /// Events without meaning here: of a newer program, or impossible. Counted so that an operator sees them.
  package internal(set) var ignoredCount: Int64 = 0

  package internal(set) var chat = ChatState()
  package internal(set) var people = PeopleState()
  /// Oldest first, by id.
  package internal(set) var polls: [Poll] = []
  package internal(set) var questions = QuestionState()
  /// Oldest first, by id.
  package internal(set) var giveaways: [Giveaway] = []
  package internal(set) var show = Show()
  package internal(set) var shop = Shop()
  /// The latest time of the shop's events: its clock never runs backwards.
  package internal(set) var shopAtMs: Int64 = 0

  /// A room without a history.
  package init() {}

  // MARK: Deciding

  /// What a command comes to. Reads only: a refusal leaves no trace.
  ///
  /// - Parameter command: with its member already a person, if it has one (`MemberReference`).
  package func decide(
    _ command: RoomCommand, by context: CommandContext
  ) throws(CommandRefusal) -> Decision {
    try authorize(command, context)
    var draft = Draft(state: self, context: context)
    noteRole(context.actor, &draft)
    switch command {
    case .say(let text, let replyTo): try say(text, replyTo: replyTo, context, &draft)
    case .deleteMessage(let id): try deleteMessage(id, context, &draft)
    case .pinMessage(let id): try pinMessage(id, &draft)
    case .reviewMessage(let id, let approve): try review(id, approve: approve, &draft)
    case .setChat(let change): try setChat(change, &draft)
    case .toward(let member, let action): try decide(action, toward: member, context, &draft)
    case .answerInvitation(let accept): try answerInvitation(accept: accept, context, &draft)
    case .leaveStage: try leaveStage(context, &draft)
    case .follow(let on): follow(on, context, &draft)
    case .react(let emoji, let count): try checkReaction(emoji, count, context)
    case .openPoll(let poll): try open(poll, context, &draft)
    case .vote(let poll, let options): try vote(poll, options, context, &draft)
    case .closePoll(let id): try closePoll(id, &draft)
    case .revealPoll(let id): try revealPoll(id, &draft)
    case .ask(let text): try ask(text, context, &draft)
    case .upvote(let id, let on): try upvote(id, on, context, &draft)
    case .answerQuestion(let id): try settleQuestion(id, .questionAnswered(id), &draft)
    case .dismissQuestion(let id): try settleQuestion(id, .questionDismissed(id), &draft)
    case .highlightQuestion(let id): try highlight(id, &draft)
    case .openGiveaway(let giveaway): try open(giveaway, context, &draft)
    case .enter(let giveaway): try enter(giveaway, context, &draft)
    case .drawGiveaway(let id): try draw(id, &draft)
    case .cancelGiveaway(let id): try cancel(id, &draft)
    case .schedule(let title, let startsAtMs, let description):
      try schedule(title, startsAtMs: startsAtMs, description, &draft)
    case .announce(let text): try announce(text, &draft)
    case .setRoom(let change): try setRoom(change, &draft)
    case .endRoom:
      draft.add(.phaseChanged(.ended))
      try decide(.server(.over), context, &draft)
    case .shop(let command): try decide(command, context, &draft)
    case .seen(let pin): try checkPin(pin)
    // The house tells it; here only who may and when.
    case .caption: break
    // The ledger's; here only who may and when.
    case .gift, .buyCoins: try checkSales()
    case .server(let command): try serve(command, context, &draft)
    }
    return draft.decision
  }

  // MARK: Applying

  /// Makes an event part of the state. Total: what can't be is counted and ignored.
  package mutating func apply(_ entry: SequencedEvent) {
    guard entry.sequence == sequence + 1, (0...EngineLimits.timeMsMax).contains(entry.atMs) else {
      ignoredCount += 1
      return
    }
    sequence = entry.sequence
    let references = entry.event.references
    let person = max(entry.actor, references.person)
    guard person.rawValue <= EngineLimits.peopleMax else {
      ignoredCount += 1
      return
    }
    peopleMade = max(peopleMade, person.rawValue)
    textsMade = max(textsMade, references.text.rawValue)
    if !applyMeaning(of: entry) { ignoredCount += 1 }
  }

  /// Decides and applies.
  package mutating func reduce(
    _ command: RoomCommand, by context: CommandContext
  ) throws(CommandRefusal) -> Decision {
    let decision = try decide(command, by: context)
    for event in decision.events { apply(event) }
    return decision
  }

  /// Whether the event could be what it says.
  private mutating func applyMeaning(of entry: SequencedEvent) -> Bool {
    switch entry.event {
    case .said, .messageDeleted, .messagePinned, .messageReviewed, .messagesCleared, .chatSet:
      return applyChat(entry)
    case .roleSeen, .muted, .timedOut, .banned, .unbanned, .roleSet, .stageInvited,
      .invitationAnswered, .stageLeft, .stageRemoved, .followed:
      return applyPeople(entry)
    case .pollOpened, .voted, .pollClosed, .pollRevealed: return applyPoll(entry)
    case .asked, .upvoted, .questionAnswered, .questionDismissed, .questionHighlighted:
      return applyQuestion(entry)
    case .giveawayOpened, .entered, .giveawayClosed, .giveawayDrawn, .giveawayCancelled:
      return applyGiveaway(entry)
    case .reactionsCounted, .scheduled, .announced, .roomSet, .phaseChanged, .audienceCounted:
      return applyShow(entry)
    case .shop(let event): return applyShop(event, entry)
    case .unknown: return false
    }
  }

  // MARK: Reading

  /// When something is due (`closeDue`, the shop's `due`), milliseconds since 1970; nil when nothing is.
  package var nextDueMs: Int64? { nextDueMs(hasMerchant: true) }

  /// The same for a room that has, or has not, a merchant that takes its orders.
  ///
  /// - Parameter hasMerchant: whether one takes this room's orders (`Shop.nextDueMs(hasMerchant:)`).
  package func nextDueMs(hasMerchant: Bool) -> Int64? {
    [nextClosingMs, shop.nextDueMs(hasMerchant: hasMerchant)].compactMap { $0 }.min()
  }

  /// When a poll or giveaway is to be closed by `closeDue`.
  package var nextClosingMs: Int64? {
    let polls = polls.lazy.filter(\.isOpen).compactMap(\.closesAtMs)
    let giveaways = giveaways.lazy.filter { $0.stage == .open }.compactMap(\.closesAtMs)
    return [polls.min(), giveaways.min()].compactMap { $0 }.min()
  }
}
