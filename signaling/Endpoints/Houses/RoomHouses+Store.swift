// What the store answers, and what follows from it for the rooms.

import Commerce
import Room
import RoomLog
import Store
package import Wire

extension RoomHouses {
  /// Takes an answer of the store.
  package mutating func take(_ answer: HouseAnswer, at now: Instant) {
    switch answer {
    case .opened(let room, let opened):
      if isDurable { self.opened() }
      guard let opened else {
        places[room] = nil
        news.append(.opened(room: room, false))
        return
      }
      var open = OpenHouse(name: room, opened)
      open.soleMerchant = soleMerchant
      open.house.takers = takers
      open.house.markKey = markKey
      open.house.gifts = gifts
      open.house.plainShops = plainShops
      for person in erased.people(of: opened.key) { open.house.erase(PersonID(person)) }
      open.idleSince = now
      places[room] = .open(open)
      names[opened.key] = room
      if let due = open.house.nextTickMs { clock.soonestMs = min(clock.soonestMs ?? due, due) }
      news.append(.opened(room: room, true))
      // What a crash kept out of the log.
      for var gift in opened.gifts {
        if let subject = gift.subject, erased.contains(subject) { gift.subject = nil }
        tell(of: gift, by: nil, in: room, atMs: gift.atMs)
      }
    case .committed(let key, let ticket, let row):
      pendingCount -= 1
      guard let room = names[key] else { return }
      _ = update(room) { open, news in
        open.committed(ticket: ticket, replyRow: row, &news)
      }
    case .refused(let key, _):
      pendingCount -= 1
      guard let room = names[key] else { return }
      discard(room)
    case .elsewhere(let room, let owner):
      opened()
      places[room] = nil
      news.append(.elsewhere(room: room, owner))
    case .lost(let key):
      guard let room = names[key] else { return }
      discard(room)
    case .forgotten(let people): forget(people)
    case .found(_, let number, let reply):
      guard let lookUp = lookUps.removeValue(forKey: number) else { return }
      let asked = update(lookUp.room) { open, news in
        open.take(
          open.house.judge(lookUp.envelope, stored: reply), for: lookUp.waiter,
          atMs: lookUp.envelope.atMs, &news)
      }
      if let entry = asked?.write { commit(entry) }
      if asked == nil { refuse(lookUp) }
    case .unread(let number):
      if let lookUp = lookUps.removeValue(forKey: number) { refuse(lookUp) }
    case .transferred(let number, let outcome): take(outcome, of: number)
    case .due(let rooms): open(rooms, at: now)
    case .read, .erased, .changed, .endpoints, .revocations, .wallets: break
    }
  }

  /// Whether the command was carried out before is not known: it is not carried out now.
  private mutating func refuse(_ lookUp: LookUp) {
    guard let waiter = lookUp.waiter else { return }
    let text = "the reply to this key can't be read now"
    news.append(
      .refused(
        waiter, CommandRefusal(.overloaded, text, retryAfterMs: HousesLimits.storeRetryMs)))
  }

  /// Memory is ahead of the disk, or behind it: the room is forgotten and read again.
  mutating func discard(_ room: String) {
    guard case .open(let open)? = places[room] else { return }
    for waiter in open.waiters {
      news.append(
        .refused(
          waiter,
          CommandRefusal(
            .overloaded, "the server could not write this down",
            retryAfterMs: HousesLimits.storeRetryMs)))
    }
    names[open.key] = nil
    places[room] = .opening
    self.open(room)
    news.append(.opened(room: room, false))
  }
}
