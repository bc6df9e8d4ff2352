// One open room with everything that waits for the disk.

import Commerce
import Room
import RoomLog
import Wire

/// A room's house, and what may be told only when the log is on the disk up to some event.
struct OpenHouse: Sendable {
  /// Something held back until the log is on the disk up to `sequence`.
  private struct Held: Sendable {
    let sequence: Int64
    let news: HouseNews
  }

  let name: String
  let key: RoomKey
  var house: RoomHouse
  /// Whose the room is when it names nobody.
  var soleMerchant: String?
  /// Decisions on their way to the disk, by ticket, with who waits for their reply.
  private var pending: [UInt64: (decision: Pending, waiters: [Waiter])] = [:]
  /// Oldest first; sequences never fall.
  private var held: [Held] = []
  private var uncounted: Int
  /// The room's clock as the store was last told; nil: what it says is not known.
  private var toldDue: DueRow?
  /// Counters that have changed since they were last told.
  private var counters: [(audience: Audience, key: CounterKey)] = []
  /// Since when nobody is here; nil while somebody is.
  var idleSince: Instant?

  init(name: String, _ opened: OpenedRoom) {
    self.name = name
    key = opened.key
    house = opened.house
    uncounted = opened.tailCount
  }

  // MARK: Decisions

  /// Takes what a command came to.
  ///
  /// - Returns: what is to be written, if anything; and the row to look up, if the key was used long ago.
  mutating func take(
    _ outcome: Outcome, for waiter: Waiter?, atMs: Int64, _ news: inout [HouseNews]
  ) -> (write: CommitEntry?, lookUp: Int64?) {
    switch outcome {
    case .decided(let decision): return (take(decision, for: waiter, atMs: atMs, &news), nil)
    case .refused(let refusal, let sequence):
      if let waiter { hold(.refused(waiter, refusal), until: sequence, &news) }
    case .repeated(let reply):
      if let waiter { news.append(.done(waiter, status: reply.status, body: reply.body)) }
    case .running(let ticket):
      guard let waiter else { break }
      if case .socket = waiter {
        pending[ticket]?.waiters.append(waiter)
      } else {
        news.append(.running(waiter))
      }
    case .lookUp(let row): return (nil, row)
    }
    return (nil, nil)
  }

  /// Takes a decision: what it means is told once it is on the disk.
  ///
  /// - Returns: what is to be written; nil when the decision left no trace.
  mutating func take(
    _ decision: Pending, for waiter: Waiter?, atMs: Int64, _ news: inout [HouseNews]
  ) -> CommitEntry? {
    guard decision.needsCommit else {
      note(decision.frames)
      let prompt = decision.frames.filter { $0.delivery == .prompt }
      if !prompt.isEmpty { news.append(.frames(room: name, prompt)) }
      if let waiter {
        hold(
          .done(waiter, status: decision.status, body: decision.body), until: decision.reflects,
          &news)
      }
      return nil
    }
    pending[decision.ticket] = (decision, waiter.map { [$0] } ?? [])
    return entry(of: decision, atMs: atMs)
  }

  /// Tells something when the log is on the disk up to `sequence`; at once when it is.
  mutating func hold(_ item: HouseNews, until sequence: Int64, _ news: inout [HouseNews]) {
    if sequence <= house.committedSequence {
      news.append(item)
    } else {
      held.append(Held(sequence: sequence, news: item))
    }
  }

  // MARK: The disk

  /// A decision is on the disk.
  mutating func committed(ticket: UInt64, replyRow: Int64?, _ news: inout [HouseNews]) {
    guard let (decision, waiters) = pending.removeValue(forKey: ticket) else { return }
    house.committed(decision, replyRow: replyRow)
    uncounted += decision.events.count
    for waiter in waiters {
      news.append(.done(waiter, status: decision.status, body: decision.body))
    }
    tell(decision, &news)
    release(&news)
  }

  /// Counters are told later, with the value of then.
  private mutating func note(_ frames: [Frame]) {
    for frame in frames {
      guard case .counter(let key) = frame.delivery,
        !counters.contains(where: { $0.audience == frame.audience && $0.key == key })
      else { continue }
      counters.append((frame.audience, key))
    }
  }

  private mutating func tell(_ decision: Pending, _ news: inout [HouseNews]) {
    note(decision.frames)
    let frames = decision.frames.filter { frame in
      if case .counter = frame.delivery { false } else { true }
    }
    if !frames.isEmpty { news.append(.frames(room: name, frames)) }
    if !decision.events.isEmpty { news.append(.happened(room: name, decision.events)) }
  }

  private mutating func release(_ news: inout [HouseNews]) {
    let count = held.prefix { $0.sequence <= house.committedSequence }.count
    news += held[..<count].map(\.news)
    held.removeFirst(count)
  }

  /// Everyone who waits for something that will not come any more.
  var waiters: [Waiter] {
    pending.values.flatMap(\.waiters)
      + held.compactMap { item in
        switch item.news {
        case .done(let waiter, _, _), .refused(let waiter, _), .running(let waiter): waiter
        case .frames, .caughtUp, .own, .happened, .settled, .reconsider, .opened, .elsewhere,
          .purchased:
          nil
        }
      }
  }

  // MARK: Time

  /// Whether nothing of the room is on its way to or from the disk.
  var isSettled: Bool { pending.isEmpty && held.isEmpty && house.isSettled }

  /// Tells what has been counted since this was last done, each with its last value: when that is on the
  /// disk, like everything else.
  mutating func tellCounters(_ news: inout [HouseNews]) {
    let frames = takeCounters()
    guard !frames.isEmpty else { return }
    hold(.frames(room: name, frames), until: house.state.sequence, &news)
  }

  private mutating func takeCounters() -> [Frame] {
    var frames: [Frame] = []
    for (audience, key) in counters {
      guard let bytes = house.tellCounter(key, to: audience) else { continue }
      frames.append(
        Frame(
          audience: audience, delivery: .counter(key), sequence: house.state.sequence,
          bytes: bytes))
    }
    counters = []
    if let bytes = house.takeReactions() {
      frames.append(
        Frame(
          audience: .everyone, delivery: .passing, sequence: house.state.sequence, bytes: bytes))
    }
    return frames
  }

  /// A snapshot, when enough has happened since the last one, or (`isClosing`) anything at all.
  mutating func takeSnapshot(isClosing: Bool) -> SnapshotRow? {
    // Only what is on the disk: a snapshot must not know more than the log.
    guard house.isSettled, uncounted >= (isClosing ? 1 : HousesLimits.snapshotEvents) else {
      return nil
    }
    uncounted = 0
    return SnapshotRow(sequence: house.state.sequence, body: house.state.snapshot())
  }

  // MARK: Rows

  private mutating func entry(of decision: Pending, atMs: Int64) -> CommitEntry {
    let due = DueRow(atMs: house.state.shop.nextDueMs)
    defer { toldDue = due }
    return CommitEntry(
      room: key, ticket: decision.ticket, events: decision.events.map(EventRow.init),
      reply: decision.reply.map { reply in
        ReplyRow(
          keyHash: decision.keyHash ?? 0, subject: reply.subject, key: reply.key,
          parameters: reply.parameters, status: reply.status, body: reply.body,
          atMs: atMs)
      },
      people: decision.people.map {
        PersonRow(person: $0.person.rawValue, identity: $0.identity, name: $0.name)
      },
      texts: decision.texts.map {
        TextRow(text: $0.id.rawValue, author: $0.author.rawValue, body: $0.body)
      },
      follows: decision.follows.map {
        FollowRow(host: $0.host, follower: $0.follower, isOn: $0.isOn, atMs: $0.atMs)
      },
      outbox: decision.events.flatMap {
        RoomHooks.messages(
          of: $0, in: name, house, merchant: house.state.shop.settings.merchant ?? soleMerchant)
      },
      show: decision.events.contains { $0.event.isListed } ? house.listing : nil,
      due: due == toldDue ? nil : due)
  }
}
