// Log rows and snapshots from anywhere: total, forward compatible, quick.

import Access
import Crypto
import JSON
import Room
import Testing

@Suite("Log rows and snapshots of a room")
struct SnapshotAndRowTests {
  @Test("an event of a newer program is kept as it is and counted")
  func unknownKinds() {
    let event = RoomEvent(kind: "productPinned", body: Array(#"{"listing":7,"x":[1]}"#.utf8))
    #expect(event.kind == "productPinned")
    #expect(JSONValue.object(event.body).text == #"{"listing":7,"x":[1]}"#)
    var state = RoomState()
    state.apply(
      SequencedEvent(sequence: 1, atMs: 5, mediaTimeMs: nil, actor: PersonID(1), event: event))
    #expect(state.sequence == 1 && state.ignoredCount == 1)
  }

  @Test(
    "a known kind with a body that is not as expected is unknown too",
    arguments: [
      ("voted", #"{"poll":1}"#), ("voted", #"{"poll":1,"mask":0}"#), ("said", "[]"), ("muted", ""),
      ("muted", #"{"person":0,"on":true}"#), ("muted", #"{"person":1000001,"on":true}"#),
      ("asked", #"{"text":9223372036854775807}"#), ("timedOut", #"{"person":1,"untilMs":-1}"#),
      ("phaseChanged", #"{"phase":"paused"}"#),
    ])
  func badBodies(kind: String, body: String) {
    guard case .unknown(kind, _) = RoomEvent(kind: kind, body: Array(body.utf8)) else {
      Issue.record("\(kind) \(body) was taken")
      return
    }
  }

  @Test("an event out of its place is ignored")
  func gaps() {
    var state = RoomState()
    for sequence in [Int64(2), 0, -1, .max] {
      state.apply(
        SequencedEvent(
          sequence: sequence, atMs: 1, mediaTimeMs: nil, actor: .server, event: .stageLeft))
    }
    #expect(state.sequence == 0 && state.ignoredCount == 4)
  }

  /// A state with everything in it.
  private func fullState() throws -> RoomState {
    var stage = Stage()
    let poll = PollDraft(question: "?", options: ["a", "b"])
    let id = try #require(try stage.does(.openPoll(poll), 1, .host).made)
    let giveaway = GiveawayDraft(prize: "x")
    let prize = try #require(try stage.does(.openGiveaway(giveaway), 1, .host).made)
    try stage.does(.schedule(title: "t", startsAtMs: 9, description: "d"), 1, .host)
    try stage.does(toward(3, .ban(.device(DeviceHint(.max)), reason: "r")), 1, .host)
    try stage.does(.ask(text: "q"), 4)
    for person in UInt32(10)..<60 {
      try stage.does(.vote(poll: id, options: [Int64(person % 2)]), person)
      try stage.does(.enter(giveaway: prize), person)
    }
    try stage.does(.say(text: "hi", replyTo: nil), 4)
    return stage.state
  }

  @Test(
    "every truncation of a snapshot throws, and every changed byte throws or gives a sound state")
  func damage() throws {
    let bytes = try fullState().snapshot()
    for count in 0..<bytes.count {
      #expect(throws: (any Error).self) { try RoomState(snapshot: Array(bytes[..<count])) }
    }
    var random = RandomSource.seeded(4)
    for _ in 0..<3000 {
      var damaged = bytes
      damaged[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1 << (random.next() % 8))
      RoomFuzzBody.run(damaged.span)
      guard var state = try? RoomState(snapshot: damaged) else { continue }
      // Commands on a damaged state must not trap either.
      var commands = RandomCommands(seed: random.next())
      for _ in 0..<5 {
        let command = commands.command(state)
        let actor = commands.actor(for: command)
        _ = try? state.reduce(command, by: CommandContext(actor: actor, atMs: 2_000_000))
      }
    }
  }

  @Test("a snapshot of another version is refused by name")
  func version() throws {
    var bytes = try fullState().snapshot()
    bytes[0] &+= 1
    #expect(throws: WireErrorName.badVersion) {
      do { _ = try RoomState(snapshot: bytes) } catch { throw WireErrorName("\(error)") }
    }
  }

  @Test("mutated log rows never trap and survive writing and reading")
  func mutations() {
    var random = RandomSource.seeded(9)
    var commands = RandomCommands(seed: 77)
    var stage = Stage()
    for _ in 0..<400 {
      let command = commands.command(stage.state)
      let context = CommandContext(
        actor: commands.actor(for: command), atMs: stage.atMs, seed: Stage.seed)
      _ = try? stage.does(command, context)
      stage.atMs += 500
    }
    for entry in stage.log {
      for first in 0..<UInt8(38) {
        RoomFuzzBody.run(([first] + JSONText.bytes(entry.event)).span)
        guard first % 8 == 0 else { continue }
        var bytes = JSONText.bytes(entry.event)
        let index = Int(random.next() % UInt64(bytes.count))
        bytes[index] = UInt8(truncatingIfNeeded: random.next())
        RoomFuzzBody.run(([first] + bytes).span)
      }
    }
    for length in 0...64 { RoomFuzzBody.run(random.bytes(length).span) }
  }

  @Test("ten thousand voters and twenty thousand entries fit a small snapshot")
  func large() throws {
    var state = RoomState()
    func apply(_ event: RoomEvent, by person: UInt32) {
      state.apply(
        SequencedEvent(
          sequence: state.sequence + 1, atMs: 1, mediaTimeMs: nil, actor: PersonID(person),
          event: event))
    }
    let context = CommandContext(
      actor: Actor(person: PersonID(1), role: .host), atMs: 1, seed: Stage.seed)
    let poll = PollDraft(question: "?", options: ["a", "b"])
    let id = try #require(try state.reduce(.openPoll(poll), by: context).made)
    let draft = GiveawayDraft(prize: "x")
    let prize = try #require(try state.reduce(.openGiveaway(draft), by: context).made)
    for person in UInt32(1)...10_000 { apply(.voted(poll: id, mask: 1), by: person) }
    for person in UInt32(1)...20_001 { apply(.entered(giveaway: prize), by: person) }
    #expect(state.giveaways[0].entries.count == EngineLimits.entriesMax)
    let bytes = state.snapshot()
    #expect(bytes.count < 110_000)
    #expect(try RoomState(snapshot: bytes) == state)
  }
}

/// An error's case by name, so that the test need not import another target.
struct WireErrorName: Error, Equatable {
  let name: String
  init(_ name: String) { self.name = name }
  static let badVersion = WireErrorName("badVersion")
}
