// Moderation, roles and the stage.

import Access
import Room
import Testing

@Suite("People in the room engine")
struct PeopleEngineTests {
  @Test("moderation works downwards in rank only")
  func ranks() throws {
    var stage = Stage()
    for (person, role) in [(1, Role.host), (2, .cohost), (3, .moderator), (4, .moderator)] {
      try stage.serves(.arrived(PersonID(UInt32(person)), role))
    }
    let ban = MemberCommand.ban(.identity, reason: nil)
    #expect(stage.refusal(toward(1, ban), 3, .moderator) == .forbidden)
    #expect(stage.refusal(toward(4, ban), 3, .moderator) == .forbidden)
    #expect(stage.refusal(toward(2, ban), 3, .moderator) == .forbidden)
    #expect(stage.refusal(toward(5, ban), 6) == .forbidden)
    #expect(stage.refusal(toward(5, ban), 3, .moderator) == nil)
    #expect(stage.refusal(toward(4, ban), 2, .cohost) == nil)
    #expect(stage.refusal(toward(1, ban), 1, .host) == .forbidden)
  }

  @Test("a banned member does nothing, from the banned device neither, until unbanned")
  func bans() throws {
    var stage = Stage()
    let device = DeviceHint(99)
    try stage.does(toward(2, .ban(.device(device), reason: "spam")), 1, .host)
    #expect(stage.refusal(.say(text: "a", replyTo: nil), 2) == .banned)
    #expect(stage.refusal(.follow(on: true), 2) == .banned)
    #expect(stage.refusal(.say(text: "a", replyTo: nil), 3, device: device) == .banned)
    #expect(stage.refusal(.say(text: "a", replyTo: nil), 3) == nil)
    #expect(stage.refusal(.say(text: "a", replyTo: nil), 1, .host, device: device) == nil)
    try stage.does(toward(2, .unban), 4, .moderator)
    #expect(stage.refusal(.say(text: "b", replyTo: nil), 2, device: device) == nil)
  }

  @Test("a mute lasts, a timeout ends by itself")
  func silence() throws {
    var stage = Stage()
    try stage.does(toward(2, .timeout(seconds: 60)), 1, .host)
    #expect(stage.refusal(.say(text: "a", replyTo: nil), 2) == .timedOut)
    #expect(stage.refusal(.ask(text: "a"), 2) == .timedOut)
    stage.atMs += 60_000
    #expect(stage.refusal(.say(text: "a", replyTo: nil), 2) == nil)
    try stage.does(toward(2, .mute(on: true)), 1, .host)
    stage.atMs += 86_400_000
    #expect(stage.refusal(.say(text: "b", replyTo: nil), 2) == .muted)
    #expect(try stage.does(toward(2, .mute(on: true)), 1, .host).events.isEmpty)
  }

  @Test("the host makes moderators and takes the role back; others can't")
  func roles() throws {
    var stage = Stage()
    #expect(stage.refusal(toward(2, .setRole(.moderator)), 3, .moderator) == .forbidden)
    #expect(stage.refusal(toward(2, .setRole(.host)), 1, .host) == .badField)
    try stage.does(toward(2, .setRole(.moderator)), 1, .host)
    #expect(stage.refusal(.pinMessage(nil), 2) == nil)
    try stage.does(toward(2, .setRole(.viewer)), 1, .host)
    #expect(stage.refusal(toward(5, .mute(on: true)), 2) == .forbidden)
    // The host's word stands above a moderator's token too.
    try stage.serves(.arrived(PersonID(3), .moderator))
    try stage.does(toward(3, .setRole(.viewer)), 1, .host)
    #expect(stage.refusal(toward(5, .mute(on: true)), 3, .moderator) == .forbidden)
  }

  @Test("a guest may publish from the accepted invitation until taken off the stage")
  func stageGrants() throws {
    var stage = Stage()
    let guest = Actor(person: PersonID(2), role: .viewer)
    #expect(stage.refusal(.answerInvitation(accept: true), 2) == .notInvited)
    try stage.does(toward(2, .inviteToStage), 1, .host)
    #expect(!stage.state.mayPublish(guest))
    try stage.does(.answerInvitation(accept: true), 2)
    #expect(stage.state.mayPublish(guest))
    try stage.does(toward(2, .removeFromStage), 3, .moderator)
    #expect(!stage.state.mayPublish(guest))
    try stage.does(toward(2, .inviteToStage), 1, .host)
    try stage.does(.answerInvitation(accept: true), 2)
    try stage.does(toward(2, .ban(.identity, reason: nil)), 1, .host)
    #expect(!stage.state.mayPublish(guest))
    #expect(stage.state.people.guests.isEmpty)
  }

  @Test("the stage is bounded")
  func stageBound() throws {
    var stage = Stage()
    for person in 0..<UInt32(EngineLimits.guestsMax) {
      try stage.does(toward(10 + person, .inviteToStage), 1, .host)
    }
    #expect(stage.refusal(toward(99, .inviteToStage), 1, .host) == .limit)
  }

  @Test("after the end only looking after the room is left")
  func ended() throws {
    var stage = Stage()
    let id = try #require(try stage.does(.say(text: "a", replyTo: nil), 2).made)
    try stage.does(.endRoom, 1, .host)
    #expect(stage.state.show.phase == .ended)
    #expect(stage.refusal(.say(text: "b", replyTo: nil), 2) == .roomEnded)
    #expect(stage.refusal(.endRoom, 1, .host) == .roomEnded)
    #expect(stage.refusal(.deleteMessage(id), 1, .host) == nil)
    try stage.serves(.phaseObserved(.live))
    #expect(stage.state.show.phase == .ended)
  }

  @Test("phases follow each other as they can")
  func phases() throws {
    var stage = Stage()
    try stage.does(.schedule(title: "Sale", startsAtMs: 5, description: nil), 1, .host)
    #expect(stage.state.show.phase == .scheduled)
    for phase in [ShowPhase.away, .waiting, .away, .live, .waiting, .away, .live] {
      try stage.serves(.phaseObserved(phase))
    }
    let phases = stage.log.compactMap { entry in
      if case .phaseChanged(let phase) = entry.event { phase } else { nil }
    }
    #expect(phases == [.waiting, .live, .away, .live])
    #expect(
      stage.refusal(.schedule(title: "x", startsAtMs: 1, description: nil), 1, .host) == .wrongState
    )
  }
}
