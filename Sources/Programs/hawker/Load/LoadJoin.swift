// Signing on: the thread that talks HTTP, so that the media loop never waits for it.

import Client
import ClientShell
import ICE
import Loop
import MediaControl
import Negotiation
import RTP
import SDP
import Wire

/// What the signing-on thread tells the media loop.
enum LoadNews: Sendable {
  case publisher(number: Int, TransportParameters, PublishingParameters)
  case viewer(number: Int, TransportParameters, PlayingParameters, requestedAt: Instant)
  /// Ends one session of ours at the server.
  case session(LoadSession)
  case failed(String)
  /// Everyone has been tried.
  case done
}

/// A session to be ended after the run.
enum LoadSession: Sendable {
  case endpoints(SignalingSession)
  case janus(ServerURL)
}

/// Signs on one client after the other.
struct LoadJoiner {
  private let settings: LoadSettings
  private let post: (LoadNews) -> Void
  private var identity: ClientIdentity
  private var identifiers: ClientIdentifiers
  private let signaling: SignalingClient
  private let pause: EventLoop

  /// From the last publisher to the first viewer: media must flow, for a first frame to be measured.
  private static let settleTime = TimeSpan.seconds(1)
  /// Without it Janus would answer no NACK here, and do less than what it is measured for.
  private static let janusRoundTrip = TimeSpan.milliseconds(5)

  /// Signs everyone on; runs on a thread of its own.
  static func run(
    _ settings: LoadSettings, _ identity: ClientIdentity, _ post: @escaping (LoadNews) -> Void
  ) {
    do {
      var joiner = try LoadJoiner(settings, identity, post)
      try joiner.joinAll()
    } catch let fault as ClientFault {
      post(.failed(fault.text))
    } catch {
      post(.failed("\(error)"))
    }
    post(.done)
  }

  private init(
    _ settings: LoadSettings, _ identity: ClientIdentity, _ post: @escaping (LoadNews) -> Void
  ) throws {
    self.settings = settings
    self.identity = identity
    self.post = post
    identifiers = ClientIdentifiers(identity.random)
    signaling = try SignalingClient()
    pause = try EventLoop()
  }

  private mutating func joinAll() throws {
    var janus: JanusClient?
    if case .janus(let url) = settings.server { janus = try JanusClient(url) }
    // Without publishers there is nothing to measure: their faults end the run.
    for number in 0..<settings.publishers {
      if let janus {
        try publish(number, janus)
      } else {
        try publish(number)
      }
    }
    let start = SystemClock.now() + LoadJoiner.settleTime
    for number in 0..<settings.viewers {
      wait(until: start + TimeSpan.seconds(1) * Int64(number) / Int64(settings.joinRate))
      do {
        if let janus {
          try play(number, janus)
        } else {
          try play(number)
        }
      } catch let fault as ClientFault {
        post(.failed(fault.text))
      }
    }
  }

  private func wait(until instant: Instant) {
    while SystemClock.now() < instant { pause.wait(until: instant) }
  }

  // MARK: WHIP and WHEP

  private mutating func publish(_ number: Int) throws {
    guard case .endpoints(let whip, _, let tokens) = settings.server else { return }
    let place = try url(whip, publisher: number)
    let (applied, session) = try negotiate(
      OfferSection.publisher(video: .vp8), at: place, tokens.forHost(number, place))
    post(.session(.endpoints(session)))
    post(.publisher(number: number, applied.transport, PublishingParameters(applied)))
  }

  private mutating func play(_ number: Int) throws {
    guard case .endpoints(_, let whep, let tokens) = settings.server else { return }
    let place = try url(whep, publisher: number % settings.publishers)
    let token = try tokens.forViewer(number, place)
    let requestedAt = SystemClock.now()
    let (applied, session) = try negotiate(OfferSection.viewer(), at: place, token)
    let parameters = PlayingParameters(applied.media, ignoredEvery: settings.ignoredEvery)
    post(.session(.endpoints(session)))
    post(.viewer(number: number, applied.transport, parameters, requestedAt: requestedAt))
  }

  private func url(_ text: String, publisher number: Int) throws(ClientFault) -> ServerURL {
    let parts = text.split(separator: "{n}", omittingEmptySubsequences: false)
    return try ServerURL(parts.joined(separator: String(number + 1)))
  }

  private mutating func negotiate(
    _ sections: [OfferSection], at url: ServerURL, _ token: String?
  ) throws(ClientFault) -> (AppliedAnswer, SignalingSession) {
    let offer = Negotiation.offer(sections, local: identity.makeSide(), identifiers: &identifiers)
    let session = try signaling.post(offer.description, to: url, token: token)
    do {
      return (
        try Negotiation.apply(session.answer, to: offer, identifiers: &identifiers), session
      )
    } catch {
      throw .answer(error.text)
    }
  }

  // MARK: Janus

  private mutating func publish(_ number: Int, _ janus: JanusClient) throws {
    let offer = Negotiation.offer(
      OfferSection.publisher(video: .vp8), local: identity.makeSide(), identifiers: &identifiers)
    let answer = try janus.publish(offer.description, room: number + 1)
    post(.session(.janus(janus.session)))
    let applied: AppliedAnswer
    do {
      applied = try Negotiation.apply(answer, to: offer, identifiers: &identifiers)
    } catch {
      throw ClientFault.answer(error.text)
    }
    post(.publisher(number: number, applied.transport, PublishingParameters(applied)))
  }

  /// Janus offers to its subscribers, so here we answer.
  private mutating func play(_ number: Int, _ janus: JanusClient) throws {
    let requestedAt = SystemClock.now()
    let (side, ignoredEvery) = (identity.makeSide(), settings.ignoredEvery)
    var identifiers = identifiers
    defer { self.identifiers = identifiers }
    var negotiated: NegotiatedSession?
    try janus.subscribe(room: number % settings.publishers + 1) { offer throws(ClientFault) in
      do throws(NegotiationRefusal) {
        var session = try Negotiation.answer(
          offer, policy: AnswerPolicy(role: .publisher), local: side, identifiers: &identifiers)
        // It is the lite side, so we are not.
        session.answer.isLite = false
        negotiated = session
        return session.answer
      } catch {
        throw .answer(error.text)
      }
    }
    guard let negotiated else { return }
    var transport = negotiated.transport
    transport.iceRole = .controlling
    var parameters = PlayingParameters(negotiated.media, ignoredEvery: ignoredEvery)
    parameters.pretendedRoundTrip = LoadJoiner.janusRoundTrip
    post(.viewer(number: number, transport, parameters, requestedAt: requestedAt))
  }
}
