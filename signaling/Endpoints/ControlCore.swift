// The control plane of one process: rooms, transports, who is where. Sans-IO, one thread.

package import Access
import Crypto
import HTTP
import Hooks
package import MediaControl
import Negotiation
import RTP
package import Room
package import Wire

/// Everything that decides who publishes and watches what. Effects are appended to `effects`.
package struct ControlCore {
  package let config: ControlConfig
  package internal(set) var effects: [ControlEffect] = []
  package internal(set) var rooms: [String: RoomMedia] = [:]
  package internal(set) var transports: [PeerID: TransportRecord] = [:]
  package var metrics = ControlMetrics()
  var urls: [String: PeerID] = [:]
  /// Rooms with members on a room socket: kept although nobody publishes or watches.
  var heldRooms: Set<String> = []
  /// Sessions whose client closed its transport and has not deleted its URL yet.
  var farewells = Farewells()
  /// By track of the media plane: its room.
  var trackRooms: [TrackID: String] = [:]
  /// Transports by room and identity.
  var memberTransports: [MemberKey: Int] = [:]
  var directory: TrackDirectory
  var identifiers: ControlIdentifiers
  var random: RandomSource
  var nextSweep = Instant.zero
  var mintBudgets = AddressBudgets(
    perSecond: ControlLimits.mintsPerSecond, burst: ControlLimits.mintsBurst,
    addressesMax: ControlLimits.mintAddressesMax)
  /// What members may still ask for over REST: as much as over the room socket.
  var requestBudgets = KeyedBudgets<MemberKey>(
    perSecond: RoomSocketLimits.requestsPerSecond, burst: RoomSocketLimits.requestsBurst,
    keysMax: ControlLimits.requestersMax)
  var listBudgets = AddressBudgets(
    perSecond: ControlLimits.listsPerSecond, burst: ControlLimits.listsBurst,
    addressesMax: ControlLimits.mintAddressesMax)
  var callbackBudgets = AddressBudgets(
    perSecond: ControlLimits.callbacksPerSecond, burst: ControlLimits.callbacksBurst,
    addressesMax: ControlLimits.mintAddressesMax)
  /// The endpoints of webhooks.
  var hooks: HookDirectory {
    didSet { tellMerchants() }
  }
  /// By number: changes of endpoints and deliveries that are being written.
  var pendingHooks: [UInt64: PendingHookChange] = [:]
  var lastHookChange: UInt64 = 0
  /// By number: questions to shops that are not answered yet.
  var syncCalls: [UInt64: SyncAsked] = [:]
  /// Holds whose prices are to be asked for when their shops have fewer questions to answer.
  var waitingHolds: [HeldPrice] = []
  /// Payment pages to be asked for when their shops have fewer questions to answer, the oldest first.
  var waitingCalls: [MerchantCall] = []
  var lastSyncCall: UInt64 = 0
  var access: AccessControl
  /// By number: changes of revocations that are being written.
  var pendingChanges: [UInt64: PendingChange] = [:]
  var lastChange: UInt64 = 0
  var lastStatisticsRound: UInt64 = 0
  let cors: CORSPolicy
  /// Whether no more transports are taken: the process drains.
  package internal(set) var isDraining = false
  /// The rooms' durable half.
  package internal(set) var houses: RoomHouses
  /// Requests that wait for their room to open.
  var parked: [String: [ParkedRequest]] = [:]
  /// Where rooms of other processes are.
  var owners = RoomOwners()
  /// By number: requests that other processes carry out, and the bytes of their bodies.
  var passed: [UInt64: PassedRequest] = [:]
  var passedBytes = 0
  var lastPassed: UInt64 = 0
  /// Requests that wait for a table: where its next page is, empty at its end.
  var tables: [Waiter: String] = [:]
  /// What merchants said of rooms that are being opened.
  var parkedReports: [String: [ParkedReport]] = [:]
  /// Requests of the REST API that are answered later: what they want is on its way to the disk.
  var waitingRequests: [RequestTicket: HTTPRequest] = [:]
  /// What is being read from the store, by number.
  var reads: [UInt64: PendingRead] = [:]
  var lastRead: UInt64 = 0
  /// Who watches over WebRTC; nil without an HLS tier, when everybody does.
  var seats: Seats?
  /// Rooms in which somebody watches HLS.
  var roomsWithHLS: Set<String> = []
  /// Viewers of the open rooms as they were last counted.
  var viewerCounts: [String: Int] = [:]
  /// The time of the input that is being taken.
  var clock = (now: Instant.zero, wall: WallTime(nanoseconds: 0))

  /// A control plane without rooms.
  package init(_ config: ControlConfig, access: AccessControl) {
    self.config = config
    self.access = access
    hooks = HookDirectory(config.hookEndpoints)
    cors = CORSPolicy(allowing: config.allowedOrigins)
    random = config.seed == 0 ? .system : .seeded(config.seed)
    directory = TrackDirectory(workers: config.workers)
    identifiers = ControlIdentifiers(random: random)
    houses = RoomHouses(
      isDurable: config.isDurable, markKey: config.markKey, gifts: config.gifts,
      plainShops: Set(config.hookAllowed.map { "\($0)" }))
    tellMerchants()
    if config.hls != nil { seats = Seats(budget: config.webRTCViewers) }
  }

  /// The rooms know whose they are, and whether somebody takes their orders.
  private mutating func tellMerchants() {
    houses.soleMerchant = hooks.soleMerchant
    houses.takers = OrderTakers(
      names: hooks.merchants(for: .createCheckout), sole: hooks.soleMerchant)
  }

  /// Takes the effects so far, oldest first.
  package mutating func takeEffects() -> [ControlEffect] {
    settleHouses()
    defer { effects.removeAll(keepingCapacity: true) }
    return effects
  }

  // MARK: Time

  /// Does what is due by time; call about once a second.
  package mutating func advance(at now: Instant, wall: WallTime) {
    clock = (now, wall)
    advanceHouses(at: now, wall: wall)
    advanceSeats(at: now, wall: wall)
    guard now >= nextSweep else { return }
    nextSweep = now + ControlLimits.sweepInterval
    for name in Array(rooms.keys) {
      guard var room = rooms[name] else { continue }
      let changes = room.expire(at: now)
      rooms[name] = room
      apply(changes, in: name)
      // What has ended stays as long as its house is open: the log remembers it longer.
      let isKept = room.phase == .ended && (!config.isDurable || houses[name] != nil)
      if room.isIdle && !isKept && !heldRooms.contains(name) { rooms[name] = nil }
    }
    for record in transports.values
    where !record.isConnected && now - record.createdAt > ControlLimits.connectLimit {
      // Out of the room first: a publication waits for its owner, a viewer's sections go.
      leaveRoom(record, at: now)
      close(record.peer, .removed)
    }
    endExpired(at: now, wall: wall)
    checkBitrates(at: now)
  }

  /// Ends the transports of WHIP and WHEP whose tokens are over and were not renewed.
  private mutating func endExpired(at now: Instant, wall: WallTime) {
    for record in transports.values {
      guard let expires = record.expires,
        wall >= expires + JSONWebToken.leeway + ControlLimits.expiryGrace
      else { continue }
      end(record.peer, at: now)
    }
  }

  /// Takes no more transports; those there live until their owners end them or the process stops.
  package mutating func drain() { isDraining = true }

  // MARK: Rooms

  /// Carries out what a room has decided.
  mutating func apply(_ changes: [RoomChange], in room: String) {
    for change in changes {
      switch change {
      case .attach(let peer, let section, let track, let selection):
        attach(peer, section, track, selection)
      case .select(let peer, let section, let selection):
        guard let worker = transports[peer]?.worker else { continue }
        effects.append(.media(.select(peer, section: section, selection), worker))
      case .close(let peer, let reason):
        close(peer, reason)
      case .phase(let phase):
        houses.observe(phase, in: room, atMs: clock.wall.milliseconds)
      default:
        break
      }
      effects.append(.news(room: room, change))
    }
  }

  /// Attaches a track to a viewer's section; the viewer's worker follows the track first.
  private mutating func attach(
    _ peer: PeerID, _ section: Int, _ track: TrackID?, _ selection: LayerSelection
  ) {
    guard let worker = transports[peer]?.worker else { return }
    let key = SectionKey(peer: peer, section: section)
    let command = MediaCommand.attach(peer, section: section, track: track, selection)
    for order in directory.attach(track, to: key, on: worker) {
      effects.append(.media(order.command, order.worker))
    }
    effects.append(.media(command, worker))
    for order in directory.releaseUnused() {
      effects.append(.media(order.command, order.worker))
    }
  }

  /// Ends a transport by our own decision.
  mutating func close(_ peer: PeerID, _ reason: RoomClose) {
    guard let record = forget(peer) else { return }
    effects.append(.media(.removePeer(peer), record.worker))
    effects.append(.transport(peer, .closed(reason)))
  }

  /// Forgets a transport everywhere but in its room.
  mutating func forget(_ peer: PeerID) -> TransportRecord? {
    guard let record = transports.removeValue(forKey: peer) else { return nil }
    urls[record.urlToken] = nil
    let now = clock.now
    if let seat = record.seat { seats?.disconnected(seat, at: now) }
    if record.isPresence { houses.depart(record.member.identity, in: record.room) }
    let member = MemberKey(room: record.room, identity: record.member.identity)
    memberTransports[member] = memberTransports[member].flatMap { $0 > 1 ? $0 - 1 : nil }
    for track in record.state.sections.compactMap(\.track) { trackRooms[track] = nil }
    let orders =
      directory.remove(peer, on: record.worker)
      + directory.removeTracks(record.state.sections.compactMap(\.track))
    for order in orders { effects.append(.media(order.command, order.worker)) }
    return record
  }
}

/// One member of one room.
struct MemberKey: Hashable, Sendable {
  let room: String
  let identity: String
}

/// Numbers for peers, tracks and SSRCs.
struct ControlIdentifiers: IdentifierSource {
  private var random: RandomSource
  private var lastPeer: UInt32 = 0
  private var lastTrack: UInt32 = 0

  init(random: RandomSource) { self.random = random }

  mutating func nextPeer() -> PeerID {
    lastPeer &+= 1
    return PeerID(lastPeer)
  }

  mutating func nextTrack() -> TrackID {
    lastTrack &+= 1
    return TrackID(lastTrack)
  }

  mutating func nextSSRC() -> SSRC { SSRC(truncatingIfNeeded: random.next()) }
}
