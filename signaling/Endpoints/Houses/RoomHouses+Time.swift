// What open rooms do by themselves as time passes: windows and holds that end, counters, snapshots, leaving memory.

import Commerce
import Room
import RoomLog
import Store
package import Wire

/// When which of it is due next.
struct HousesClock: Sendable {
  var counters = Instant.zero
  var audience = Instant.zero
  /// Nil: at once.
  var upkeep: Instant?
  /// When rooms are looked for whose clock runs, and where the last page of them ended.
  var due: Instant?
  var duePlace: DuePlace?
  /// No room has anything to do by time before this, milliseconds since 1970; nil: none at all.
  var soonestMs: Int64?
}

extension RoomHouses {
  /// Whether `advance` has something to do.
  package func isDue(at now: Instant) -> Bool {
    !names.isEmpty && now >= clock.counters
      || isDurable && (now >= clock.upkeep ?? now || now >= clock.due ?? now)
  }

  /// When `tick` may have something to do, milliseconds since 1970; nil: not by itself.
  package var nextTickMs: Int64? { clock.soonestMs }

  /// Does what rooms have to do at their own times: windows and holds that end, polls that close. To be
  /// called at `nextTickMs`: a drop's claims wait for it.
  package mutating func tick(atMs: Int64) {
    guard let soonest = clock.soonestMs, soonest <= atMs else { return }
    clock.soonestMs = nil
    for room in openRooms {
      guard let due = self[room]?.nextTickMs else { continue }
      clock.soonestMs = min(clock.soonestMs ?? due, due)
      if due <= atMs { take(in: room, atMs: atMs) { $0.tick(atMs: atMs) } }
    }
    // What one turn did not finish, and what can't be done, waits for the next.
    let late = atMs + HousesLimits.tickRestMs
    if let soonest = clock.soonestMs, soonest < late { clock.soonestMs = soonestAfter(late) }
  }

  /// Rooms whose clock runs are opened, whoever had them in memory before: holds end, lots close and
  /// units go to who waits, whether somebody comes or not.
  mutating func open(_ rooms: [DueRoom], at now: Instant) {
    let isLast = rooms.count < HousesLimits.dueRoomsMax
    clock.duePlace = isLast ? nil : rooms.last?.place
    clock.due = now + (isLast ? HousesLimits.duePause : HousesLimits.dueInterval)
    for room in rooms { _ = require(room.name) }
  }

  private func soonestAfter(_ late: Int64) -> Int64? {
    openRooms.compactMap { self[$0]?.nextTickMs.map { max($0, late) } }.min()
  }

  /// Does what is due: polls that close, counters, snapshots, rooms that leave memory.
  ///
  /// - Parameters:
  ///   - viewers: by room, for its history.
  ///   - held: rooms in which somebody is, or publishes or watches.
  package mutating func advance(
    at now: Instant, atMs: Int64, viewers: [String: Int], held: Set<String>
  ) {
    clock.counters = now + HousesLimits.counterInterval
    if isDurable, now >= clock.upkeep ?? now {
      clock.upkeep = now + HousesLimits.upkeepInterval
      orders.append(.upkeep)
    }
    if isDurable, now >= clock.due ?? now {
      clock.due = now + HousesLimits.duePause
      orders.append(.findDue(after: clock.duePlace))
    }
    tick(atMs: atMs)
    let isAudienceDue = now >= clock.audience
    if isAudienceDue { clock.audience = now + HousesLimits.audienceInterval }
    for room in openRooms {
      tellCounters(in: room)
      if isAudienceDue {
        serve(.audienceCounted(viewers: Int64(viewers[room] ?? 0)), in: room, atMs: atMs)
      }
      keep(room, isHeld: held.contains(room), at: now)
    }
  }

  private mutating func tellCounters(in room: String) {
    _ = update(room) { open, news in open.tellCounters(&news) }
  }

  private mutating func keep(_ room: String, isHeld: Bool, at now: Instant) {
    let isLookedUp = lookUps.values.contains { $0.room == room }
    let closes = update(room) { open, _ -> Bool in
      open.idleSince = isHeld ? nil : open.idleSince ?? now
      // Holds end by time, whether somebody is here or not.
      guard let since = open.idleSince, open.isSettled, open.house.state.shop.nextDueMs == nil
      else { return false }
      return now - since >= HousesLimits.idleLimit && !isLookedUp
    }
    guard let closes else { return }
    let kept = update(room) { open, _ in
      open.takeSnapshot(isClosing: closes).map { ($0, open.key) }
    }
    if let (snapshot, key) = kept ?? nil { orders.append(.keep(snapshot, key)) }
    guard closes, case .open(let open)? = places[room] else { return }
    places[room] = nil
    names[open.key] = nil
    if isDurable { orders.append(.release(open.key)) }
  }
}
