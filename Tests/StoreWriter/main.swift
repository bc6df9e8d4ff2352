// A program that writes to a store until it is killed. What it prints has been promised.
//
//   StoreWriter DIR NEXT [URL LEASE]
//
// NEXT: for each room the number of its next command, by commas. URL: of a PostgreSQL, where a room is
// kept for LEASE milliseconds after its process has died; rooms of another process are waited for.
//
// It prints one line "room command" for each command that is acknowledged, now or by an earlier run.

import Glibc
import RoomLog
import Store
import Wire

/// Says that a command is acknowledged, in one write, so that a kill cuts between lines at most.
func acknowledge(_ lines: [UInt8]) {
  _ = unsafe lines.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
}

/// The key of a command and its hash.
func key(_ room: Int, _ command: Int64) -> (text: String, hash: UInt64) {
  ("k-\(room)-\(command)", UInt64(truncatingIfNeeded: (command &* 1_000_003) &+ Int64(room)))
}

/// What one command of a room writes: one to three events, a text, a person now and then, a reply.
func entry(_ room: RoomKey, _ index: Int, command: Int64, after last: Int64) -> CommitEntry {
  var entry = CommitEntry(room: room, ticket: UInt64(index) << 48 | UInt64(command))
  for number in 0...(command % 3) {
    entry.events.append(
      EventRow(
        sequence: last + 1 + number, atMs: command, actor: 1, kind: "said",
        body: Array("{\"command\":\(command)}".utf8), isAudited: command % 10 == 0))
  }
  entry.texts = [TextRow(text: last + 1, author: 1, body: "text of \(command)")]
  let key = key(index, command)
  entry.reply = ReplyRow(
    keyHash: key.hash, subject: "someone", key: key.text,
    parameters: [UInt8](repeating: 7, count: 32), status: 200, body: Array("{}".utf8),
    atMs: 1_000_000 + command)
  return entry
}

let next = CommandLine.arguments[2].split(separator: ",").compactMap { Int64($0) }
let inFlight = Semaphore(256)
let folder = StoreDirectory(CommandLine.arguments[1])
let url = CommandLine.arguments.dropFirst(3).first.flatMap { PostgresAddress($0) }
let place = url.map { StorePlace.postgres($0, folder) } ?? .sqlite(folder)
let lease = CommandLine.arguments.dropFirst(4).first.flatMap { Int64($0) } ?? 15_000
let store = try RoomStore(place, patience: StorePatience(lease: .milliseconds(lease))) { outcomes in
  var lines: [UInt8] = []
  for outcome in outcomes {
    guard case .committed = outcome.result else { fatalError("refused: \(outcome)") }
    let (room, command) = (outcome.ticket >> 48, outcome.ticket & 0xFFFF_FFFF_FFFF)
    lines += Array("\(room) \(command)\n".utf8)
  }
  acknowledge(lines)
  inFlight.signal(outcomes.count)
}

/// A room as the last run left it: its number, its last event, and its next command that is not stored.
struct Resumed: Sendable {
  let index: Int
  let key: RoomKey
  var last: Int64
  var command: Int64
}

let resumed = Answers<Resumed>()

/// Opens a room, as soon as no other process has it.
func open(_ index: Int, from first: Int64) {
  _ = store.open("room-\(index)", atMs: 1_000_000) { result, reader in
    if case .failure(.ownedElsewhere) = result {
      usleep(20_000)
      return open(index, from: first)
    }
    do {
      let room = try result.get()
      let image = try reader.image(of: room, atMs: 1_000_000)
      let known = Set(image.replies.map(\.keyHash))
      var command = first
      // What the earlier run did not say but did: repeated under the same key, it is not done twice.
      while known.contains(key(index, command).hash) {
        acknowledge(Array("\(index) \(command)\n".utf8))
        command += 1
      }
      resumed.add(Resumed(index: index, key: room, last: image.lastSequence, command: command))
    } catch {
      fatalError("\(error)")
    }
  }
}

for (index, first) in next.enumerated() { open(index, from: first) }
var rooms = resumed.wait(for: next.count).sorted { $0.index < $1.index }
while true {
  for index in rooms.indices {
    inFlight.wait()
    let entry = entry(
      rooms[index].key, index, command: rooms[index].command, after: rooms[index].last)
    rooms[index].last += Int64(entry.events.count)
    rooms[index].command += 1
    if !store.commit(entry) { fatalError("full") }
    if rooms[index].command % 500 == 0 {
      _ = store.keep(
        SnapshotRow(sequence: rooms[index].last, body: [1, 2, 3]), of: rooms[index].key)
    }
  }
}
