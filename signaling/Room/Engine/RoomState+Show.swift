// The show: schedule, settings, phases, reactions and the audience.

import Commerce

extension RoomState {
  // MARK: Deciding

  func schedule(
    _ title: String, startsAtMs: Int64, _ description: String?, _ draft: inout Draft
  ) throws(CommandRefusal) {
    guard show.phase == .scheduled || show.phase == .waiting else {
      throw CommandRefusal(.wrongState, "the show has begun")
    }
    try check(startsAtMs, "startsAtMs", in: 0...EngineLimits.timeMsMax)
    let title = draft.text(try CleanText.clean(title, "title", max: EngineLimits.titleMax))
    let text = try cleanedDescription(description)
    draft.add(
      .scheduled(
        ShowSchedule(
          title: title, startsAtMs: startsAtMs, description: text.map { draft.text($0) })))
  }

  private func cleanedDescription(_ raw: String?) throws(CommandRefusal) -> String? {
    guard let raw, !raw.isEmpty else { return nil }
    return try CleanText.clean(
      raw, "description", max: EngineLimits.descriptionMax, allowsLines: true)
  }

  func announce(_ text: String, _ draft: inout Draft) throws(CommandRefusal) {
    let clean = try CleanText.clean(text, "text", max: EngineLimits.announcementMax)
    draft.add(.announced(draft.text(clean)))
  }

  func setRoom(_ change: RoomSettingsChange, _ draft: inout Draft) throws(CommandRefusal) {
    var settings = show.settings
    if let title = change.title {
      settings.title = draft.text(
        try CleanText.clean(title, "title", max: EngineLimits.titleMax))
    }
    if let description = change.description {
      settings.description = try cleanedDescription(description).map { draft.text($0) }
    }
    if let viewers = change.viewersMax {
      try check(viewers, "viewersMax", in: 0...EngineLimits.viewersMax)
      settings.viewersMax = viewers
    }
    if let bitrate = change.bitrateMax {
      try check(bitrate, "bitrateMax", in: 0...EngineLimits.bitrateMax)
      settings.bitrateMax = bitrate
    }
    if let days = change.retentionDays {
      try check(days, "retentionDays", in: 0...EngineLimits.retentionDaysMax)
      settings.retentionDays = days
    }
    settings.anonymous = change.anonymous ?? settings.anonymous
    settings.isListed = change.isListed ?? settings.isListed
    settings.codec = change.codec ?? settings.codec
    if let viewers = change.webRTCMax {
      try check(viewers, "webrtcMax", in: 0...EngineLimits.viewersMax)
      settings.webRTCMax = viewers
    }
    settings.delivery = change.delivery ?? settings.delivery
    if let emojis = change.emojis { settings.emojis = try cleaned(emojis: emojis) }
    if settings != show.settings { draft.add(.roomSet(settings)) }
  }

  private func cleaned(emojis: [String]) throws(CommandRefusal) -> [String] {
    guard (1...EngineLimits.emojisMax).contains(emojis.count) else {
      throw CommandRefusal(.badField, "emojis: from 1 to \(EngineLimits.emojisMax)")
    }
    var result: [String] = []
    for emoji in emojis {
      let clean = try CleanText.clean(emoji, "emojis", max: EngineLimits.emojiScalarsMax)
      guard CleanText.isEmojiOnly(clean), !clean.unicodeScalars.contains(" ") else {
        throw CommandRefusal(.badField, "emojis: one emoji each")
      }
      if !result.contains(clean) { result.append(clean) }
    }
    return result
  }

  /// Reactions are only counted: this says whether they may be.
  func checkReaction(
    _ emoji: String, _ count: Int64, _ context: CommandContext
  ) throws(CommandRefusal) {
    guard show.settings.emojis.contains(emoji) else {
      throw CommandRefusal(.badField, "emoji: not one of this room's")
    }
    try check(count, "count", in: 1...Int64(EngineLimits.reactionsMax))
    try checkSilence(of: context.actor.person, at: context.atMs)
  }

  func serve(
    _ command: ServerCommand, _ context: CommandContext, _ draft: inout Draft
  ) throws(CommandRefusal) {
    switch command {
    case .shop(let command): try decide(.server(command), context, &draft)
    case .arrived(let person, let role): noteRole(of: person, role, &draft)
    case .phaseObserved(let phase):
      if show.phase.leads(to: phase) { draft.add(.phaseChanged(phase)) }
    case .audienceCounted(let viewers):
      guard viewers >= 0, viewers != show.audience.last?.viewers ?? 0 else { return }
      draft.add(.audienceCounted(viewers: viewers, peak: max(show.peak, viewers)))
    case .reactionsCounted(let counts):
      let known = counts.filter { $0.count > 0 }.prefix(EngineLimits.emojisMax)
      if !known.isEmpty { draft.add(.reactionsCounted(Array(known))) }
    case .closeDue: closeDue(at: context.atMs, &draft)
    case .reviewed(let id, let judgement): settleReview(id, judgement, &draft)
    }
  }

  private func closeDue(at atMs: Int64, _ draft: inout Draft) {
    for poll in polls where poll.isOpen && !poll.isOpen(at: atMs) {
      draft.add(.pollClosed(poll.id))
    }
    for giveaway in giveaways where giveaway.stage == .open && !giveaway.isOpen(at: atMs) {
      draft.add(.giveawayClosed(giveaway.id))
    }
  }

  // MARK: Applying

  mutating func applyShow(_ entry: SequencedEvent) -> Bool {
    switch entry.event {
    case .scheduled(let schedule):
      show.schedule = schedule
      if show.phase == .waiting { show.phase = .scheduled }
    case .announced(let text): show.announcement = text
    case .roomSet(let settings): show.settings = settings
    case .phaseChanged(let phase):
      guard show.phase.leads(to: phase) else { return false }
      show.phase = phase
      if phase == .live, show.firstLiveAtMs == nil { show.firstLiveAtMs = entry.atMs }
      if phase == .ended { show.endedAtMs = entry.atMs }
    case .audienceCounted(let viewers, let peak):
      show.peak = max(show.peak, peak)
      show.audience.append(AudienceCount(atMs: entry.atMs, viewers: viewers))
      if show.audience.count > EngineLimits.audienceMax { show.audience.removeFirst() }
    case .reactionsCounted(let counts): for count in counts { add(count) }
    default: return false
    }
    return true
  }

  private mutating func add(_ reaction: ReactionCount) {
    if let index = show.reactions.firstIndex(where: { $0.emoji == reaction.emoji }) {
      show.reactions[index].count = min(
        show.reactions[index].count + reaction.count, EngineLimits.timeMsMax)
    } else if show.reactions.count < EngineLimits.reactionTotalsMax {
      show.reactions.append(reaction)
    }
  }
}

extension ShowPhase {
  /// The phases that may follow: a show that was live never waits again.
  func leads(to next: ShowPhase) -> Bool {
    switch (self, next) {
    case (.scheduled, .waiting), (.scheduled, .live), (.waiting, .live), (.live, .away),
      (.away, .live):
      true
    case (.ended, _): false
    case (_, .ended): true
    default: false
    }
  }
}
