// Log rows to events: total, and kind to what newer programs wrote.

import Access
import Commerce
package import JSON
import Wire

extension RoomEvent {
  /// Reads a log row. What is not known, or not as expected, becomes `unknown` and keeps its body.
  package init(kind: String, body: JSONObject) {
    let fields = EventFields(fields: JSONFields(body))
    do throws(JSONMismatch) {
      self =
        try RoomEvent.read(kind, fields) ?? ShopEvent(kind: kind, body: body).map { .shop($0) }
        ?? .unknown(kind: kind, body: body)
    } catch {
      self = .unknown(kind: kind, body: body)
    }
  }

  /// Reads a log row's bytes; a body that is no JSON object becomes an empty `unknown`.
  package init(kind: String, body: [UInt8]) {
    guard let value = try? JSONValue.parse(body), case .object(let object) = value else {
      self = .unknown(kind: kind, body: JSONObject())
      return
    }
    self.init(kind: kind, body: object)
  }

  /// Nil for a kind that is not known.
  private static func read(
    _ kind: String, _ fields: EventFields
  ) throws(JSONMismatch) -> RoomEvent? {
    switch kind {
    case "said": return .said(try SaidEvent(fields))
    case "messageDeleted": return .messageDeleted(try fields.id("message"))
    case "messagePinned": return .messagePinned(try fields.optionalID("message"))
    case "messageReviewed":
      return .messageReviewed(
        try fields.id("message"), approved: try fields.fields.bool("approved"),
        text: try ReviewedText(fields))
    case "messagesCleared": return .messagesCleared(try fields.person())
    case "chatSet": return .chatSet(try ChatRules(fields))
    case "reactionsCounted": return .reactionsCounted(try fields.reactions())
    case "scheduled": return .scheduled(try ShowSchedule(fields))
    case "announced": return .announced(try fields.text("text"))
    case "roomSet": return .roomSet(try RoomSettings(fields))
    case "phaseChanged": return .phaseChanged(try fields.choice("phase"))
    case "audienceCounted":
      return .audienceCounted(
        viewers: try fields.number("viewers"), peak: try fields.number("peak"))
    default:
      if let event = try readPeople(kind, fields) { return event }
      return try readParticipation(kind, fields)
    }
  }

  private static func readPeople(
    _ kind: String, _ fields: EventFields
  ) throws(JSONMismatch) -> RoomEvent? {
    switch kind {
    case "roleSeen": return .roleSeen(try fields.person(), try fields.choice("role"))
    case "muted": return .muted(try fields.person(), on: try fields.fields.bool("on"))
    case "timedOut": return .timedOut(try fields.person(), untilMs: try fields.number("untilMs"))
    case "banned":
      return .banned(
        try fields.person(), device: try fields.word("device").map { DeviceHint($0) },
        reason: try fields.optionalText("reason"),
        mark: try fields.word("mark").map { IdentityMark($0) })
    case "unbanned": return .unbanned(try fields.person())
    case "roleSet": return .roleSet(try fields.person(), try fields.choice("role"))
    case "stageInvited": return .stageInvited(try fields.person())
    case "invitationAnswered":
      return .invitationAnswered(accept: try fields.fields.bool("accept"))
    case "stageLeft": return .stageLeft
    case "stageRemoved": return .stageRemoved(try fields.person())
    case "followed": return .followed(on: try fields.fields.bool("on"))
    default: return nil
    }
  }

  private static func readParticipation(
    _ kind: String, _ fields: EventFields
  ) throws(JSONMismatch) -> RoomEvent? {
    switch kind {
    case "pollOpened": return .pollOpened(try PollOpenedEvent(fields))
    case "voted":
      let mask = try fields.fields.int("mask", in: 1...Int64(UInt16.max))
      return .voted(poll: try fields.id("poll"), mask: UInt16(truncatingIfNeeded: mask))
    case "pollClosed": return .pollClosed(try fields.id("poll"))
    case "pollRevealed": return .pollRevealed(try fields.id("poll"))
    case "asked": return .asked(try fields.text("text"))
    case "upvoted":
      return .upvoted(question: try fields.id("question"), on: try fields.fields.bool("on"))
    case "questionAnswered": return .questionAnswered(try fields.id("question"))
    case "questionDismissed": return .questionDismissed(try fields.id("question"))
    case "questionHighlighted": return .questionHighlighted(try fields.optionalID("question"))
    case "giveawayOpened": return .giveawayOpened(try GiveawayOpenedEvent(fields))
    case "entered": return .entered(giveaway: try fields.id("giveaway"))
    case "giveawayClosed": return .giveawayClosed(try fields.id("giveaway"))
    case "giveawayDrawn":
      return .giveawayDrawn(
        try fields.id("giveaway"), seed: try fields.digest("seed"), winners: try fields.winners())
    case "giveawayCancelled": return .giveawayCancelled(try fields.id("giveaway"))
    default: return nil
    }
  }
}

/// The fields of a log row's body, with the engine's kinds and bounds.
struct EventFields {
  let fields: JSONFields

  /// References, times and counts: all fit, so that no sum of them overflows.
  func number(_ key: String) throws(JSONMismatch) -> Int64 {
    try fields.int(key, in: 0...EngineLimits.timeMsMax)
  }

  func optionalNumber(_ key: String) throws(JSONMismatch) -> Int64? {
    try fields.optionalInt(key, in: 0...EngineLimits.timeMsMax)
  }

  func id(_ key: String) throws(JSONMismatch) -> EntryID { try number(key) }

  func optionalID(_ key: String) throws(JSONMismatch) -> EntryID? { try optionalNumber(key) }

  func text(_ key: String) throws(JSONMismatch) -> TextID { TextID(try number(key)) }

  func optionalText(_ key: String) throws(JSONMismatch) -> TextID? {
    try optionalNumber(key).map { TextID($0) }
  }

  func person() throws(JSONMismatch) -> PersonID {
    PersonID(
      UInt32(
        truncatingIfNeeded: try fields.int("person", in: 1...Int64(EngineLimits.peopleMax))))
  }

  /// One of an enum's names.
  func choice<T: RawRepresentable<String>>(_ key: String) throws(JSONMismatch) -> T {
    let name = try fields.string(key)
    guard let value = T(rawValue: name) else {
      throw fields.refusal(key, expected: "a known name", found: "another string")
    }
    return value
  }

  /// 32 bytes.
  func digest(_ key: String) throws(JSONMismatch) -> [UInt8] {
    guard let bytes = Hex.bytes(try fields.string(key), count: EngineLimits.seedByteCount) else {
      throw fields.refusal(key, expected: "64 digits", found: "another string")
    }
    return bytes
  }

  /// 64 bits as hexadecimal digits.
  func word(_ key: String) throws(JSONMismatch) -> UInt64? {
    guard let digits = try fields.optionalString(key) else { return nil }
    // Only as we write it: what is read must be written the same again.
    guard let value = UInt64(digits, radix: 16), String(value, radix: 16) == digits else {
      throw fields.refusal(key, expected: "hexadecimal digits", found: "another string")
    }
    return value
  }

  /// Integers within a range, at most `max` of them.
  func integers(
    _ key: String, max: Int, in range: ClosedRange<Int64>
  ) throws(JSONMismatch) -> [Int64] {
    let items = try fields.array(key)
    guard items.count <= max else {
      throw fields.refusal(key, expected: "at most \(max)", found: "\(items.count)")
    }
    var result: [Int64] = []
    for item in items {
      guard case .integer(let number) = item, range.contains(number) else {
        throw fields.refusal(key, expected: "references", found: "something else")
      }
      result.append(number)
    }
    return result
  }

  func winners() throws(JSONMismatch) -> [PersonID] {
    try integers(
      "winners", max: EngineLimits.winnersMax, in: 1...Int64(EngineLimits.peopleMax)
    ).map { PersonID(UInt32(truncatingIfNeeded: $0)) }
  }

  /// Strings, at most `max` of them.
  func strings(_ key: String, max: Int) throws(JSONMismatch) -> [String] {
    let strings = try fields.strings(key)
    guard strings.count <= max else {
      throw fields.refusal(key, expected: "at most \(max)", found: "\(strings.count)")
    }
    for string in strings { try checkLength(string, key) }
    return strings
  }

  /// A short string of the log's own: keywords, emojis, filtered words.
  func checkLength(_ string: String, _ key: String) throws(JSONMismatch) {
    guard string.utf8.count <= EngineLimits.logStringBytesMax else {
      throw fields.refusal(key, expected: "a short string", found: "a long one")
    }
  }

  func reactions() throws(JSONMismatch) -> [ReactionCount] {
    let items = try fields.fieldsArray("counts")
    guard items.count <= EngineLimits.emojisMax else {
      throw fields.refusal("counts", expected: "fewer", found: "\(items.count)")
    }
    var counts: [ReactionCount] = []
    for item in items {
      let emoji = try item.string("emoji")
      try checkLength(emoji, "emoji")
      counts.append(
        ReactionCount(
          emoji: emoji,
          count: try item.int("count", in: 1...EngineLimits.reactionCountMax)))
    }
    return counts
  }
}

extension ReviewedText {
  /// Nil where the message was shown as it was.
  fileprivate init?(_ fields: EventFields) throws(JSONMismatch) {
    guard let text = try fields.optionalText("text") else { return nil }
    self.init(text: text, messageClass: try fields.choice("class"))
  }
}

extension SaidEvent {
  fileprivate init(_ fields: EventFields) throws(JSONMismatch) {
    text = try fields.text("text")
    replyTo = try fields.optionalID("replyTo")
    messageClass = try fields.choice("class")
    role = try fields.choice("role")
    isHeld = try fields.fields.optionalBool("held") ?? false
    isForReview = try fields.fields.optionalBool("review") ?? false
  }
}

extension ChatRules {
  fileprivate init(_ fields: EventFields) throws(JSONMismatch) {
    mode = try fields.choice("mode")
    slowSeconds = try fields.fields.int("slowSeconds", in: 0...EngineLimits.slowSecondsMax)
    hold = try fields.choice("hold")
    links = try fields.choice("links")
    words = try fields.strings("words", max: EngineLimits.wordsMax)
    isEmojiOnly = try fields.fields.bool("emojiOnly")
  }
}

extension PollOpenedEvent {
  fileprivate init(_ fields: EventFields) throws(JSONMismatch) {
    question = try fields.text("question")
    options = try fields.integers(
      "options", max: EngineLimits.optionsMax, in: 0...EngineLimits.timeMsMax
    ).map { TextID($0) }
    isMultiple = try fields.fields.bool("multiple")
    isChangeable = try fields.fields.bool("changeable")
    results = try fields.choice("results")
    closesAtMs = try fields.optionalNumber("closesAtMs")
  }
}

extension GiveawayOpenedEvent {
  fileprivate init(_ fields: EventFields) throws(JSONMismatch) {
    prize = try fields.text("prize")
    rule = try fields.choice("rule")
    keyword = try fields.fields.optionalString("keyword")
    if let keyword { try fields.checkLength(keyword, "keyword") }
    winners = Int(try fields.fields.int("winners", in: 1...Int64(EngineLimits.winnersMax)))
    closesAtMs = try fields.optionalNumber("closesAtMs")
    commitment = try fields.digest("commitment")
    // An exported log has no secret: its draw still has the seed.
    secret =
      try fields.fields.optionalString(EventCoding.secretKey) == nil
      ? [] : fields.digest(EventCoding.secretKey)
  }
}

extension ShowSchedule {
  fileprivate init(_ fields: EventFields) throws(JSONMismatch) {
    title = try fields.text("title")
    startsAtMs = try fields.number("startsAtMs")
    description = try fields.optionalText("description")
  }
}

extension RoomSettings {
  fileprivate init(_ fields: EventFields) throws(JSONMismatch) {
    title = try fields.optionalText("title")
    description = try fields.optionalText("description")
    viewersMax = try fields.fields.int("viewersMax", in: 0...EngineLimits.viewersMax)
    bitrateMax = try fields.fields.int("bitrateMax", in: 0...EngineLimits.bitrateMax)
    anonymous = try fields.choice("anonymous")
    emojis = try fields.strings("emojis", max: EngineLimits.emojisMax)
    retentionDays = try fields.fields.int(
      "retentionDays", in: 0...EngineLimits.retentionDaysMax)
    isListed = try fields.fields.optionalBool("listed") ?? true
    if try fields.fields.optionalString("codec") != nil { codec = try fields.choice("codec") }
    // Rooms from before there was HLS have neither.
    webRTCMax =
      try fields.fields.optionalInt("webrtcMax", in: 0...EngineLimits.viewersMax) ?? 0
    if try fields.fields.optionalString("delivery") != nil {
      delivery = try fields.choice("delivery")
    }
  }
}
