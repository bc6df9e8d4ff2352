// One room: its session at the SFU, its feed, and those who ask for it.

import Client
import ClientShell
import HLS
import HLSFeed
import HLSServing
import HTTP
import Loop
import MediaControl
import RTP
import Telemetry
import Web
import Wire

/// A room on its way from an SFU to players. A class: the loop's packets and requests find it by name.
final class RoomRelay {
  let room: String
  private let context: RelayContext
  private var feed: RoomFeed
  private var desk: RequestDesk

  /// The session at the SFU, once there is one.
  private(set) var client: ClientID?
  private var session: SignalingSession?
  /// The place among the feed's layers of each section of the client.
  private var layers: [Int: Int] = [:]
  private var joining: WorkerThread?
  private var joinAt = Instant.zero
  private var pause = RoomRelay.backoff.first
  private var isOver = false

  /// The server speaks every 100 ms, so this is a server that has gone.
  private static let silenceMax = TimeSpan.seconds(5)
  private static let backoff = (first: TimeSpan.milliseconds(500), longest: TimeSpan.seconds(5))

  init(_ room: String, _ context: RelayContext) {
    self.room = room
    self.context = context
    desk = RequestDesk(access: context.settings.access)
    feed = RoomFeed(
      layers: SidecarJoin.layers, timing: context.settings.timing, run: context.run,
      bytesMax: context.roomBytesMax, keys: context.settings.keys)
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
    guard let layer = layers[packet.section], packet.codec == .h264 else { return }
    feed.receive(
      SerialNumber16(UInt16(truncatingIfNeeded: packet.sequence)), timestamp: packet.timestamp,
      marker: packet.marker, payload: payload, layer: layer, at: arrival)
  }

  /// Lets time pass.
  func tick(at now: Instant) {
    join(at: now)
    listen(at: now)
    feed.advance(at: now)
    for ticket in desk.expire(at: now) {
      context.server.post(.respond(ticket.connection, ticket.request, RequestDesk.tooLate))
    }
  }

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
    for layer in feed.takeKeyframeWishes(at: now) {
      guard let section = layers.first(where: { $0.value == layer })?.key else { continue }
      context.clients.requestKeyframe(client, section: section)
    }
  }

  // MARK: The session

  private func join(at now: Instant) {
    guard !isOver, client == nil, joining == nil, now >= joinAt else { return }
    let (inbox, identity, room, settings) = (
      context.inbox, context.identity, room, context.settings
    )
    joining = try? WorkerThread(name: "join", config: settings) { settings in
      _ = inbox.post(.joining(room, SidecarJoin.run(settings, room, identity)))
    }
    joinAt = now + pause
  }

  /// Takes how joining went.
  func take(_ outcome: JoinOutcome, at now: Instant) {
    joining?.join()
    joining = nil
    switch outcome {
    case .failed(let reason): if !isOver { lose(reason, at: now) }
    case .joined(_, _, let session) where isOver: SidecarJoin.leave(session)
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
    // The server forgets it as soon as it notices; a dead server must not be waited for.
    session = nil
    pause = min(pause * 2, RoomRelay.backoff.longest)
    joinAt = now + pause
  }

  // MARK: The show

  /// Plays the room, also after its end.
  func begin(at now: Instant) {
    isOver = false
    pause = RoomRelay.backoff.first
    joinAt = now
  }

  /// The show is over: playlists say so, and the SFU is left.
  ///
  /// - Returns: the session, for the SFU to be told.
  func end() -> SignalingSession? {
    guard !isOver else { return nil }
    SidecarLog.write(.info, "the show is over", room: room)
    isOver = true
    feed.end()
    answerWaiting()
    if let client { context.clients.close(client) }
    client = nil
    layers = [:]
    defer { session = nil }
    return session
  }

  /// Sends everybody away who waits; for a room that is forgotten.
  func sendAway() {
    for ticket in desk.expire(at: .distantFuture) {
      context.server.post(.respond(ticket.connection, ticket.request, RequestDesk.tooLate))
    }
  }

  /// Waits for a join that is on its way; for the process's end.
  func finish() { joining?.join() }

  // MARK: Requests

  /// Answers a request for this room, now or later.
  func answer(_ asked: HTTPRequest, _ ticket: RequestTicket, at now: Instant) {
    let response = desk.answer(
      asked, ticket, room: room, feed.presentation, at: now, wall: SystemClock.wallTime())
    if let response {
      context.server.post(.respond(ticket.connection, ticket.request, response))
    }
  }

  /// Answers everybody whose part has come.
  func answerWaiting() {
    guard let presentation = feed.presentation else { return }
    desk.release(presentation) { tickets, response in
      let requests = tickets.map {
        WebRequestID(connection: $0.connection, request: $0.request)
      }
      context.server.post(.respondAll(requests, response))
    }
  }
}
