// Polls, questions, giveaways, reactions.

import Access
import JSON
import Room
import Testing
import Wire

@Suite("Polls, questions and giveaways in the room engine")
struct ParticipationEngineTests {
  /// What an independent program (Python's hmac and hashlib) makes of the seed 00 01 … 1F.
  static let drawn: [UInt32] = [4, 2, 5]
  static let commitment = "77c1017939c1ad55f0f5e881e5e2285f3b7e9a39bfd63435595e6105ad01fc86"

  private func stage(_ draft: PollDraft) throws -> (Stage, EntryID) {
    var stage = Stage()
    let id = try #require(try stage.does(.openPoll(draft), 1, .host).made)
    return (stage, id)
  }

  @Test("one vote per person, for good unless the poll says otherwise")
  func votes() throws {
    var (stage, id) = try stage(PollDraft(question: "?", options: ["a", "b"]))
    try stage.does(.vote(poll: id, options: [0]), 2)
    #expect(try stage.does(.vote(poll: id, options: [0]), 2).events.isEmpty)
    #expect(stage.refusal(.vote(poll: id, options: [1]), 2) == .alreadyVoted)
    #expect(stage.state.polls[0].counts == [1, 0])
    (stage, id) = try self.stage(
      PollDraft(question: "?", options: ["a", "b", "c"], isMultiple: true, isChangeable: true))
    try stage.does(.vote(poll: id, options: [0, 2]), 2)
    try stage.does(.vote(poll: id, options: [1, 2]), 2)
    #expect(stage.state.polls[0].counts == [0, 1, 1])
    #expect(stage.state.polls[0].voterCount == 1)
  }

  @Test("votes name options that are there", arguments: [[], [2], [-1], [0, 1]] as [[Int64]])
  func badVotes(options: [Int64]) throws {
    var (stage, id) = try stage(PollDraft(question: "?", options: ["a", "b"]))
    #expect(stage.refusal(.vote(poll: id, options: options), 2) == .badField)
    #expect(stage.refusal(.vote(poll: id + 5, options: [0]), 2) == .unknownPoll)
  }

  @Test("a poll takes no votes after its time, even before the timer has closed it")
  func closing() throws {
    var (stage, id) = try stage(
      PollDraft(question: "?", options: ["a", "b"], closesAfterSeconds: 30))
    #expect(stage.state.nextDueMs == stage.atMs + 30_000)
    stage.atMs += 29_999
    #expect(stage.refusal(.vote(poll: id, options: [0]), 2) == nil)
    #expect(try stage.serves(.closeDue).events.isEmpty)
    stage.atMs += 1
    #expect(stage.refusal(.vote(poll: id, options: [0]), 3) == .closed)
    try stage.serves(.closeDue)
    #expect(stage.last == .pollClosed(id))
    #expect(stage.state.nextDueMs == nil)
  }

  @Test("polls are bounded: five open, fifty kept, voters of three closed ones")
  func pollBounds() throws {
    var stage = Stage()
    for number in 0..<60 {
      let draft = PollDraft(question: "\(number)", options: ["a", "b"])
      let id = try #require(try stage.does(.openPoll(draft), 1, .host).made)
      try stage.does(.vote(poll: id, options: [0]), 2)
      try stage.does(.closePoll(id), 1, .host)
    }
    #expect(stage.state.polls.count == EngineLimits.pollsMax)
    #expect(stage.state.polls.count { !$0.voters.isEmpty } == EngineLimits.pollsWithVotersMax)
    #expect(stage.state.polls.allSatisfy { $0.counts == [1, 0] })
    let draft = PollDraft(question: "?", options: ["a", "b"])
    for _ in 0..<EngineLimits.pollsOpenMax { try stage.does(.openPoll(draft), 1, .host) }
    #expect(stage.refusal(.openPoll(draft), 1, .host) == .limit)
  }

  @Test("questions are upvoted once each, not by their authors, and leave when answered")
  func questions() throws {
    var stage = Stage()
    let id = try #require(try stage.does(.ask(text: "why?"), 2).made)
    #expect(stage.refusal(.upvote(question: id, on: true), 2) == .forbidden)
    try stage.does(.upvote(question: id, on: true), 3)
    #expect(try stage.does(.upvote(question: id, on: true), 3).events.isEmpty)
    try stage.does(.upvote(question: id, on: true), 4)
    try stage.does(.upvote(question: id, on: false), 3)
    #expect(stage.state.questions.open[0].upvotes.count == 1)
    try stage.does(.highlightQuestion(id), 1, .host)
    try stage.does(.answerQuestion(id), 1, .host)
    #expect(stage.state.questions.open.isEmpty)
    #expect(stage.state.questions.answered.map(\.id) == [id])
    #expect(stage.refusal(.upvote(question: id, on: true), 5) == .unknownQuestion)
    for number in 0..<EngineLimits.questionsEachMax { try stage.does(.ask(text: "\(number)"), 2) }
    #expect(stage.refusal(.ask(text: "one more"), 2) == .limit)
  }

  @Test("a giveaway's keyword in the chat is an entry, once")
  func keyword() throws {
    var stage = Stage()
    let draft = GiveawayDraft(prize: "Mug", rule: .keyword, keyword: "Win")
    let id = try #require(try stage.does(.openGiveaway(draft), 1, .host).made)
    #expect(stage.refusal(.enter(giveaway: id), 2) == .notEligible)
    try stage.does(.say(text: "WIN", replyTo: nil), 2)
    #expect(stage.last == .entered(giveaway: id))
    try stage.does(.say(text: "win", replyTo: nil), 2)
    try stage.does(.say(text: "win", replyTo: nil), 1, .host)
    try stage.does(.say(text: "to win", replyTo: nil), 3)
    #expect(stage.state.giveaways[0].entries == [PersonID(2)])
  }

  @Test("a giveaway for followers takes followers")
  func followers() throws {
    var stage = Stage()
    let draft = GiveawayDraft(prize: "Mug", rule: .followers)
    let id = try #require(try stage.does(.openGiveaway(draft), 1, .host).made)
    #expect(stage.refusal(.enter(giveaway: id), 2) == .notEligible)
    try stage.does(.follow(on: true), 2)
    #expect(stage.refusal(.enter(giveaway: id), 2) == nil)
    let elsewhere = Actor(person: PersonID(3), role: .viewer, isFollower: true)
    let context = CommandContext(actor: elsewhere, atMs: stage.atMs)
    #expect(try stage.does(.enter(giveaway: id), context).events.count == 1)
  }

  @Test("the seed stays secret until the draw, and matches what was committed to")
  func secrecy() throws {
    var stage = Stage()
    let draft = GiveawayDraft(prize: "Mug", winners: 2)
    let id = try #require(try stage.does(.openGiveaway(draft), 1, .host).made)
    let opened = try #require(stage.last)
    #expect(opened.body[EventCoding.secretKey] != nil)
    #expect(EventCoding.publishedBody(opened.body)[EventCoding.secretKey] == nil)
    for person in UInt32(2)...9 { try stage.does(.enter(giveaway: id), person) }
    try stage.does(toward(5, .ban(.identity, reason: nil)), 1, .host)
    try stage.does(.drawGiveaway(id), 1, .host)
    guard case .giveawayDrawn(id, let seed, let winners) = stage.last else {
      Issue.record("no draw")
      return
    }
    #expect(stage.state.giveaways[0].commitment == Draw.commitment(seed: seed, giveaway: id))
    #expect(winners.count == 2 && !winners.contains(PersonID(5)))
    #expect(stage.refusal(.drawGiveaway(id), 1, .host) == .wrongState)
    #expect(stage.refusal(.enter(giveaway: id), 30) == .closed)
  }

  @Test("a draw without entries is refused, with fewer entries than winners all win")
  func smallDraws() throws {
    var stage = Stage()
    let id = try #require(
      try stage.does(.openGiveaway(GiveawayDraft(prize: "x", winners: 5)), 1, .host).made)
    #expect(stage.refusal(.drawGiveaway(id), 1, .host) == .noEntries)
    try stage.does(.enter(giveaway: id), 2)
    try stage.does(.enter(giveaway: id), 3)
    try stage.does(.drawGiveaway(id), 1, .host)
    #expect(Set(stage.state.giveaways[0].winners) == [PersonID(2), PersonID(3)])
  }

  @Test("the draw of a known seed is a known one, and every entry can win")
  func drawVector() {
    let entries = (1...5).map { PersonID(UInt32($0)) }
    let seed = [UInt8](0..<32)
    #expect(
      Draw.winners(seed: seed, giveaway: 17, entries: entries, count: 3).map(\.rawValue)
        == ParticipationEngineTests.drawn)
    #expect(
      Hex.text(Draw.commitment(seed: seed, giveaway: 17)) == ParticipationEngineTests.commitment)
    var wins: [PersonID: Int] = [:]
    for giveaway in 0..<1000 {
      for winner in Draw.winners(
        seed: seed, giveaway: EntryID(giveaway), entries: entries, count: 1)
      {
        wins[winner, default: 0] += 1
      }
    }
    // 200 each are expected, with a standard deviation of 13.
    #expect(wins.count == 5 && wins.values.allSatisfy { (135...265).contains($0) })
  }

  @Test("reactions are of the room's emojis and few at a time")
  func reactions() throws {
    var stage = Stage()
    #expect(try stage.does(.react(emoji: "👍", count: 20), 2).events.isEmpty)
    #expect(stage.refusal(.react(emoji: "👍", count: 21), 2) == .badField)
    #expect(stage.refusal(.react(emoji: "🦄", count: 1), 2) == .badField)
    try stage.serves(.reactionsCounted([ReactionCount(emoji: "👍", count: 7)]))
    try stage.serves(.reactionsCounted([ReactionCount(emoji: "👍", count: 5)]))
    #expect(stage.state.show.reactions == [ReactionCount(emoji: "👍", count: 12)])
  }

  @Test("the host's page dates events within thirty seconds, or not at all")
  func mediaTime() throws {
    var stage = Stage()
    for (behind, isTaken) in [(Int64(0), true), (30_000, true), (30_001, false), (-1, false)] {
      let context = CommandContext(
        actor: Actor(person: PersonID(1), role: .host), atMs: stage.atMs,
        mediaTimeMs: stage.atMs - behind)
      let event = try #require(try stage.does(.announce(text: "now"), context).events.last)
      #expect((event.mediaTimeMs != nil) == isTaken)
    }
  }
}
