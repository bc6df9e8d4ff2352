// Snapshots: the whole state as bytes, so that a room with a long log opens at once.

import Access
import Commerce
package import Wire

extension RoomState {
  /// The first byte of a snapshot. A program that meets another one replays the log instead.
  static let snapshotVersion: UInt8 = 6

  /// The state as bytes. Equal states give equal bytes.
  package func snapshot() -> [UInt8] {
    var writer = SnapshotWriter()
    writer.write(UInt64(RoomState.snapshotVersion))
    writer.write(sequence)
    writer.write(UInt64(peopleMade))
    writer.write(textsMade)
    writer.write(ignoredCount)
    chat.write(to: &writer)
    people.write(to: &writer)
    writer.list(polls) { $1.write(to: &$0) }
    questions.write(to: &writer)
    writer.list(giveaways) { $1.write(to: &$0) }
    show.write(to: &writer)
    writer.write(shopAtMs)
    shop.write(to: &writer)
    return writer.bytes
  }

  /// Reads what `snapshot` wrote.
  ///
  /// - Throws: `badVersion` for another program's snapshot; else what is wrong with the bytes. The
  ///   caller replays the log from its beginning then.
  package init(snapshot bytes: [UInt8]) throws(WireError) {
    try self.init(reading: bytes.span)
  }

  init(reading bytes: borrowing Span<UInt8>) throws(WireError) {
    var reader = SnapshotReader(copy bytes)
    guard try reader.byte() == RoomState.snapshotVersion else { throw .badVersion }
    sequence = try reader.int()
    peopleMade = UInt32(try reader.int(max: Int64(EngineLimits.peopleMax)))
    textsMade = try reader.int()
    ignoredCount = try reader.int()
    chat = try ChatState(&reader)
    people = try PeopleState(&reader)
    polls = try reader.list(max: EngineLimits.pollsMax) { reader throws(WireError) in
      try Poll(&reader)
    }
    questions = try QuestionState(&reader)
    giveaways = try reader.list(max: EngineLimits.giveawaysMax) { reader throws(WireError) in
      try Giveaway(&reader)
    }
    show = try Show(&reader)
    shopAtMs = try reader.int()
    shop = try Shop(&reader)
    guard reader.isAtEnd else { throw .badLength }
  }
}

extension ChatState {
  fileprivate func write(to writer: inout SnapshotWriter) {
    writer.write(rules.mode)
    writer.write(rules.slowSeconds)
    writer.write(rules.hold)
    writer.write(rules.links)
    writer.list(rules.words) { $0.write($1) }
    writer.write(rules.isEmojiOnly)
    writer.list(messages) { $1.write(to: &$0) }
    writer.list(held) { $1.write(to: &$0) }
    writer.optional(pinned) { $1.write(to: &$0) }
    writer.write(speakers)
    writer.table(lastSaidMs) {
      $0.write($1)
      $0.write($2)
    }
  }

  fileprivate init(_ reader: inout SnapshotReader) throws(WireError) {
    rules.mode = try reader.choice()
    rules.slowSeconds = try reader.int(max: EngineLimits.slowSecondsMax)
    rules.hold = try reader.choice()
    rules.links = try reader.choice()
    rules.words = try reader.list(max: EngineLimits.wordsMax) { reader throws(WireError) in
      try reader.string()
    }
    rules.isEmojiOnly = try reader.flag()
    messages = try ChatState.messages(&reader, max: EngineLimits.messagesMax)
    held = try ChatState.messages(&reader, max: EngineLimits.heldMax)
    pinned = try reader.optional { reader throws(WireError) in try ChatMessage(&reader) }
    speakers = try reader.people()
    lastSaidMs = try reader.table(max: Int(EngineLimits.peopleMax)) { reader throws(WireError) in
      (try reader.person(), try reader.int())
    }
  }

  private static func messages(
    _ reader: inout SnapshotReader, max: Int
  ) throws(WireError) -> [ChatMessage] {
    let messages = try reader.list(max: max) { reader throws(WireError) in
      try ChatMessage(&reader)
    }
    // The look-up by id relies on the order.
    for (one, next) in zip(messages, messages.dropFirst()) where one.id >= next.id {
      throw .badValue
    }
    return messages
  }
}

extension ChatMessage {
  fileprivate func write(to writer: inout SnapshotWriter) {
    writer.write(id)
    writer.write(author)
    writer.write(role)
    writer.write(text)
    writer.optional(replyTo) { $0.write($1) }
    writer.write(messageClass)
    writer.write(atMs)
    writer.optional(mediaTimeMs) { $0.write($1) }
    writer.write(isDeleted)
  }

  fileprivate init(_ reader: inout SnapshotReader) throws(WireError) {
    id = try reader.int()
    author = try reader.person()
    role = try reader.choice()
    text = try reader.text()
    replyTo = try reader.optional { reader throws(WireError) in try reader.int() }
    messageClass = try reader.choice()
    atMs = try reader.int()
    mediaTimeMs = try reader.optional { reader throws(WireError) in try reader.int() }
    isDeleted = try reader.flag()
  }
}

extension PeopleState {
  fileprivate func write(to writer: inout SnapshotWriter) {
    writer.table(standings) { writer, person, standing in
      writer.write(person)
      writer.optional(standing.tokenRole) { $0.write($1) }
      writer.optional(standing.role) { $0.write($1) }
      writer.write(standing.isMuted)
      writer.write(standing.timedOutUntilMs)
      writer.write(standing.isBanned)
    }
    writer.table(bannedDevices) {
      $0.write($1.rawValue)
      $0.write($2)
    }
    writer.table(bannedMarks) {
      $0.write($1.rawValue)
      $0.write($2)
    }
    writer.optional(host) { $0.write($1) }
    writer.write(followers)
    writer.list(guests) {
      $0.write($1.person)
      $0.write($1.isOn)
    }
  }

  fileprivate init(_ reader: inout SnapshotReader) throws(WireError) {
    standings = try reader.table(max: EngineLimits.standingsMax) { reader throws(WireError) in
      (try reader.person(), try Standing(&reader))
    }
    bannedDevices = try reader.table(max: EngineLimits.devicesMax) { reader throws(WireError) in
      (DeviceHint(try reader.word()), try reader.person())
    }
    bannedMarks = try reader.table(max: EngineLimits.devicesMax) { reader throws(WireError) in
      (IdentityMark(try reader.word()), try reader.person())
    }
    host = try reader.optional { reader throws(WireError) in try reader.person() }
    followers = try reader.people()
    guests = try reader.list(max: EngineLimits.guestsMax) { reader throws(WireError) in
      StageGuest(person: try reader.person(), isOn: try reader.flag())
    }
  }
}

extension Standing {
  fileprivate init(_ reader: inout SnapshotReader) throws(WireError) {
    tokenRole = try reader.optional { reader throws(WireError) in try reader.choice() }
    role = try reader.optional { reader throws(WireError) in try reader.choice() }
    isMuted = try reader.flag()
    timedOutUntilMs = try reader.int()
    isBanned = try reader.flag()
  }
}

extension Poll {
  fileprivate func write(to writer: inout SnapshotWriter) {
    writer.write(id)
    writer.write(question)
    writer.list(options) { $0.write($1) }
    writer.write(isMultiple)
    writer.write(isChangeable)
    writer.write(results)
    writer.optional(closesAtMs) { $0.write($1) }
    writer.write(isOpen)
    writer.write(isRevealed)
    writer.list(counts) { $0.write($1) }
    writer.write(voterCount)
    writer.table(voters) {
      $0.write($1)
      $0.write(UInt64($2))
    }
  }

  fileprivate init(_ reader: inout SnapshotReader) throws(WireError) {
    id = try reader.int()
    question = try reader.text()
    options = try reader.list(max: EngineLimits.optionsMax) { reader throws(WireError) in
      try reader.text()
    }
    isMultiple = try reader.flag()
    isChangeable = try reader.flag()
    results = try reader.choice()
    closesAtMs = try reader.optional { reader throws(WireError) in try reader.int() }
    isOpen = try reader.flag()
    isRevealed = try reader.flag()
    counts = try reader.list(max: EngineLimits.optionsMax) { reader throws(WireError) in
      Int(try reader.int(max: Int64(EngineLimits.peopleMax) + 1))
    }
    guard counts.count == options.count else { throw .badLength }
    voterCount = Int(try reader.int(max: Int64(EngineLimits.peopleMax) + 1))
    voters = try reader.table(max: Int(EngineLimits.peopleMax) + 1) { reader throws(WireError) in
      (try reader.person(), UInt16(truncatingIfNeeded: try reader.int(max: Int64(UInt16.max))))
    }
  }
}

extension Question {
  fileprivate func write(to writer: inout SnapshotWriter) {
    writer.write(id)
    writer.write(author)
    writer.write(text)
    writer.write(atMs)
    writer.write(upvotes)
  }

  fileprivate init(_ reader: inout SnapshotReader) throws(WireError) {
    id = try reader.int()
    author = try reader.person()
    text = try reader.text()
    atMs = try reader.int()
    upvotes = try reader.people()
  }
}

extension QuestionState {
  fileprivate func write(to writer: inout SnapshotWriter) {
    writer.list(open) { $1.write(to: &$0) }
    writer.list(answered) { $1.write(to: &$0) }
    writer.optional(highlighted) { $0.write($1) }
  }

  fileprivate init(_ reader: inout SnapshotReader) throws(WireError) {
    open = try reader.list(max: EngineLimits.questionsMax) { reader throws(WireError) in
      try Question(&reader)
    }
    answered = try reader.list(max: EngineLimits.answeredMax) { reader throws(WireError) in
      try Question(&reader)
    }
    highlighted = try reader.optional { reader throws(WireError) in try reader.int() }
  }
}

extension Giveaway {
  fileprivate func write(to writer: inout SnapshotWriter) {
    writer.write(id)
    writer.write(prize)
    writer.write(rule)
    writer.optional(keyword) { $0.write($1) }
    writer.write(winnersWanted)
    writer.optional(closesAtMs) { $0.write($1) }
    writer.write(commitment)
    writer.write(stage)
    writer.write(secret)
    writer.list(entries) { $0.write($1) }
    writer.write(entryCount)
    writer.list(winners) { $0.write($1) }
  }

  fileprivate init(_ reader: inout SnapshotReader) throws(WireError) {
    id = try reader.int()
    prize = try reader.text()
    rule = try reader.choice()
    keyword = try reader.optional { reader throws(WireError) in try reader.string() }
    winnersWanted = Int(try reader.int(max: Int64(EngineLimits.winnersMax)))
    closesAtMs = try reader.optional { reader throws(WireError) in try reader.int() }
    commitment = try reader.data()
    stage = try reader.choice()
    secret = try reader.data()
    entries = try reader.list(max: EngineLimits.entriesMax) { reader throws(WireError) in
      try reader.person()
    }
    for person in entries where !entrants.insert(person) { throw .badValue }
    entryCount = Int(try reader.int(max: Int64(EngineLimits.entriesMax)))
    winners = try reader.list(max: EngineLimits.winnersMax) { reader throws(WireError) in
      try reader.person()
    }
  }
}

extension Show {
  fileprivate func write(to writer: inout SnapshotWriter) {
    writer.write(phase)
    writer.optional(schedule) { writer, schedule in
      writer.write(schedule.title)
      writer.write(schedule.startsAtMs)
      writer.optional(schedule.description) { $0.write($1) }
    }
    writer.optional(announcement) { $0.write($1) }
    settings.write(to: &writer)
    writer.optional(firstLiveAtMs) { $0.write($1) }
    writer.optional(endedAtMs) { $0.write($1) }
    writer.write(peak)
    writer.list(audience) {
      $0.write($1.atMs)
      $0.write($1.viewers)
    }
    writer.list(reactions) {
      $0.write($1.emoji)
      $0.write($1.count)
    }
  }

  fileprivate init(_ reader: inout SnapshotReader) throws(WireError) {
    phase = try reader.choice()
    schedule = try reader.optional { reader throws(WireError) in
      ShowSchedule(
        title: try reader.text(), startsAtMs: try reader.int(),
        description: try reader.optional { reader throws(WireError) in try reader.text() })
    }
    announcement = try reader.optional { reader throws(WireError) in try reader.text() }
    settings = try RoomSettings(&reader)
    firstLiveAtMs = try reader.optional { reader throws(WireError) in try reader.int() }
    endedAtMs = try reader.optional { reader throws(WireError) in try reader.int() }
    peak = try reader.int()
    audience = try reader.list(max: EngineLimits.audienceMax) { reader throws(WireError) in
      AudienceCount(atMs: try reader.int(), viewers: try reader.int())
    }
    reactions = try reader.list(max: EngineLimits.reactionTotalsMax) { reader throws(WireError) in
      ReactionCount(emoji: try reader.string(), count: try reader.int())
    }
  }
}

extension RoomSettings {
  fileprivate func write(to writer: inout SnapshotWriter) {
    writer.optional(title) { $0.write($1) }
    writer.optional(description) { $0.write($1) }
    writer.write(viewersMax)
    writer.write(bitrateMax)
    writer.write(anonymous)
    writer.list(emojis) { $0.write($1) }
    writer.write(retentionDays)
    writer.write(isListed)
    writer.write(codec)
    writer.write(webRTCMax)
    writer.write(delivery)
  }

  fileprivate init(_ reader: inout SnapshotReader) throws(WireError) {
    title = try reader.optional { reader throws(WireError) in try reader.text() }
    description = try reader.optional { reader throws(WireError) in try reader.text() }
    viewersMax = try reader.int(max: EngineLimits.viewersMax)
    bitrateMax = try reader.int(max: EngineLimits.bitrateMax)
    anonymous = try reader.choice()
    emojis = try reader.list(max: EngineLimits.emojisMax) { reader throws(WireError) in
      try reader.string()
    }
    retentionDays = try reader.int(max: EngineLimits.retentionDaysMax)
    isListed = try reader.flag()
    codec = try reader.choice()
    webRTCMax = try reader.int(max: EngineLimits.viewersMax)
    delivery = try reader.choice()
  }
}
