// Properties of the engine over random people doing random things.

import Access
import Crypto
import Room
import Testing

@Suite("The room engine, over random commands")
struct EnginePropertyTests {
  static let seeds = UInt64(200)
  static let commands = 300

  /// One random history; `check` sees each command before and after.
  private func play(
    _ seed: UInt64,
    _ check: (RoomState, RoomCommand, CommandContext, Decision?, RoomState) -> Void = {
      _, _, _, _, _ in
    }
  ) -> Stage {
    var commands = RandomCommands(seed: seed)
    var stage = Stage()
    for _ in 0..<EnginePropertyTests.commands {
      let command = commands.command(stage.state)
      let actor: Actor = if case .server = command { .server } else { commands.actor(for: command) }
      let context = CommandContext(
        actor: actor, atMs: stage.atMs, mediaTimeMs: commands.flag() ? stage.atMs - 900 : nil,
        seed: commands.random.bytes(32))
      let before = stage.state
      let decision = try? stage.does(command, context)
      check(before, command, context, decision, stage.state)
      stage.atMs += commands.number(0...2000)
    }
    return stage
  }

  @Test("replaying the log gives the live state, through its JSON form too")
  func replay() {
    for seed in 0..<EnginePropertyTests.seeds {
      let stage = play(seed)
      var replayed = RoomState()
      for entry in stage.log {
        var entry = entry
        let body = Array(JSONText.bytes(entry.event))
        entry.event = RoomEvent(kind: entry.event.kind, body: body)
        replayed.apply(entry)
      }
      #expect(replayed == stage.state, "seed \(seed)")
      #expect(stage.state.ignoredCount == 0, "seed \(seed): decided and then not applicable")
    }
  }

  @Test("sequence numbers have no gaps and texts no doubles")
  func sequence() {
    for seed in 0..<EnginePropertyTests.seeds {
      let stage = play(seed)
      #expect(stage.log.map(\.sequence) == Array(1...Int64(max(1, stage.log.count))))
      #expect(stage.texts.count == Int(stage.state.textsMade), "seed \(seed)")
    }
  }

  @Test(
    "a snapshot and the log's tail give the live state, and reading what was written changes nothing"
  )
  func snapshots() throws {
    for seed in 0..<EnginePropertyTests.seeds {
      let stage = play(seed)
      #expect(try RoomState(snapshot: stage.state.snapshot()) == stage.state, "seed \(seed)")
      let cut = stage.log.count * Int(seed % 10) / 10
      var head = RoomState()
      for entry in stage.log[..<cut] { head.apply(entry) }
      var resumed = try RoomState(snapshot: head.snapshot())
      for entry in stage.log[cut...] { resumed.apply(entry) }
      #expect(resumed == stage.state, "seed \(seed)")
    }
  }

  @Test("every poll's counts are those of one vote per person")
  func votes() {
    for seed in 0..<EnginePropertyTests.seeds {
      let stage = play(seed)
      for poll in stage.state.polls {
        var masks: [PersonID: UInt16] = [:]
        for entry in stage.log {
          guard case .voted(poll.id, let mask) = entry.event else { continue }
          #expect(masks[entry.actor] == nil || poll.isChangeable, "seed \(seed)")
          masks[entry.actor] = mask
        }
        #expect(poll.voterCount == masks.count, "seed \(seed)")
        for option in poll.options.indices {
          let votes = masks.values.count { $0 >> UInt16(option) & 1 == 1 }
          #expect(poll.counts[option] == votes, "seed \(seed)")
        }
      }
    }
  }

  @Test("who is banned does nothing, and deciding changes nothing")
  func bans() {
    for seed in 0..<EnginePropertyTests.seeds {
      _ = play(seed) { before, command, context, decision, after in
        if before.isBanned(
          context.actor.person, token: context.actor.role, device: context.actor.device),
          context.actor.person != .server
        {
          #expect(decision == nil, "seed \(seed)")
        }
        if decision?.events.isEmpty ?? true {
          #expect(before == after, "seed \(seed): \(command) changed the state without an event")
        }
        // Deciding once more from the same state comes to the same.
        #expect((try? before.decide(command, by: context)) == decision, "seed \(seed)")
      }
    }
  }

  @Test("a draw can be repeated from the log alone, and its seed is the one committed to")
  func draws() {
    var drawn = 0
    for seed in 0..<EnginePropertyTests.seeds {
      let stage = play(seed)
      for (index, entry) in stage.log.enumerated() {
        guard case .giveawayDrawn(let id, let secret, let winners) = entry.event else { continue }
        drawn += 1
        var entries: [PersonID] = []
        var wanted = 0
        for earlier in stage.log[..<index] {
          switch earlier.event {
          case .giveawayOpened(let opened) where earlier.sequence == id:
            #expect(opened.commitment == Draw.commitment(seed: secret, giveaway: id))
            wanted = opened.winners
          case .entered(id): entries.append(earlier.actor)
          case .banned(let person, _, _, _): entries.removeAll { $0 == person }
          default: break
          }
        }
        #expect(
          winners == Draw.winners(seed: secret, giveaway: id, entries: entries, count: wanted))
        #expect(Set(winners).count == winners.count)
      }
    }
    #expect(drawn > 20)
  }

  @Test("random events of any kind in any order never trap and keep the log going")
  func foreignLogs() {
    for seed in 0..<EnginePropertyTests.seeds {
      // The events of one room, shuffled and renumbered, as a log of another.
      var random = RandomSource.seeded(seed)
      var state = RoomState()
      let events = play(seed).log.shuffled(using: &random)
      for (index, entry) in events.enumerated() {
        var entry = entry
        entry.sequence = Int64(index + 1)
        state.apply(entry)
      }
      #expect(state.sequence == Int64(events.count))
      #expect((try? RoomState(snapshot: state.snapshot())) == state, "seed \(seed)")
    }
  }
}
