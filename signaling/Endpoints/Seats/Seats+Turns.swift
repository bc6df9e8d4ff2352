// What time does to seats: promises that lapse, who is sent away, who is called back.

import Messages
import Wire

/// Something a viewer is told, or what is done about one who does not go.
enum SeatChange: Hashable, Sendable {
  case told(SeatHolder, DeliveryWay, Delivery.Reason)
  /// Its transports end now.
  case end(SeatHolder)
}

extension Seats {
  /// Who could move, in the order in which it would; made anew in each turn.
  private struct Line {
    var buyers: [SeatHolder] = []
    var others: [SeatHolder] = []
    /// Who may be sent away, the last first.
    var seated: [SeatHolder] = []
  }

  /// Does what is due: at most every `SeatLimits.turnInterval`.
  mutating func advance(at now: Instant) -> [SeatChange] {
    guard now >= nextTurn, !viewers.isEmpty else { return [] }
    nextTurn = now + SeatLimits.turnInterval
    var changes = lapse(at: now)
    changes += followPolicy(at: now)
    var line = line(at: now)
    changes += sendAwayExcess(&line, at: now)
    changes += callBuyers(&line, at: now)
    changes += callToDrops(&line, at: now)
    changes += callBack(&line, at: now)
    return changes
  }

  // MARK: Promises

  private mutating func lapse(at now: Instant) -> [SeatChange] {
    var changes: [SeatChange] = []
    for (holder, viewer) in inOrder(where: { $0.mayLapse }) {
      switch viewer.place {
      case .kept(let until, let isReturn) where until <= now:
        change(holder, at: now) { _, viewer in
          if isReturn { viewer.failed(at: now) } else { viewer.forgo() }
        }
        if isReturn { changes.append(.told(holder, .hls, .full)) }
      case .leaving(let until, _) where until <= now: changes.append(.end(holder))
      case .hls(.policy) where !isOnHLSByPolicy(viewer):
        change(holder, at: now) { _, viewer in viewer.wait() }
      case .outside, .kept, .seated, .leaving, .hls: break
      }
    }
    return changes
  }

  private func inOrder(
    where isWanted: (Viewer) -> Bool
  ) -> [(key: SeatHolder, value: Viewer)] {
    viewers.filter { isWanted($0.value) }.sorted { $0.value.number < $1.value.number }
  }

  /// Rooms that say HLS now: their viewers go, but buyers.
  private mutating func followPolicy(at now: Instant) -> [SeatChange] {
    guard !roomsOnHLS.isEmpty else { return [] }
    var changes: [SeatChange] = []
    for (holder, viewer) in inOrder(where: { roomsOnHLS.contains($0.room) }) {
      guard case .session = holder, viewer.rank < .buyer else { continue }
      switch viewer.place {
      case .kept, .seated, .outside: break
      case .leaving, .hls: continue
      }
      guard moves.take(at: now) else { break }
      changes.append(sendAway(holder, .policy, at: now))
    }
    return changes
  }

  private mutating func sendAway(
    _ holder: SeatHolder, _ reason: Delivery.Reason, at now: Instant
  ) -> SeatChange {
    change(holder, at: now) { _, viewer in
      viewer.rests(until: now + SeatLimits.rest)
      viewer.sendAway(reason, at: now)
    }
    return .told(holder, .hls, reason)
  }

  private mutating func callBack(
    _ holder: SeatHolder, _ reason: Delivery.Reason, at now: Instant
  ) -> SeatChange {
    change(holder, at: now) { _, viewer in viewer.callBack(at: now) }
    return .told(holder, .webRTC, reason)
  }

  // MARK: Who is next

  private func line(at now: Instant) -> Line {
    var waiting: [(SeatHolder, Viewer)] = []
    var seated: [(SeatHolder, Viewer)] = []
    for (holder, viewer) in viewers {
      guard case .session = holder else { continue }
      if viewer.waits, viewer.restsUntil <= now { waiting.append((holder, viewer)) }
      if viewer.place == .seated, viewer.rank < .buyer,
        now - viewer.since >= SeatLimits.seatedAtLeast
      {
        seated.append((holder, viewer))
      }
    }
    waiting.sort { ($0.1.waitsSince, $0.1.number) < ($1.1.waitsSince, $1.1.number) }
    seated.sort { ($0.1.since, $0.1.number) > ($1.1.since, $1.1.number) }
    return Line(
      buyers: waiting.filter { $0.1.rank == .buyer }.map(\.0),
      others: waiting.filter { $0.1.rank < .buyer }.map(\.0), seated: seated.map(\.0))
  }

  /// Sends the last of those away who may be: of a room, or of all.
  private mutating func sendAwayLast(
    _ line: inout Line, of room: String?, at now: Instant
  ) -> SeatChange? {
    let index = line.seated.firstIndex { room == nil || viewers[$0]?.room == room }
    guard let index, moves.take(at: now) else { return nil }
    return sendAway(line.seated.remove(at: index), .full, at: now)
  }

  // MARK: Too many

  /// More than there are seats, since there are fewer seats, or buyers have bought: the last ones go.
  private mutating func sendAwayExcess(_ line: inout Line, at now: Instant) -> [SeatChange] {
    var changes: [SeatChange] = []
    var bounds: [(String?, Int, Tally)] = roomBudgets.sorted { $0.key < $1.key }
      .map { ($0.key, $0.value, rooms[$0.key] ?? Tally()) }
    if let budget { bounds.append((nil, budget, total)) }
    for (room, budget, tally) in bounds {
      let leaving = viewers.values.count { $0.isLeaving && (room == nil || $0.room == room) }
      let allowed = budget + min(SeatLimits.allowance(of: budget), tally.buyers)
      var excess = tally.taken - leaving - allowed
      while excess > 0, let change = sendAwayLast(&line, of: room, at: now) {
        changes.append(change)
        excess -= 1
      }
    }
    return changes
  }

  // MARK: Calling back

  /// Buyers get what is free, then what is allowed beyond, then the seats of who was seated last.
  private mutating func callBuyers(_ line: inout Line, at now: Instant) -> [SeatChange] {
    var changes: [SeatChange] = []
    // Who leaves makes room soon: nobody else goes for the same buyer.
    var leaving = viewers.values.count { $0.isLeaving }
    for holder in line.buyers {
      guard let viewer = viewers[holder] else { continue }
      if fits(viewer) {
        guard moves.take(at: now) else { break }
        changes.append(callBack(holder, .buyer, at: now))
      } else if leaving > 0 {
        leaving -= 1
      } else {
        let room = isFullRoom(viewer.room) ? viewer.room : nil
        guard let change = sendAwayLast(&line, of: room, at: now) else { continue }
        changes.append(change)
      }
    }
    return changes
  }

  /// Before a drop opens, free seats go to its room's viewers, spread over the time there is.
  private mutating func callToDrops(_ line: inout Line, at now: Instant) -> [SeatChange] {
    var changes: [SeatChange] = []
    for (room, opensAt) in drops.sorted(by: { $0.key < $1.key }) {
      let end = opensAt - SeatLimits.dropSettle
      guard now >= opensAt - SeatLimits.dropLead, now <= end else { continue }
      let candidates = line.others.filter { viewers[$0]?.room == room }
      guard !candidates.isEmpty else { continue }
      let last = max(calledUntil[room] ?? .zero, opensAt - SeatLimits.dropLead)
      // As many as would all be called by the end, at an even pace.
      let share = Double((now - last).nanoseconds) / Double(max(1, (end - last).nanoseconds))
      let count = Int((Double(candidates.count) * share).rounded(.down))
      guard count > 0 else { continue }
      calledUntil[room] = now
      // Those with something in the cart first; among equals the order of the line stands.
      let keen = candidates.filter { viewers[$0]?.rank == .keen }
      let others = candidates.filter { viewers[$0]?.rank != .keen }
      for holder in (keen + others).prefix(count) {
        guard let viewer = viewers[holder], fits(viewer), moves.take(at: now) else { break }
        changes.append(callBack(holder, .drop, at: now))
      }
    }
    calledUntil = calledUntil.filter { drops[$0.key] != nil }
    return changes
  }

  /// Free seats but a few go to who has waited longest.
  private mutating func callBack(_ line: inout Line, at now: Instant) -> [SeatChange] {
    var changes: [SeatChange] = []
    for holder in line.others {
      guard let viewer = viewers[holder], viewer.isOnHLS,
        now - viewer.since >= SeatLimits.onHLSAtLeast, !isNearDrop(viewer.room, at: now),
        fits(viewer), leavesMargin(viewer.room)
      else { continue }
      guard moves.take(at: now) else { break }
      changes.append(callBack(holder, .free, at: now))
    }
    return changes
  }

  /// Whether seats are given to a room's viewers for its drop now, or it is too late for that.
  private func isNearDrop(_ room: String, at now: Instant) -> Bool {
    drops[room].map { now >= $0 - SeatLimits.dropLead && now < $0 } ?? false
  }

  private func leavesMargin(_ room: String) -> Bool {
    let bounds = [(budget, total), (roomBudgets[room], rooms[room] ?? Tally())]
    return bounds.allSatisfy { budget, tally in
      budget.map { tally.taken < $0 - SeatLimits.margin(of: $0) } ?? true
    }
  }
}
