// The life of a synthetic host: sign on, send, sign on again when the server has gone.

import Client
import ClientShell
import Crypto
import Loop
import Media
import MediaControl
import Negotiation
import RTP
import Wire

/// One demo host. For the main thread: it owns the process's signals.
final class DemoHost {
  private enum Ending { case stopped, finished, lost(String) }

  private let settings: DemoSettings
  private let clients: ClientLoop
  private let signaling: SignalingClient
  private let signals: SignalWatch
  private var identity: ClientIdentity
  private let finishAt: Instant

  /// The server speaks every 100 ms, so this is a server that has gone.
  private static let silenceMax = TimeSpan.seconds(3)
  /// Between two attempts to sign on: doubles from the first to the second.
  private static let backoff = (first: TimeSpan.milliseconds(500), longest: TimeSpan.seconds(5))
  private static let signalToken: UInt64 = 1 << 62

  init(_ settings: DemoSettings) throws {
    self.settings = settings
    signals = try SignalWatch([.terminate, .interrupt])
    clients = try ClientLoop()
    signaling = try SignalingClient()
    identity = try ClientIdentity()
    finishAt = settings.duration.map { SystemClock.now() + $0 } ?? .distantFuture
    try clients.loop.add(signals.descriptor, token: DemoHost.signalToken, interest: .reading)
  }

  /// Publishes until told to stop; the process's exit status.
  func run() throws -> Int32 {
    var pause = DemoHost.backoff.first
    while true {
      do {
        switch try publish() {
        case .stopped, .finished: return 0
        case .lost(let reason):
          pause = DemoHost.backoff.first
          Terminal.write("demo host: \(reason); connecting again\n", to: 2)
        }
      } catch let fault as ClientFault {
        // A server that understood and said no will say so again.
        if case .refused(let status, _) = fault, status < 500, status != 429 { throw fault }
        Terminal.write("demo host: \(fault.text); trying again\n", to: 2)
      }
      let until = SystemClock.now() + pause
      while SystemClock.now() < until {
        clients.turn(until: until) { _, _, _, _ in }
        if ending(at: SystemClock.now()) != nil { return 0 }
      }
      pause = min(pause * 2, DemoHost.backoff.longest)
    }
  }

  private var isStopped = false

  /// Whether a signal or the time ends the host now.
  private func ending(at now: Instant) -> Ending? {
    if (try? signals.next()) != nil { isStopped = true }
    if isStopped { return .stopped }
    return now >= finishAt ? .finished : nil
  }

  // MARK: One session

  private func publish() throws -> Ending {
    let rids = settings.host.layers.compactMap(\.rid)
    var identifiers = ClientIdentifiers(identity.random)
    let offer = Negotiation.offer(
      OfferSection.publisher(video: .vp8, rids: rids), local: identity.makeSide(),
      identifiers: &identifiers)
    let session = try signaling.post(
      offer.description, to: settings.url, token: try settings.token())
    defer { try? signaling.delete(session) }
    let applied: AppliedAnswer
    do {
      applied = try Negotiation.apply(session.answer, to: offer, identifiers: &identifiers)
    } catch {
      throw ClientFault.answer(error.text)
    }
    let parameters = PublishingParameters(applied)
    let random = identity.random
    let id = try clients.add(applied.transport, identity: identity) { transport in
      .publishing(PublishingClient(parameters, transport: transport, random: random))
    }
    defer { clients.close(id) }
    return try send(id, parameters)
  }

  /// Runs the client; why it ended.
  private func send(_ id: ClientID, _ parameters: PublishingParameters) throws -> Ending {
    var feed: DemoFeed?
    while true {
      let deadline = min(
        feed?.nextDeadline ?? .distantFuture, SystemClock.now() + .milliseconds(500), finishAt)
      clients.turn(until: deadline) { _, _, _, _ in }
      for event in clients.events {
        switch event {
        case .connected:
          feed = try DemoFeed(settings.host, parameters, startingAt: SystemClock.now())
          Terminal.write("live \(settings.url)\n", to: 1)
        case .keyframeRequested: break
        case .ended(_, let end): return .lost("the session ended: \(end)")
        }
      }
      let now = SystemClock.now()
      if let ending = ending(at: now) { return ending }
      if let heard = clients.lastHeard(id), now - heard > DemoHost.silenceMax {
        return .lost("the server is silent")
      }
      try feed?.advance(id, clients, at: now)
    }
  }
}
