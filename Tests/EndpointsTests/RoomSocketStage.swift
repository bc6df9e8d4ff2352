// A control plane with room sockets and nothing around it: messages in, messages out, time by hand.

import Access
import DTLS
import HTTP
import ICE
import JSON
import MediaControl
import Negotiation
import RTP
import Room
import SDP
import Web
import Wire

@testable import Endpoints

/// Does what the control thread does, in the same order.
struct RoomSocketStage {
  var core: ControlCore
  var sockets = RoomSockets()
  var now = Instant(nanoseconds: 1_000_000_000_000)
  /// By socket: what it was sent, oldest first; taken by `inbox`.
  private var sent: [UInt64: [JSONObject]] = [:]
  /// By socket: the code it was closed with.
  private(set) var closed: [UInt64: UInt16] = [:]
  /// Orders to the media plane, oldest first.
  private(set) var orders: [MediaCommand] = []
  private let access: AccessControl
  private var identifiers = CountingIdentifiers()

  /// A wall clock that runs with `now`.
  var wall: WallTime { WallTime(nanoseconds: 1_793_247_000_000_000_000 + now.nanoseconds) }

  init() throws {
    guard let key = APIKey(key: "test", secret: "0123456789abcdef"),
      let address = IPAddress("192.0.2.10")
    else { throw StageFault() }
    access = AccessControl(keys: [key])
    let config = ControlConfig(
      workers: 1,
      fingerprint: CertificateFingerprint(algorithm: .sha256, digest: (0..<32).map { UInt8($0) }),
      candidates: HostCandidate.all(addresses: [address], udpPort: 7000, tcpPort: 7000),
      preferCodec: .vp8, allowedOrigins: [], seed: 7)
    core = ControlCore(config, access: access)
  }

  struct StageFault: Error {}

  // MARK: Sockets

  mutating func open(_ socket: UInt64) throws {
    take(.opened(socket, HTTPRequest(.get, try HTTPTarget("/ws"))))
  }

  mutating func close(_ socket: UInt64) { take(.closed(socket)) }

  mutating func send(_ socket: UInt64, _ message: JSONValue) {
    take(.message(socket, message.write()))
  }

  /// What the socket was sent since the last call.
  mutating func inbox(_ socket: UInt64) -> [JSONObject] { sent.removeValue(forKey: socket) ?? [] }

  /// What the socket was sent since the last call, if it is one message.
  mutating func only(_ socket: UInt64) throws -> JSONObject {
    let messages = inbox(socket)
    guard messages.count == 1 else { throw WrongCount(messages: messages) }
    return messages[0]
  }

  struct WrongCount: Error { let messages: [JSONObject] }

  func token(_ identity: String, _ role: Role, room: String = "demo") throws -> String {
    try access.mint(
      subject: identity, name: identity.uppercased(), room: room, role: role,
      lifetime: .seconds(3600), wall: wall
    ).token
  }

  /// Opens a socket, joins, and returns `joined`.
  mutating func join(
    _ socket: UInt64, _ identity: String, _ role: Role, resume: String? = nil
  ) throws -> JSONObject {
    try open(socket)
    var request: JSONObject = [
      "type": "join", "id": "j", "version": 1, "room": "demo",
      "token": .string(try token(identity, role)),
    ]
    if let resume { request["resume"] = .string(resume) }
    send(socket, .object(request))
    guard let joined = inbox(socket).first, joined["type"] == "joined" else { throw StageFault() }
    return joined
  }

  // MARK: Offers

  mutating func publishOffer(_ codec: Codec = .vp8, rids: [String] = []) -> JSONValue {
    offer(OfferSection.publisher(video: codec, rids: rids))
  }

  mutating func viewOffer(audio: Int = 1, video: Int = 1) -> JSONValue {
    offer(OfferSection.viewer(audio: audio, video: video))
  }

  mutating func offer(_ sections: [OfferSection]) -> JSONValue {
    let local = LocalSide(
      sessionID: 42,
      credentials: ICECredentials(ufrag: "client01", password: "clientPassword0123456789"),
      fingerprint: CertificateFingerprint(
        algorithm: .sha256, digest: (0..<32).map { 255 - UInt8($0) }),
      candidates: [], cname: "client")
    let offer = Negotiation.offer(sections, local: local, identifiers: &identifiers)
    return .string(offer.description.text)
  }

  /// Publishes and returns the answer.
  mutating func publish(_ socket: UInt64, stream: String = "main") throws -> JSONObject {
    send(
      socket, ["type": "publish", "id": "p", "stream": .string(stream), "sdp": publishOffer()])
    guard let answer = inbox(socket).first, answer["type"] == "answer" else { throw StageFault() }
    return answer
  }

  // MARK: The media plane

  /// The media plane's track behind a published one.
  func media(_ kind: MediaKind, of key: PublicationKey) throws -> TrackID {
    guard
      let media = core.rooms["demo"]?.publications[key]?.tracks.first(where: { $0.kind == kind })?
        .media
    else { throw StageFault() }
    return media
  }

  /// The newest transport of a purpose.
  func peer(_ isWanted: (TransportRecord) -> Bool) throws -> PeerID {
    let peers = core.transports.values.filter(isWanted).map(\.peer.rawValue)
    guard let newest = peers.max() else { throw StageFault() }
    return PeerID(newest)
  }

  mutating func report(_ event: MediaEvent) {
    core.take(event, at: now)
    carryOut()
  }

  static func status(
    _ rank: LayerRank = .f, fps: Double = 30, lost: Double = 0, codec: Codec = .vp8
  ) -> EncodingStatus {
    EncodingStatus(
      rid: nil, rank: rank, codec: codec, bitrate: .kilobits(1000), framesPerSecond: fps,
      width: 1280, height: 720, isActive: true, fractionLost: lost)
  }

  // MARK: Time

  /// Lets time pass in steps of the control thread's turns.
  mutating func wait(_ time: TimeSpan) {
    let end = now + time
    while now < end {
      now = min(end, now + .milliseconds(200))
      core.advance(at: now)
      sockets.advance(&core, at: now, wall: wall)
      carryOut()
    }
  }

  private mutating func take(_ event: WebEvent) {
    sockets.take(event, &core, at: now, wall: wall)
    carryOut()
  }

  private mutating func carryOut() {
    for effect in core.takeEffects() {
      switch effect {
      case .media(let command, _): orders.append(command)
      case .respond: break
      case .news(let room, let change): sockets.take(change, in: room, core, at: now, wall: wall)
      case .transport(let peer, let news): sockets.take(news, of: peer, core, at: now, wall: wall)
      }
    }
    for command in sockets.takeCommands() { deliver(command) }
  }

  private mutating func deliver(_ command: WebCommand) {
    switch command {
    case .send(let socket, let text): deliver(text, to: socket)
    case .sendAll(let sockets, let text): for socket in sockets { deliver(text, to: socket) }
    case .close(let socket, let code, _): closed[socket] = code.rawValue
    case .respond, .reloadCertificate: break
    }
  }

  private mutating func deliver(_ text: [UInt8], to socket: UInt64) {
    guard closed[socket] == nil, case .object(let object)? = try? JSONValue.parse(text) else {
      return
    }
    sent[socket, default: []].append(object)
  }
}

private struct CountingIdentifiers: IdentifierSource {
  private var last: UInt32 = 0
  mutating func nextTrack() -> TrackID {
    last += 1
    return TrackID(last)
  }
  mutating func nextSSRC() -> SSRC {
    last += 1
    return 1000 + last
  }
}

extension JSONObject {
  /// The string at `key`, empty when there is none.
  func text(_ key: String) -> String {
    guard case .string(let text) = self[key] else { return "" }
    return text
  }

  func object(_ key: String) -> JSONObject {
    guard case .object(let object) = self[key] else { return JSONObject() }
    return object
  }

  func objects(_ key: String) -> [JSONObject] {
    guard case .array(let items) = self[key] else { return [] }
    return items.compactMap { item in
      guard case .object(let object) = item else { return nil }
      return object
    }
  }

  var type: String { text("type") }
}
