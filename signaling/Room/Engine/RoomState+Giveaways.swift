// Giveaways: a committed seed, entries in the order of the log, a draw that anyone can repeat.

import Access

extension RoomState {
  // MARK: Deciding

  func open(
    _ giveaway: GiveawayDraft, _ context: CommandContext, _ draft: inout Draft
  ) throws(CommandRefusal) {
    guard giveaways.count(where: { $0.stage == .open }) < EngineLimits.giveawaysOpenMax else {
      throw CommandRefusal(.limit, "\(EngineLimits.giveawaysOpenMax) giveaways are open")
    }
    guard giveaways.count(where: { !$0.isSettled }) < EngineLimits.giveawaysMax else {
      throw CommandRefusal(.limit, "draw or cancel one of the giveaways that are closed")
    }
    try check(giveaway.winners, "winners", in: 1...Int64(EngineLimits.winnersMax))
    guard context.seed.count == EngineLimits.seedByteCount else {
      throw CommandRefusal(.badField, "the server gave no seed")
    }
    let keyword = try keyword(of: giveaway)
    let closesAtMs = try closingTime(giveaway.closesAfterSeconds, context)
    let prize = try CleanText.clean(giveaway.prize, "prize", max: EngineLimits.prizeMax)
    let text = draft.text(prize)
    let event = GiveawayOpenedEvent(
      prize: text, rule: giveaway.rule, keyword: keyword, winners: Int(giveaway.winners),
      closesAtMs: closesAtMs,
      commitment: Draw.commitment(seed: context.seed, giveaway: draft.nextSequence),
      secret: context.seed)
    draft.make(.giveawayOpened(event))
  }

  private func keyword(of giveaway: GiveawayDraft) throws(CommandRefusal) -> String? {
    guard giveaway.rule == .keyword else { return nil }
    let keyword = try CleanText.clean(
      giveaway.keyword ?? "", "keyword", max: EngineLimits.keywordMax)
    return keyword.lowercased()
  }

  func enter(
    _ id: EntryID, _ context: CommandContext, _ draft: inout Draft
  ) throws(CommandRefusal) {
    let giveaway = try giveaway(id)
    let person = context.actor.person
    guard giveaway.isOpen(at: context.atMs) else {
      throw CommandRefusal(.closed, "the giveaway takes no more entries")
    }
    guard !giveaway.hasEntered(person) else { return }
    guard giveaway.entries.count < EngineLimits.entriesMax else {
      throw CommandRefusal(.limit, "the giveaway has \(EngineLimits.entriesMax) entries")
    }
    guard role(of: context.actor).rank < Role.cohost.rank else {
      throw CommandRefusal(.notEligible, "hosts don't enter their own giveaways")
    }
    switch giveaway.rule {
    case .everyone: break
    case .keyword: throw CommandRefusal(.notEligible, "enter by writing the keyword in the chat")
    case .followers:
      guard context.actor.isFollower || people.followers.contains(person) else {
        throw CommandRefusal(.notEligible, "the giveaway is for followers of the host")
      }
    }
    draft.add(.entered(giveaway: id))
  }

  /// A message that is a keyword is also an entry.
  func enterByKeyword(_ text: String, _ context: CommandContext, _ draft: inout Draft) {
    guard giveaways.contains(where: { $0.keyword != nil && $0.stage == .open }) else { return }
    guard role(of: context.actor).rank < Role.cohost.rank else { return }
    let word = text.lowercased()
    for giveaway in giveaways
    where giveaway.keyword == word && giveaway.isOpen(at: context.atMs)
      && !giveaway.hasEntered(context.actor.person)
      && giveaway.entries.count < EngineLimits.entriesMax
    {
      draft.add(.entered(giveaway: giveaway.id))
    }
  }

  func draw(_ id: EntryID, _ draft: inout Draft) throws(CommandRefusal) {
    let giveaway = try giveaway(id)
    guard !giveaway.isSettled else {
      throw CommandRefusal(.wrongState, "the giveaway is \(giveaway.stage.rawValue)")
    }
    guard !giveaway.entries.isEmpty else {
      throw CommandRefusal(.noEntries, "nobody has entered: cancel it instead")
    }
    if giveaway.stage == .open { draft.add(.giveawayClosed(id)) }
    let winners = Draw.winners(
      seed: giveaway.secret, giveaway: id, entries: giveaway.entries,
      count: giveaway.winnersWanted)
    draft.add(.giveawayDrawn(id, seed: giveaway.secret, winners: winners))
  }

  func cancel(_ id: EntryID, _ draft: inout Draft) throws(CommandRefusal) {
    let giveaway = try giveaway(id)
    guard giveaway.stage != .drawn else {
      throw CommandRefusal(.wrongState, "the giveaway is drawn")
    }
    if giveaway.stage != .cancelled { draft.add(.giveawayCancelled(id)) }
  }

  private func giveaway(_ id: EntryID) throws(CommandRefusal) -> Giveaway {
    guard let giveaway = giveaways.last(where: { $0.id == id }) else {
      throw CommandRefusal(.unknownGiveaway, "there is no such giveaway any more")
    }
    return giveaway
  }

  // MARK: Applying

  mutating func applyGiveaway(_ entry: SequencedEvent) -> Bool {
    switch entry.event {
    case .giveawayOpened(let event):
      if giveaways.count >= EngineLimits.giveawaysMax {
        giveaways.remove(at: giveaways.firstIndex(where: \.isSettled) ?? 0)
      }
      giveaways.append(Giveaway(id: entry.sequence, event))
    case .entered(let id):
      guard let index = giveawayIndex(id) else { return false }
      return giveaways[index].enter(entry.actor)
    case .giveawayClosed(let id):
      guard let index = giveawayIndex(id), giveaways[index].stage == .open else { return false }
      giveaways[index].stage = .closed
    case .giveawayDrawn(let id, _, let winners):
      guard let index = giveawayIndex(id), !giveaways[index].isSettled else { return false }
      giveaways[index].winners = winners
      giveaways[index].settle(.drawn)
    case .giveawayCancelled(let id):
      guard let index = giveawayIndex(id), !giveaways[index].isSettled else { return false }
      giveaways[index].settle(.cancelled)
    default: return false
    }
    return true
  }

  private func giveawayIndex(_ id: EntryID) -> Int? { giveaways.lastIndex { $0.id == id } }
}

extension Giveaway {
  /// Whether it is over for good.
  package var isSettled: Bool { stage == .drawn || stage == .cancelled }
}
