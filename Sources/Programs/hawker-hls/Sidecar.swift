// The sidecar's loop: packets and requests to their rooms, and which rooms there are.

import Client
import ClientShell
import ClientTLS
import Crypto
import HLS
import HLSFeed
import HLSServing
import HTTP
import Loop
import Telemetry
import Web
import Wire

/// Rooms of a server as HLS. For the main thread: it owns the process's signals.
final class Sidecar {
  private let context: RelayContext
  private let signals: SignalWatch
  private var relays: [String: RoomRelay] = [:]
  private var players: [ClientID: RoomRelay] = [:]
  private var roster: RoomRoster
  /// For requests that name no room of ours.
  private var desk: RequestDesk
  private var news: [SidecarNews] = []
  private var listing: WorkerThread?
  private var listAskedAt = Instant.zero
  private var listAt = Instant.zero
  private var listFault: String?
  private var hasListed = false
  private var isFullSaid = false
  private var nextTickAt = Instant.zero
  private var isStopped = false

  /// How often time is let pass: a sixteenth of a part.
  private static let tick = TimeSpan.milliseconds(20)
  /// How often the list of rooms is asked for: a show can be watched a second after it has begun.
  private static let listInterval = TimeSpan.seconds(1)
  private static let signalToken: UInt64 = 1 << 62
  /// Requests on their way from the web server: all that may wait, and as many again.
  static let newsMax = 2 * HLSLimits.waitingMax

  init(_ settings: SidecarSettings) throws {
    desk = RequestDesk(access: settings.access)
    let waker = try Waker()
    let inbox = Mailbox<SidecarNews>(capacity: Sidecar.newsMax, waker: waker)
    let clients = try ClientLoop(waker: waker)
    signals = try SignalWatch([.terminate, .interrupt])
    try clients.loop.add(signals.descriptor, token: Sidecar.signalToken, interest: .reading)
    var web = WebConfig(address: settings.address)
    let shelf = AnswerShelf()
    web.shelf = shelf
    // Players ask for one thing at a time, and what is answered is held until it is read.
    web.limits.pipelinedRequestsMax = 2
    let server = try WebServer(web) { event in
      _ = inbox.post(.web(event))
    }
    guard let tls = TLSClientContext(authorities: settings.authorities) else {
      throw SidecarSettings.Fault(
        text: "--ca: no certificates in \(settings.authorities ?? "this machine's folder")",
        status: 2)
    }
    let keeping = try settings.keep.map { try Keeping($0, settings, server) }
    let spooling = try settings.spool.map { try Spooling($0, server, inbox) }
    context = RelayContext(
      settings: settings, clients: clients, inbox: inbox, identity: try ClientIdentity(), tls: tls,
      server: server, keeping: keeping, spooling: spooling,
      pushing: try settings.push.map { try Pushing($0) }, shelf: shelf,
      steering: try settings.pathways.map { try SteeringFile($0) },
      runs: RunNames())
    roster = RoomRoster(roomsMax: settings.roomsMax, reach: settings.reach)
    for room in settings.rooms {
      let relay = RoomRelay(room, context)
      relays[room] = relay
      relay.begin(at: SystemClock.now())
    }
  }

  /// Serves until told to stop; the process's exit status.
  func run() throws -> Int32 {
    SidecarLog.say("ready http=\(context.server.address)")
    while !isStopped { turn(until: SystemClock.now() + Sidecar.tick) }
    let sessions = relays.values.compactMap { $0.end() }
    for relay in relays.values { relay.finish() }
    for session in sessions { SidecarJoin.leave(session, context.tls) }
    listing?.join()
    context.keeping?.stop()
    context.spooling?.stop()
    context.pushing?.stop()
    context.server.drain()
    context.server.join()
    return 0
  }

  private func turn(until deadline: Instant) {
    context.clients.turn(until: deadline) { client, packet, datagram, arrival in
      players[client]?.receive(packet, datagram, at: arrival)
    }
    let now = SystemClock.now()
    if (try? signals.next()) != nil { isStopped = true }
    for event in context.clients.events {
      guard case .ended(let client, let end) = event else { continue }
      players[client]?.lose("the session ended: \(end)", at: now)
    }
    serveSockets(at: now)
    takeNews(at: now)
    if now >= nextTickAt {
      nextTickAt = now + Sidecar.tick
      tick(at: now)
    }
    for relay in relays.values { relay.answerWaiting(at: now) }
  }

  /// Room sockets are on the clients' loop, under numbers of their own.
  private func serveSockets(at now: Instant) {
    for readiness in context.clients.loop.readiness
    where readiness.token > SocketTokens.first && readiness.token != Sidecar.signalToken {
      relays.values.first { $0.socketToken == readiness.token }?.serve(readiness, at: now)
    }
  }

  private func tick(at now: Instant) {
    context.steering?.look(at: now)
    shareSpool()
    for relay in relays.values { relay.tick(at: now) }
    noteClients()
    for relay in relays.values where relay.hasEnded {
      if context.settings.followsList {
        apply(roster.end(relay.room, at: now), at: now)
      } else if let session = relay.end() {
        leave(session)
      }
    }
    guard context.settings.followsList else { return }
    askForList(at: now)
    let idle = relays.values.filter(\.isIdle).map(\.room)
    apply(roster.advance(idle: Set(idle), at: now), at: now)
  }

  /// When the files of all rooms have too much, the room with the most gives way.
  private func shareSpool() {
    guard context.spooling != nil else { return }
    let surplus =
      relays.values.reduce(0) { $0 + $1.spoolByteCount } - context.settings.spoolBytesMax
    guard surplus > 0 else { return }
    // What is on its way can't be given up: then it is another room's turn.
    for relay in relays.values.sorted(by: { $0.spoolByteCount > $1.spoolByteCount })
    where relay.shortenSpool(by: surplus) { return }
  }

  private func noteClients() {
    players.removeAll(keepingCapacity: true)
    for relay in relays.values {
      if let client = relay.client { players[client] = relay }
    }
  }

  // MARK: News

  private func takeNews(at now: Instant) {
    news.removeAll(keepingCapacity: true)
    context.inbox.drain(into: &news)
    for item in news {
      switch item {
      case .web(.request(let connection, let request, let asked, _)):
        answer(asked, RequestTicket(connection: connection, request: request, asked), at: now)
      case .web: break
      case .joining(let room, let outcome):
        if let relay = relays[room] {
          relay.take(outcome, at: now)
          noteClients()
        } else if case .joined(_, _, let session) = outcome {
          leave(session)
        }
      case .resolved(let room, let result): relays[room]?.take(result, at: now)
      case .transcoded(let room, let result): relays[room]?.take(result, at: now)
      case .listed(let outcome): take(outcome, at: now)
      case .spool(let room, let news):
        let isHeld = relays[room]?.take(news, at: now) ?? false
        context.spooling?.note(news, isHeld: isHeld, at: now)
      }
    }
  }

  private func answer(_ asked: HTTPRequest, _ ticket: RequestTicket, at now: Instant) {
    if context.keeping?.answer(asked, ticket, context.server) == true { return }
    let segments = asked.target.segments
    if segments == ["metrics"], asked.method == .get {
      context.server.post(.respond(ticket.connection, ticket.request, metrics))
    } else if segments.count > 1, segments[0] == "hls", let relay = relays[segments[1]] {
      relay.answer(asked, ticket, at: now)
    } else if let response = desk.answer(
      asked, ticket, room: nil, nil, at: now, wall: SystemClock.wallTime())
    {
      context.server.post(.respond(ticket.connection, ticket.request, response))
    }
  }

  private var metrics: HTTPResponse {
    var page = PrometheusText()
    page.family("hawker_hls_rooms", .gauge, help: "Rooms relayed, those just over included.")
    page.sample("hawker_hls_rooms", [:], UInt64(relays.count))
    context.keeping?.write(to: &page)
    context.spooling?.write(to: &page, held: relays.values.reduce(0) { $0 + $1.spoolByteCount })
    context.pushing?.write(to: &page)
    return HTTPResponse(200, mediaType: PrometheusText.mediaType, body: page.bytes)
  }

  // MARK: Rooms

  private func askForList(at now: Instant) {
    guard listing == nil, now >= listAt else { return }
    (listAskedAt, listAt) = (now, now + Sidecar.listInterval)
    let inbox = context.inbox
    listing = try? WorkerThread(name: "list", config: (context.settings, context.tls)) { parts in
      _ = inbox.post(.listed(RoomList.fetch(parts.0, parts.1)), reserve: RelayContext.ownNewsMax)
    }
  }

  private func take(_ outcome: Result<[ListedRoom], ClientFault>, at now: Instant) {
    listing?.join()
    listing = nil
    switch outcome {
    case .success(let rooms):
      if listFault != nil { SidecarLog.write(.info, "the list of rooms is there") }
      listFault = nil
      hasListed = true
      let refused = roster.refusedCount
      apply(roster.take(rooms, asked: listAskedAt), at: now)
      let isFull = roster.refusedCount != refused
      if isFull, !isFullSaid {
        SidecarLog.write(.warning, "more rooms are live than --rooms allows; some are left out")
      }
      isFullSaid = isFull
    case .failure(let fault):
      // Said once: a server that is away is away for many lists. Started together, it comes a moment later.
      if listFault != fault.text {
        if !hasListed, fault == .nobodyListens {
          SidecarLog.write(.info, "waiting for the server")
        } else {
          SidecarLog.write(.warning, "no list of rooms: \(fault.text)")
        }
      }
      listFault = fault.text
    }
  }

  private func apply(_ effects: [OnRoster], at now: Instant) {
    for effect in effects {
      switch effect {
      case .begin(let room):
        let relay = relays[room] ?? RoomRelay(room, context)
        relays[room] = relay
        relay.begin(at: now)
      case .end(let room):
        if let session = relays[room]?.end() { leave(session) }
      case .forget(let room):
        guard let relay = relays.removeValue(forKey: room) else { continue }
        relay.sendAway()
        if let session = relay.end() { leave(session) }
      }
    }
    if !effects.isEmpty { noteClients() }
  }

  /// Tells the SFU that a session is over, without waiting for it.
  private func leave(_ session: SignalingSession) {
    _ = try? WorkerThread(name: "leave", config: (session, context.tls)) {
      SidecarJoin.leave($0.0, $0.1)
    }
  }
}
