// Which viewers watch over WebRTC and which over HLS: a value without clock or effects.

import MediaControl
import Messages
import Wire

/// What may have a seat.
enum SeatHolder: Hashable, Sendable {
  /// A room socket's session, by its name: it is told where to watch.
  case session(String)
  /// A WHEP transport: nobody can tell it anything, so it keeps its seat.
  case peer(PeerID)
}

/// The viewers of a process and their places.
///
/// A seat is taken by who watches over WebRTC, who is about to, and who has been told to leave and has not. The budget
/// is never exceeded but by buyers, and by them by `SeatLimits.allowance` only; where it is lowered, or a guest leaves
/// the stage, viewers leave until it holds.
struct Seats: Sendable {
  /// Who goes before whom.
  enum Rank: Int, Hashable, Sendable, Comparable {
    case plain
    /// Has something in the cart, or bought or gave before: goes first when a drop is near.
    case keen
    /// Holds, waits or bids: is never sent away.
    case buyer
    /// On stage: takes no seat.
    case exempt
    static func < (one: Rank, other: Rank) -> Bool { one.rawValue < other.rawValue }
  }

  /// How a viewer watches.
  enum Place: Hashable, Sendable {
    /// Nothing, as far as is known; it takes no seat.
    case outside
    /// A seat is promised; `isReturn`: it is on HLS until then.
    case kept(until: Instant, isReturn: Bool)
    case seated
    /// Told to leave; its transport goes by itself, or then.
    case leaving(until: Instant, Delivery.Reason)
    case hls(Delivery.Reason)
  }

  /// A viewer.
  struct Viewer: Sendable {
    let room: String
    let identity: String
    /// Counts arrivals: the first of two who have waited equally long.
    let number: UInt64
    /// Whether its token says HLS.
    let isBound: Bool
    fileprivate(set) var rank: Rank
    fileprivate(set) var place: Place
    /// Since when it is at this place.
    fileprivate(set) var since: Instant
    /// Since when it waits for a seat.
    fileprivate(set) var waitsSince: Instant
    /// Before that it is not called back.
    fileprivate(set) var restsUntil = Instant.zero
    fileprivate(set) var transports = 0
    /// How often it could not use a seat.
    fileprivate(set) var failures = 0
    /// What its player said last.
    fileprivate(set) var saidDelayMs: Int64?

    fileprivate var takesSeat: Bool {
      guard rank != .exempt else { return false }
      switch place {
      case .kept, .seated, .leaving: return true
      case .outside, .hls: return false
      }
    }

    var isOnHLS: Bool { if case .hls = place { true } else { false } }
    /// Whether it may be called back at all: not by its own choice, nor the room's.
    var waits: Bool { place == .hls(.full) || place == .hls(.network) }
    var isLeaving: Bool { if case .leaving = place { true } else { false } }
  }

  /// How many are where.
  struct Tally: Hashable, Sendable {
    /// Seats taken.
    var taken = 0
    /// Those of buyers.
    var buyers = 0
    var hls = 0
    /// Viewers with a transport, on stage or not.
    var webRTC = 0

    fileprivate mutating func add(_ viewer: Viewer, _ sign: Int) {
      if viewer.takesSeat { taken += sign }
      if viewer.takesSeat, viewer.rank == .buyer { buyers += sign }
      if viewer.isOnHLS { hls += sign }
      if viewer.transports > 0 { webRTC += sign }
    }
  }

  /// Seats of the process; nil: as many as want one.
  let budget: Int?
  /// Seats of single rooms.
  var roomBudgets: [String: Int] = [:]
  /// Rooms that say HLS.
  var roomsOnHLS: Set<String> = []
  /// Rooms with a drop to come: when it opens.
  var drops: [String: Instant] = [:]
  private(set) var viewers: [SeatHolder: Viewer] = [:]
  private(set) var total = Tally()
  private(set) var rooms: [String: Tally] = [:]
  private var members: [MemberKey: Set<SeatHolder>] = [:]
  private var lastNumber: UInt64 = 0
  var moves: Budget
  var nextTurn = Instant.zero
  /// By room with a drop to come: until when its viewers have been called back.
  var calledUntil: [String: Instant] = [:]

  init(budget: Int?, at now: Instant = .zero) {
    self.budget = budget
    moves = Budget(
      perSecond: SeatLimits.movesPerSecond, burst: SeatLimits.movesBurst, at: now)
  }

  // MARK: Coming and going

  /// A session begins: it gets a seat if there is one. One that is here already, since its room was read
  /// again, stays where it is.
  mutating func enter(
    _ session: String, room: String, identity: String, rank: Rank = .plain, isBound: Bool = false,
    at now: Instant
  ) {
    let holder = SeatHolder.session(session)
    guard viewers[holder] == nil else { return }
    insert(holder, room: room, identity: identity, rank: rank, isBound: isBound, at: now)
    change(holder, at: now) { seats, viewer in
      if viewer.rank != .exempt, seats.isOnHLSByPolicy(viewer) {
        viewer.place = .hls(.policy)
      } else if seats.fits(viewer) {
        viewer.place = .kept(until: now + SeatLimits.keptFor, isReturn: false)
      } else {
        viewer.place = .hls(.full)
      }
    }
  }

  /// Whether one more WHEP transport of somebody finds a seat.
  func admits(room: String, rank: Rank, isBound: Bool) -> Bool {
    if rank == .exempt { return true }
    return !isBound && !roomsOnHLS.contains(room) && fits(room, asBuyer: rank == .buyer)
  }

  /// A WHEP transport begins that was let in.
  mutating func enter(
    peer: PeerID, room: String, identity: String, rank: Rank = .plain, at now: Instant
  ) {
    let holder = SeatHolder.peer(peer)
    insert(holder, room: room, identity: identity, rank: rank, isBound: false, at: now)
    change(holder, at: now) { _, viewer in
      viewer.place = .seated
      viewer.transports = 1
    }
  }

  private mutating func insert(
    _ holder: SeatHolder, room: String, identity: String, rank: Rank, isBound: Bool,
    at now: Instant
  ) {
    lastNumber += 1
    viewers[holder] = Viewer(
      room: room, identity: identity, number: lastNumber, isBound: isBound, rank: rank,
      place: .outside, since: now, waitsSince: now)
    members[MemberKey(room: room, identity: identity), default: []].insert(holder)
  }

  /// It is over.
  mutating func leave(_ holder: SeatHolder) {
    guard let viewer = viewers.removeValue(forKey: holder) else { return }
    count(viewer, -1)
    let key = MemberKey(room: viewer.room, identity: viewer.identity)
    members[key]?.remove(holder)
    if members[key]?.isEmpty ?? false { members[key] = nil }
  }

  // MARK: Transports

  /// Whether a session may watch by one more transport. Who finds no seat is on HLS from then on.
  mutating func mayConnect(_ holder: SeatHolder, at now: Instant) -> Bool {
    change(holder, at: now) { seats, viewer in
      switch viewer.place {
      case .kept, .seated: return true
      case .leaving, .hls: return viewer.rank == .exempt
      case .outside:
        guard !seats.fits(viewer) else { return true }
        viewer.place = .hls(.full)
        return false
      }
    } ?? true
  }

  /// A session that may has begun to.
  mutating func connected(_ holder: SeatHolder, at now: Instant) {
    change(holder, at: now) { _, viewer in
      viewer.transports += 1
      viewer.place = .seated
    }
  }

  /// One of its transports is over. The seat is kept a while: it may have broken.
  mutating func disconnected(_ holder: SeatHolder, at now: Instant) {
    if case .peer = holder { return leave(holder) }
    change(holder, at: now) { _, viewer in
      viewer.transports = max(0, viewer.transports - 1)
      guard viewer.transports == 0 else { return }
      switch viewer.place {
      case .seated: viewer.place = .kept(until: now + SeatLimits.keptFor, isReturn: false)
      case .leaving(_, let reason): viewer.place = .hls(reason)
      case .outside, .kept, .hls: break
      }
    }
  }

  // MARK: Wishes

  /// What the viewer says its player measures.
  mutating func said(_ delayMs: Int64?, by holder: SeatHolder) {
    viewers[holder]?.saidDelayMs = delayMs
  }

  /// The viewer wants to watch another way, or can't watch by WebRTC.
  mutating func ask(_ request: WatchingRequest, by holder: SeatHolder, at now: Instant) {
    change(holder, at: now) { seats, viewer in
      switch (request.via, request.wish) {
      case (_, nil), (.webRTC, .network): break
      case (.hls, .network?):
        if viewer.place == .seated, now - viewer.since >= SeatLimits.provenAfter {
          viewer.failures = 0
        }
        viewer.failures += 1
        viewer.restsUntil = now + SeatLimits.rest(after: viewer.failures)
        viewer.sendAway(.network, at: now)
      case (.hls, .asked?): viewer.sendAway(.asked, at: now)
      case (.webRTC, .asked?): seats.letBack(&viewer, at: now)
      }
    }
  }

  private func letBack(_ viewer: inout Viewer, at now: Instant) {
    switch viewer.place {
    case .outside, .kept, .seated: return
    // It has its seat still.
    case .leaving(_, .asked), .leaving(_, .network): viewer.place = .seated
    case .leaving: return
    case .hls:
      guard viewer.rank == .exempt || !isOnHLSByPolicy(viewer) else { return }
      viewer.place =
        fits(viewer)
        ? .kept(until: now + SeatLimits.keptFor, isReturn: true) : .hls(.full)
    }
  }

  // MARK: Ranks

  /// Looks anew at who everybody is.
  mutating func rank(at now: Instant, _ rank: (SeatHolder, Viewer) -> Rank) {
    for (holder, viewer) in viewers {
      let new = rank(holder, viewer)
      if new != viewer.rank { change(holder, at: now) { _, viewer in viewer.rank = new } }
    }
  }

  /// Forgets what rooms said in which nobody is.
  mutating func forgetRooms(otherThan here: Set<String>) {
    guard max(roomBudgets.count, roomsOnHLS.count, drops.count) > here.count else { return }
    roomBudgets = roomBudgets.filter { here.contains($0.key) }
    roomsOnHLS.formIntersection(here)
    drops = drops.filter { here.contains($0.key) }
  }

  // MARK: Questions

  /// Whether a member sees the show late: it has had no transport for a while, and was told to watch HLS.
  func isOnHLS(_ identity: String, in room: String, at now: Instant) -> Bool {
    let holders = members[MemberKey(room: room, identity: identity)] ?? []
    let mine = holders.compactMap { viewers[$0] }
    return mine.allSatisfy { $0.transports == 0 }
      && mine.contains { $0.isOnHLS && now - $0.since >= SeatLimits.tierSettle }
  }

  /// The median of what players on HLS said last.
  func saidDelayMs(in room: String) -> Int64? {
    let said = viewers.values.filter { $0.room == room && $0.isOnHLS }.compactMap(\.saidDelayMs)
    return said.isEmpty ? nil : said.sorted()[said.count / 2]
  }

  func isOnHLSByPolicy(_ viewer: Viewer) -> Bool {
    viewer.isBound || roomsOnHLS.contains(viewer.room)
  }

  /// Whether there is a seat for a viewer who has none.
  func fits(_ viewer: Viewer) -> Bool {
    viewer.rank == .exempt || fits(viewer.room, asBuyer: viewer.rank == .buyer)
  }

  private func fits(_ room: String, asBuyer: Bool) -> Bool {
    Seats.isFree(budget, total, asBuyer: asBuyer)
      && Seats.isFree(roomBudgets[room], rooms[room] ?? Tally(), asBuyer: asBuyer)
  }

  /// Whether its room, and not the process, has no seat for a buyer.
  func isFullRoom(_ room: String) -> Bool {
    !Seats.isFree(roomBudgets[room], rooms[room] ?? Tally(), asBuyer: true)
  }

  private static func isFree(_ budget: Int?, _ tally: Tally, asBuyer: Bool) -> Bool {
    guard let budget else { return true }
    return tally.taken < budget + (asBuyer ? SeatLimits.allowance(of: budget) : 0)
  }

  // MARK: Changing

  /// Changes a viewer, and what is counted of it.
  @discardableResult
  mutating func change<Result>(
    _ holder: SeatHolder, at now: Instant, _ body: (Seats, inout Viewer) -> Result
  ) -> Result? {
    guard let old = viewers[holder] else { return nil }
    var viewer = old
    let result = body(self, &viewer)
    if viewer.place != old.place { viewer.since = now }
    if viewer.isOnHLS, !old.isOnHLS { viewer.waitsSince = now }
    count(old, -1)
    count(viewer, 1)
    viewers[holder] = viewer
    return result
  }

  private mutating func count(_ viewer: Viewer, _ sign: Int) {
    total.add(viewer, sign)
    rooms[viewer.room, default: Tally()].add(viewer, sign)
    if rooms[viewer.room] == Tally() { rooms[viewer.room] = nil }
  }
}

extension Seats.Viewer {
  /// Whether time alone may move it.
  var mayLapse: Bool {
    switch place {
    case .kept, .leaving, .hls(.policy): true
    case .outside, .seated, .hls: false
    }
  }

  /// Gets no media over WebRTC any more.
  mutating func sendAway(_ reason: Delivery.Reason, at now: Instant) {
    place =
      transports > 0
      ? .leaving(until: now + SeatLimits.leavingFor, reason) : .hls(reason)
  }

  /// Gets a seat, while it is on HLS.
  mutating func callBack(at now: Instant) {
    place = .kept(until: now + SeatLimits.keptFor, isReturn: true)
  }

  /// Waits at least so long for the next seat.
  mutating func rests(until time: Instant) { restsUntil = max(restsUntil, time) }

  /// It could not use the seat it was called to.
  mutating func failed(at now: Instant) {
    failures += 1
    rests(until: now + SeatLimits.rest(after: failures))
    place = .hls(.full)
  }

  /// It waits as everyone: its room says HLS no longer.
  mutating func wait() { place = .hls(.full) }

  /// It has not come: the seat is free.
  mutating func forgo() { place = .outside }
}
