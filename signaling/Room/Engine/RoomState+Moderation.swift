// Moderation: what staff does to single members, always downwards in rank.

import Access

extension RoomState {
  // MARK: Deciding

  func decide(
    _ action: MemberCommand, toward member: MemberReference, _ context: CommandContext,
    _ draft: inout Draft
  ) throws(CommandRefusal) {
    guard case .person(let person) = member, person != .server else {
      throw CommandRefusal(.unknownMember, "there is no such member")
    }
    guard people.standings.count < EngineLimits.standingsMax || people.standings[person] != nil
    else {
      throw CommandRefusal(
        .limit, "the room remembers \(EngineLimits.standingsMax) bans, mutes and roles")
    }
    try checkRank(of: action, toward: person, context)
    let standing = people[person]
    switch action {
    case .clearMessages: draft.add(.messagesCleared(person))
    case .mute(let on): if on != standing.isMuted { draft.add(.muted(person, on: on)) }
    case .timeout(let seconds):
      try check(seconds, "seconds", in: 1...EngineLimits.timeoutSecondsMax)
      draft.add(.timedOut(person, untilMs: context.atMs + seconds * 1000))
    case .ban(let scope, let reason, let mark):
      try ban(person, scope.device, reason, mark, &draft)
    case .unban: if standing.isBanned { draft.add(.unbanned(person)) }
    case .setRole(let role): try setRole(role, of: person, &draft)
    case .inviteToStage: try invite(person, context, &draft)
    case .removeFromStage:
      if people.guests.contains(where: { $0.person == person }) { draft.add(.stageRemoved(person)) }
    }
  }

  /// Never against a host, nor among equals.
  private func checkRank(
    of action: MemberCommand, toward person: PersonID, _ context: CommandContext
  ) throws(CommandRefusal) {
    switch action {
    case .clearMessages, .mute, .timeout, .ban, .setRole:
      guard role(of: context.actor).rank > people.role(of: person).rank else {
        throw CommandRefusal(.forbidden, "this member's role is not below yours")
      }
    case .unban, .inviteToStage, .removeFromStage: break
    }
  }

  private func ban(
    _ person: PersonID, _ device: DeviceHint?, _ reason: String?, _ mark: IdentityMark?,
    _ draft: inout Draft
  ) throws(CommandRefusal) {
    let isNewDevice = device.map { people.bannedDevices[$0] == nil } ?? false
    guard !people[person].isBanned || isNewDevice else { return }
    guard !isNewDevice || people.bannedDevices.count < EngineLimits.devicesMax else {
      throw CommandRefusal(.limit, "the room bans \(EngineLimits.devicesMax) devices")
    }
    var text: TextID?
    if let reason {
      text = draft.text(try CleanText.clean(reason, "reason", max: EngineLimits.reasonMax))
    }
    // Everyone is told who leaves the stage, only staff who is banned.
    if people.guests.contains(where: { $0.person == person }) { draft.add(.stageRemoved(person)) }
    draft.add(.banned(person, device: device, reason: text, mark: mark))
  }

  private func setRole(
    _ role: Role, of person: PersonID, _ draft: inout Draft
  ) throws(CommandRefusal) {
    guard role == .cohost || role == .moderator || role == .viewer else {
      throw CommandRefusal(.badField, "role: cohost, moderator or viewer")
    }
    if people.role(of: person) != role { draft.add(.roleSet(person, role)) }
  }

  // MARK: Applying

  mutating func applyBan(_ person: PersonID, _ device: DeviceHint?, _ mark: IdentityMark?) {
    people[person].isBanned = true
    if let mark { people.bannedMarks[mark] = person }
    if let device { people.bannedDevices[device] = person }
    people.guests.removeAll { $0.person == person }
    for index in giveaways.indices { giveaways[index].remove(person) }
  }

  mutating func applyUnban(_ person: PersonID) {
    people[person].isBanned = false
    // A scan, but of bans, and undoing one is rare.
    people.bannedDevices = people.bannedDevices.filter { $0.value != person }
    people.bannedMarks = people.bannedMarks.filter { $0.value != person }
  }
}
