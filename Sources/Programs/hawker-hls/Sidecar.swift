// The sidecar's loop: packets in, parts made, requests answered.

import Client
import ClientShell
import Crypto
import HLS
import HLSFeed
import HTTP
import Loop
import MediaControl
import RTP
import Telemetry
import Transcoding
import Web
import Wire

/// One room served as HLS. For the main thread: it owns the process's signals.
final class Sidecar {
  private let settings: SidecarSettings
  private let waker: Waker
  private let clients: ClientLoop
  private let inbox: Mailbox<SidecarNews>
  private let identity: ClientIdentity
  private let signals: SignalWatch
  private let server: WebServer
  private var feed: RoomFeed
  private var desk = RequestDesk()
  private var news: [SidecarNews] = []

  private var client: ClientID?
  private var session: SignalingSession?
  /// The place among the feed's layers of each section of the client.
  private var layers: [Int: Int] = [:]
  /// There as soon as there is something to decode.
  private var transcoder: TranscodeThread?
  private var joining: WorkerThread?
  private var joinAt = Instant.zero
  private var pause = Sidecar.backoff.first
  private var nextTickAt = Instant.zero
  private var isStopped = false

  /// The server speaks every 100 ms, so this is a server that has gone.
  private static let silenceMax = TimeSpan.seconds(5)
  private static let backoff = (first: TimeSpan.milliseconds(500), longest: TimeSpan.seconds(5))
  /// How often time is let pass: a sixteenth of a part.
  private static let tick = TimeSpan.milliseconds(20)
  private static let signalToken: UInt64 = 1 << 62
  /// Requests on their way from the web server: all that may wait, and as many again.
  private static let newsMax = 2 * HLSLimits.waitingMax

  init(_ settings: SidecarSettings) throws {
    self.settings = settings
    let waker = try Waker()
    self.waker = waker
    clients = try ClientLoop(waker: waker)
    let inbox = Mailbox<SidecarNews>(capacity: Sidecar.newsMax, waker: waker)
    self.inbox = inbox
    identity = try ClientIdentity()
    signals = try SignalWatch([.terminate, .interrupt])
    server = try WebServer(WebConfig(address: settings.address)) { event in
      _ = inbox.post(.web(event))
    }
    var random = RandomSource.system
    let run = String(UInt32(truncatingIfNeeded: random.next()), radix: 36)
    feed = RoomFeed(
      layers: SidecarJoin.layers, timing: settings.timing, run: run, ladder: settings.ladder)
    try clients.loop.add(signals.descriptor, token: Sidecar.signalToken, interest: .reading)
  }

  /// Serves until told to stop; the process's exit status.
  func run() throws -> Int32 {
    SidecarLog.say("ready http=\(server.address)")
    while !isStopped {
      let now = SystemClock.now()
      join(at: now)
      turn(until: min(now + Sidecar.tick, .distantFuture))
    }
    feed.end()
    answerWaiting()
    transcoder?.stop()
    leave()
    server.drain()
    server.join()
    return 0
  }

  private func turn(until deadline: Instant) {
    clients.turn(until: deadline) { _, packet, datagram, arrival in
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
    }
    passOnOrders()
    let now = SystemClock.now()
    if (try? signals.next()) != nil { isStopped = true }
    for event in clients.events {
      if case .ended(_, let end) = event { lose("the session ended: \(end)", at: now) }
    }
    takeNews(at: now)
    if now >= nextTickAt {
      nextTickAt = now + Sidecar.tick
      tick(at: now)
    }
    answerWaiting()
  }

  private func tick(at now: Instant) {
    guard let client, case .playing(let player) = clients.role(of: client) else {
      feed.advance(at: now)
      return
    }
    if let heard = clients.lastHeard(client), now - heard > Sidecar.silenceMax {
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
      clients.requestKeyframe(client, section: section)
    }
    feed.advance(at: now)
    for connection in desk.expire(at: now) {
      server.post(.respond(connection.connection, connection.request, RequestDesk.tooLate))
    }
  }

  private func passOnOrders() {
    let orders = feed.takeOrders()
    guard !orders.isEmpty else { return }
    if transcoder == nil {
      let inbox = inbox
      transcoder = try? TranscodeThread(settings.ladder, settings.encoder) { result in
        _ = inbox.post(.transcoded(result), reserve: Sidecar.newsMax)
      }
    }
    for order in orders { transcoder?.post(order) }
  }

  // MARK: The session

  private func join(at now: Instant) {
    guard client == nil, joining == nil, now >= joinAt else { return }
    let (inbox, identity) = (inbox, identity)
    joining = try? WorkerThread(name: "join", config: settings) { settings in
      _ = inbox.post(SidecarJoin.run(settings, identity))
    }
    joinAt = now + pause
  }

  private func begin(
    _ transport: TransportParameters, _ parameters: PlayingParameters, _ session: SignalingSession,
    at now: Instant
  ) {
    do {
      let random = identity.random
      client = try clients.add(transport, identity: identity) { transport in
        .playing(PlayingClient(parameters, transport: transport, random: random))
      }
      self.session = session
      let video = parameters.sections.indices.filter { parameters.sections[$0].kind == .video }
      layers = Dictionary(uniqueKeysWithValues: zip(video, 0...))
      feed.beginSession()
      pause = Sidecar.backoff.first
      SidecarLog.write(.info, "playing \(settings.room)")
    } catch {
      lose(error.text, at: now)
    }
  }

  private func lose(_ reason: String, at now: Instant) {
    SidecarLog.write(.warning, "\(reason); connecting again")
    if let client { clients.close(client) }
    client = nil
    layers = [:]
    // The server forgets it as soon as it notices; a dead server must not be waited for.
    session = nil
    pause = min(pause * 2, Sidecar.backoff.longest)
    joinAt = now + pause
  }

  private func leave() {
    if let client { clients.close(client) }
    joining?.join()
    if let session { SidecarJoin.leave(session) }
  }

  // MARK: Requests

  private func takeNews(at now: Instant) {
    news.removeAll(keepingCapacity: true)
    inbox.drain(into: &news)
    for item in news {
      switch item {
      case .web(.request(let connection, let request, let asked, _)):
        let ticket = RequestTicket(connection: connection, request: request, asked)
        let response = desk.answer(
          asked, ticket, room: settings.room, feed.presentation, at: now)
        if let response { server.post(.respond(connection, request, response)) }
      case .web: break
      case .transcoded(let result): feed.receive(result, at: now)
      case .joined(let transport, let parameters, let session):
        joining?.join()
        joining = nil
        begin(transport, parameters, session, at: now)
      case .failed(let reason):
        joining?.join()
        joining = nil
        lose(reason, at: now)
      }
    }
  }

  private func answerWaiting() {
    guard let presentation = feed.presentation else { return }
    desk.release(presentation) { ticket, response in
      server.post(.respond(ticket.connection, ticket.request, response))
    }
  }
}
