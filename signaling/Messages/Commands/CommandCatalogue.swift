// Every command a member can give, in one table: socket, REST, OpenAPI and PROTOCOL.md follow it.

import Access
package import JSON
import Room
import Wire

/// The room's commands.
package enum CommandCatalogue {
  /// Fields every command may have.
  package static let commonFields: [CommandField] = [
    .optional("key", .string(1...HouseLimits.keyMax), "Makes a repeat harmless for 24 h."),
    .optional(
      "mediaTimeMs", .integer(0...EngineLimits.timeMsMax),
      "The media time of the frame the sender saw."),
  ]

  /// All of them, in the order of PROTOCOL.md.
  package static let all: [CommandSpecification] =
    chat + members + stage + participation + giveaways + show + shop

  /// The command of a name; nil for none.
  package static func command(named name: String) -> CommandSpecification? { byName[name] }

  /// Reads a command of the room socket by its name.
  ///
  /// - Throws: `unknown-type` naming it, `bad-message` naming the field.
  package static func decode(
    _ name: String, _ fields: JSONFields
  ) throws(MessageRefusal) -> RoomRequest {
    guard let command = command(named: name), command.isOnSocket else {
      throw MessageRefusal(.unknownType, "type: there is no request \(WireName.quoted(name))")
    }
    return try command.decode(fields)
  }

  private static let byName = Dictionary(
    all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

  // MARK: Kinds

  static let id = CommandField.Kind.integer(1...EngineLimits.timeMsMax)
  private static let member = CommandField.required(
    "member", .string(1...HouseLimits.identityMax), "The member's identity.")

  static func text(_ max: Int) -> CommandField.Kind { .string(1...max) }

  static func words<T: CaseIterable & RawRepresentable<String>>(
    _ type: T.Type
  ) -> CommandField.Kind { .choice(type.allCases.map(\.rawValue)) }

  static func thing(_ name: String) -> CommandField {
    .required(name, id, "The \(name)'s id.")
  }

  private static let closesAfterSeconds = CommandField.optional(
    "closesAfterSeconds", .integer(1...EngineLimits.closesAfterSecondsMax),
    "Closes by itself after so long.")

  // MARK: Chat

  private static let chat: [CommandSpecification] = [
    CommandSpecification(
      "say", .anyone, "POST", "/messages", "Writes a message, or a chat command after a slash.",
      [
        .required("text", text(EngineLimits.messageMax), "The message."),
        .optional("replyTo", id, "The message it answers."),
      ]
    ) { .say(text: $0.text("text"), replyTo: $0.integer("replyTo")) },
    CommandSpecification(
      "deleteMessage", .anyone, "DELETE", "/messages/{message}",
      "Deletes a message: one's own, or as staff anybody's.", [thing("message")]
    ) { .deleteMessage($0.number("message")) },
    CommandSpecification(
      "pinMessage", .staff, "PUT", "/pin", "Pins a message, or takes the pin away.",
      [.optional("message", id, "The message's id; null takes the pin away.")]
    ) { .pinMessage($0.integer("message")) },
    CommandSpecification(
      "reviewMessage", .staff, "POST", "/messages/{message}/review",
      "Shows a message that waits for review, or throws it away.",
      [thing("message"), .required("approve", .boolean, "Whether it is shown.")]
    ) { .reviewMessage($0.number("message"), approve: $0.flag("approve")) },
    CommandSpecification(
      "setChat", .staff, "PATCH", "/chat", "Changes the chat's rules; what is absent stays.",
      [
        .optional("mode", words(ChatRules.Mode.self), "Who may write."),
        .optional(
          "slowSeconds", .integer(0...EngineLimits.slowSecondsMax),
          "Seconds between two messages of one member."),
        .optional("hold", words(ChatRules.Hold.self), "What waits for review."),
        .optional("links", words(ChatRules.Links.self), "What becomes of links."),
        .optional(
          "words",
          .strings(itemsMax: EngineLimits.wordsMax, charactersMax: EngineLimits.wordMax),
          "Words that are refused."),
        .optional("emojiOnly", .boolean, "Whether only emojis are taken."),
      ]
    ) { .setChat(ChatRulesChange($0)) },
  ]

  // MARK: Members

  private static let members: [CommandSpecification] = [
    CommandSpecification(
      "clearMessages", .staff, "POST", "/members/{member}/clear",
      "Deletes all messages of a member.", [member]
    ) { $0.toward(.clearMessages) },
    CommandSpecification(
      "mute", .staff, "PUT", "/members/{member}/mute", "Takes a member's voice, or gives it back.",
      [member, .required("on", .boolean, "Whether the member is muted.")]
    ) { $0.toward(.mute(on: $0.flag("on"))) },
    CommandSpecification(
      "timeout", .staff, "POST", "/members/{member}/timeout", "Takes a member's voice for a time.",
      [
        member,
        .required("seconds", .integer(1...EngineLimits.timeoutSecondsMax), "For how long."),
      ]
    ) { $0.toward(.timeout(seconds: $0.number("seconds"))) },
    CommandSpecification(
      "ban", .staff, "PUT", "/members/{member}/ban", "Keeps a member out.",
      [
        member, .optional("device", .boolean, "Whether the member's browser is kept out too."),
        .optional("reason", text(EngineLimits.reasonMax), "For the team and the member."),
      ]
    ) {
      $0.toward(
        .ban($0.flag("device") ? .device(nil) : .identity, reason: $0.string("reason")))
    },
    CommandSpecification(
      "unban", .staff, "DELETE", "/members/{member}/ban", "Lets a member in again.", [member]
    ) { $0.toward(.unban) },
    CommandSpecification(
      "setRole", .host, "PUT", "/members/{member}/role", "Gives a member a role in this room.",
      [member, .required("role", .choice(["cohost", "moderator", "viewer"]), "The role.")]
    ) { $0.toward(.setRole($0.choice("role") ?? .viewer)) },
    CommandSpecification(
      "follow", .anyone, "PUT", "/follow", "Follows the room's host, or no longer.",
      [.required("on", .boolean, "Whether to follow.")]
    ) { .follow(on: $0.flag("on")) },
  ]

  // MARK: The stage

  private static let stage: [CommandSpecification] = [
    CommandSpecification(
      "inviteToStage", .staff, "PUT", "/stage/{member}", "Invites a member to publish.", [member]
    ) { $0.toward(.inviteToStage) },
    CommandSpecification(
      "removeFromStage", .staff, "DELETE", "/stage/{member}",
      "Takes a guest off the stage, or an invitation back.", [member]
    ) { $0.toward(.removeFromStage) },
    CommandSpecification(
      "answerInvitation", .anyone, "PUT", "/invitation", "Accepts or declines an invitation.",
      [.required("accept", .boolean, "Whether to come.")]
    ) { .answerInvitation(accept: $0.flag("accept")) },
    CommandSpecification(
      "leaveStage", .anyone, "DELETE", "/stage", "Leaves the stage."
    ) { _ in .leaveStage },
  ]

  // MARK: Taking part

  private static let participation: [CommandSpecification] = [
    CommandSpecification(
      "react", .anyone, "POST", "/reactions", "Reacts with one of the room's emojis.",
      [
        .required("emoji", text(EngineLimits.emojiScalarsMax), "One of the room's."),
        .required("count", .integer(1...Int64(EngineLimits.reactionsMax)), "How many times."),
      ]
    ) { .react(emoji: $0.text("emoji"), count: $0.number("count")) },
    CommandSpecification(
      "openPoll", .staff, "POST", "/polls", "Opens a poll.",
      [
        .required("question", text(EngineLimits.pollQuestionMax), "The question."),
        .required(
          "options",
          .strings(itemsMax: EngineLimits.optionsMax, charactersMax: EngineLimits.optionMax),
          "Two to ten."),
        .optional("multiple", .boolean, "Whether a vote may name several."),
        .optional("changeable", .boolean, "Whether a vote may be changed until the poll closes."),
        .optional("results", words(Poll.Results.self), "When members see the counts."),
        closesAfterSeconds,
      ]
    ) {
      .openPoll(
        PollDraft(
          question: $0.text("question"), options: $0.strings("options") ?? [],
          isMultiple: $0.flag("multiple"), isChangeable: $0.flag("changeable"),
          results: $0.choice("results") ?? .live,
          closesAfterSeconds: $0.integer("closesAfterSeconds")))
    },
    CommandSpecification(
      "vote", .anyone, "PUT", "/polls/{poll}/vote", "Votes: once, unless the poll lets one change.",
      [
        thing("poll"),
        .required(
          "options",
          .integers(
            itemsMax: EngineLimits.optionsMax, 0...Int64(EngineLimits.optionsMax - 1)),
          "The chosen options by their places, from 0."),
      ]
    ) { .vote(poll: $0.number("poll"), options: $0.integers("options") ?? []) },
    CommandSpecification(
      "closePoll", .staff, "POST", "/polls/{poll}/close", "Closes a poll.", [thing("poll")]
    ) { .closePoll($0.number("poll")) },
    CommandSpecification(
      "revealPoll", .staff, "POST", "/polls/{poll}/reveal", "Shows a poll's counts to everyone.",
      [thing("poll")]
    ) { .revealPoll($0.number("poll")) },
    CommandSpecification(
      "ask", .anyone, "POST", "/questions", "Asks the host a question.",
      [.required("text", text(EngineLimits.questionMax), "The question.")]
    ) { .ask(text: $0.text("text")) },
    CommandSpecification(
      "upvote", .anyone, "PUT", "/questions/{question}/upvote",
      "Wants a question answered, or no longer.",
      [thing("question"), .required("on", .boolean, "Whether it is wanted.")]
    ) { .upvote(question: $0.number("question"), on: $0.flag("on")) },
    CommandSpecification(
      "answerQuestion", .staff, "POST", "/questions/{question}/answer",
      "Marks a question as answered.", [thing("question")]
    ) { .answerQuestion($0.number("question")) },
    CommandSpecification(
      "dismissQuestion", .staff, "POST", "/questions/{question}/dismiss",
      "Takes a question off the list.", [thing("question")]
    ) { .dismissQuestion($0.number("question")) },
    CommandSpecification(
      "highlightQuestion", .staff, "PUT", "/highlight",
      "Puts a question on screen, or takes it off.",
      [.optional("question", id, "The question's id; null takes it off.")]
    ) { .highlightQuestion($0.integer("question")) },
  ]

  // MARK: Giveaways

  private static let giveaways: [CommandSpecification] = [
    CommandSpecification(
      "openGiveaway", .host, "POST", "/giveaways", "Opens a giveaway and commits to its draw.",
      [
        .required("prize", text(EngineLimits.prizeMax), "What is given away."),
        .optional("rule", words(Giveaway.Rule.self), "Who may enter."),
        .optional(
          "keyword", text(EngineLimits.keywordMax), "With the rule keyword: what to write."),
        .optional("winners", .integer(1...Int64(EngineLimits.winnersMax)), "How many are drawn."),
        closesAfterSeconds,
      ]
    ) {
      .openGiveaway(
        GiveawayDraft(
          prize: $0.text("prize"), rule: $0.choice("rule") ?? .everyone,
          keyword: $0.string("keyword"), winners: $0.integer("winners") ?? 1,
          closesAfterSeconds: $0.integer("closesAfterSeconds")))
    },
    CommandSpecification(
      "enter", .anyone, "POST", "/giveaways/{giveaway}/enter", "Enters a giveaway.",
      [thing("giveaway")]
    ) { .enter(giveaway: $0.number("giveaway")) },
    CommandSpecification(
      "drawGiveaway", .host, "POST", "/giveaways/{giveaway}/draw",
      "Draws the winners and reveals the seed.", [thing("giveaway")]
    ) { .drawGiveaway($0.number("giveaway")) },
    CommandSpecification(
      "cancelGiveaway", .host, "POST", "/giveaways/{giveaway}/cancel", "Cancels a giveaway.",
      [thing("giveaway")]
    ) { .cancelGiveaway($0.number("giveaway")) },
  ]

  // MARK: The show

  private static let show: [CommandSpecification] = [
    CommandSpecification(
      "schedule", .host, "PUT", "/schedule", "Says when the show begins.",
      [
        .required("title", text(EngineLimits.titleMax), "The show's title."),
        .required(
          "startsAtMs", .integer(0...EngineLimits.timeMsMax), "Milliseconds since 1970, UTC."),
        .optional("description", text(EngineLimits.descriptionMax), "What it is about."),
      ]
    ) {
      .schedule(
        title: $0.text("title"), startsAtMs: $0.number("startsAtMs"),
        description: $0.string("description"))
    },
    CommandSpecification(
      "announce", .host, "POST", "/announcements", "Tells everyone something.",
      [.required("text", text(EngineLimits.announcementMax), "The announcement.")]
    ) { .announce(text: $0.text("text")) },
    CommandSpecification(
      "caption", .staff, "POST", "/captions", "Shows words that were said over their frame.",
      [
        .required("text", text(EngineLimits.captionMax), "One to three lines."),
        .required("language", text(LanguageTag.max), "A BCP 47 tag."),
        .optional(
          "durationMs", .integer(EngineLimits.captionMsMin...EngineLimits.captionMsMax),
          "How long it is shown; by its length where it is absent."),
        .optional(
          "caption", text(EngineLimits.captionNameMax),
          "A name: one of the same name and language takes its place."),
        .optional("partial", .boolean, "Whether another takes its place: no part of HLS."),
      ]
    ) {
      .caption(
        CaptionDraft(
          text: $0.text("text"), language: $0.text("language"),
          durationMs: $0.integer("durationMs"), name: $0.string("caption"),
          isPartial: $0.flag("partial")))
    },
    CommandSpecification(
      "setRoom", .host, "PATCH", "/settings", "Changes the room's settings; what is absent stays.",
      [
        .optional("title", text(EngineLimits.titleMax), "The room's title."),
        .optional(
          "description", .string(0...EngineLimits.descriptionMax), "Empty takes it away."),
        .optional("viewersMax", .integer(0...EngineLimits.viewersMax), "0 is no cap."),
        .optional(
          "bitrateMax", .integer(0...EngineLimits.bitrateMax),
          "Bit/s of a publisher; 0 is the server's own cap."),
        .optional(
          "anonymous", words(RoomSettings.Anonymous.self), "Viewers without an account."),
        .optional(
          "emojis",
          .strings(
            itemsMax: EngineLimits.emojisMax, charactersMax: EngineLimits.emojiScalarsMax),
          "What one reacts with."),
        .optional(
          "retentionDays", .integer(0...EngineLimits.retentionDaysMax),
          "Days that names and texts are kept after the end; 0 is for ever."),
        .optional("listed", .boolean, "Whether the list of rooms shows it."),
        .optional(
          "codec", words(RoomSettings.Codec.self), "Video that publishers are asked for first."),
        .optional(
          "webrtcMax", .integer(0...EngineLimits.viewersMax),
          "Viewers over WebRTC; further ones watch HLS. 0 is the server's own cap."),
        .optional(
          "delivery", words(RoomSettings.Delivery.self),
          "By which way viewers get their media, where there is HLS."),
      ]
    ) { .setRoom(RoomSettingsChange($0)) },
    CommandSpecification(
      "endRoom", .host, "POST", "/end", "Ends the room for good."
    ) { _ in .endRoom },
  ]
}

extension CommandValues {
  fileprivate func toward(_ action: MemberCommand) -> RoomCommand {
    .toward(.identity(text("member")), action)
  }
}

extension ChatRulesChange {
  fileprivate init(_ values: CommandValues) {
    self.init()
    mode = values.choice("mode")
    slowSeconds = values.integer("slowSeconds")
    hold = values.choice("hold")
    links = values.choice("links")
    words = values.strings("words")
    isEmojiOnly = values.bool("emojiOnly")
  }
}

extension RoomSettingsChange {
  fileprivate init(_ values: CommandValues) {
    self.init()
    title = values.string("title")
    description = values.string("description")
    viewersMax = values.integer("viewersMax")
    bitrateMax = values.integer("bitrateMax")
    anonymous = values.choice("anonymous")
    emojis = values.strings("emojis")
    retentionDays = values.integer("retentionDays")
    isListed = values.bool("listed")
    codec = values.choice("codec")
    webRTCMax = values.integer("webrtcMax")
    delivery = values.choice("delivery")
  }
}
