// Roles, the stage and followers.

import Access

extension RoomState {
  // MARK: Deciding

  /// The log learns the role of who acts: moderation asks for it when they are away.
  func noteRole(_ actor: Actor, _ draft: inout Draft) {
    guard actor.person != .server else { return }
    noteRole(of: actor.person, actor.role, &draft)
  }

  func noteRole(of person: PersonID, _ role: Role, _ draft: inout Draft) {
    guard role != people[person].tokenRole ?? .viewer else { return }
    guard people.standings.count < EngineLimits.standingsMax || people.standings[person] != nil
    else {
      return
    }
    draft.add(.roleSeen(person, role))
  }

  func invite(
    _ person: PersonID, _ context: CommandContext, _ draft: inout Draft
  ) throws(CommandRefusal) {
    guard !people[person].isBanned else {
      throw CommandRefusal(.wrongState, "the member is banned")
    }
    guard !people.role(of: person).mayPublish else {
      throw CommandRefusal(.wrongState, "the member may publish already")
    }
    guard !people.guests.contains(where: { $0.person == person }) else { return }
    guard people.guests.count < EngineLimits.guestsMax else {
      throw CommandRefusal(.limit, "the stage holds \(EngineLimits.guestsMax) guests")
    }
    draft.add(.stageInvited(person))
  }

  func answerInvitation(
    accept: Bool, _ context: CommandContext, _ draft: inout Draft
  ) throws(CommandRefusal) {
    let person = context.actor.person
    guard let guest = people.guests.first(where: { $0.person == person }) else {
      throw CommandRefusal(.notInvited, "there is no invitation")
    }
    if guest.isOn {
      guard accept else { throw CommandRefusal(.wrongState, "you are on stage: leave it") }
      return
    }
    draft.add(.invitationAnswered(accept: accept))
  }

  func leaveStage(_ context: CommandContext, _ draft: inout Draft) throws(CommandRefusal) {
    guard people.isOnStage(context.actor.person) else {
      throw CommandRefusal(.notInvited, "you are not on stage")
    }
    draft.add(.stageLeft)
  }

  func follow(_ on: Bool, _ context: CommandContext, _ draft: inout Draft) {
    if people.followers.contains(context.actor.person) != on { draft.add(.followed(on: on)) }
  }

  // MARK: Applying

  mutating func applyPeople(_ entry: SequencedEvent) -> Bool {
    switch entry.event {
    case .roleSeen(let person, let role):
      people[person].tokenRole = role == .viewer ? nil : role
      if role == .host, people.host == nil { people.host = person }
    case .muted(let person, let on): people[person].isMuted = on
    case .timedOut(let person, let untilMs): people[person].timedOutUntilMs = untilMs
    case .banned(let person, let device, _, let mark): applyBan(person, device, mark)
    case .unbanned(let person): applyUnban(person)
    case .roleSet(let person, let role): people[person].role = role
    case .followed(on: true): return people.followers.insert(entry.actor)
    case .followed(on: false): return people.followers.remove(entry.actor)
    default: return applyStage(entry)
    }
    return true
  }

  private mutating func applyStage(_ entry: SequencedEvent) -> Bool {
    switch entry.event {
    case .stageInvited(let person):
      guard people.guests.count < EngineLimits.guestsMax, guestIndex(person) == nil else {
        return false
      }
      people.guests.append(StageGuest(person: person, isOn: false))
    case .invitationAnswered(accept: true):
      guard let index = guestIndex(entry.actor) else { return false }
      people.guests[index].isOn = true
    case .invitationAnswered(accept: false), .stageLeft: return removeGuest(entry.actor)
    case .stageRemoved(let person): return removeGuest(person)
    default: return false
    }
    return true
  }

  private func guestIndex(_ person: PersonID) -> Int? {
    people.guests.firstIndex { $0.person == person }
  }

  private mutating func removeGuest(_ person: PersonID) -> Bool {
    guard let index = guestIndex(person) else { return false }
    people.guests.remove(at: index)
    return true
  }
}
