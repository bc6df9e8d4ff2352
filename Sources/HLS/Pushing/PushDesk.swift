// All shows on their way to one store: whose turn it is, and when a store that fails is asked again. Pure.

package import Crypto
package import Wire

/// What a desk tells who runs it.
package enum OnPush: Hashable, Sendable {
  /// An object of media, a playlist or a still is there.
  case stored(bytes: Int)
  case deleted
  /// The store fails, for this reason; said once until the reason changes.
  case stopped(String)
  case resumed
  /// Segments of a room became gaps for want of the store.
  case lost(room: String, count: UInt64)
  /// A show's end is in the store.
  case ended(room: String)
  /// A show is over and its end did not get to the store in time.
  case givenUp(room: String)
}

/// How an answer of a store, or none, is to be taken.
package enum StoreAnswer: Hashable, Sendable {
  case done
  /// This object will not be taken.
  case refused(String)
  /// The store, or who we are to it, does not work now.
  case failed(String)

  /// The answer to an HTTP request.
  ///
  /// - Parameter code: what S3 calls a refusal; empty for none.
  package init(status: Int, code: String, isDelete: Bool) {
    let text = code.isEmpty ? "\(status)" : "\(status) \(code)"
    switch status {
    case 200, 204: self = .done
    case 404 where isDelete && code != "NoSuchBucket": self = .done
    // Of the object: it is too large, its name is wrong, and whatever else a store may not like about one.
    case 400 where code == "EntityTooLarge" || code == "KeyTooLongError": self = .refused(text)
    case 405, 409, 411...417: self = .refused(text)
    case _: self = .failed(text)
    }
  }
}

/// Hands out orders of all shows in turn, and waits after failures.
package struct PushDesk: Sendable {
  private struct Room {
    var show: ShowPush
    /// The room's next show, which begins when nothing of this one is on its way.
    var successor: Presentation?
    var lostCount: UInt64 = 0
    var isSettled = false
  }

  private var rooms: [String: Room] = [:]
  /// Rooms in the order in which they are asked.
  private var turn: [String] = []
  private var roomOfKey: [String: String] = [:]
  private var random: RandomSource
  private var fault: String?
  private var pause = PushLimits.backoff.first
  private var pausedUntil = Instant.zero
  private let inFlightMax: Int

  /// - Parameters:
  ///   - inFlightMax: orders at once.
  ///   - random: for the length of pauses.
  package init(inFlightMax: Int, random: RandomSource) {
    self.inFlightMax = max(1, inFlightMax)
    self.random = random
  }

  // MARK: What there is

  /// Takes a room's presentation as it stands.
  package mutating func take(
    _ presentation: Presentation, of room: String, at now: Instant
  ) -> [OnPush] {
    if var known = rooms[room] {
      if known.show.run == presentation.names.run {
        known.show.take(presentation, at: now)
      } else {
        known.successor = presentation
        known.show.giveUp()
      }
      rooms[room] = known
      return settle(room, at: now)
    }
    var show = ShowPush(room: room, presentation)
    show.take(presentation, at: now)
    rooms[room] = Room(show: show)
    turn.append(room)
    return settle(room, at: now)
  }

  /// What follows for a room from what has happened.
  private mutating func settle(_ room: String, at now: Instant) -> [OnPush] {
    guard var known = rooms[room] else { return [] }
    var news: [OnPush] = []
    if known.show.isGivenUp(at: now), known.show.isHeld {
      known.show.giveUp()
      news.append(.givenUp(room: room))
    }
    if known.show.lostCount > known.lostCount {
      news.append(.lost(room: room, count: known.show.lostCount - known.lostCount))
      known.lostCount = known.show.lostCount
    }
    if known.show.isSettled, !known.isSettled {
      known.isSettled = true
      news.append(.ended(room: room))
    }
    if let next = known.successor, known.show.isQuiet {
      var show = ShowPush(room: room, next, inheriting: known.show.keys)
      show.take(next, at: now)
      known = Room(show: show)
    }
    rooms[room] = known
    return news
  }

  // MARK: Orders

  /// What to do now; nil when there is nothing, or the store is left alone for a while.
  package mutating func next(at now: Instant) -> PushOrder? {
    guard roomOfKey.count < mayBeInFlight, now >= pausedUntil else { return nil }
    for index in turn.indices {
      let room = turn[index]
      guard rooms[room]?.successor == nil, let order = rooms[room]?.show.next(at: now) else {
        continue
      }
      roomOfKey[order.key] = room
      // Who has got something goes to the end.
      turn.append(turn.remove(at: index))
      return order
    }
    return nil
  }

  /// One at a time tries whether a store that failed works again.
  private var mayBeInFlight: Int { fault == nil ? inFlightMax : 1 }

  /// When `next` may have something although nothing happens; after it had nothing at `now`.
  package func nextDeadline(after now: Instant) -> Instant {
    // Whatever comes of what is on its way happens.
    if roomOfKey.count >= mayBeInFlight { return .distantFuture }
    if pausedUntil > now { return pausedUntil }
    return rooms.values.map { $0.show.nextDeadline }.filter { $0 > now }.min() ?? .distantFuture
  }

  /// Takes how an order went.
  package mutating func end(
    _ order: PushOrder, _ answer: StoreAnswer, at now: Instant
  ) -> [OnPush] {
    guard let room = roomOfKey.removeValue(forKey: order.key) else { return [] }
    var news: [OnPush] = []
    let outcome: PushOutcome
    switch answer {
    case .done:
      outcome = .done
      if fault != nil { news.append(.resumed) }
      fault = nil
      pause = PushLimits.backoff.first
      switch order {
      case .put(let object): news.append(.stored(bytes: object.byteCount))
      case .delete: news.append(.deleted)
      }
    case .refused(let text):
      outcome = .refused
      news += fail("\(order.key): \(text)", at: now)
    case .failed(let text):
      outcome = .failed
      news += fail(text, at: now)
    }
    _ = rooms[room]?.show.end(order.key, outcome, at: now)
    return news + settle(room, at: now)
  }

  private mutating func fail(_ text: String, at now: Instant) -> [OnPush] {
    // Orders that were on their way together fail together: that is one failure.
    if now >= pausedUntil {
      let jitter = 0.5 + random.unitInterval()
      pausedUntil = now + TimeSpan(fractionalSeconds: pause.seconds * jitter)
      pause = min(pause * 2, PushLimits.backoff.longest)
    }
    guard fault != text else { return [] }
    fault = text
    return [.stopped(text)]
  }

  /// Lets time pass: shows that are over are given up after a while, and rooms forgotten.
  package mutating func advance(to now: Instant) -> [OnPush] {
    var news: [OnPush] = []
    for room in turn { news += settle(room, at: now) }
    let ended = turn.filter {
      rooms[$0]?.show.isHeld == false && rooms[$0]?.show.isQuiet == true
        && rooms[$0]?.successor == nil
    }
    for room in ended.dropLast(PushLimits.endedRoomsMax) {
      rooms[room] = nil
      turn.removeAll { $0 == room }
    }
    return news
  }

  /// Media that waits for the store.
  package var waitingBytes: Int { rooms.values.reduce(0) { $0 + $1.show.waitingBytes } }
  /// Whether the store fails.
  package var isStopped: Bool { fault != nil }
  /// Whether all shows are over, and the store has all it will have of them.
  package var isSettled: Bool {
    roomOfKey.isEmpty && rooms.values.allSatisfy { !$0.show.isHeld && $0.successor == nil }
  }
}
