// An open room: names and texts, keys, rates, what is told to whom.

import Access
import JSON
import Room
import Testing

/// A house in use.
struct TestHouse {
  var house = RoomHouse()
  var atMs: Int64 = 1_000_000
  var row: Int64 = 0

  func envelope(
    _ command: RoomCommand, _ identity: String, _ role: Role = .viewer, key: String? = nil,
    parameters: [UInt8] = []
  ) -> CommandEnvelope {
    var envelope = CommandEnvelope(
      identity: identity, name: identity.uppercased(), role: role, command: command, key: key,
      atMs: atMs)
    envelope.parameters = parameters
    envelope.seed = Stage.seed
    envelope.hasMerchant = true
    return envelope
  }

  /// What has happened by now, committed.
  mutating func ticks() -> [Frame] {
    let decisions = house.tick(atMs: atMs)
    for decision in decisions { commit(decision) }
    return decisions.flatMap(\.frames)
  }

  /// Submits and commits.
  @discardableResult
  mutating func does(
    _ command: RoomCommand, _ identity: String, _ role: Role = .viewer
  ) throws -> Pending {
    switch house.submit(envelope(command, identity, role)) {
    case .decided(let pending):
      commit(pending)
      return pending
    case .refused(let refusal, _): throw refusal
    case .repeated, .lookUp, .running: throw CommandRefusal(.wrongState, "a repeat")
    }
  }

  mutating func refusal(
    _ command: RoomCommand, _ identity: String, _ role: Role = .viewer
  ) -> CommandRefusal.Code? {
    do {
      try does(command, identity, role)
      return nil
    } catch {
      return (error as? CommandRefusal)?.code
    }
  }

  mutating func commit(_ pending: Pending) {
    row += 1
    house.committed(pending, replyRow: pending.reply == nil ? nil : row)
  }
}

/// The member at a path of keys and indices.
func look(_ bytes: [UInt8], _ path: String...) -> JSONValue? {
  guard var value = try? JSONValue.parse(bytes) else { return nil }
  for step in path {
    switch value {
    case .object(let object): value = object[step] ?? .null
    case .array(let items):
      guard let index = Int(step), items.indices.contains(index) else { return nil }
      value = items[index]
    default: return nil
    }
  }
  return value
}

@Suite("A room's house")
struct RoomHouseTests {
  @Test("people get references when they first do something, and only then")
  func references() throws {
    var test = TestHouse()
    #expect(test.refusal(.say(text: "", replyTo: nil), "bob") == .badField)
    #expect(test.house.people.person("bob") == nil)
    let first = try test.does(.say(text: "a", replyTo: nil), "ann")
    #expect(first.people == [PersonRecord(person: PersonID(1), identity: "ann", name: "ANN")])
    #expect(
      try test.does(.say(text: "b", replyTo: nil), "bob").people.map(\.person.rawValue) == [2])
    #expect(try test.does(.say(text: "c", replyTo: nil), "ann").people.isEmpty)
  }

  @Test("somebody who never came can be banned, and both get references")
  func banAhead() throws {
    var test = TestHouse()
    let ban = RoomCommand.toward(.identity("troll"), .ban(.identity, reason: nil))
    let pending = try test.does(ban, "ann", .host)
    #expect(pending.people.map(\.identity) == ["ann", "troll"])
    #expect(throws: CommandRefusal.self) {
      try test.house.arrive(
        Arrival(identity: "troll", name: "", role: .viewer), atMs: test.atMs)
    }
    let unknown = RoomCommand.toward(.identity("nobody"), .timeout(seconds: 5))
    #expect(test.refusal(unknown, "ann", .host) == .unknownMember)
  }

  @Test("a ban of the device keeps out the browser the member came with")
  func deviceBan() throws {
    var test = TestHouse()
    let arrival = Arrival(identity: "bob", name: "", role: .viewer, device: DeviceHint(5))
    _ = try test.house.arrive(arrival, atMs: test.atMs)
    try test.does(.toward(.identity("bob"), .ban(.device(nil), reason: nil)), "ann", .host)
    let again = Arrival(identity: "bob2", name: "", role: .viewer, device: DeviceHint(5))
    #expect(throws: CommandRefusal.self) { try test.house.arrive(again, atMs: test.atMs) }
    let other = Arrival(identity: "bob2", name: "", role: .viewer, device: DeviceHint(6))
    #expect(try test.house.arrive(other, atMs: test.atMs) == nil)
  }

  @Test("a repeated key is answered and not carried out, before and after the commit")
  func keys() throws {
    var test = TestHouse()
    let say = test.envelope(.say(text: "once", replyTo: nil), "ann", key: "k1", parameters: [1])
    guard case .decided(let pending) = test.house.submit(say) else {
      Issue.record("not decided")
      return
    }
    #expect(test.house.submit(say) == .running(ticket: pending.ticket))
    test.commit(pending)
    let reply = try #require(pending.reply)
    #expect(test.house.submit(say) == .repeated(reply))
    #expect(look(reply.body, "message") == 1)
    #expect(test.house.state.sequence == 1)
    var other = say
    other.parameters = [2]
    guard case .refused(let refusal, _) = test.house.submit(other) else {
      Issue.record("not refused")
      return
    }
    #expect(refusal.code == .idempotencyMismatch)
    // The same key of somebody else is another key.
    var else_ = say
    else_.identity = "bob"
    guard case .decided = test.house.submit(else_) else {
      Issue.record("bob's key is not his own")
      return
    }
  }

  @Test("a key from before a restart is read from the store, and judged by what stands there")
  func storedKeys() throws {
    let hash = IdempotencyIndex.hash(subject: "ann", key: "k1")
    var test = TestHouse()
    test.house = RoomHouse(keys: IdempotencyIndex([(keyHash: hash, row: 77)]))
    let say = test.envelope(.say(text: "once", replyTo: nil), "ann", key: "k1", parameters: [1])
    #expect(test.house.submit(say) == .lookUp(row: 77))
    let reply = StoredReply(subject: "ann", key: "k1", parameters: [1], status: 200, body: [])
    #expect(test.house.judge(say, stored: reply) == .repeated(reply))
    // Another key with the same hash, or a row that is gone.
    let foreign = StoredReply(subject: "bob", key: "k1", parameters: [1], status: 200, body: [])
    guard case .decided = test.house.judge(say, stored: foreign) else {
      Issue.record("a foreign reply was taken")
      return
    }
  }

  @Test("a refusal changes nothing and keeps no key")
  func refusals() throws {
    var test = TestHouse()
    let before = test.house.state
    let pin = test.envelope(.pinMessage(7), "ann", .host, key: "k", parameters: [1])
    guard case .refused(let refusal, _) = test.house.submit(pin) else {
      Issue.record("not refused")
      return
    }
    #expect(refusal.code == .unknownMessage)
    #expect(test.house.state == before)
    guard case .refused = test.house.submit(pin) else {
      Issue.record("the key was kept")
      return
    }
  }

  @Test("five messages at once, then one in two seconds; the same words not again in thirty")
  func rates() throws {
    var test = TestHouse()
    for number in 0..<5 { try test.does(.say(text: "m\(number)", replyTo: nil), "bob") }
    #expect(throws: CommandRefusal(.rate, "too often", retryAfterMs: 2000)) {
      try test.does(.say(text: "m5", replyTo: nil), "bob")
    }
    test.atMs += 2000
    #expect(test.refusal(.say(text: "m4", replyTo: nil), "bob") == .duplicate)
    test.atMs += 2000
    #expect(test.refusal(.say(text: "m5", replyTo: nil), "bob") == nil)
    test.atMs += 30_000
    #expect(test.refusal(.say(text: "m5", replyTo: nil), "bob") == nil)
    // Staff write four times as much.
    for number in 0..<20 {
      #expect(test.refusal(.say(text: "h\(number)", replyTo: nil), "ann", .host) == nil)
    }
    #expect(test.refusal(.say(text: "x", replyTo: nil), "ann", .host) == .rate)
  }

  @Test("typed commands name members by identity or by a display name that is theirs alone")
  func typed() throws {
    var test = TestHouse()
    try test.does(.say(text: "hello", replyTo: nil), "bob")
    for text in ["/ban BOB being rude", "/unban @bob", "/timeout \"BOB\" 30", "/mute bob"] {
      #expect(test.refusal(.say(text: text, replyTo: nil), "ann", .host) == nil, "\(text)")
    }
    let bob = try #require(test.house.people.person("bob"))
    let standing = test.house.state.people[bob]
    #expect(standing.isMuted && !standing.isBanned)
    #expect(standing.timedOutUntilMs == test.atMs + 30_000)
    #expect(test.refusal(.say(text: "/slow 5", replyTo: nil), "ann", .host) == nil)
    #expect(test.house.state.chat.rules.slowSeconds == 5)
    #expect(test.refusal(.say(text: "/poll A? | x | y", replyTo: nil), "ann", .host) == nil)
    #expect(test.refusal(.say(text: "/pin", replyTo: nil), "ann", .host) == nil)
    #expect(test.house.state.chat.pinned != nil)
    #expect(test.refusal(.say(text: "/dance", replyTo: nil), "ann", .host) == .unknownCommand)
    #expect(test.refusal(.say(text: "/timeout bob", replyTo: nil), "ann", .host) == .badField)
    #expect(test.refusal(.say(text: "/ban who", replyTo: nil), "ann", .host) == .unknownMember)
    #expect(test.refusal(.say(text: "/ban ann", replyTo: nil), "eve") == .forbidden)
  }

  @Test("frames carry names and texts; held messages go to staff and their author only")
  func frames() throws {
    var test = TestHouse()
    let frame = try #require(try test.does(.say(text: "wow", replyTo: nil), "bob").frames.first)
    #expect(frame.audience == .everyone && frame.delivery == .chat && frame.sequence == 1)
    #expect(look(frame.bytes, "type") == "said" && look(frame.bytes, "cursor") == 1)
    #expect(look(frame.bytes, "message", "text") == "wow")
    #expect(look(frame.bytes, "message", "member", "name") == "BOB")
    let question = try test.does(.say(text: "how much?", replyTo: nil), "bob")
    #expect(question.frames.first?.delivery == .state, "questions are never sampled")
    var change = ChatRulesChange()
    change.hold = .all
    change.words = ["x"]
    let rules = try test.does(.setChat(change), "ann", .host).frames.filter {
      look($0.bytes, "type") == "chatSet"
    }
    #expect(rules.map(\.audience) == [.staff, .viewers])
    #expect(look(rules[1].bytes, "chat", "words") == .null)
    let held = try test.does(.say(text: "psst", replyTo: nil), "bob").frames
    #expect(held.map(\.audience) == [.staff, .viewer(PersonID(1))])
    let id = test.house.state.sequence
    let approved = try test.does(.reviewMessage(id, approve: true), "ann", .host).frames
    #expect(approved.map(\.audience) == [.everyone])
    #expect(look(approved[0].bytes, "message", "text") == "psst")
  }

  @Test("poll counts go to whom the poll shows them")
  func pollFrames() throws {
    for (results, audiences) in [
      (Poll.Results.live, [Audience.everyone]), (.afterVote, [.staff, .viewers, .voters(2)]),
      (.afterClose, [.staff, .viewers]),
    ] {
      var test = TestHouse()
      let draft = PollDraft(question: "?", options: ["a", "b"], results: results)
      let opened = try test.does(.openPoll(draft), "ann", .host)
      let id = try #require(opened.events.last?.sequence)
      #expect(id == 2)
      let frames = try test.does(.vote(poll: id, options: [1]), "bob").frames
      #expect(frames.first?.audience == .person(PersonID(2)))
      #expect(frames.dropFirst().map(\.audience) == audiences)
      // Viewers who don't see the counts are told how many have voted, and nothing more.
      let hidden = frames.filter { $0.audience == .viewers }.map(\.delivery)
      #expect(hidden == (results == .live ? [] : [.counter(.voters(id))]))
      let voters = try #require(test.house.counter(.voters(id)))
      #expect(look(voters, "voters") == 1)
      #expect(!String(decoding: voters, as: UTF8.self).contains("counts"))
      let viewer = test.house.snapshot(forStaff: false).messages[0]
      let isShown = look(viewer, "polls", "0", "counts") != .null
      #expect(isShown == (results == .live))
      let staff = test.house.snapshot(forStaff: true).messages[0]
      #expect(look(staff, "polls", "0", "counts", "1") == 1)
      #expect(look(try #require(test.house.counter(.poll(id))), "voters") == 1)
    }
  }

  @Test("who comes back gets the frames missed, or a snapshot when they are gone")
  func resuming() throws {
    var test = TestHouse()
    for number in 0..<10 {
      test.atMs += 5000
      try test.does(.say(text: "m\(number)", replyTo: nil), "bob")
    }
    let spectator = Spectator(person: nil, isStaff: false)
    let missed = try #require(test.house.frames(after: 7, for: spectator))
    #expect(missed.messages.map { look($0, "cursor") } == [8, 9, 10])
    #expect(missed.sequence == 10)
    #expect(test.house.frames(after: 10, for: spectator)?.messages == [])
    #expect(test.house.frames(after: 11, for: spectator) == nil)
    for number in 0..<1100 {
      test.atMs += 5000
      try test.does(.say(text: "n\(number)", replyTo: nil), "bob")
    }
    #expect(test.house.frames(after: 10, for: spectator) == nil)
    #expect(test.house.frames(after: 200, for: spectator)?.messages.count == 910)
  }

  @Test("missed counters come once, with the value of now")
  func missedCounters() throws {
    var test = TestHouse()
    try test.does(.ask(text: "why?"), "bob")
    for person in ["c", "d", "e"] { try test.does(.upvote(question: 1, on: true), person) }
    let missed = try #require(
      test.house.frames(after: 1, for: Spectator(person: nil, isStaff: false)))
    #expect(missed.messages.count == 1)
    #expect(look(missed.messages[0], "upvotes") == 3)
  }

  @Test("a large snapshot comes in parts that fit a message")
  func snapshotParts() throws {
    var test = TestHouse()
    for number in 0..<200 {
      test.atMs += 5000
      let text = "\(number)" + String(repeating: "é", count: 490)
      try test.does(.say(text: text, replyTo: nil), "bob")
    }
    let parts = test.house.snapshot(forStaff: false).messages
    #expect(parts.count > 5)
    #expect(parts.allSatisfy { $0.count < 48 * 1024 })
    #expect(parts.map { look($0, "last") == true } == parts.indices.map { $0 == parts.count - 1 })
    var count = 0
    for part in parts {
      if case .array(let messages) = look(part, "messages") { count += messages.count }
    }
    #expect(count == 200)
  }

  @Test("one's own part says what is one's own")
  func personal() throws {
    var test = TestHouse()
    let draft = PollDraft(question: "?", options: ["a", "b"], results: .afterVote)
    let id = try #require(try test.does(.openPoll(draft), "ann", .host).events.last?.sequence)
    try test.does(.vote(poll: id, options: [1]), "bob")
    try test.does(.follow(on: true), "bob")
    let bob = test.house.personal("bob", token: .viewer, atMs: test.atMs)
    #expect(look(bob, "votes", "0", "options", "0") == 1)
    #expect(look(bob, "votes", "0", "counts", "1") == 1)
    #expect(look(bob, "follows") == true && look(bob, "publish") == false)
    let eve = test.house.personal("eve", token: .viewer, atMs: test.atMs)
    #expect(look(eve, "votes") == .array([]) && look(eve, "follows") == false)
  }

  @Test("following is told with the host's identity")
  func follows() throws {
    var test = TestHouse()
    try test.does(.announce(text: "hi"), "ann", .host)
    let pending = try test.does(.follow(on: true), "bob")
    let follow = try #require(pending.follows.first)
    #expect(follow.host == "ann" && follow.follower == "bob" && follow.isOn)
    #expect(try test.does(.follow(on: true), "bob").follows.isEmpty)
  }

  @Test("reactions are told as counts and logged every ten seconds")
  func reactions() throws {
    var test = TestHouse()
    #expect(test.house.takeReactions() == nil)
    #expect(try !test.does(.react(emoji: "👍", count: 3), "bob").needsCommit)
    try test.does(.react(emoji: "👍", count: 4), "eve")
    let taken = test.house.takeReactions()
    let counts = try #require(taken)
    #expect(look(counts, "counts", "0", "count") == 7)
    #expect(test.house.takeReactions() == nil)
    let logged = test.house.tick(atMs: test.atMs)
    #expect(
      logged.first?.events.first?.event
        == .reactionsCounted([ReactionCount(emoji: "👍", count: 7)]))
    try test.does(.react(emoji: "🔥", count: 1), "bob")
    #expect(test.house.tick(atMs: test.atMs + 9999).isEmpty)
    #expect(test.house.tick(atMs: test.atMs + 10_000).count == 1)
  }

  @Test("a caption is told at once and cleaned, and leaves no trace in the log")
  func captions() throws {
    var test = TestHouse()
    let draft = CaptionDraft(
      text: "  one \u{202E}\n\n two\u{7} ", language: "DE-ch", durationMs: 900, name: "u1",
      isPartial: true)
    // Whose role is news makes an event; told with it, and at once from then on.
    #expect(try test.does(.caption(draft), "mod", .moderator).frames.last?.delivery == .prompt)
    let sequence = test.house.state.sequence
    let pending = try test.does(.caption(draft), "mod", .moderator)
    #expect(!pending.needsCommit && test.house.state.sequence == sequence)
    let frame = try #require(pending.frames.first)
    #expect(pending.frames.count == 1)
    #expect(frame.audience == .everyone && frame.delivery == .prompt)
    #expect(look(frame.bytes, "text") == "one\ntwo" && look(frame.bytes, "language") == "de-CH")
    #expect(look(frame.bytes, "caption") == "u1" && look(frame.bytes, "partial") == true)
    #expect(look(frame.bytes, "mediaTimeMs") == .integer(test.atMs))
    #expect(look(frame.bytes, "durationMs") == 900)
    // Without a name nobody can take its place; 30 characters are read in 2 s.
    let plain = CaptionDraft(text: String(repeating: "a", count: 30), language: "en")
    let bytes = try #require(try test.does(.caption(plain), "ann", .host).frames.last?.bytes)
    #expect(look(bytes, "caption") == "#3" && look(bytes, "durationMs") == 2000)
    #expect(look(bytes, "partial") == false)
  }

  @Test("captions are staff's, in few languages, of now, and not too many")
  func captionRefusals() throws {
    var test = TestHouse()
    func caption(
      _ text: String = "a", _ language: String = "en", name: String? = nil, isPartial: Bool = false
    ) -> RoomCommand {
      .caption(
        CaptionDraft(text: text, language: language, name: name, isPartial: isPartial))
    }
    #expect(test.refusal(caption(), "bob") == .forbidden)
    for bad in [
      caption("\u{7}\n "), caption("a\nb\nc\nd"), caption(String(repeating: "a", count: 201)),
      caption("a", "english!"), caption(name: "a b"), caption(isPartial: true),
    ] {
      #expect(test.refusal(bad, "ann", .host) == .badField, "\(bad)")
    }
    for (mediaTimeMs, isTaken) in [
      (test.atMs - 30_000, true), (test.atMs - 30_001, false), (test.atMs + 1000, true),
      (test.atMs + 1001, false),
    ] {
      var envelope = test.envelope(caption(), "svc", .service)
      envelope.mediaTimeMs = mediaTimeMs
      let outcome = test.house.submit(envelope)
      if case .decided(let pending) = outcome {
        #expect(isTaken)
        #expect(look(pending.frames[0].bytes, "mediaTimeMs") == .integer(mediaTimeMs))
      } else {
        #expect(!isTaken)
      }
    }
    test.atMs += 60_000
    for language in ["de", "fr", "pt-br", "EN", "pt-BR"] {
      #expect(test.refusal(caption("a", language), "ann", .host) == nil)
    }
    #expect(test.refusal(caption("a", "it"), "ann", .host) == .limit)
    test.atMs += 60_000
    for _ in 0..<20 { #expect(test.refusal(caption(), "ann", .host) == nil) }
    #expect(test.refusal(caption(), "ann", .host) == .rate)
    #expect(test.refusal(caption(), "svc", .service) == nil)
    test.atMs += 125
    #expect(test.refusal(caption(), "ann", .host) == nil)
    try test.does(.endRoom, "ann", .host)
    #expect(test.refusal(caption(), "svc", .service) == .roomEnded)
  }

  @Test("erasing a person leaves counts and references, and no name or text")
  func erasure() throws {
    var test = TestHouse()
    try test.does(.say(text: "my secret", replyTo: nil), "bob")
    let before = test.house.state
    test.house.erase("bob")
    #expect(test.house.state == before)
    let parts = test.house.snapshot(forStaff: true).messages
    #expect(look(parts[0], "messages", "0", "text") == .null)
    #expect(look(parts[0], "messages", "0", "member") == .null)
    let all = parts.map { String(decoding: $0, as: UTF8.self) }.joined()
    #expect(!all.contains("secret") && !all.contains("BOB"))
    #expect(test.house.frames(after: 0, for: Spectator(person: nil, isStaff: true)) == nil)
    #expect(
      try test.does(.say(text: "again", replyTo: nil), "bob").people.first?.person.rawValue == 2)
  }

  @Test("nothing is told before it is committed: a decision says what it reflects")
  func reflects() throws {
    var test = TestHouse()
    guard
      case .decided(let first) = test.house.submit(
        test.envelope(.say(text: "a", replyTo: nil), "ann"))
    else {
      Issue.record("not decided")
      return
    }
    #expect(!test.house.isSettled && test.house.committedSequence == 0)
    #expect(test.house.snapshot(forStaff: false).sequence == 1)
    guard
      case .refused(_, let after) = test.house.submit(test.envelope(.deleteMessage(1), "bob"))
    else {
      Issue.record("not refused")
      return
    }
    #expect(after == 1)
    test.commit(first)
    #expect(test.house.isSettled)
  }

  @Test("the texts of messages that are shown no more leave memory")
  func textBound() throws {
    var test = TestHouse()
    for number in 0..<5000 {
      test.atMs += 5000
      try test.does(.say(text: "m\(number)", replyTo: nil), "bob")
    }
    #expect(test.house.texts.count < 2100)
    let newest = try #require(test.house.state.chat.messages.last)
    #expect(test.house.texts[newest.text] == "m4999")
  }
}
