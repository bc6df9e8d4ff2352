// The open rooms of this process: opening, commands, what comes back from the disk, closing.

import Access
package import Commerce
package import Room
import RoomLog
import Store
package import Wire

/// Every room with somebody in it, and those that are being opened. Sans-IO: orders go to the store,
/// its answers come in, news go out in order.
package struct RoomHouses {
  private enum Place {
    case opening
    case open(OpenHouse)
  }

  /// A command whose key's stored reply is being read.
  private struct LookUp {
    let room: String
    let envelope: CommandEnvelope
    let waiter: Waiter?
  }

  private var places: [String: Place] = [:]
  /// Rooms that the store opens now, and those that wait for it.
  private var openingCount = 0
  private var toOpen: [String] = []
  private var names: [RoomKey: String] = [:]
  var orders: [HouseOrder] = []
  var news: [HouseNews] = []
  private var lookUps: [UInt64: LookUp] = [:]
  /// Transfers of coins on their way to the ledger, with who waits for them.
  var transfers: [UInt64: Transferring] = [:]
  var lastTransfer: UInt64 = 0
  /// Wallets whose owners are to be told what they hold.
  var changedWallets = ChangedWallets()
  /// By room: the gift for whose sake it was last read again.
  var giftsSought: [String: Int64] = [:]
  private var lastLookUp: UInt64 = 0
  /// Decisions on their way to the disk.
  package internal(set) var pendingCount = 0
  private var nextCounters = Instant.zero
  private var nextAudience = Instant.zero
  private var nextUpkeep: Instant?
  /// When rooms are looked for whose clock runs, and where the last page of them ended.
  private var nextDue: Instant?
  private var duePlace: DuePlace?
  /// No room has anything to do by time before this, milliseconds since 1970; nil: none at all.
  private var soonestMs: Int64?
  /// The last who were erased: a room that was being read then may come with them.
  private var erased = RecentlyErased()
  private let isDurable: Bool
  private let markKey: IdentityMark.Key
  private let gifts: GiftCatalogue
  private let plainShops: Set<String>
  private var lastKey: Int64 = 0
  /// Whose the rooms are that name nobody.
  var soleMerchant: String? {
    didSet {
      guard soleMerchant != oldValue else { return }
      let name = soleMerchant
      for room in openRooms { _ = update(room) { open, _ in open.soleMerchant = name } }
    }
  }

  /// Who takes orders; nil where nobody says.
  var takers: OrderTakers? {
    didSet {
      guard takers != oldValue else { return }
      let takers = takers
      for room in openRooms { _ = update(room) { open, _ in open.house.takers = takers } }
    }
  }

  /// No rooms.
  ///
  /// - Parameters:
  ///   - isDurable: false for simulations and tests without a disk: every room is new, opens at
  ///     once, and every decision counts as written.
  ///   - markKey: what identities are marked with in bans.
  ///   - gifts: what can be given in every room.
  ///   - plainShops: where shops on this machine may have pictures without TLS.
  package init(
    isDurable: Bool, markKey: IdentityMark.Key = .none, gifts: GiftCatalogue = .standard,
    plainShops: Set<String> = []
  ) {
    self.isDurable = isDurable
    self.markKey = markKey
    self.gifts = gifts
    self.plainShops = plainShops
  }

  /// Takes the orders so far, oldest first.
  package mutating func takeOrders() -> [HouseOrder] {
    defer { orders = [] }
    return orders
  }

  /// Takes the news so far, oldest first.
  package mutating func takeNews() -> [HouseNews] {
    defer { news = [] }
    return news
  }

  // MARK: Opening

  /// Whether a room can be entered; if not, it is opened (`HouseNews.opened` tells when).
  package mutating func require(_ room: String) -> Bool {
    switch places[room] {
    case .open: return true
    case .opening: return false
    case nil:
      places[room] = .opening
      guard isDurable else {
        lastKey += 1
        let new = OpenedRoom(key: RoomKey(rawValue: lastKey), house: RoomHouse(), tailCount: 0)
        take(.opened(room: room, new), at: .zero)
        return true
      }
      open(room)
      return false
    }
  }

  /// Has a room opened, when not too many are.
  private mutating func open(_ room: String) {
    if openingCount < HousesLimits.openingMax {
      openingCount += 1
      orders.append(.open(room: room))
    } else {
      toOpen.append(room)
    }
  }

  /// The store has answered for a room: the next one's turn.
  private mutating func opened() {
    openingCount -= 1
    // Bounded by who waits: sockets and requests, each of which is.
    if !toOpen.isEmpty { open(toOpen.removeFirst()) }
  }

  /// Whether a room is being read.
  func isOpening(_ room: String) -> Bool {
    if case .opening? = places[room] { return true }
    return false
  }

  /// Whether who may come in and publish is on the disk; if not, `HouseNews.settled` tells when.
  package mutating func requireRights(in room: String) -> Bool {
    update(room) { open, news -> Bool in
      guard let sequence = open.house.rightsAwaited else { return true }
      open.hold(.settled(room: open.name), until: sequence, &news)
      return false
    } ?? true
  }

  /// Has a member's right to publish looked at again once it is on the disk.
  package mutating func reconsider(_ person: PersonID, hasNewRole: Bool, in room: String) {
    _ = update(room) { open, news in
      open.hold(
        .reconsider(room: open.name, person, hasNewRole: hasNewRole),
        until: open.house.rightsAwaited ?? 0, &news)
    }
  }

  /// The house of an open room.
  package subscript(room: String) -> RoomHouse? {
    if case .open(let open)? = places[room] { return open.house }
    return nil
  }

  /// Whether a room counts with members on HLS.
  func admitsHLS(in room: String) -> Bool {
    if case .open(let open)? = places[room] { open.house.tiers.contains(.hls) } else { false }
  }

  /// The ways by which members of an open room watch.
  mutating func admit(_ tiers: Set<AudienceTier>, in room: String) {
    _ = update(room) { open, _ in open.house.tiers = tiers }
  }

  /// Names of open rooms.
  package var openRooms: [String] { names.values.sorted() }

  mutating func update<Result>(
    _ room: String, _ body: (inout OpenHouse, inout [HouseNews]) -> Result
  ) -> Result? {
    guard case .open(var open)? = places[room] else { return nil }
    // Out of the table while it changes, so that it is changed in place.
    places[room] = nil
    defer {
      if let due = open.house.nextTickMs { soonestMs = min(soonestMs ?? due, due) }
      places[room] = .open(open)
    }
    return body(&open, &news)
  }

  // MARK: Commands

  /// Carries out a command of an open room; its answer is news.
  ///
  /// - Returns: false when too much waits for the disk: nothing was done.
  package mutating func submit(
    _ envelope: CommandEnvelope, in room: String, for waiter: Waiter?
  ) -> Bool {
    guard pendingCount < HousesLimits.pendingMax else { return false }
    switch envelope.command {
    case .gift, .buyCoins: return transfer(envelope, in: room, for: waiter)
    default: break
    }
    let asked = update(room) { open, news in
      open.take(open.house.submit(envelope), for: waiter, atMs: envelope.atMs, &news)
    }
    guard let asked else { return false }
    if let entry = asked.write { commit(entry) }
    if let row = asked.lookUp {
      lastLookUp += 1
      lookUps[lastLookUp] = LookUp(room: room, envelope: envelope, waiter: waiter)
      orders.append(.lookUp(room: room, row: row, number: lastLookUp))
    }
    return true
  }

  /// The server itself wants something of a room.
  package mutating func serve(_ command: ServerCommand, in room: String, atMs: Int64) {
    take(in: room, atMs: atMs) { $0.serve(command, atMs: atMs).map { [$0] } ?? [] }
  }

  mutating func take(
    in room: String, atMs: Int64, _ decide: (inout RoomHouse) -> [Pending]
  ) {
    let entries = update(room) { open, news in
      decide(&open.house).compactMap { open.take($0, for: nil, atMs: atMs, &news) }
    }
    guard var entries, !entries.isEmpty else { return }
    // The clock is that after all of them: should only the first get to the disk, the old one is there.
    let due = entries.lazy.compactMap(\.due).last
    for index in entries.indices { entries[index].due = nil }
    entries[entries.count - 1].due = due
    for entry in entries { commit(entry) }
  }

  // MARK: Queries

  /// The store's number of an open room.
  func key(of room: String) -> RoomKey? {
    if case .open(let open)? = places[room] { return open.key }
    return nil
  }

  /// Answers a query from memory, once the disk has what memory knows.
  mutating func tell(_ waiter: Waiter, _ body: [UInt8], in room: String) {
    _ = update(room) { open, news in
      open.hold(
        .done(waiter, status: 200, body: body), until: open.house.state.sequence, &news)
    }
  }

  /// Has the store read something; its answer is `HouseAnswer.read`.
  mutating func read(_ reading: HouseReading, number: UInt64) {
    orders.append(.read(reading, number: number))
  }

  // MARK: Erasure

  /// Forgets a person in all open rooms, then has the store forget them in all rooms.
  ///
  /// In this order, so that no open room writes the name again; what is on its way to the disk by now
  /// is erased there with the rest.
  mutating func erase(_ identity: String, number: UInt64) {
    for room in openRooms { _ = update(room) { open, _ in open.house.erase(identity) } }
    for transfer in transfers where transfer.value.subject == identity {
      transfers[transfer.key]?.isErased = true
    }
    erased.add(identity)
    orders.append(.erase(identity: identity, number: number))
  }

  /// The store has forgotten these: rooms that were opened meanwhile, or were told the name again, too.
  mutating func forget(_ people: [ErasedPerson]) {
    for person in people {
      erased.add(person)
      guard let room = names[person.room] else { continue }
      _ = update(room) { open, _ in open.house.erase(PersonID(person.person)) }
    }
  }

  private mutating func commit(_ entry: CommitEntry) {
    pendingCount += 1
    guard isDurable else {
      take(
        .committed(entry.room, ticket: entry.ticket, replyRow: entry.reply.map { _ in 0 }),
        at: .zero)
      return
    }
    orders.append(.commit(entry))
  }

  /// The media of a room says where the show stands.
  package mutating func observe(_ phase: RoomPhase, in room: String, atMs: Int64) {
    switch phase {
    case .waiting: serve(.phaseObserved(.waiting), in: room, atMs: atMs)
    case .live: serve(.phaseObserved(.live), in: room, atMs: atMs)
    case .away: serve(.phaseObserved(.away), in: room, atMs: atMs)
    case .ended: break
    }
  }

  // MARK: Members

  /// Somebody joins a room.
  ///
  /// - Throws: `banned`, `room-ended`.
  package mutating func arrive(
    _ arrival: Arrival, in room: String, atMs: Int64
  ) throws(CommandRefusal) {
    let result = update(room) { open, news -> Result<CommitEntry?, CommandRefusal> in
      do throws(CommandRefusal) {
        let decision = try open.house.arrive(arrival, atMs: atMs)
        open.idleSince = nil
        return .success(decision.flatMap { open.take($0, for: nil, atMs: atMs, &news) })
      } catch {
        return .failure(error)
      }
    }
    if let entry = try result?.get() { commit(entry) }
  }

  /// One of a member's sessions is over.
  package mutating func depart(_ identity: String, in room: String) {
    _ = update(room) { open, _ in open.house.depart(identity) }
  }

  /// Tells a socket what is its member's own, once that is on the disk.
  package mutating func tellOwn(
    socket: UInt64, of member: Member, device: DeviceHint?, in room: String, atMs: Int64
  ) {
    _ = update(room) { open, news in
      let message = open.house.personal(
        member.identity, token: member.role, device: device, isSubscriber: member.isSubscriber,
        atMs: atMs)
      let sequence = open.house.state.sequence
      open.hold(
        .own(room: open.name, socket: socket, sequence: sequence, message), until: sequence, &news)
    }
  }

  /// Gives a socket the room as it stands: what it has missed since `cursor`, or a snapshot; and what is
  /// its member's own. It comes as news once it is on the disk.
  package mutating func catchUp(
    socket: UInt64, of member: Member, device: DeviceHint?, after cursor: Int64?, in room: String,
    atMs: Int64
  ) {
    _ = update(room) { open, news in
      let house = open.house
      let person = house.people.person(member.identity)
      let role = house.state.role(of: Actor(person: person ?? .server, role: member.role))
      let missed = cursor.flatMap {
        house.frames(after: $0, for: Spectator(person: person, isStaff: role.isStaff))
      }
      var messages = (missed ?? house.snapshot(forStaff: role.isStaff)).messages
      messages.append(
        house.personal(
          member.identity, token: member.role, device: device, isSubscriber: member.isSubscriber,
          atMs: atMs))
      open.hold(
        .caughtUp(room: open.name, socket: socket, messages), until: house.state.sequence, &news)
    }
  }

  // MARK: The store

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
      if let due = open.house.nextTickMs { soonestMs = min(soonestMs ?? due, due) }
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

  // MARK: Time

  /// Whether `advance` has something to do.
  package func isDue(at now: Instant) -> Bool {
    !names.isEmpty && now >= nextCounters
      || isDurable && (now >= nextUpkeep ?? now || now >= nextDue ?? now)
  }

  /// When `tick` may have something to do, milliseconds since 1970; nil: not by itself.
  package var nextTickMs: Int64? { soonestMs }

  /// Does what rooms have to do at their own times: windows and holds that end, polls that close. To be
  /// called at `nextTickMs`: a drop's claims wait for it.
  package mutating func tick(atMs: Int64) {
    guard let soonest = soonestMs, soonest <= atMs else { return }
    soonestMs = nil
    for room in openRooms {
      guard let due = self[room]?.nextTickMs else { continue }
      soonestMs = min(soonestMs ?? due, due)
      if due <= atMs { take(in: room, atMs: atMs) { $0.tick(atMs: atMs) } }
    }
    // What one turn did not finish, and what can't be done, waits for the next.
    let late = atMs + HousesLimits.tickRestMs
    if let soonest = soonestMs, soonest < late { soonestMs = soonestAfter(late) }
  }

  /// Rooms whose clock runs are opened, whoever had them in memory before: holds end, lots close and
  /// units go to who waits, whether somebody comes or not.
  private mutating func open(_ rooms: [DueRoom], at now: Instant) {
    let isLast = rooms.count < HousesLimits.dueRoomsMax
    duePlace = isLast ? nil : rooms.last?.place
    nextDue = now + (isLast ? HousesLimits.duePause : HousesLimits.dueInterval)
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
    nextCounters = now + HousesLimits.counterInterval
    if isDurable, now >= nextUpkeep ?? now {
      nextUpkeep = now + HousesLimits.upkeepInterval
      orders.append(.upkeep)
    }
    if isDurable, now >= nextDue ?? now {
      nextDue = now + HousesLimits.duePause
      orders.append(.findDue(after: duePlace))
    }
    tick(atMs: atMs)
    let isAudienceDue = now >= nextAudience
    if isAudienceDue { nextAudience = now + HousesLimits.audienceInterval }
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
