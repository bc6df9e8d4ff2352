// A room to command in tests, a log to look at, and random people who do random things.

import Access
import Crypto
import Room

/// A room's state with its whole log.
struct Stage {
  var state = RoomState()
  var log: [SequencedEvent] = []
  var texts: [TextID: String] = [:]
  var atMs: Int64 = 1_000_000

  static let seed = [UInt8](repeating: 7, count: 32)

  @discardableResult
  mutating func does(
    _ command: RoomCommand, _ person: UInt32, _ role: Role = .viewer, device: DeviceHint? = nil,
    seed: [UInt8] = Stage.seed
  ) throws(CommandRefusal) -> Decision {
    let actor = Actor(person: PersonID(person), role: role, device: device)
    return try does(command, CommandContext(actor: actor, atMs: atMs, seed: seed))
  }

  mutating func does(
    _ command: RoomCommand, _ context: CommandContext
  ) throws(CommandRefusal) -> Decision {
    let decision = try state.reduce(command, by: context)
    log += decision.events
    for text in decision.texts { texts[text.id] = text.body }
    return decision
  }

  @discardableResult
  mutating func serves(_ command: ServerCommand) throws(CommandRefusal) -> Decision {
    try does(.server(command), CommandContext(actor: .server, atMs: atMs))
  }

  /// The refusal's code; nil when the command was accepted.
  mutating func refusal(
    _ command: RoomCommand, _ person: UInt32, _ role: Role = .viewer, device: DeviceHint? = nil
  ) -> CommandRefusal.Code? {
    do throws(CommandRefusal) {
      try does(command, person, role, device: device)
      return nil
    } catch {
      return error.code
    }
  }

  /// Whether what has happened last is this.
  var last: RoomEvent? { log.last?.event }
}

func toward(_ person: UInt32, _ command: MemberCommand) -> RoomCommand {
  .toward(.person(PersonID(person)), command)
}

/// Commands that make some sense, from a seed alone.
struct RandomCommands {
  var random: RandomSource
  static let people: UInt32 = 12

  init(seed: UInt64) { random = .seeded(seed) }

  mutating func number(_ range: ClosedRange<Int64>) -> Int64 {
    Int64.random(in: range, using: &random)
  }

  mutating func flag() -> Bool { Bool.random(using: &random) }

  /// One in ten times nothing.
  mutating func some<T>(_ value: T) -> T? { number(0...9) == 0 ? nil : value }

  mutating func pick<T>(_ values: [T]) -> T { values[Int(number(0...Int64(values.count - 1)))] }

  /// Person 1 is the host, 2 a co-host, 3 and 4 moderators, the rest viewers.
  mutating func actor(for command: RoomCommand) -> Actor {
    // Half of what only hosts may do is done by the host.
    let isHost = command.authority == .host && flag()
    let person = isHost ? 1 : UInt32(number(1...Int64(RandomCommands.people)))
    let role: Role = [1: .host, 2: .cohost, 3: .moderator, 4: .moderator][person] ?? .viewer
    return Actor(
      person: PersonID(person), role: role,
      device: number(0...3) == 0 ? DeviceHint(UInt64(person % 5)) : nil,
      isFollower: number(0...5) == 0, isSubscriber: number(0...9) == 0)
  }

  /// Often one that exists, sometimes not.
  mutating func id(_ known: [EntryID]) -> EntryID {
    known.isEmpty || number(0...9) == 0 ? number(0...300) : pick(known)
  }

  mutating func text() -> String {
    pick([
      "hello", "how much?", "mine", "€ 25", "see www.example.com", "🔥🔥", "banana bread", " ", "win",
      "a\u{202E}b\nc", String(repeating: "x", count: 501),
    ])
  }

  mutating func command(_ state: RoomState) -> RoomCommand {
    let messages = state.chat.messages.map(\.id) + state.chat.held.map(\.id)
    let polls = state.polls.map(\.id)
    let questions = state.questions.open.map(\.id)
    let giveaways = state.giveaways.map(\.id)
    switch number(0...39) {
    case 0...7: return .say(text: text(), replyTo: flag() ? nil : id(messages))
    case 8: return .deleteMessage(id(messages))
    case 9: return .pinMessage(some(id(messages)))
    case 10...11: return .reviewMessage(id(messages), approve: flag())
    case 12: return .setChat(rules())
    case 13...16:
      return .toward(.person(PersonID(UInt32(number(1...12)))), memberCommand())
    case 17: return .answerInvitation(accept: flag())
    case 18: return .leaveStage
    case 19: return .follow(on: flag())
    case 20: return .react(emoji: pick(["❤️", "👍", "x"]), count: number(0...21))
    case 21: return .openPoll(poll())
    case 22...26:
      return .vote(poll: id(polls), options: some(number(0...4)).map { [$0] } ?? [0, 1])
    case 27: return flag() ? .closePoll(id(polls)) : .revealPoll(id(polls))
    case 28: return .ask(text: text())
    case 29...30: return .upvote(question: id(questions), on: flag())
    case 31:
      return pick([
        .answerQuestion(id(questions)), .dismissQuestion(id(questions)),
        .highlightQuestion(some(id(questions))),
      ])
    case 32: return .openGiveaway(giveaway())
    case 33...35: return .enter(giveaway: id(giveaways))
    case 36: return pick([.drawGiveaway(id(giveaways)), .cancelGiveaway(id(giveaways))])
    case 37:
      return pick([
        .schedule(title: text(), startsAtMs: number(0...9), description: some(text())),
        .announce(text: text()), .setRoom(settings()),
        number(0...200) == 0 ? .endRoom : .announce(text: "on we go"),
      ])
    default: return .server(serverCommand())
    }
  }

  private mutating func rules() -> ChatRulesChange {
    var change = ChatRulesChange()
    change.mode = flag() ? .everyone : pick(ChatRules.Mode.allCases)
    change.slowSeconds = pick([0, 0, 5, 4000])
    change.hold = pick(ChatRules.Hold.allCases)
    change.links = pick(ChatRules.Links.allCases)
    change.words = flag() ? ["Banana"] : []
    change.isEmojiOnly = number(0...9) == 0
    return change
  }

  private mutating func memberCommand() -> MemberCommand {
    pick([
      .clearMessages, .mute(on: flag()), .timeout(seconds: number(0...60)),
      .ban(.device(some(DeviceHint(UInt64(number(0...4))))), reason: some(text())), .unban, .unban,
      .setRole(pick(Role.allCases)), .inviteToStage, .removeFromStage,
    ])
  }

  private mutating func poll() -> PollDraft {
    PollDraft(
      question: text(), options: Array(["a", "b", "c", "d"].prefix(Int(number(1...4)))),
      isMultiple: flag(), isChangeable: flag(), results: pick(Poll.Results.allCases),
      closesAfterSeconds: flag() ? nil : number(0...30))
  }

  private mutating func giveaway() -> GiveawayDraft {
    GiveawayDraft(
      prize: text(), rule: pick(Giveaway.Rule.allCases), keyword: some("Win"),
      winners: number(0...4), closesAfterSeconds: flag() ? nil : number(1...30))
  }

  private mutating func settings() -> RoomSettingsChange {
    var change = RoomSettingsChange()
    change.title = some(text())
    change.emojis = flag() ? ["❤️", "👍"] : nil
    change.viewersMax = some(number(-1...10))
    return change
  }

  private mutating func serverCommand() -> ServerCommand {
    pick([
      .arrived(PersonID(UInt32(number(1...12))), pick(Role.allCases)),
      .phaseObserved(pick([.waiting, .live, .away])), .audienceCounted(viewers: number(0...5)),
      .reactionsCounted([ReactionCount(emoji: "👍", count: number(0...9))]), .closeDue, .closeDue,
    ])
  }
}
