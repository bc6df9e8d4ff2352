// PROTOCOL.md's part about the shop against what a house writes.

import Access
import Commerce
import Foundation
import JSON
import Room
import Testing

@Suite("PROTOCOL.md's part about the shop is true")
struct ShopDocumentTests {
  private func part() throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "signaling/PROTOCOL.md"), encoding: .utf8)
    return text.components(separatedBy: "\n## The shop\n")[1].components(separatedBy: "\n## ")[0]
  }

  private func examples() throws -> [JSONObject] {
    try part().components(separatedBy: "```json\n").dropFirst().flatMap { block -> [JSONObject] in
      let lines = block.components(separatedBy: "```")[0].components(separatedBy: "\n{\"type\"")
      return try lines.enumerated().compactMap { index, line -> JSONObject? in
        let text = index == 0 ? line : "{\"type\"" + line
        guard case .object(let object) = try JSONValue.parse(Array(text.utf8)) else { return nil }
        return object
      }
    }
  }

  private func type(_ object: JSONObject) -> String {
    if case .string(let type) = object["type"] { type } else { "" }
  }

  /// The keys of an object and of the objects in it; what is null in either is not compared.
  private func agree(_ ours: JSONValue, _ document: JSONValue, _ path: String) {
    switch (ours, document) {
    case (.object(let ours), .object(let document)):
      // For staff, or of another source.
      let optional: Set<String> = [
        "mediaTimeMs", "merchant", "revenue", "member", "paymentURL", "drop", "lot", "units",
        "held", "reserved", "pending", "unanswered",
      ]
      let keys = Set(ours.members.map(\.key)).subtracting(optional)
      let documented = Set(document.members.map(\.key)).subtracting(optional)
      #expect(keys == documented, "\(path): \(keys.symmetricDifference(documented))")
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

  @Test("every message of the shop has the fields of its example, and every example is sent")
  func shapes() throws {
    let story = try ShopStory.told()
    if ProcessInfo.processInfo.environment["PRINT_SHOP"] != nil { print(story) }
    let examples = try examples()
    for (_, message) in story.told where message["cursor"] != nil {
      guard let example = examples.first(where: { type($0) == type(message) }) else {
        Issue.record("\(type(message)) has no example")
        continue
      }
      agree(.object(message), .object(example), type(message))
    }
    let sent = Set(story.told.map { type($0.message) })
    for example in examples where example["cursor"] != nil {
      let type = type(example)
      #expect(sent.contains(type) || type == "snapshot" || type == "me" || type == "ok", "\(type)")
    }
  }

  @Test("the snapshot and `me` have the shop as their example has it")
  func snapshot() throws {
    let story = try ShopStory.told()
    let examples = try examples()
    let snapshot = try #require(examples.first { type($0) == "snapshot" })
    for forStaff in [false, true] {
      let whole = story.test.house.whole(forStaff: forStaff)
      for name in ["shop", "listings", "pins", "drops"] {
        agree(try #require(whole[name]), try #require(snapshot[name]), name)
      }
      #expect((whole["vouchers"] != nil) == forStaff)
    }
    let me = try #require(examples.first { type($0) == "me" })
    let own = story.test.house.personal("eve", token: .viewer, atMs: story.test.atMs)
    guard case .object(let object) = try JSONValue.parse(own) else { return }
    agree(try #require(object["shop"]), try #require(me["shop"]), "me.shop")
  }

  private func print(_ story: ShopStory) {
    var seen: Set<String> = []
    for (audience, message) in story.told where seen.insert(type(message)).inserted {
      Swift.print("\(audience)", String(decoding: JSONValue.object(message).write(), as: UTF8.self))
    }
    let house = story.test.house
    for message in house.snapshot(forStaff: false).messages {
      Swift.print(String(decoding: message, as: UTF8.self))
    }
    let own = house.personal("eve", token: .viewer, atMs: story.test.atMs)
    Swift.print(String(decoding: own, as: UTF8.self))
    for page in [
      house.orderPage(before: nil, limit: 5), house.pinPage(before: nil, limit: 5),
      house.leaderboard, house.orderTable(after: nil, limit: 100).text,
    ] { Swift.print(String(decoding: page, as: UTF8.self)) }
  }
}
