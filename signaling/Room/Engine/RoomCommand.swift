// What members, timers and the server want of a room: checked for form, not yet decided.

package import Access
package import Commerce

/// One wish. Texts are as they were sent; `RoomState.decide` cleans and judges them.
package enum RoomCommand: Hashable, Sendable {
  // Chat
  case say(text: String, replyTo: EntryID?)
  case deleteMessage(EntryID)
  /// Nil takes the pin away.
  case pinMessage(EntryID?)
  case reviewMessage(EntryID, approve: Bool)
  case setChat(ChatRulesChange)
  // People
  case toward(MemberReference, MemberCommand)
  case answerInvitation(accept: Bool)
  case leaveStage
  case follow(on: Bool)
  // Taking part
  case react(emoji: String, count: Int64)
  case openPoll(PollDraft)
  /// The chosen options by their places, from 0.
  case vote(poll: EntryID, options: [Int64])
  case closePoll(EntryID)
  case revealPoll(EntryID)
  case ask(text: String)
  case upvote(question: EntryID, on: Bool)
  case answerQuestion(EntryID)
  case dismissQuestion(EntryID)
  case highlightQuestion(EntryID?)
  case openGiveaway(GiveawayDraft)
  case enter(giveaway: EntryID)
  case drawGiveaway(EntryID)
  case cancelGiveaway(EntryID)
  // The show
  case schedule(title: String, startsAtMs: Int64, description: String?)
  case announce(text: String)
  case setRoom(RoomSettingsChange)
  case endRoom
  /// Words that were said. Only told: a caption is media, and in no log.
  case caption(CaptionDraft)
  // The shop
  case shop(ShopCommand)
  /// The sender's page shows a pin of the shop's. Only counted.
  case seen(pin: ShopID)
  // Coins: the ledger carries these out, the room judges who may (`RoomHouse.transfer`)
  case gift(id: String, count: Int64)
  case buyCoins(pack: String)
  // The server's own
  case server(ServerCommand)
}

/// Whom a command is about. The house turns identities and names into people before it is decided.
package enum MemberReference: Hashable, Sendable {
  /// A token's `sub`.
  case identity(String)
  /// A display name or identity as somebody typed it after a `/`.
  case typed(String)
  case person(PersonID)
}

/// What is done to one member.
package enum MemberCommand: Hashable, Sendable {
  case clearMessages
  case mute(on: Bool)
  case timeout(seconds: Int64)
  /// The mark is the house's to know.
  case ban(BanScope, reason: String?, mark: IdentityMark? = nil)
  case unban
  case setRole(Role)
  case inviteToStage
  case removeFromStage
}

/// What a ban keeps out.
package enum BanScope: Hashable, Sendable {
  case identity
  /// The member's browser too, by its hint; nil until the house has looked it up, or has none.
  case device(DeviceHint?)

  var device: DeviceHint? {
    switch self {
    case .identity: nil
    case .device(let hint): hint
    }
  }
}

/// What the server does by itself.
package enum ServerCommand: Hashable, Sendable {
  /// Somebody joined with a token of this role.
  case arrived(PersonID, Role)
  /// What the media says: `waiting`, `live` or `away`.
  case phaseObserved(ShowPhase)
  /// Who watches now.
  case audienceCounted(viewers: Int64)
  /// Reactions since the last of these events.
  case reactionsCounted([ReactionCount])
  /// Polls and giveaways whose time has come.
  case closeDue
  /// The shop's clock, and what merchants and the ledger say.
  case shop(ShopServerCommand)
  /// What the shop says of a message that waits for it.
  case reviewed(EntryID, ReviewJudgement)
}

/// What becomes of a message that a shop has reviewed.
package enum ReviewJudgement: Hashable, Sendable {
  case allow
  /// Another text in its place; one that can't be shown counts as `deny`.
  case modify(String)
  case deny
}

/// New chat rules; what is nil stays.
package struct ChatRulesChange: Hashable, Sendable {
  package var mode: ChatRules.Mode?
  package var slowSeconds: Int64?
  package var hold: ChatRules.Hold?
  package var links: ChatRules.Links?
  package var words: [String]?
  package var isEmojiOnly: Bool?
  package init() {}
}

/// A poll to be opened.
package struct PollDraft: Hashable, Sendable {
  package var question: String
  package var options: [String]
  package var isMultiple: Bool
  package var isChangeable: Bool
  package var results: Poll.Results
  package var closesAfterSeconds: Int64?
  package init(
    question: String, options: [String], isMultiple: Bool = false, isChangeable: Bool = false,
    results: Poll.Results = .live, closesAfterSeconds: Int64? = nil
  ) {
    self.question = question
    self.options = options
    self.isMultiple = isMultiple
    self.isChangeable = isChangeable
    self.results = results
    self.closesAfterSeconds = closesAfterSeconds
  }
}

/// A giveaway to be opened.
package struct GiveawayDraft: Hashable, Sendable {
  package var prize: String
  package var rule: Giveaway.Rule
  /// What to write in the chat; with the rule `keyword` only.
  package var keyword: String?
  package var winners: Int64
  package var closesAfterSeconds: Int64?
  package init(
    prize: String, rule: Giveaway.Rule = .everyone, keyword: String? = nil, winners: Int64 = 1,
    closesAfterSeconds: Int64? = nil
  ) {
    self.prize = prize
    self.rule = rule
    self.keyword = keyword
    self.winners = winners
    self.closesAfterSeconds = closesAfterSeconds
  }
}

/// New settings; what is nil stays.
package struct RoomSettingsChange: Hashable, Sendable {
  package var title: String?
  package var description: String?
  package var viewersMax: Int64?
  package var bitrateMax: Int64?
  package var anonymous: RoomSettings.Anonymous?
  package var emojis: [String]?
  package var retentionDays: Int64?
  package var isListed: Bool?
  package var codec: RoomSettings.Codec?
  package var webRTCMax: Int64?
  package var delivery: RoomSettings.Delivery?
  package init() {}
}
