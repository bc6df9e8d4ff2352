// The room's part of PROTOCOL.md against what a house writes.

import Access
import Foundation
import JSON
import Room
import Testing

@Suite("PROTOCOL.md's part about the room is true")
struct RoomDocumentTests {
  /// The lines of that part which are messages of the server, and the multi-line ones put together.
  private func examples() throws -> [JSONObject] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "signaling/PROTOCOL.md"), encoding: .utf8)
    let part = text.components(separatedBy: "\n## The room: chat, polls, people\n")[1]
      .components(separatedBy: "\n## ")[0]
    var examples: [JSONObject] = []
    for block in part.components(separatedBy: "```json\n").dropFirst() {
      let lines = block.components(separatedBy: "```")[0].components(separatedBy: "\n{\"type\"")
      for (index, line) in lines.enumerated() {
        let text = index == 0 ? line : "{\"type\"" + line
        guard case .object(let object) = try JSONValue.parse(Array(text.utf8)) else { continue }
        examples.append(object)
      }
    }
    return examples
  }

  /// Everything a busy room tells, as objects.
  private func told() throws -> [JSONObject] {
    var test = TestHouse()
    var told: [[UInt8]] = []
    func say(_ text: String) -> RoomCommand { .say(text: text, replyTo: nil) }
    func toward(_ member: String, _ command: MemberCommand) -> RoomCommand {
      .toward(.identity(member), command)
    }
    func run(_ commands: [(RoomCommand, String, Role)]) throws {
      for (command, identity, role) in commands {
        test.atMs += 3000
        for frame in try test.does(command, identity, role).frames {
          if case .counter(let key) = frame.delivery {
            told.append(try #require(test.house.counter(key)))
          } else {
            told.append(frame.bytes)
          }
        }
      }
    }
    var hold = ChatRulesChange()
    hold.hold = .all
    var free = ChatRulesChange()
    free.hold = .off
    var settings = RoomSettingsChange()
    settings.title = "Sale"
    let host = Role.host
    let poll = PollDraft(question: "Which?", options: ["a", "b"])
    try run([
      (say("hello"), "bob", .viewer), (.setChat(hold), "ann", host), (say("held"), "bob", .viewer),
    ])
    try run([
      (.reviewMessage(test.house.state.sequence, approve: true), "ann", host),
      (.setChat(free), "ann", host), (.pinMessage(1), "ann", host),
      (.deleteMessage(1), "bob", .viewer),
      (toward("bob", .clearMessages), "ann", host), (toward("bob", .mute(on: true)), "ann", host),
      (toward("bob", .mute(on: false)), "ann", host),
      (toward("bob", .timeout(seconds: 1)), "ann", host),
      (toward("bob", .inviteToStage), "ann", host),
      (.answerInvitation(accept: true), "bob", .viewer), (.leaveStage, "bob", .viewer),
      (toward("bob", .inviteToStage), "ann", host), (toward("bob", .removeFromStage), "ann", host),
      (toward("bob", .ban(.identity, reason: "spam")), "ann", host),
      (toward("bob", .unban), "ann", host), (toward("bob", .setRole(.moderator)), "ann", host),
      (.follow(on: true), "eve", .viewer), (.openPoll(poll), "ann", host),
    ])
    let id = test.house.state.sequence
    try run([
      (.vote(poll: id, options: [1]), "eve", .viewer), (.closePoll(id), "ann", host),
      (.revealPoll(id), "ann", host), (.ask(text: "Why?"), "eve", .viewer),
    ])
    let question = test.house.state.sequence
    try run([
      (.upvote(question: question, on: true), "bob", .viewer),
      (.highlightQuestion(question), "ann", host), (.answerQuestion(question), "ann", host),
      (.openGiveaway(GiveawayDraft(prize: "Mug")), "ann", host),
    ])
    let giveaway = test.house.state.sequence
    try run([
      (.enter(giveaway: giveaway), "eve", .viewer), (.drawGiveaway(giveaway), "ann", host),
      (.schedule(title: "Sale", startsAtMs: 1, description: nil), "ann", host),
      (.announce(text: "Now"), "ann", host), (.setRoom(settings), "ann", host),
      (say("last"), "eve", .viewer), (.react(emoji: "👍", count: 2), "eve", .viewer),
    ])
    let hidden = PollDraft(question: "Hidden?", options: ["a", "b"], results: .afterClose)
    try run([(.openPoll(hidden), "ann", host)])
    try run([(.vote(poll: test.house.state.sequence, options: [0]), "eve", .viewer)])
    told.append(try taken(&test))
    try run([(.caption(CaptionDraft(text: "Hi", language: "en")), "ann", host)])
    var counted = test.house.tick(atMs: test.atMs)
    if let live = test.house.serve(.phaseObserved(.live), atMs: test.atMs) { counted.append(live) }
    if let audience = test.house.serve(.audienceCounted(viewers: 5), atMs: test.atMs) {
      counted.append(audience)
    }
    for frame in counted.flatMap(\.frames) {
      if case .counter(let key) = frame.delivery {
        told.append(try #require(test.house.counter(key)))
      } else {
        told.append(frame.bytes)
      }
    }
    told += test.house.snapshot(forStaff: false).messages
    told.append(test.house.personal("eve", token: .viewer, atMs: test.atMs))
    return try told.compactMap { bytes in
      if case .object(let object) = try JSONValue.parse(bytes) { object } else { nil }
    }
  }

  private func taken(_ test: inout TestHouse) throws -> [UInt8] {
    let reactions = test.house.takeReactions()
    return try #require(reactions)
  }

  private func type(_ object: JSONObject) -> String {
    if case .string(let type) = object["type"] { type } else { "" }
  }

  /// The keys of an object and of the objects in it; what is null in either is not compared.
  private func agree(_ ours: JSONValue, _ document: JSONValue, _ path: String) {
    switch (ours, document) {
    case (.object(let ours), .object(let document)):
      let optional: Set<String> = ["mediaTimeMs", "held", "deleted", "by", "words"]
      let keys = Set(ours.members.map(\.key)).subtracting(optional)
      let documented = Set(document.members.map(\.key)).subtracting(optional)
      // Empty lists may be absent.
      #expect(keys.isSubset(of: documented), "\(path): \(keys.subtracting(documented))")
      for key in documented.subtracting(keys) {
        if case .array = document[key] { continue }
        Issue.record("\(path).\(key) is not written")
      }
      for member in ours.members {
        guard let other = document[member.key] else { continue }
        agree(member.value, other, "\(path).\(member.key)")
      }
    case (.array(let ours), .array(let document)):
      if let first = ours.first, let other = document.first { agree(first, other, "\(path)[0]") }
    case (.null, _), (_, .null): break
    default: #expect(ours.typeName == document.typeName, "\(path)")
    }
  }

  @Test("every message a room sends has the fields of its example")
  func shapes() throws {
    let examples = try examples()
    let told = try told()
    let withoutExample: Set<String> = [
      "pollClosed", "pollRevealed", "giveawayOpened", "giveawayClosed", "giveawayDrawn",
    ]
    for object in told {
      let type = type(object)
      // A request may have the name of a message.
      let example = examples.first { self.type($0) == type && $0["id"] == nil }
      guard let example else {
        #expect(withoutExample.contains(type), "\(type) has no example")
        continue
      }
      agree(.object(object), .object(example), type)
    }
    let requests: Set<String> = [
      "ok", "say", "setChat", "ban", "setRole", "openPoll", "vote", "openGiveaway", "setRoom",
      "history", "people", "audit", "audience",
    ]
    // The sockets' own, not the room's: EndpointsTests/BehindTests sees to it.
    let fanOut: Set<String> = ["chatGap"]
    let types = Set(told.map { type($0) })
    for example in examples where !requests.union(fanOut).contains(type(example)) {
      #expect(types.contains(type(example)), "\(type(example)) is never sent")
    }
  }

  @Test("every refusal's code and status is in the table")
  func refusals() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "signaling/PROTOCOL.md"), encoding: .utf8)
    let table =
      text.components(separatedBy: "### Refusals")[1].components(separatedBy: "###")[0]
      + text.components(separatedBy: "\n## The shop\n")[1].components(separatedBy: "###")[0]
    for code in CommandRefusal.Code.allCases {
      let line = table.split(separator: "\n").first {
        $0.hasPrefix("| `") && $0.contains("`\(code.rawValue)`")
      }
      #expect(line?.contains("| \(code.status) |") == true, "\(code)")
    }
  }
}
