// Events to frames: who is told what, each encoded once (PROTOCOL.md, "The room: chat, polls, people").

import Access
import JSON

extension RoomHouse {
  var entries: EntryRendering { EntryRendering(state: state, people: people, texts: texts) }

  /// The frames of an event that has just been applied.
  ///
  /// - Parameter judged: what `judgedMessage`, and `before` what `shopBefore` gave before the event was
  ///   applied.
  func frames(
    of entry: SequencedEvent, judged: ChatMessage?, before: ShopBefore = ShopBefore()
  ) -> [Frame] {
    switch entry.event {
    case .said, .messageDeleted, .messagePinned, .messageReviewed, .messagesCleared, .chatSet:
      return chatFrames(entry, judged)
    case .pollOpened, .voted, .pollClosed, .pollRevealed: return pollFrames(entry)
    case .asked, .upvoted, .questionAnswered, .questionDismissed, .questionHighlighted:
      return questionFrames(entry)
    case .giveawayOpened, .entered, .giveawayClosed, .giveawayDrawn, .giveawayCancelled:
      return giveawayFrames(entry)
    case .roleSeen, .muted, .timedOut, .banned, .unbanned, .roleSet, .stageInvited,
      .invitationAnswered, .stageLeft, .stageRemoved, .followed:
      return peopleFrames(entry)
    case .reactionsCounted, .scheduled, .announced, .roomSet, .phaseChanged, .audienceCounted:
      return showFrames(entry)
    case .shop(let event): return shopFrames(event, entry, before: before)
    case .unknown: return []
    }
  }

  /// The message an event takes out of the review, in the words it is shown with.
  func judgedMessage(_ entry: SequencedEvent) -> ChatMessage? {
    guard case .messageReviewed(let id, _, let text) = entry.event else { return nil }
    return ChatState.index(of: id, in: state.chat.held).map { state.chat.held[$0].with(text) }
  }

  func frame(
    _ entry: SequencedEvent, _ audience: Audience = .everyone,
    _ delivery: Frame.Delivery = .state, type: String? = nil, _ members: [(String, JSONValue)]
  ) -> Frame {
    var object = JSONObject([
      ("type", .string(type ?? entry.event.kind)), ("cursor", .integer(entry.sequence)),
      ("atMs", .integer(entry.atMs)),
    ])
    if let mediaTimeMs = entry.mediaTimeMs { object["mediaTimeMs"] = .integer(mediaTimeMs) }
    for (key, value) in members { object[key] = value }
    return Frame(
      audience: audience, delivery: delivery, sequence: entry.sequence,
      bytes: JSONValue.object(object).write())
  }

  func counter(_ entry: SequencedEvent, _ audience: Audience, _ key: CounterKey) -> Frame {
    Frame(audience: audience, delivery: .counter(key), sequence: entry.sequence, bytes: [])
  }

  // MARK: Chat

  private func chatFrames(_ entry: SequencedEvent, _ judged: ChatMessage?) -> [Frame] {
    switch entry.event {
    case .said(let event): return saidFrames(entry, event)
    case .messageDeleted(let id): return [frame(entry, [("message", .integer(id))])]
    case .messagePinned:
      let pinned = state.chat.pinned.map { entries.message($0) } ?? .null
      return [frame(entry, [("message", pinned)])]
    case .messageReviewed(_, let approved, _):
      guard let message = judged else { return [] }
      let members: [(String, JSONValue)] = [
        ("approved", .bool(approved)), ("message", entries.message(message)),
      ]
      if approved { return [frame(entry, members)] }
      return [
        frame(entry, .staff, .state, members),
        frame(entry, .viewer(message.author), .state, members),
      ]
    case .messagesCleared(let person):
      return [frame(entry, [("member", entries.member(person))])]
    case .chatSet(let rules):
      return [
        frame(entry, .staff, .state, [("chat", entries.chat(rules, forStaff: true))]),
        frame(entry, .viewers, .state, [("chat", entries.chat(rules, forStaff: false))]),
      ]
    default: return []
    }
  }

  private func frame(_ entry: SequencedEvent, _ members: [(String, JSONValue)]) -> Frame {
    frame(entry, .everyone, .state, members)
  }

  private func saidFrames(_ entry: SequencedEvent, _ event: SaidEvent) -> [Frame] {
    let list = event.isHeld ? state.chat.held : state.chat.messages
    guard let message = list.last(where: { $0.id == entry.sequence }) else { return [] }
    let members = [("message", entries.message(message, isHeld: event.isHeld))]
    if event.isHeld {
      return [
        frame(entry, .staff, .state, members), frame(entry, .viewer(entry.actor), .state, members),
      ]
    }
    // Questions, claims, bids and the host's team are never sampled away.
    let isPlain = event.messageClass == .plain && !event.role.isStaff
    return [frame(entry, .everyone, isPlain ? .chat : .state, members)]
  }

  // MARK: Polls

  private func pollFrames(_ entry: SequencedEvent) -> [Frame] {
    switch entry.event {
    case .pollOpened: return pollFrames(entry, entry.sequence)
    case .pollClosed(let id), .pollRevealed(let id): return pollFrames(entry, id)
    case .voted(let id, let mask):
      guard let poll = state.polls.last(where: { $0.id == id }) else { return [] }
      let own = frame(
        entry, .person(entry.actor), .state,
        [("poll", .integer(id)), ("options", RoomHouse.options(mask))])
      if poll.isPublic { return [own, counter(entry, .everyone, .poll(id))] }
      let staff = counter(entry, .staff, .poll(id))
      let others = counter(entry, .viewers, .voters(id))
      guard poll.results == .afterVote else { return [own, staff, others] }
      return [own, staff, others, counter(entry, .voters(id), .poll(id))]
    default: return []
    }
  }

  private func pollFrames(_ entry: SequencedEvent, _ id: EntryID) -> [Frame] {
    guard let poll = state.polls.last(where: { $0.id == id }) else { return [] }
    let open = [("poll", entries.poll(poll, forStaff: false))]
    if poll.isPublic { return [frame(entry, open)] }
    return [
      frame(entry, .viewers, .state, open),
      frame(entry, .staff, .state, [("poll", entries.poll(poll, forStaff: true))]),
    ]
  }

  /// The places of a vote's options.
  static func options(_ mask: UInt16) -> JSONValue {
    .array((0..<16).filter { mask >> UInt16($0) & 1 == 1 }.map { .integer(Int64($0)) })
  }

  // MARK: Questions

  private func questionFrames(_ entry: SequencedEvent) -> [Frame] {
    switch entry.event {
    case .asked:
      guard let question = state.questions.question(entry.sequence) else { return [] }
      return [frame(entry, [("question", entries.question(question))])]
    case .upvoted(let id, let on):
      return [
        frame(
          entry, .person(entry.actor), .state, [("question", .integer(id)), ("on", .bool(on))]),
        counter(entry, .everyone, .question(id)),
      ]
    case .questionAnswered(let id), .questionDismissed(let id):
      return [frame(entry, [("question", .integer(id))])]
    case .questionHighlighted(let id): return [frame(entry, [("question", json(id))])]
    default: return []
    }
  }

  // MARK: Giveaways

  private func giveawayFrames(_ entry: SequencedEvent) -> [Frame] {
    switch entry.event {
    case .giveawayOpened: return giveawayFrames(entry, entry.sequence)
    case .giveawayClosed(let id), .giveawayDrawn(let id, _, _), .giveawayCancelled(let id):
      return giveawayFrames(entry, id)
    case .entered(let id):
      return [
        frame(entry, .person(entry.actor), .state, [("giveaway", .integer(id))]),
        counter(entry, .everyone, .giveaway(id)),
      ]
    default: return []
    }
  }

  private func giveawayFrames(_ entry: SequencedEvent, _ id: EntryID) -> [Frame] {
    guard let giveaway = state.giveaways.last(where: { $0.id == id }) else { return [] }
    return [frame(entry, [("giveaway", entries.giveaway(giveaway))])]
  }

  // MARK: People

  private func peopleFrames(_ entry: SequencedEvent) -> [Frame] {
    switch entry.event {
    case .muted(let person, let on):
      return toStaff(entry, and: person, [("member", entries.member(person)), ("on", .bool(on))])
    case .timedOut(let person, let untilMs):
      return toStaff(
        entry, and: person, [("member", entries.member(person)), ("untilMs", .integer(untilMs))])
    case .banned(let person, let device, let reason, _):
      let members = [
        ("member", entries.member(person)), ("device", .bool(device != nil)),
        ("reason", entries.text(reason)),
      ]
      // Their entries are gone.
      let entries = state.giveaways.filter { !$0.isSettled }
      return toStaff(entry, and: person, members)
        + entries.map { counter(entry, .everyone, .giveaway($0.id)) }
    case .unbanned(let person), .stageInvited(let person):
      return toStaff(entry, and: person, [("member", entries.member(person))])
    case .roleSet(let person, let role):
      return [
        frame(
          entry, [("member", entries.member(person)), ("role", .string(role.rawValue))])
      ]
    case .invitationAnswered(accept: false):
      return toStaff(
        entry, and: entry.actor, [("member", entries.member(entry.actor)), ("accept", false)])
    case .invitationAnswered(accept: true):
      return [frame(entry, [("member", entries.member(entry.actor)), ("accept", true)])]
    case .stageLeft: return [frame(entry, [("member", entries.member(entry.actor))])]
    case .stageRemoved(let person): return [frame(entry, [("member", entries.member(person))])]
    case .followed(let on):
      return [
        frame(entry, .person(entry.actor), .state, [("on", .bool(on))]),
        counter(entry, .everyone, .followers),
      ]
    // The first of them is whom one follows: pages that were there before learn of it.
    case .roleSeen(let person, .host) where person == state.people.host:
      return [frame(entry, [("type", "hostSet"), ("host", entries.member(person))])]
    default: return []
    }
  }

  /// Staff are also told who did it.
  private func toStaff(
    _ entry: SequencedEvent, and person: PersonID, _ members: [(String, JSONValue)]
  ) -> [Frame] {
    let staff = frame(entry, .staff, .state, members + [("by", entries.member(entry.actor))])
    return [staff, frame(entry, .viewer(person), .state, members)]
  }

  // MARK: The show

  private func showFrames(_ entry: SequencedEvent) -> [Frame] {
    switch entry.event {
    case .scheduled(let schedule):
      return [frame(entry, [("schedule", entries.schedule(schedule))])]
    case .announced(let text): return [frame(entry, [("text", entries.text(text))])]
    case .roomSet(let settings): return [frame(entry, [("settings", entries.settings(settings))])]
    case .phaseChanged(let phase): return [frame(entry, [("phase", .string(phase.rawValue))])]
    case .audienceCounted(let viewers, let peak):
      return [
        frame(
          entry, .staff, .state, [("viewers", .integer(viewers)), ("peak", .integer(peak))])
      ]
    case .reactionsCounted: return [counter(entry, .everyone, .reactionTotals)]
    default: return []
    }
  }
}
