// The open rooms of this process: opening, commands, what comes back from the disk, closing.

import Access
package import Commerce
package import Room
import RoomLog
import Store
import Wire

/// Every room with somebody in it, and those that are being opened. Sans-IO: orders go to the store,
/// its answers come in, news go out in order.
package struct RoomHouses {
  enum Place {
    case opening
    case open(OpenHouse)
  }

  /// A command whose key's stored reply is being read.
  struct LookUp {
    let room: String
    let envelope: CommandEnvelope
    let waiter: Waiter?
  }

  var places: [String: Place] = [:]
  /// Rooms that the store opens now, and those that wait for it.
  var openingCount = 0
  var toOpen: [String] = []
  var names: [RoomKey: String] = [:]
  var orders: [HouseOrder] = []
  var news: [HouseNews] = []
  var lookUps: [UInt64: LookUp] = [:]
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
  var clock = HousesClock()
  /// The last who were erased: a room that was being read then may come with them.
  var erased = RecentlyErased()
  let isDurable: Bool
  let markKey: IdentityMark.Key
  let gifts: GiftCatalogue
  let plainShops: Set<String>
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
  mutating func open(_ room: String) {
    if openingCount < HousesLimits.openingMax {
      openingCount += 1
      orders.append(.open(room: room))
    } else {
      toOpen.append(room)
    }
  }

  /// The store has answered for a room: the next one's turn.
  mutating func opened() {
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
      if let due = open.house.nextTickMs { clock.soonestMs = min(clock.soonestMs ?? due, due) }
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

  mutating func commit(_ entry: CommitEntry) {
    pendingCount += 1
    guard isDurable else {
      take(
        .committed(entry.room, ticket: entry.ticket, replyRow: entry.reply.map { _ in 0 }),
        at: .zero)
      return
    }
    orders.append(.commit(entry))
  }
}
