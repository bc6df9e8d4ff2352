// Events to log rows: a kind and a JSON body over references.

import Access
import Commerce
package import JSON
import Wire

/// The form events have in the log.
package enum EventCoding {
  /// The member of a body that no export and no reader outside of the server may see.
  package static let secretKey = "secret"

  /// A body as it may be published: without secrets. Every export of a log goes through here.
  package static func publishedBody(_ body: JSONObject) -> JSONObject {
    var body = body
    body[secretKey] = nil
    return body
  }
}

extension RoomEvent {
  /// The kind as the log and the wire name it.
  package var kind: String {
    switch self {
    case .said: "said"
    case .messageDeleted: "messageDeleted"
    case .messagePinned: "messagePinned"
    case .messageReviewed: "messageReviewed"
    case .messagesCleared: "messagesCleared"
    case .chatSet: "chatSet"
    case .roleSeen: "roleSeen"
    case .muted: "muted"
    case .timedOut: "timedOut"
    case .banned: "banned"
    case .unbanned: "unbanned"
    case .roleSet: "roleSet"
    case .stageInvited: "stageInvited"
    case .invitationAnswered: "invitationAnswered"
    case .stageLeft: "stageLeft"
    case .stageRemoved: "stageRemoved"
    case .followed: "followed"
    case .reactionsCounted: "reactionsCounted"
    case .pollOpened: "pollOpened"
    case .voted: "voted"
    case .pollClosed: "pollClosed"
    case .pollRevealed: "pollRevealed"
    case .asked: "asked"
    case .upvoted: "upvoted"
    case .questionAnswered: "questionAnswered"
    case .questionDismissed: "questionDismissed"
    case .questionHighlighted: "questionHighlighted"
    case .giveawayOpened: "giveawayOpened"
    case .entered: "entered"
    case .giveawayClosed: "giveawayClosed"
    case .giveawayDrawn: "giveawayDrawn"
    case .giveawayCancelled: "giveawayCancelled"
    case .scheduled: "scheduled"
    case .announced: "announced"
    case .roomSet: "roomSet"
    case .phaseChanged: "phaseChanged"
    case .audienceCounted: "audienceCounted"
    case .shop(let event): event.kind
    case .unknown(let kind, _): kind
    }
  }

  /// The body as the log holds it. Members that are nil are left out.
  package var body: JSONObject {
    if case .unknown(_, let body) = self { return body }
    if case .shop(let event) = self { return event.body }
    return JSONObject(members.filter { $0.1 != .null })
  }

  private var members: [(String, JSONValue)] {
    switch self {
    case .said(let event): return event.members
    case .messageDeleted(let id): return [("message", .integer(id))]
    case .messagePinned(let id): return [("message", json(id))]
    case .messageReviewed(let id, let approved, let text):
      return [
        ("message", .integer(id)), ("approved", .bool(approved)),
        ("text", text.map { json($0.text) } ?? .null),
        ("class", text.map { .string($0.messageClass.rawValue) } ?? .null),
      ]
    case .messagesCleared(let person), .unbanned(let person), .stageInvited(let person),
      .stageRemoved(let person):
      return [("person", json(person))]
    case .chatSet(let rules): return rules.members
    case .roleSeen(let person, let role), .roleSet(let person, let role):
      return [("person", json(person)), ("role", .string(role.rawValue))]
    case .muted(let person, let on): return [("person", json(person)), ("on", .bool(on))]
    case .timedOut(let person, let untilMs):
      return [("person", json(person)), ("untilMs", .integer(untilMs))]
    case .banned(let person, let device, let reason, let mark):
      // As text: JSON's integers end at 2^63.
      let hint = device.map { JSONValue.string(String($0.rawValue, radix: 16)) } ?? .null
      let identity = mark.map { JSONValue.string(String($0.rawValue, radix: 16)) } ?? .null
      return [
        ("person", json(person)), ("device", hint), ("reason", json(reason)), ("mark", identity),
      ]
    case .invitationAnswered(let accept): return [("accept", .bool(accept))]
    case .stageLeft: return []
    case .followed(let on): return [("on", .bool(on))]
    case .scheduled(let schedule): return schedule.members
    case .announced(let text): return [("text", json(text))]
    case .roomSet(let settings): return settings.members
    case .phaseChanged(let phase): return [("phase", .string(phase.rawValue))]
    case .audienceCounted(let viewers, let peak):
      return [("viewers", .integer(viewers)), ("peak", .integer(peak))]
    default: return participationMembers
    }
  }

  private var participationMembers: [(String, JSONValue)] {
    switch self {
    case .reactionsCounted(let counts):
      return [
        (
          "counts",
          .array(counts.map { ["emoji": .string($0.emoji), "count": .integer($0.count)] })
        )
      ]
    case .pollOpened(let event): return event.members
    case .voted(let poll, let mask):
      return [("poll", .integer(poll)), ("mask", .integer(Int64(mask)))]
    case .pollClosed(let id), .pollRevealed(let id): return [("poll", .integer(id))]
    case .asked(let text): return [("text", json(text))]
    case .upvoted(let id, let on): return [("question", .integer(id)), ("on", .bool(on))]
    case .questionAnswered(let id), .questionDismissed(let id):
      return [("question", .integer(id))]
    case .questionHighlighted(let id): return [("question", json(id))]
    case .giveawayOpened(let event): return event.members
    case .entered(let id), .giveawayClosed(let id), .giveawayCancelled(let id):
      return [("giveaway", .integer(id))]
    case .giveawayDrawn(let id, let seed, let winners):
      return [
        ("giveaway", .integer(id)), ("seed", .string(Hex.text(seed))),
        ("winners", .array(winners.map { json($0) })),
      ]
    default: return []
    }
  }
}

func json(_ person: PersonID) -> JSONValue { .integer(Int64(person.rawValue)) }

func json(_ text: TextID?) -> JSONValue { text.map { .integer($0.rawValue) } ?? .null }

func json(_ id: EntryID?) -> JSONValue { id.map { .integer($0) } ?? .null }

extension SaidEvent {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("text", json(text)), ("replyTo", json(replyTo)), ("class", .string(messageClass.rawValue)),
      ("role", .string(role.rawValue)), ("held", isHeld ? true : .null),
      ("review", isForReview ? true : .null),
    ]
  }
}

extension ChatRules {
  /// As the log and the wire write them.
  var members: [(String, JSONValue)] {
    [
      ("mode", .string(mode.rawValue)), ("slowSeconds", .integer(slowSeconds)),
      ("hold", .string(hold.rawValue)), ("links", .string(links.rawValue)),
      ("words", .array(words.map { .string($0) })), ("emojiOnly", .bool(isEmojiOnly)),
    ]
  }
}

extension PollOpenedEvent {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("question", json(question)), ("options", .array(options.map { json($0) })),
      ("multiple", .bool(isMultiple)), ("changeable", .bool(isChangeable)),
      ("results", .string(results.rawValue)), ("closesAtMs", json(closesAtMs)),
    ]
  }
}

extension GiveawayOpenedEvent {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("prize", json(prize)), ("rule", .string(rule.rawValue)),
      ("keyword", keyword.map { .string($0) } ?? .null), ("winners", .integer(Int64(winners))),
      ("closesAtMs", json(closesAtMs)), ("commitment", .string(Hex.text(commitment))),
      (EventCoding.secretKey, secret.isEmpty ? .null : .string(Hex.text(secret))),
    ]
  }
}

extension ShowSchedule {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("title", json(title)), ("startsAtMs", .integer(startsAtMs)),
      ("description", json(description)),
    ]
  }
}

extension RoomSettings {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("title", json(title)), ("description", json(description)),
      ("viewersMax", .integer(viewersMax)), ("bitrateMax", .integer(bitrateMax)),
      ("anonymous", .string(anonymous.rawValue)),
      ("emojis", .array(emojis.map { .string($0) })), ("retentionDays", .integer(retentionDays)),
      ("listed", .bool(isListed)), ("codec", .string(codec.rawValue)),
      ("webrtcMax", .integer(webRTCMax)), ("delivery", .string(delivery.rawValue)),
    ]
  }
}
