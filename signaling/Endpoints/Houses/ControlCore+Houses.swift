// Rooms' houses within the control plane: who is let in, what the disk's news mean for the media.

import Access
import Commerce
import Crypto
import HTTP
import Hooks
import MediaControl
import Messages
import Room
import RoomLog
package import Wire

/// A request that waits for its room to open.
struct ParkedRequest: Sendable {
  let request: HTTPRequest
  let ticket: RequestTicket
  /// Who asks, seen through proxies and other processes on the database.
  var client = IPAddress(ipv4: 0)
  /// Whether another process on the database has passed it on.
  var isPassedOn = false
}

extension ControlCore {
  // MARK: Opening

  /// Whether a room can be entered now; if not, it is being opened. Only for who may come in: a room
  /// that is opened gets a row on the disk.
  mutating func require(_ room: String) -> Bool { houses.require(room) }

  /// Whether a room can be entered now, and what is decided about who may come in and publish is on
  /// the disk: nobody is told of a ban or a grant that a crash could take back.
  mutating func requireRights(in room: String) -> Bool {
    require(room) && houses.requireRights(in: room)
  }

  /// Lets a request wait for its room; false when too many do.
  mutating func park(_ parked: ParkedRequest, for room: String) -> Bool {
    guard (self.parked[room]?.count ?? 0) < HousesLimits.parkedMax else { return false }
    self.parked[room, default: []].append(parked)
    return true
  }

  // MARK: The store

  /// Takes an answer of the store.
  package mutating func take(_ answer: HouseAnswer, at now: Instant, wall: WallTime) {
    clock = (now, wall)
    switch answer {
    case .read(let number, let result): self.answer(number, result)
    case .erased(let number, let people): erased(number, people)
    case .changed(let number, let outcome): changed(number, outcome)
    case .endpoints(let rows): replaceHooks(rows)
    case .wallets(let wallets):
      for wallet in wallets { tell(wallet) }
      houses.walletsRead()
    case .revocations(let rows):
      for row in rows { heard(RevocationChange(row), at: now, wall: wall) }
    case .opened, .elsewhere, .committed, .refused, .lost, .forgotten, .found, .unread,
      .transferred, .due:
      houses.take(answer, at: now)
    }
  }

  /// When the houses have something to do at a time of their own; nil: not by itself.
  package func nextTick(at now: Instant, wall: WallTime) -> Instant? {
    houses.nextTickMs.map { now + .milliseconds(max(0, $0 - wall.milliseconds)) }
  }

  /// Does what is due by time in the houses.
  mutating func advanceHouses(at now: Instant, wall: WallTime) {
    houses.tick(atMs: wall.milliseconds)
    guard houses.isDue(at: now) else { return }
    var viewers: [String: Int] = [:]
    var held: Set<String> = []
    for room in houses.openRooms {
      viewers[room] = self.viewers(in: room)
      let isIdle = rooms[room]?.isIdle ?? true
      if heldRooms.contains(room) || !isIdle || parked[room] != nil { held.insert(room) }
    }
    if config.membership != nil, viewers != viewerCounts { noteViewers(viewers) }
    viewerCounts = viewers
    houses.advance(at: now, atMs: wall.milliseconds, viewers: viewers, held: held)
  }

  private mutating func noteViewers(_ viewers: [String: Int]) {
    var counts: [RoomKey: Int] = [:]
    for (room, count) in viewers {
      if let key = houses.key(of: room) { counts[key] = count }
    }
    effects.append(.house(.noteViewers(counts)))
  }

  /// Turns what the houses have to say into effects, and does what it means for the media.
  mutating func settleHouses() {
    // What follows from news may make more: a phase that is noted, a publication that ends.
    while true {
      for order in houses.takeOrders() { effects.append(.house(order)) }
      let news = houses.takeNews()
      guard !news.isEmpty else { return }
      for item in news { take(item, at: clock.now, wall: clock.wall) }
    }
  }

  private mutating func take(_ news: HouseNews, at now: Instant, wall: WallTime) {
    switch news {
    case .done(.request(let ticket), let status, let body):
      let isReport = waitingRequests[ticket].map { APIRoute.isCallback($0) } ?? false
      let response = response(status, body, for: .request(ticket))
      answerWaiting(ticket, isReport && status == 200 ? HTTPResponse(204) : response)
    case .refused(.request(let ticket), let refusal):
      tables[.request(ticket)] = nil
      answerWaiting(ticket, ControlRefusal(refusal).problem)
    case .running(.request(let ticket)):
      answerWaiting(
        ticket,
        ControlRefusal(409, "in-progress", "a request with this key is being carried out").problem)
    case .purchased(let room, let purchase): sell(purchase, in: room)
    case .happened(let room, let events):
      effects.append(.houseNews(news))
      for entry in events { follow(entry, in: room, at: now) }
    case .settled(let room):
      effects.append(.houseNews(news))
      release(room, isOpen: true, at: now, wall: wall)
    case .reconsider(let room, let person, let hasNewRole):
      reconsider(person, hasNewRole: hasNewRole, in: room, at: now)
    case .opened(let room, let isOpen):
      if isOpen { enter(room, atMs: wall.milliseconds) }
      effects.append(.houseNews(news))
      releaseReports(room, isOpen: isOpen)
      release(room, isOpen: isOpen, at: now, wall: wall)
    case .elsewhere(let room, let owner):
      owners.learn(owner, of: room, at: now)
      effects.append(.houseNews(news))
      releaseReports(room, isOpen: false)
      for parked in self.parked.removeValue(forKey: room) ?? [] {
        hand(parked, in: room, to: owner)
      }
    case .done, .refused, .running, .frames, .caughtUp, .own: effects.append(.houseNews(news))
    }
  }

  private mutating func response(
    _ status: Int, _ body: [UInt8], for waiter: Waiter
  ) -> HTTPResponse {
    guard let next = tables.removeValue(forKey: waiter) else {
      return HTTPResponse(
        status, mediaType: status < 400 ? "application/json" : "application/problem+json",
        body: body)
    }
    var response = HTTPResponse(status, mediaType: .table, body: body)
    response.headers.set("Cache-Control", "no-store")
    if !next.isEmpty { response.headers.set("Link", "<\(next)>; rel=\"next\"") }
    return response
  }

  /// Answers a request that waits.
  mutating func answerWaiting(_ ticket: RequestTicket, _ response: HTTPResponse) {
    guard let request = waitingRequests.removeValue(forKey: ticket) else { return }
    effects.append(.respond(ticket, cors.apply(to: response, for: request)))
  }

  /// Whoever publishes by WHIP or watches by WHEP is here, as if they had joined.
  mutating func arrive(by peer: PeerID, atMs: Int64) {
    guard let record = transports[peer], houses[record.room] != nil else { return }
    let member = record.member
    let arrival = Arrival(identity: member.identity, name: member.name, role: member.role)
    // Who was banned since is ended when that is on the disk.
    transports[peer]?.isPresence =
      (try? houses.arrive(arrival, in: record.room, atMs: atMs)) != nil
  }

  /// The media half of a room that has just been opened is made to agree with its log.
  private mutating func enter(_ room: String, atMs: Int64) {
    let here = transports.values.filter { $0.room == room && $0.isPresence }.map(\.peer)
    for peer in here.sorted(by: { $0.rawValue < $1.rawValue }) { arrive(by: peer, atMs: atMs) }
    switch houses[room]?.state.show.phase {
    case .ended:
      var ended = rooms[room] ?? RoomMedia()
      let changes = ended.end()
      rooms[room] = ended
      apply(changes, in: room)
    case .live where rooms[room]?.phase != .live:
      // The process that had the host is gone.
      houses.serve(.phaseObserved(.away), in: room, atMs: atMs)
    case .scheduled, .waiting, .live, .away, nil: break
    }
    callMerchants(in: room)
  }

  private mutating func release(_ room: String, isOpen: Bool, at now: Instant, wall: WallTime) {
    for parked in self.parked.removeValue(forKey: room) ?? [] {
      if isOpen {
        answer(parked, at: now, wall: wall)
      } else {
        let refusal = ControlRefusal(503, "overloaded", "the room could not be opened")
        effects.append(
          .respond(parked.ticket, cors.apply(to: refusal.problem, for: parked.request)))
      }
    }
  }

  // MARK: What events mean

  /// Carries out what an event on the disk means for transports and sessions.
  private mutating func follow(_ entry: SequencedEvent, in room: String, at now: Instant) {
    switch entry.event {
    case .banned(let person, _, _, _): expel(person, from: room, at: now)
    case .said(let event): review(entry, event, in: room)
    case .phaseChanged(.ended): end(room)
    case .stageRemoved(let person):
      houses.reconsider(person, hasNewRole: false, in: room)
    case .roleSet(let person, _): houses.reconsider(person, hasNewRole: true, in: room)
    case .stageLeft, .invitationAnswered:
      houses.reconsider(entry.actor, hasNewRole: false, in: room)
    case .shop(.orderMade(_)): callMerchant(for: entry.sequence, in: room)
    case .shop(.orderPriced(let order, _, _)): callMerchant(for: order, in: room)
    case .shop(.claimed(let claim)) where claim.held > 0: checkPrices([entry.sequence], in: room)
    case .shop(.holdMade(_)), .shop(.lotAwarded(_, _, _, _)):
      checkPrices([entry.sequence], in: room)
    case .shop(.dropDecided(let drop, _, _)):
      // Of claims that are on the disk: later ones are asked about when they are.
      let held = houses[room]?.unpricedHolds(of: drop) ?? []
      checkPrices(held.filter { $0 < entry.sequence }, in: room)
    default: break
    }
  }

  private mutating func expel(_ person: PersonID, from room: String, at now: Instant) {
    guard let house = houses[room], let record = house.people.record(person),
      house.state.isBanned(person, token: house.presence[record.identity]?.role, device: nil)
    else { return }
    endTransports(of: record.identity, in: room, at: now)
    effects.append(.expelled(room: room, identity: record.identity))
  }

  private mutating func end(_ room: String) {
    guard var media = rooms[room] else { return }
    let changes = media.end()
    rooms[room] = media
    apply(changes, in: room)
  }

  /// A member's right to publish may have changed: publications without it end.
  private mutating func reconsider(
    _ person: PersonID, hasNewRole: Bool, in room: String, at now: Instant
  ) {
    guard let record = houses[room]?.people.record(person) else { return }
    let peers = transports.values.filter { transport in
      transport.room == room && transport.member.identity == record.identity
        && transport.purpose != .watch && !mayPublish(transport.member, in: room)
    }
    for peer in peers.map(\.peer).sorted(by: { $0.rawValue < $1.rawValue }) {
      leaveRoom(peer, removing: true, at: now)
    }
    effects.append(
      .permissionsChanged(room: room, identity: record.identity, hasNewRole: hasNewRole))
  }

  /// Ends a transport because its owner may not have it any more.
  mutating func leaveRoom(_ peer: PeerID, removing: Bool, at now: Instant) {
    guard let record = transports[peer] else { return }
    if case .publish(let key) = record.purpose {
      let changes = rooms[record.room]?.unpublish(key) ?? []
      apply(changes, in: record.room)
    }
    if transports[peer] != nil { close(peer, .removed) }
  }

  // MARK: Who may

  /// Whether a member may publish: by role, or as a guest on stage.
  func mayPublish(_ member: Member, in room: String) -> Bool {
    guard let house = houses[room] else { return member.role.mayPublish }
    return house.state.mayPublish(house.actor(member.identity, token: member.role))
  }

  /// Refuses who is banned, anonymous where that is not wanted, or one viewer too many.
  ///
  /// - Parameter isNew: whether a place is taken: not for who is in the room already.
  func admit(_ member: Member, device: DeviceHint?, to room: String, isNew: Bool)
    throws(ControlRefusal)
  {
    guard let house = houses[room] else { return }
    let actor = house.actor(member.identity, token: member.role, device: device)
    guard !house.state.isBanned(actor) else {
      throw ControlRefusal(403, "banned", "you are banned from this room")
    }
    let settings = house.state.show.settings
    guard isNew, member.role == .viewer else { return }
    if settings.anonymous == .refuse, member.identity.hasPrefix(AccessControl.anonymousPrefix) {
      throw ControlRefusal(403, "forbidden", "this room takes no anonymous viewers")
    }
    // Counting everybody at every join would make a full room slow to fill.
    guard settings.viewersMax > 0 else { return }
    let others = house.presence.viewerCount - (house.presence.isViewer(member.identity) ? 1 : 0)
    guard others < settings.viewersMax else {
      throw ControlRefusal(503, "full", "the room has all the viewers it takes")
    }
  }

  /// How many watch: by the room socket or by WHEP, each member once.
  func viewers(in room: String) -> Int { houses[room]?.presence.viewerCount ?? 0 }

  // MARK: Commands

  /// Carries out a command; its answer comes when it is on the disk.
  mutating func submit(
    _ request: RoomRequest, by member: Member, device: DeviceHint?, in room: String,
    for waiter: Waiter, wall: WallTime
  ) throws(ControlRefusal) {
    var envelope = CommandEnvelope(
      identity: member.identity, name: member.name, role: member.role, command: request.command,
      key: request.key, atMs: wall.milliseconds)
    envelope.device = device
    envelope.tier = tier(of: member, in: room)
    envelope.isSubscriber = member.isSubscriber
    envelope.mediaTimeMs = request.mediaTimeMs
    if request.key != nil { envelope.parameters = SHA256.digest(request.canonical.span) }
    switch request.command {
    case .openGiveaway, .shop(.scheduleDrop(_)):
      envelope.seed = random.bytes(EngineLimits.seedByteCount)
    case .gift, .buyCoins:
      envelope.seed = random.bytes(EngineLimits.seedByteCount)
      envelope.merchant = houses[room].flatMap { merchant(of: $0) }
    case .shop(.checkout(hold: _)):
      envelope.merchant = houses[room].flatMap { merchant(of: $0) }
      envelope.hasMerchant = envelope.merchant != nil
    case .shop(.putListing(_)), .shop(.importListings(_)), .shop(.setVariant(_, _, _)):
      envelope.reservesStock =
        owner(of: room).map { hooks.wants(HookTopic.stockReserve, of: $0) } ?? false
    default: break
    }
    if case .say = request.command { envelope.isReviewed = isReviewed(room) }
    guard houses.submit(envelope, in: room, for: waiter) else {
      // The room is not open only when it was left while the process drains.
      throw ControlRefusal(503, "overloaded", "too much waits for the disk, or the server stops")
    }
  }
}

extension ControlRefusal {
  /// A room's refusal as an answer of the REST API.
  init(_ refusal: CommandRefusal) {
    self.init(
      refusal.code.status, refusal.code.rawValue, refusal.text, retryAfterMs: refusal.retryAfterMs)
  }
}
