// Chat and counters of a lively room travel together; nothing overtakes them.

import Access
import JSON
import Testing
import Wire

@testable import Endpoints

@Suite("A lively room's messages come in batches")
struct BatchTests {
  /// The texts of `said` and the types of other events a socket was told, in order.
  private func told(_ stage: RoomSocketStage, _ socket: UInt64) -> [String] {
    (stage.told[socket] ?? []).compactMap { object in
      guard case .string(let type)? = object["type"], type != "snapshot", type != "me",
        type != "hostSet"
      else {
        return nil
      }
      guard type == "said", case .object(let message)? = object["message"],
        case .string(let text)? = message["text"]
      else { return type }
      return text
    }
  }

  private func stage() throws -> RoomSocketStage {
    var stage = try RoomSocketStage()
    _ = try stage.join(1, "host", .host)
    for (socket, identity) in [(UInt64(2), "ann"), (3, "bob"), (4, "cy")] {
      _ = try stage.join(socket, identity, .viewer)
    }
    // Who the host is has been told.
    stage.wait(.seconds(1))
    return stage
  }

  @Test("the first message goes at once, those after it wait for each other at most 250 ms")
  func batched() throws {
    var stage = try stage()
    stage.send(2, ["type": "say", "text": "one"])
    #expect(told(stage, 4) == ["one"])
    stage.send(3, ["type": "say", "text": "two"])
    stage.send(4, ["type": "say", "text": "three"])
    #expect(told(stage, 4) == ["one"])
    #expect(stage.batches == 0)
    stage.wait(.milliseconds(250))
    #expect(told(stage, 4) == ["one", "two", "three"])
    #expect(stage.batches == 4, "one for each socket")
  }

  @Test("an event that can't wait takes what waits along, before itself")
  func order() throws {
    var stage = try stage()
    stage.send(2, ["type": "say", "text": "one"])
    stage.send(3, ["type": "say", "text": "two"])
    stage.send(1, ["type": "announce", "text": "we begin"])
    #expect(told(stage, 4) == ["one", "two", "announced"])
  }

  @Test("who comes in between gets what waits once: in the snapshot")
  func newcomer() throws {
    var stage = try stage()
    stage.send(2, ["type": "say", "text": "one"])
    stage.send(3, ["type": "say", "text": "two"])
    _ = try stage.join(5, "dora", .viewer)
    stage.wait(.milliseconds(400))
    #expect(told(stage, 4) == ["one", "two"])
    #expect(told(stage, 5) == [])
    guard case .array(let messages)? = stage.told[5]?.first?["messages"] else {
      Issue.record("no snapshot")
      return
    }
    #expect(messages.count == 2)
  }

  @Test("a member's own event takes what waits along for that member alone; nobody is told twice")
  func ahead() throws {
    var stage = try stage()
    stage.send(1, ["type": "openPoll", "id": "p", "question": "?", "options": ["a", "b"]])
    guard case .integer(let poll)? = stage.inbox(1).last?["poll"] else {
      Issue.record("no poll")
      return
    }
    stage.wait(.milliseconds(400))
    stage.send(2, ["type": "say", "text": "one"])
    stage.send(3, ["type": "say", "text": "two"])
    stage.send(4, ["type": "vote", "poll": .integer(poll), "options": [0]])
    stage.send(2, ["type": "say", "text": "three"])
    #expect(told(stage, 4) == ["pollOpened", "one", "two", "voted"])
    #expect(told(stage, 3) == ["pollOpened", "one"])
    stage.wait(.milliseconds(400))
    #expect(told(stage, 4) == ["pollOpened", "one", "two", "voted", "three"])
    #expect(told(stage, 3) == ["pollOpened", "one", "two", "three"])
  }

  @Test("events go at once, but in a storm they share messages, a tenth of a second at most")
  func storm() throws {
    var stage = try stage()
    let texts = (0..<40).map { "news \($0)" }
    for text in texts { stage.send(1, ["type": "announce", "text": .string(text)]) }
    let atOnce = told(stage, 4).count
    #expect(atOnce == RoomSocketLimits.urgentBurst)
    #expect(stage.batches == 0)
    stage.wait(.milliseconds(100))
    #expect(told(stage, 4).count == 40)
    #expect(stage.batches == 4, "the rest is one message to each")
    #expect(
      stage.told[4]?.compactMap { $0["text"] } == texts.map { .string($0) }, "in their order")
  }
}
