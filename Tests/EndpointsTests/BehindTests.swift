// Clients that don't take what they are sent: what waits for them, what is left out, how they come back.

import Access
import JSON
import Testing
import Wire

@testable import Endpoints

@Suite("A client that is behind")
struct BehindTests {
  private func stage() throws -> RoomSocketStage {
    var stage = try RoomSocketStage()
    _ = try stage.join(1, "host", .host)
    for (socket, identity) in [(UInt64(2), "ann"), (3, "bob"), (4, "cy")] {
      _ = try stage.join(socket, identity, .viewer)
    }
    return stage
  }

  /// What a socket was told after its snapshot: texts of chat, types of the rest.
  private func told(_ stage: RoomSocketStage, _ socket: UInt64) -> [String] {
    (stage.told[socket] ?? []).dropFirst(2).map { object in
      let text = object.object("message").text("text")
      return object.type == "said" && !text.isEmpty ? String(text.prefix(10)) : object.type
    }
  }

  /// As long as makes the chat overflow soon.
  private func long(_ number: Int) -> String {
    "m\(number) " + String(repeating: "word ", count: 90)
  }

  @Test("it is sent nothing until it has taken what there was; the others are")
  func nothingMeanwhile() throws {
    var stage = try stage()
    stage.fallBehind(4)
    stage.send(2, ["type": "say", "text": "one"])
    stage.send(1, ["type": "announce", "text": "now"])
    stage.wait(.milliseconds(400))
    #expect(told(stage, 3) == ["one", "announced"])
    #expect(told(stage, 4) == [])
    stage.drain(4)
    #expect(told(stage, 4) == ["one", "announced"], "little was said: nothing is left out")
    stage.send(3, ["type": "say", "text": "two"])
    stage.wait(.milliseconds(400))
    #expect(told(stage, 4) == ["one", "announced", "two"])
  }

  @Test("old chat is left out and counted; questions, claims and staff's words never are")
  func gap() throws {
    var stage = try stage()
    stage.fallBehind(4)
    var plain: [Int64] = []
    for number in 0..<60 {
      stage.wait(.milliseconds(2000))
      for socket in [UInt64(1), 4] { stage.send(socket, ["type": "ping"]) }
      for socket in [UInt64(2), 3] {
        let text = number % 20 == 7 ? "question \(number)?" : long(number * 2 + Int(socket) - 2)
        stage.send(socket, ["type": "say", "id": "s", "text": .string(text)])
        guard case .integer(let id)? = stage.inbox(socket).last?["message"] else { continue }
        if number % 20 != 7 { plain.append(id) }
      }
      if number == 30 { stage.send(1, ["type": "say", "text": "the host"]) }
    }
    stage.wait(.milliseconds(400))
    stage.drain(4)
    let all = stage.told[4] ?? []
    let said = all.filter { $0.type == "said" }.map { $0.object("message") }
    let texts = said.map { String($0.text("text").prefix(8)) }
    #expect(texts.count { $0 == "question" } == 6)
    #expect(texts.contains("the host"))
    let gaps = all.filter { $0.type == "chatGap" }
    #expect(gaps.count == 1)
    let kept = said.filter { $0["class"] == "plain" && $0["role"] == "viewer" }
      .compactMap { $0["id"] }
    let left = plain.filter { !kept.contains(.integer($0)) }
    #expect(left.count > 50)
    #expect(gaps.first?["count"] == .integer(Int64(left.count)))
    #expect(gaps.first?["from"] == left.first.map { .integer($0) })
    #expect(gaps.first?["to"] == left.last.map { .integer($0) })
    #expect(plain.suffix(kept.count).map { .integer($0) } == kept, "the newest are there")
    let cursors = all.compactMap { object -> Int64? in
      guard object["atMs"] != nil, case .integer(let cursor)? = object["cursor"] else { return nil }
      return cursor
    }
    #expect(cursors == cursors.sorted() && Set(cursors).count == cursors.count)
  }

  @Test("of counters it gets the last value, of reactions nothing")
  func counters() throws {
    var stage = try stage()
    stage.send(
      1,
      [
        "type": "openPoll", "id": "p", "question": "?", "options": ["a", "b"], "results": "live",
      ])
    guard case .integer(let poll)? = stage.inbox(1).last?["poll"] else {
      Issue.record("no poll")
      return
    }
    stage.wait(.milliseconds(800))
    for socket in [UInt64(2), 3, 4] { _ = stage.inbox(socket) }
    stage.fallBehind(4)
    for socket in [UInt64(2), 3] {
      stage.send(socket, ["type": "vote", "poll": .integer(poll), "options": [1]])
      stage.send(socket, ["type": "react", "emoji": "❤️", "count": 3])
      stage.wait(.milliseconds(800))
    }
    #expect(stage.inbox(2).count { $0.type == "pollCounts" } == 2)
    #expect(told(stage, 2).count { $0 == "reactions" } == 2)
    stage.drain(4)
    let counts = stage.inbox(4).filter { $0.type == "pollCounts" }
    #expect(counts.count == 1)
    #expect(counts.first?["counts"] == [0, 2])
    #expect(!told(stage, 4).contains("reactions"))
  }

  @Test("a caption does not wait for others, and one who is behind gets none later")
  func captions() throws {
    var stage = try stage()
    stage.wait(.milliseconds(800))
    for socket in [UInt64(2), 4] { _ = stage.inbox(socket) }
    stage.fallBehind(4)
    // Chat has just gone out: what is no hurry waits a quarter of a second.
    stage.send(2, ["type": "say", "text": "hello"])
    stage.send(1, ["type": "caption", "text": "said", "language": "en"])
    #expect(told(stage, 2).contains("caption"))
    stage.wait(.milliseconds(800))
    stage.drain(4)
    #expect(!told(stage, 4).contains("caption"))
  }

  @Test("when too much state has passed it gets a snapshot, and goes on from there")
  func snapshot() throws {
    var stage = try stage()
    stage.fallBehind(4)
    let words = String(repeating: "w", count: 450)
    for number in 0..<600 {
      stage.send(1, ["type": "announce", "text": .string("\(number) \(words)")])
      stage.wait(.milliseconds(200))
      for socket in [UInt64(2), 3, 4] { stage.send(socket, ["type": "ping"]) }
    }
    #expect(told(stage, 4) == [])
    stage.drain(4)
    #expect(told(stage, 4) == ["snapshot", "me"])
    stage.send(1, ["type": "announce", "text": "after"])
    #expect(told(stage, 4) == ["snapshot", "me", "announced"])
    #expect(stage.closed.isEmpty)
  }

  @Test("its own events wait in their place, and a new permission's `me` with them")
  func own() throws {
    var stage = try stage()
    stage.fallBehind(4)
    stage.send(2, ["type": "say", "text": "one"])
    stage.send(3, ["type": "say", "text": "two"])
    stage.send(4, ["type": "follow", "on": true])
    stage.send(1, ["type": "inviteToStage", "member": "cy"])
    stage.send(4, ["type": "answerInvitation", "accept": true])
    #expect(told(stage, 4) == [])
    stage.drain(4)
    #expect(
      told(stage, 4) == ["one", "two", "followed", "stageInvited", "invitationAnswered", "me"])
    stage.wait(.milliseconds(400))
    #expect(told(stage, 4).count == 6, "nothing twice")
  }
}
