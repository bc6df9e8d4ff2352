// A store in memory whose writing and answering happen when a test says so, and that a crash cuts off.

import Commerce
import JSON
import Room
import RoomLog

@testable import Endpoints

/// Takes the houses' orders in order, writes them, answers them; two queues that a crash empties.
struct SimulatedDisk {
  /// One room as it is on the disk.
  struct Room {
    let key: RoomKey
    var events: [EventRow] = []
    var people: [UInt32: PersonRow] = [:]
    var texts: [Int64: TextRow] = [:]
    var replies: [(row: Int64, reply: ReplyRow)] = []
    var snapshot: SnapshotRow?
    /// The room's clock, as the last entry that changed it said.
    var dueMs: Int64?
    /// An entry was refused: so are those after it, until the room is opened again.
    var isRefused = false
    /// The last event that the process was told of.
    var confirmed: Int64 = 0

    var lastSequence: Int64 { events.last?.sequence ?? 0 }
  }

  private(set) var rooms: [String: Room] = [:]
  /// The rooms that were given up, in order.
  private(set) var released: [RoomKey] = []
  private var orders: [HouseOrder] = []
  private var answers: [(answer: HouseAnswer, confirms: Confirmation?)] = []
  /// The next entry is refused, as by a full disk.
  var refusesNext = false
  /// What a real store would have refused as a mistake of its owner.
  private(set) var mistakes: [String] = []
  private var lastRow: Int64 = 0

  /// What an answer says of a room's log.
  private struct Confirmation {
    let room: String
    let sequence: Int64
  }

  /// Whether nothing is under way.
  var isIdle: Bool { orders.isEmpty && answers.isEmpty }

  mutating func take(_ orders: [HouseOrder]) { self.orders += orders }

  /// The process dies: what was not written is lost, and what was is not answered.
  mutating func crash() {
    orders = []
    answers = []
    checkClocks()
    for name in rooms.keys { rooms[name]?.isRefused = false }
  }

  /// Whoever begins finds the rooms whose clock runs.
  mutating func checkClocks() {
    for (name, room) in rooms where room.dueMs == nil {
      if let due = room.replayed.shop.nextDueMs {
        mistakes.append("\(name) has something to do at \(due), and nobody will know")
      }
    }
  }

  /// Writes the oldest orders.
  mutating func write(_ count: Int) {
    let next = orders.prefix(count)
    orders.removeFirst(next.count)
    for order in next { write(order) }
  }

  /// The oldest answer, which the process now has.
  mutating func nextAnswer() -> HouseAnswer? {
    guard !answers.isEmpty else { return nil }
    let (answer, confirms) = answers.removeFirst()
    if let confirms { rooms[confirms.room]?.confirmed = confirms.sequence }
    return answer
  }

  // MARK: Writing

  private mutating func write(_ order: HouseOrder) {
    switch order {
    case .open(let name): open(name)
    case .commit(let entry): commit(entry)
    case .keep(let snapshot, let key):
      guard let name = name(of: key), let last = rooms[name]?.lastSequence else { return }
      // As the store: one that is ahead of its log is left out.
      if snapshot.sequence <= last { rooms[name]?.snapshot = snapshot }
    case .lookUp(let name, let row, let number):
      let found = rooms[name]?.replies.first { $0.row == row }?.reply
      answers.append((.found(room: name, number: number, found.map { StoredReply(of: $0) }), nil))
    // Queries and erasure have tests of their own.
    case .read(_, let number): answers.append((.read(number: number, nil), nil))
    case .erase(_, let number): answers.append((.erased(number: number, nil), nil))
    case .release(let key): released.append(key)
    case .transfer(_, let number):
      answers.append((.transferred(number: number, .failed), nil))
    case .readWallets: answers.append((.wallets([]), nil))
    case .change(_, let number):
      if number > 0 { answers.append((.changed(number: number, .refused), nil)) }
    case .findDue:
      let due = rooms.compactMap { name, room in
        room.dueMs.map { DueRoom(name: name, place: DuePlace(atMs: $0, room: room.key)) }
      }
      answers.append((.due(due.sorted { $0.place.atMs < $1.place.atMs }), nil))
    case .upkeep, .noteViewers: break
    }
  }

  private mutating func open(_ name: String) {
    var room = rooms[name] ?? Room(key: RoomKey(rawValue: Int64(rooms.count + 1)))
    room.isRefused = false
    rooms[name] = room
    let confirms = Confirmation(room: name, sequence: room.lastSequence)
    answers.append((.opened(room: name, OpenedRoom(room)), confirms))
  }

  private mutating func commit(_ entry: CommitEntry) {
    guard let name = name(of: entry.room), var room = rooms[name] else {
      mistakes.append("an entry of a room that was never opened")
      return
    }
    if refusesNext || room.isRefused {
      refusesNext = false
      rooms[name]?.isRefused = true
      answers.append((.refused(entry.room, ticket: entry.ticket), nil))
      return
    }
    for event in entry.events {
      if event.sequence != room.lastSequence + 1 {
        mistakes.append("event \(event.sequence) after \(room.lastSequence) of \(name)")
      }
      room.events.append(event)
    }
    if let due = entry.due { room.dueMs = due.atMs }
    for person in entry.people { room.people[person.person] = person }
    for text in entry.texts { room.texts[text.text] = text }
    var row: Int64?
    if let reply = entry.reply {
      lastRow += 1
      row = lastRow
      room.replies.append((lastRow, reply))
    }
    rooms[name] = room
    let confirms = Confirmation(room: name, sequence: room.lastSequence)
    answers.append(
      (.committed(entry.room, ticket: entry.ticket, replyRow: row), confirms))
  }

  private func name(of key: RoomKey) -> String? { rooms.first { $0.value.key == key }?.key }
}

extension SimulatedDisk.Room {
  /// The whole log from its beginning, without any snapshot.
  var replayed: RoomState {
    var state = RoomState()
    for row in events { state.apply(SequencedEvent(row)) }
    return state
  }
}

extension OpenedRoom {
  /// As the store reads it: the newest snapshot, the events after it, people, texts shown, keys.
  fileprivate init(_ room: SimulatedDisk.Room) {
    var state = RoomState()
    if let snapshot = room.snapshot, let decoded = try? RoomState(snapshot: snapshot.body) {
      state = decoded
    }
    let tail = room.events.filter { $0.sequence > state.sequence }
    for row in tail { state.apply(SequencedEvent(row)) }
    let texts = state.shownTexts.compactMap { room.texts[$0.rawValue] }
    self.init(
      key: room.key,
      house: RoomHouse(
        state: state,
        people: room.people.values.sorted { $0.person < $1.person }.map {
          PersonRecord(person: PersonID($0.person), identity: $0.identity ?? "", name: $0.name)
        },
        texts: texts.map {
          NewText(id: TextID($0.text), author: PersonID($0.author), body: $0.body ?? "")
        },
        keys: IdempotencyIndex(room.replies.map { (keyHash: $0.reply.keyHash, row: $0.row) })),
      tailCount: tail.count)
  }
}

extension StoredReply {
  fileprivate init(of row: ReplyRow) {
    self.init(
      subject: row.subject, key: row.key, parameters: row.parameters, status: row.status,
      body: row.body)
  }
}
