// The chat: who may say what, review, pins, deletion.

import Access
import Room
import Testing

@Suite("Chat in the room engine")
struct ChatEngineTests {
  @Test("a message gets the number of its event, and its text stands beside the log")
  func say() throws {
    var stage = Stage()
    let decision = try stage.does(.say(text: " hel\u{0}lo\n", replyTo: nil), 1)
    #expect(decision.made == 1)
    #expect(decision.texts.map(\.body) == ["hello"])
    #expect(stage.state.chat.messages.map(\.id) == [1])
    #expect(try stage.does(.say(text: "yes", replyTo: 1), 2).made == 2)
    #expect(stage.refusal(.say(text: "no", replyTo: 9), 2) == .unknownMessage)
  }

  @Test(
    "only 1 to 500 visible characters are a message",
    arguments: [
      ("", false), ("\u{200B}\u{200D} ", false), (String(repeating: "é", count: 500), true),
      (String(repeating: "é", count: 501), false), (String(repeating: " ", count: 5000), false),
    ])
  func lengths(text: String, isTaken: Bool) {
    var stage = Stage()
    #expect((stage.refusal(.say(text: text, replyTo: nil), 1) == nil) == isTaken)
  }

  @Test("bidirectional overrides and towers of marks are taken out")
  func cleaning() throws {
    let tower = "a" + String(repeating: "\u{0301}", count: 40)
    let clean = try CleanText.clean("x\u{202E}y\u{2066}z " + tower, "text", max: 100)
    #expect(clean.unicodeScalars.count == 5 + 4)
  }

  @Test("the modes let the right people write", arguments: ChatRules.Mode.allCases)
  func modes(mode: ChatRules.Mode) throws {
    var stage = Stage()
    var change = ChatRulesChange()
    change.mode = mode
    try stage.does(.setChat(change), 1, .host)
    try stage.does(.follow(on: true), 3)
    let viewer = stage.refusal(.say(text: "a", replyTo: nil), 2)
    let follower = stage.refusal(.say(text: "b", replyTo: nil), 3)
    let staff = stage.refusal(.say(text: "c", replyTo: nil), 4, .moderator)
    #expect((viewer == nil) == (mode == .everyone))
    #expect((follower == nil) == (mode == .everyone || mode == .followers))
    #expect((staff == nil) == (mode != .off))
  }

  @Test("slow mode says how long to wait, and lets staff through")
  func slow() throws {
    var stage = Stage()
    var change = ChatRulesChange()
    change.slowSeconds = 10
    try stage.does(.setChat(change), 1, .host)
    try stage.does(.say(text: "a", replyTo: nil), 2)
    stage.atMs += 9_000
    #expect(throws: CommandRefusal(.slow, "slow mode: one message in 10 s", retryAfterMs: 1000)) {
      try stage.does(.say(text: "b", replyTo: nil), 2)
    }
    #expect(stage.refusal(.say(text: "b", replyTo: nil), 3) == nil)
    stage.atMs += 1_000
    #expect(stage.refusal(.say(text: "b", replyTo: nil), 2) == nil)
    #expect(stage.refusal(.say(text: "1", replyTo: nil), 1, .host) == nil)
    #expect(stage.refusal(.say(text: "2", replyTo: nil), 1, .host) == nil)
  }

  @Test(
    "filters refuse links, words and letters",
    arguments: [
      ("buy at shop.example.com", true), ("see HTTPS://a", true), ("really.good", false),
      ("a BANANA, please", true), ("bananas", false), ("fine", false),
    ])
  func filters(text: String, isRefused: Bool) throws {
    var stage = Stage()
    var change = ChatRulesChange()
    change.links = .refuse
    change.words = ["Banana"]
    try stage.does(.setChat(change), 1, .host)
    #expect(
      stage.refusal(.say(text: text, replyTo: nil), 2) == (isRefused ? .filtered : nil))
    #expect(stage.refusal(.say(text: text, replyTo: nil), 1, .host) == nil)
  }

  @Test("emoji-only chat takes emojis", arguments: [("🔥❤️ 👍🏽", true), ("🔥 hi", false), ("1", false)])
  func emojiOnly(text: String, isTaken: Bool) throws {
    var stage = Stage()
    var change = ChatRulesChange()
    change.isEmojiOnly = true
    try stage.does(.setChat(change), 1, .host)
    #expect((stage.refusal(.say(text: text, replyTo: nil), 2) == nil) == isTaken)
  }

  @Test("a newcomer's message waits until it is approved; then the next ones don't")
  func review() throws {
    var stage = Stage()
    var change = ChatRulesChange()
    change.hold = .newcomers
    try stage.does(.setChat(change), 1, .host)
    let held = try stage.does(.say(text: "first", replyTo: nil), 2)
    #expect(held.isHeld)
    #expect(stage.state.chat.messages.isEmpty)
    let id = try #require(held.made)
    #expect(stage.refusal(.reviewMessage(id, approve: true), 2) == .forbidden)
    try stage.does(.reviewMessage(id, approve: true), 3, .moderator)
    #expect(stage.state.chat.messages.map(\.id) == [id])
    #expect(try !stage.does(.say(text: "second", replyTo: nil), 2).isHeld)
    #expect(stage.refusal(.reviewMessage(id, approve: true), 3, .moderator) == .unknownMessage)
  }

  @Test("authors delete their own messages, staff everybody's, and a deleted pin comes off")
  func deletion() throws {
    var stage = Stage()
    let id = try #require(try stage.does(.say(text: "a", replyTo: nil), 2).made)
    try stage.does(.pinMessage(id), 1, .host)
    #expect(stage.refusal(.deleteMessage(id), 3) == .forbidden)
    try stage.does(.deleteMessage(id), 2)
    #expect(stage.state.chat.messages.first?.isDeleted == true)
    #expect(stage.state.chat.pinned == nil)
    let other = try #require(try stage.does(.say(text: "b", replyTo: nil), 2).made)
    #expect(stage.refusal(.deleteMessage(other), 4, .moderator) == nil)
  }

  @Test("the last 200 messages are kept, and a pinned one longer")
  func bounds() throws {
    var stage = Stage()
    let first = try #require(try stage.does(.say(text: "keep", replyTo: nil), 1, .host).made)
    try stage.does(.pinMessage(first), 1, .host)
    for number in 0..<250 { try stage.does(.say(text: "m\(number)", replyTo: nil), 2) }
    #expect(stage.state.chat.messages.count == EngineLimits.messagesMax)
    #expect(stage.state.chat.pinned?.id == first)
    #expect(stage.state.shownTexts.count == EngineLimits.messagesMax + 1)
  }

  @Test(
    "messages are classified by their text",
    arguments: [
      ("how much is it?", MessageClass.question), ("多少钱？", .question), ("mine", .claim),
      ("Mine in blue!", .claim), ("+1", .claim), ("me too", .plain), ("25", .bid),
      ("€ 25.50", .bid),
      ("1,000 usd", .bid), ("$40", .bid), ("25 people here", .plain), ("nice", .plain),
    ])
  func classes(text: String, expected: MessageClass) {
    #expect(MessageClass(text: text) == expected)
  }
}
