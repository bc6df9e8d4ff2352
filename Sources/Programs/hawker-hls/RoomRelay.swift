// One room: its session at the SFU, its feed, and those who ask for it.

import Client
import ClientShell
import HLS
import HLSFeed
import HLSKeeping
import HLSPushing
import HLSServing
import HTTP
import Loop
import MediaControl
import RTP
import Telemetry
import Transcoding
import Web
import Wire

/// A room on its way from an SFU to players. A class: the loop's packets and requests find it by name.
final class RoomRelay {
  let room: String
  private let context: RelayContext
  private var feed: RoomFeed
  private var desk: RequestDesk
  private var keeper: RoomKeeper
  private var pushed: PushedRoom
  private var shelf: RoomShelf
  /// The show that has files in the spool.
  private var spooledRun: String?
  /// When anything of the room was last asked for.
  private var askedAt: Instant?
  private var rest: EncoderRest

  /// The session at the SFU, once there is one.
  private(set) var client: ClientID?
  private var session: SignalingSession?
  /// The place among the feed's layers of each section of the client.
  private var layers: [Int: Int] = [:]
  /// There as soon as there is something to decode.
  private var transcoder: TranscodeThread?
  private var joining: WorkerThread?
  private var joinAt = Instant.zero
  private var pause = RoomRelay.backoff.first
  private var isOver = false
  /// Says what happens in the room; nil where there is none.
  private var socket: RoomSocket?
  /// Who has the room by the word of the one we asked last; it may send nobody on.
  private var movedTo: String?
  /// The room was heard to be over.
  private(set) var hasEnded = false

  /// A server that has gone: while the host is away it only answers consent checks, one in 4 to 6 s (RFC 7675).
  private static let silenceMax = TimeSpan.seconds(8)
  /// Whoever watches asks for a playlist or a part three times a second, or plain HLS each two seconds.
  private static let watchedFor = TimeSpan.seconds(10)
  private static let backoff = (first: TimeSpan.milliseconds(500), longest: TimeSpan.seconds(5))

  init(_ room: String, _ context: RelayContext) {
    self.room = room
    self.context = context
    desk = RequestDesk(access: context.settings.access)
    shelf = RoomShelf(context.shelf, owner: context.tokens.next())
    feed = RoomFeed(
      layers: SidecarJoin.layers, timing: context.settings.timing, run: context.runs.next(),
      ladder: context.settings.ladder, bytesMax: context.roomBytesMax,
      spool: context.spoolLimits, silenceMax: context.silenceMax, keys: context.settings.keys,
      protection: context.settings.protection, isSteered: context.steering != nil,
      captions: context.settings.captions)
    keeper = RoomKeeper(room: room)
    rest = EncoderRest(isAllowed: context.settings.restsEncoders)
    pushed = PushedRoom(room)
    feed.keepsStills = context.keeping != nil
  }

  /// Whether there is no show to be played, now or yet.
  var isIdle: Bool { feed.presentation?.isEnded ?? true }

  // MARK: Media

  /// Takes a packet of this room's client.
  func receive(_ packet: PlayedPacket, _ datagram: borrowing Span<UInt8>, at arrival: Instant) {
    guard !packet.isDuplicate, let payload = datagram.slice(packet.payload) else { return }
    if packet.codec == .opus {
      feed.receiveSound(
        packet.sequence, timestamp: packet.timestamp, payload: payload, at: arrival)
      return
    }
    guard let layer = layers[packet.section], packet.codec.isVideo else { return }
    feed.receive(
      SerialNumber16(UInt16(truncatingIfNeeded: packet.sequence)), codec: packet.codec,
      timestamp: packet.timestamp, marker: packet.marker, payload: payload, layer: layer,
      at: arrival)
    passOnOrders()
  }

  /// Takes what the transcoding thread has done.
  func take(_ result: TranscodeResult, at now: Instant) {
    if !isOver { feed.receive(result, at: now) }
  }

  private func passOnOrders() {
    let orders = feed.takeOrders()
    guard !orders.isEmpty else { return }
    if transcoder == nil {
      let (inbox, room) = (context.inbox, room)
      transcoder = try? TranscodeThread(context.settings.ladder, context.settings.encoder) {
        // Beyond what others may leave: the feed bounds what is on its way.
        _ = inbox.post(.transcoded(room, $0), reserve: inbox.capacity)
      }
    }
    for order in orders { transcoder?.post(order) }
  }

  /// Lets time pass.
  func tick(at now: Instant) {
    join(at: now)
    listen(at: now)
    if !isOver { socket?.tick(at: now) }
    rest.tick(&feed, room: room, at: now)
    feed.advance(at: now)
    passOnOrders()
    keep()
    spool(at: now)
    desk.steering = context.steering?.current
    for ticket in desk.expire(at: now) {
      context.server.post(.respond(ticket.connection, ticket.request, RequestDesk.tooLate))
    }
  }

  private func keep() {
    if let keeping = context.keeping { keeping.post(keeper.take(&feed)) }
    if let pushing = context.pushing { pushed.take(feed.presentation, pushing.pusher) }
  }

  // MARK: The spool

  /// Bytes of media in files, or on their way there.
  var spoolByteCount: Int { feed.presentation?.spoolByteCount ?? 0 }

  private func spool(at now: Instant) {
    guard let spooling = context.spooling else { return }
    let run = feed.presentation?.names.run
    if let spooledRun, spooledRun != run { spooling.remove(spooledRun, room: room) }
    spooledRun = run
    spooling.post(
      feed.takeSpoolOrders(waiting: spooling.waitingBytes, isPaused: spooling.isPaused(at: now)),
      room: room)
  }

  /// Takes what the threads of the spool say; whether it is about a segment that the room has.
  func take(_ news: SpoolNews, at now: Instant) -> Bool {
    switch news {
    case .written(let name): return feed.noteSpooled(name, isDone: true)
    case .failed(let name, let fault):
      // What is oldest makes room for what is newest.
      // Once for all that were on their way when there was none left.
      if fault.isFull, context.spooling?.isPaused(at: now) == false {
        _ = feed.shortenSpool(by: Spooling.room(for: name))
      }
      return feed.noteSpooled(name, isDone: false)
    case .unreadable(let name, _): return feed.forgetSpooled(name)
    }
  }

  /// Forgets the oldest segments in files; whether there were any.
  func shortenSpool(by byteCount: Int) -> Bool { feed.shortenSpool(by: byteCount) }

  private func listen(at now: Instant) {
    guard let client, case .playing(let player) = context.clients.role(of: client) else { return }
    if let heard = context.clients.lastHeard(client), now - heard > RoomRelay.silenceMax {
      lose("the server is silent", at: now)
      return
    }
    for (section, layer) in layers {
      guard let last = player.streams[section].lastReport else { continue }
      feed.receive(last.report, arrival: last.arrival, layer: layer)
    }
    if let section = player.streams.firstIndex(where: { $0.section.kind == .audio }),
      let last = player.streams[section].lastReport
    {
      feed.receiveSound(last.report, arrival: last.arrival)
    }
    askForKeyframes(at: now)
  }

  private func askForKeyframes(at now: Instant) {
    guard let client else { return }
    let isWatched = askedAt.map { now - $0 < RoomRelay.watchedFor } ?? false
    for layer in feed.takeKeyframeWishes(at: now, isWatched: isWatched) {
      guard let section = layers.first(where: { $0.value == layer })?.key else { continue }
      context.clients.requestKeyframe(client, section: section)
    }
  }

  // MARK: The session

  private func join(at now: Instant) {
    guard !isOver, client == nil, joining == nil, now >= joinAt else { return }
    let (inbox, identity, room, tls) = (context.inbox, context.identity, room, context.tls)
    let (url, token) = (
      context.settings.whep(room, at: movedTo ?? socket?.movedTo), context.settings.token
    )
    joining = try? WorkerThread(name: "join", config: url) { url in
      let outcome = SidecarJoin.run(url, token: token.read(), identity, tls)
      _ = inbox.post(.joining(room, outcome), reserve: RelayContext.ownNewsMax)
    }
    joinAt = now + pause
  }

  /// Takes how joining went.
  func take(_ outcome: JoinOutcome, at now: Instant) {
    joining?.join()
    joining = nil
    switch outcome {
    case .failed(let reason): if !isOver { lose(reason, at: now) }
    case .moved(let origin):
      guard !isOver else { return }
      guard movedTo == nil else { return lose("the room moves about", at: now) }
      SidecarLog.write(.info, "the room is at \(origin)", room: room)
      movedTo = origin
      joinAt = now
    case .joined(_, _, let session) where isOver:
      // Not waited for: the server may be the one that has gone.
      _ = try? WorkerThread(name: "leave", config: (session, context.tls)) {
        SidecarJoin.leave($0.0, $0.1)
      }
    case .joined(let transport, let parameters, let session):
      begin(transport, parameters, session, at: now)
    }
  }

  private func begin(
    _ transport: TransportParameters, _ parameters: PlayingParameters, _ session: SignalingSession,
    at now: Instant
  ) {
    do {
      let random = context.identity.random
      client = try context.clients.add(transport, identity: context.identity) { transport in
        .playing(PlayingClient(parameters, transport: transport, random: random))
      }
      self.session = session
      let video = parameters.sections.indices.filter { parameters.sections[$0].kind == .video }
      layers = Dictionary(uniqueKeysWithValues: zip(video, 0...))
      feed.beginSession()
      pause = RoomRelay.backoff.first
      SidecarLog.write(.info, "playing", room: room)
    } catch {
      lose(error.text, at: now)
    }
  }

  /// The session has ended, or never was; another one is tried after a pause.
  func lose(_ reason: String, at now: Instant) {
    SidecarLog.write(.warning, "\(reason); connecting again", room: room)
    if let client { context.clients.close(client) }
    client = nil
    layers = [:]
    movedTo = nil
    // The server forgets it as soon as it notices; a dead server must not be waited for.
    session = nil
    pause = min(pause * 2, RoomRelay.backoff.longest)
    joinAt = now + pause
  }

  // MARK: The show

  /// Plays the room, also after its end.
  func begin(at now: Instant) {
    isOver = false
    hasEnded = false
    pause = RoomRelay.backoff.first
    joinAt = now
    if context.settings.origin.isEmpty || !context.settings.token.isGiven { return }
    socket = RoomSocket(room, context)
  }

  /// The show is over: playlists say so, and the SFU is left.
  ///
  /// - Returns: the session, for the SFU to be told.
  func end() -> SignalingSession? {
    guard !isOver else { return nil }
    SidecarLog.write(.info, "the show is over", room: room)
    isOver = true
    feed.end()
    keep()
    transcoder?.stop()
    transcoder = nil
    answerWaiting(at: SystemClock.now())
    socket?.close()
    socket = nil
    if let client { context.clients.close(client) }
    client = nil
    layers = [:]
    defer { session = nil }
    return session
  }

  /// Sends everybody away who waits; for a room that is forgotten.
  func sendAway() {
    shelf.clear()
    if let spooledRun { context.spooling?.remove(spooledRun, room: room) }
    spooledRun = nil
    transcoder = nil
    for ticket in desk.expire(at: .distantFuture) {
      context.server.post(.respond(ticket.connection, ticket.request, RequestDesk.tooLate))
    }
  }

  /// Waits for a join that is on its way; for the process's end.
  func finish() {
    joining?.join()
    transcoder = nil
  }

  // MARK: The room socket

  /// Names the room's socket in the loop.
  var socketToken: UInt64? { socket?.token }

  /// Takes where the server of the room socket is.
  func take(_ resolved: Result<ServerURL, ClientFault>, at now: Instant) {
    socket?.take(resolved, at: now)
  }

  /// Takes what the loop says of the room's socket.
  func serve(_ readiness: Readiness, at now: Instant) {
    guard let socket else { return }
    for heard in socket.serve(readiness, serverTime: feed.serverTime(now: now), at: now) {
      switch heard {
      case .ended: hasEnded = true
      case .event(let event): feed.take(event)
      case .caption(let caption): feed.take(caption)
      case .pictureChanged: feed.expectPicture()
      case .joined: SidecarLog.write(.info, "listening to the room", room: room)
      case .bye, .refused: break
      }
    }
  }

  // MARK: Requests

  /// Answers a request for this room, now or later.
  func answer(_ asked: HTTPRequest, _ ticket: RequestTicket, at now: Instant) {
    askedAt = now
    shelf.follow(feed.presentation, at: now)
    let response = desk.answer(
      asked, ticket, room: room, feed.presentation, at: now, wall: SystemClock.wallTime())
    rest.note(asked, response, at: now)
    if feed.encodersRest {
      // Not with the next tick: somebody waits.
      rest.tick(&feed, room: room, at: now)
      askForKeyframes(at: now)
    }
    if let response {
      context.server.post(.respond(ticket.connection, ticket.request, response))
      shelf.keep(asked, response, at: now)
    }
    for read in desk.takeReads() { context.spooling?.read(read, room: room) }
  }

  /// Answers everybody whose part has come.
  func answerWaiting(at now: Instant) {
    shelf.follow(feed.presentation, at: now)
    guard let presentation = feed.presentation else { return }
    desk.release(presentation) { tickets, response in
      let requests = tickets.map {
        WebRequestID(connection: $0.connection, request: $0.request)
      }
      context.server.post(.respondAll(requests, response))
    }
  }
}
