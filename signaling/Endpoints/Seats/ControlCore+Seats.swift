// What seats mean: who is told to watch where, and which transports end for it.

import Access
import Commerce
import HTTP
import MediaControl
import Messages
import Nodes
import Room
import Wire

extension ControlCore {
  // MARK: Delivery

  /// What a viewer is told; nil where there is no HLS tier.
  func delivery(_ via: DeliveryWay, _ reason: Delivery.Reason, in room: String) -> Delivery? {
    hlsURL(of: room).map { url in
      guard via == .hls else { return Delivery(via: via, url: nil, reason: reason) }
      let licences = config.hlsLicences.map {
        Delivery.Licence(keySystem: $0.keySystem, url: $0.url(of: room))
      }
      return Delivery(via: via, url: url, reason: reason, licences: licences)
    }
  }

  /// A room's playlist, for who may watch the room: good for some hours where addresses are signed.
  private func hlsURL(of room: String) -> String? {
    guard let url = config.hls?.url(of: room), let access = config.streamAccess else {
      return config.hls?.url(of: room)
    }
    return StreamAccess.address(url, token: access.token(room: room, at: clock.wall))
  }

  /// What holds for a session that is not to watch over WebRTC; nil for all others.
  func delivery(of session: String) -> Delivery? {
    guard let viewer = seats?.viewers[.session(session)] else { return nil }
    switch viewer.place {
    case .hls(let reason), .leaving(_, let reason): return delivery(.hls, reason, in: viewer.room)
    case .outside, .kept, .seated: return nil
    }
  }

  // MARK: Sessions

  /// A viewer's session begins: staff takes no seat.
  mutating func seat(_ session: RoomSession) {
    guard seats != nil, session.member.role == .viewer else { return }
    noteSettings(of: session.room)
    let rank = rank(of: session.member.identity, in: session.room)
    let now = clock.now
    seats?.enter(
      session.name, room: session.room, identity: session.member.identity, rank: rank,
      isBound: session.member.isBoundToHLS, at: now)
  }

  /// Refuses a new transport to a session that is to watch HLS.
  mutating func requireSeat(of session: String) throws(MessageRefusal) {
    // Through `seats?` only: a copy that lives meanwhile would make the change copy everybody.
    let now = clock.now
    guard seats?.viewers[.session(session)] != nil,
      seats?.mayConnect(.session(session), at: now) == false
    else { return }
    tellDelivery(of: session)
    throw MessageRefusal(.viewersFull, "this viewer watches over HLS now: see delivery")
  }

  /// A session has a new transport to watch by.
  mutating func connect(_ peer: PeerID, to session: String) {
    guard seats?.viewers[.session(session)] != nil else { return }
    let now = clock.now
    transports[peer]?.seat = .session(session)
    seats?.connected(.session(session), at: now)
  }

  /// A viewer says what it watches, and maybe what it wants.
  mutating func watching(_ request: WatchingRequest, by session: RoomSession) {
    let holder = SeatHolder.session(session.name)
    guard seats?.viewers[holder] != nil else {
      // Staff takes no seat, and may watch as it likes.
      guard let wish = request.wish else { return }
      let reason = wish == .network ? Delivery.Reason.network : .asked
      let told = delivery(request.via, reason, in: session.room)
      tell(told ?? Delivery(via: .webRTC, url: nil, reason: .asked), to: session.name)
      return
    }
    if request.via == .hls { seats?.said(request.delayMs, by: holder) }
    guard request.wish != nil else { return }
    let now = clock.now
    seats?.ask(request, by: holder, at: now)
    noteTiers(of: session.room)
    tellDelivery(of: session.name)
  }

  private mutating func tellDelivery(of session: String) {
    guard let viewer = seats?.viewers[.session(session)] else { return }
    tell(
      delivery(of: session) ?? delivery(.webRTC, .asked, in: viewer.room), to: session)
  }

  private mutating func tell(_ delivery: Delivery?, to session: String) {
    guard let delivery else { return }
    metrics.delivered(delivery.via, delivery.reason)
    effects.append(.delivery(session: session, delivery))
  }

  // MARK: WHEP

  /// Refuses a viewer by WHEP for whom there is no seat.
  mutating func requireSeat(for member: Member, in room: String) throws(ControlRefusal) {
    guard seats != nil, member.role == .viewer else { return }
    noteSettings(of: room)
    let rank = rank(of: member.identity, in: room)
    guard seats?.admits(room: room, rank: rank, isBound: member.isBoundToHLS) == false else {
      return
    }
    var refusal = ControlRefusal(
      503, ErrorCode.viewersFull.rawValue, "no seat for WebRTC: the show is to be had over HLS",
      retryAfterMs: SeatLimits.whepRetryMs)
    refusal.hls = hlsURL(of: room)
    throw refusal
  }

  /// A viewer watches by WHEP.
  mutating func seat(_ peer: PeerID, of member: Member, in room: String) {
    guard seats != nil, member.role == .viewer else { return }
    let rank = rank(of: member.identity, in: room)
    let now = clock.now
    transports[peer]?.seat = .peer(peer)
    seats?.enter(peer: peer, room: room, identity: member.identity, rank: rank, at: now)
  }

  // MARK: Time

  /// Does what is due by time: who leaves, who comes back.
  mutating func advanceSeats(at now: Instant, wall: WallTime) {
    guard let nextTurn = seats?.nextTurn, now >= nextTurn else { return }
    let rooms = Set((seats?.rooms ?? [:]).keys).union(roomsWithHLS)
    for room in rooms { noteSettings(of: room, now: now, wall: wall) }
    seats?.forgetRooms(otherThan: rooms)
    noteRanks(at: now)
    for change in seats?.advance(at: now) ?? [] {
      switch change {
      case .told(.session(let session), let via, let reason):
        guard let room = seats?.viewers[.session(session)]?.room else { continue }
        tell(delivery(via, reason, in: room), to: session)
      case .told(.peer, _, _): break
      case .end(let holder):
        let peers = transports.values.filter { $0.seat == holder }.map(\.peer)
        for peer in peers.sorted(by: { $0.rawValue < $1.rawValue }) { end(peer, at: now) }
      }
    }
    for room in rooms { noteTiers(of: room) }
  }

  private mutating func noteSettings(of room: String, now: Instant? = nil, wall: WallTime? = nil) {
    let settings = houses[room]?.state.show.settings
    let cap = settings?.webRTCMax ?? 0
    seats?.roomBudgets[room] = cap > 0 ? Int(cap) : nil
    if settings?.delivery == .hls {
      seats?.roomsOnHLS.insert(room)
    } else {
      seats?.roomsOnHLS.remove(room)
    }
    guard let now, let wall else { return }
    let openingMs = houses[room]?.state.shop.nextOpeningMs
    seats?.drops[room] = openingMs.map { now + .milliseconds($0 - wall.milliseconds) }
  }

  /// How late a room's slowest audience is follows from who is on HLS.
  private mutating func noteTiers(of room: String) {
    let hasHLS = (seats?.rooms[room]?.hls ?? 0) > 0
    guard hasHLS != roomsWithHLS.contains(room) || hasHLS != houses.admitsHLS(in: room) else {
      return
    }
    if hasHLS { roomsWithHLS.insert(room) } else { roomsWithHLS.remove(room) }
    houses.admit(hasHLS ? [.webRTC, .hls] : [.webRTC], in: room)
  }

  // MARK: Who is who

  private mutating func noteRanks(at now: Instant) {
    var atStake: [String: Set<String>] = [:]
    var standing: [SeatHolder: Seats.Rank] = [:]
    for (holder, viewer) in seats?.viewers ?? [:] {
      if atStake[viewer.room] == nil {
        let house = houses[viewer.room]
        atStake[viewer.room] = Set(
          house?.state.shop.atStake.compactMap { house?.people.record($0.person)?.identity } ?? [])
      }
      let isAtStake = atStake[viewer.room]?.contains(viewer.identity) ?? false
      standing[holder] = rank(of: viewer.identity, in: viewer.room, isAtStake: isAtStake)
    }
    seats?.rank(at: now) { holder, viewer in standing[holder] ?? viewer.rank }
  }

  private func rank(of identity: String, in room: String) -> Seats.Rank {
    guard let house = houses[room], let person = house.people.person(identity) else {
      return .plain
    }
    return rank(
      of: identity, in: room, isAtStake: house.state.shop.atStake.contains(person.buyer))
  }

  private func rank(of identity: String, in room: String, isAtStake: Bool) -> Seats.Rank {
    guard let house = houses[room], let person = house.people.person(identity) else {
      return .plain
    }
    // On stage, or made a moderator here.
    let actor = Actor(person: person, role: .viewer)
    if house.state.mayPublish(actor) || house.state.role(of: actor).isStaff { return .exempt }
    if isAtStake { return .buyer }
    return house.state.shop.isKnown(person.buyer) ? .keen : .plain
  }

  /// How a member watches, as far as the server knows: what its pages say doesn't count.
  func tier(of member: Member, in room: String) -> AudienceTier {
    guard let seats, member.role == .viewer else { return .webRTC }
    return seats.isOnHLS(member.identity, in: room, at: clock.now) ? .hls : .webRTC
  }

  /// How a room's viewers watch; nil where there is no HLS tier.
  func tiers(of room: String) -> TiersEvent? {
    guard let seats else { return nil }
    let tally = seats.rooms[room] ?? Seats.Tally()
    return TiersEvent(
      webRTC: tally.webRTC, hls: tally.hls,
      hlsDelayMs: tally.hls > 0 ? seats.saidDelayMs(in: room) : nil)
  }
}
