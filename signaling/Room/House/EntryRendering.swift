// The things of a room as members see them: references become names and texts.

import Access
import JSON
import Wire

/// Writes entries with what the house knows of people and texts. What was erased is null.
struct EntryRendering {
  let state: RoomState
  let people: People
  let texts: Texts

  func member(_ person: PersonID) -> JSONValue {
    guard let record = people.record(person) else { return .null }
    return ["identity": .string(record.identity), "name": .string(record.name)]
  }

  func text(_ id: TextID?) -> JSONValue { id.flatMap { texts[$0] }.map { .string($0) } ?? .null }

  func message(_ message: ChatMessage, isHeld: Bool = false) -> JSONValue {
    var object = JSONObject([
      ("id", .integer(message.id)), ("member", member(message.author)),
      ("role", .string(message.role.rawValue)),
      ("text", message.isDeleted ? .null : text(message.text)),
      ("replyTo", json(message.replyTo)), ("class", .string(message.messageClass.rawValue)),
      ("atMs", .integer(message.atMs)), ("mediaTimeMs", json(message.mediaTimeMs)),
    ])
    if message.isDeleted { object["deleted"] = true }
    if isHeld { object["held"] = true }
    return .object(object)
  }

  /// A poll; its counts are null for those who may not see them yet.
  func poll(_ poll: Poll, forStaff: Bool) -> JSONValue {
    let isShown = forStaff || poll.isPublic
    return [
      "id": .integer(poll.id), "question": text(poll.question),
      "options": .array(poll.options.map { text($0) }), "multiple": .bool(poll.isMultiple),
      "changeable": .bool(poll.isChangeable), "results": .string(poll.results.rawValue),
      "closesAtMs": json(poll.closesAtMs), "open": .bool(poll.isOpen),
      "revealed": .bool(poll.isRevealed),
      "counts": isShown ? .array(poll.counts.map { .integer(Int64($0)) }) : .null,
      "voters": .integer(Int64(poll.voterCount)),
    ]
  }

  func question(_ question: Question) -> JSONValue {
    [
      "id": .integer(question.id), "member": member(question.author),
      "text": text(question.text), "atMs": .integer(question.atMs),
      "upvotes": .integer(Int64(question.upvotes.count)),
    ]
  }

  func giveaway(_ giveaway: Giveaway) -> JSONValue {
    let isDrawn = giveaway.stage == .drawn
    return [
      "id": .integer(giveaway.id), "prize": text(giveaway.prize),
      "rule": .string(giveaway.rule.rawValue),
      "keyword": giveaway.keyword.map { .string($0) } ?? .null,
      "winnersWanted": .integer(Int64(giveaway.winnersWanted)),
      "closesAtMs": json(giveaway.closesAtMs), "stage": .string(giveaway.stage.rawValue),
      "entries": .integer(Int64(giveaway.entryCount)),
      "commitment": .string(Hex.text(giveaway.commitment)),
      "seed": isDrawn ? .string(Hex.text(giveaway.secret)) : .null,
      "winners": .array(giveaway.winners.map { member($0) }),
    ]
  }

  /// The rules; the words only for staff, who chose them.
  func chat(_ rules: ChatRules, forStaff: Bool) -> JSONValue {
    .object(JSONObject(rules.members.filter { forStaff || $0.0 != "words" }))
  }

  func settings(_ settings: RoomSettings) -> JSONValue {
    [
      "title": text(settings.title), "description": text(settings.description),
      "viewersMax": .integer(settings.viewersMax), "bitrateMax": .integer(settings.bitrateMax),
      "anonymous": .string(settings.anonymous.rawValue),
      "emojis": .array(settings.emojis.map { .string($0) }),
      "retentionDays": .integer(settings.retentionDays), "listed": .bool(settings.isListed),
      "codec": .string(settings.codec.rawValue),
      "webrtcMax": .integer(settings.webRTCMax),
      "delivery": .string(settings.delivery.rawValue),
    ]
  }

  func schedule(_ schedule: ShowSchedule) -> JSONValue {
    [
      "title": text(schedule.title), "startsAtMs": .integer(schedule.startsAtMs),
      "description": text(schedule.description),
    ]
  }

  func reactions(_ counts: [ReactionCount]) -> JSONValue {
    .array(counts.map { ["emoji": .string($0.emoji), "count": .integer($0.count)] })
  }

  func guests() -> JSONValue {
    .array(
      state.people.guests.filter(\.isOn).map { guest in member(guest.person) })
  }
}
