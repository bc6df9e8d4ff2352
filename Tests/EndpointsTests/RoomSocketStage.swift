// A control plane with room sockets and nothing around it: messages in, messages out, time by hand.

import Access
import Commerce
import DTLS
import HTTP
import Hooks
import ICE
import JSON
import MediaControl
import Messages
import Negotiation
import Nodes
import RTP
import Room
import RoomLog
import SDP
import Testing
import Web
import Wire

@testable import Endpoints

/// Does what the control thread does, in the same order.
struct RoomSocketStage {
  var core: ControlCore
  var sockets = RoomSockets()
  var now = Instant(nanoseconds: 1_000_000_000_000)
  /// By socket: what it was sent, oldest first; taken by `inbox`.
  private(set) var sent: [UInt64: [JSONObject]] = [:]
  /// By socket: what it was told of the room's log when it came and after (`snapshot`, `me`, events), oldest first.
  private(set) var told: [UInt64: [JSONObject]] = [:]
  /// How many messages came as batches.
  private(set) var batches = 0
  /// What was ordered of the store; without one, nothing is.
  private(set) var houseOrders: [HouseOrder] = []
  /// Questions to shops, oldest first.
  private(set) var hookCalls: [SyncCall] = []
  /// Whether `inbox` holds `snapshot` and `me` too, in their order.
  var keepsTold = false
  /// By socket: the code it was closed with.
  private(set) var closed: [UInt64: UInt16] = [:]
  /// Orders to the media plane, oldest first.
  private(set) var orders: [MediaCommand] = []
  /// By request: its answer.
  private(set) var answers: [UInt64: HTTPResponse] = [:]
  /// Changes of revocations that were to be written, oldest first.
  private(set) var records: [(change: RevocationChange, number: UInt64)] = []
  /// What merchants were asked and have not answered, oldest first.
  private(set) var merchantCalls: [MerchantCall] = []
  /// What is passed on to other processes, oldest first.
  private(set) var forwards: [ForwardOrder] = []
  /// Whether the disk takes at once what it is given.
  var writesAtOnce = true
  private var lastRequest: UInt64 = 0
  private var requests: [UInt64: HTTPRequest] = [:]
  private let access: AccessControl
  private let store: StageStore?
  private var identifiers = CountingIdentifiers()

  /// A wall clock that runs with `now`.
  var wall: WallTime { WallTime(nanoseconds: 1_793_247_000_000_000_000 + now.nanoseconds) }

  /// - Parameter store: rooms live there; without one they are new, or the test is the store.
  init(
    trusting proxies: [String] = [], workers: Int = 1, store: StageStore? = nil,
    isDurable: Bool? = nil, seed: UInt64 = 7, allowing: [String] = [],
    hls: String? = nil, hlsLicences: [String] = [], hlsKeys: String? = nil,
    webRTCViewers: Int? = nil,
    membership: NodeMembership? = nil
  ) throws {
    self.store = store
    guard let key = APIKey(key: "test", secret: "0123456789abcdef"),
      let address = IPAddress("192.0.2.10")
    else { throw StageFault() }
    access = AccessControl(keys: [key])
    let config = ControlConfig(
      workers: workers,
      fingerprint: CertificateFingerprint(algorithm: .sha256, digest: (0..<32).map { UInt8($0) }),
      candidates: HostCandidate.all(addresses: [address], udpPort: 7000, tcpPort: 7000),
      preferCodec: .vp8, allowedOrigins: [],
      trustedProxies: proxies.compactMap { AddressRange($0) }, seed: seed,
      isDurable: isDurable ?? (store != nil),
      hookAllowed: Set(allowing.compactMap { SocketAddress($0) }),
      hls: hls.flatMap { HLSPlace($0) },
      hlsLicences: hlsLicences.compactMap { LicencePlace($0) },
      streamAccess: hlsKeys.flatMap { StreamAccess(keyFile: $0) }, webRTCViewers: webRTCViewers,
      membership: membership)
    core = ControlCore(config, access: access)
  }

  struct StageFault: Error {}

  // MARK: Sockets

  mutating func open(_ socket: UInt64) throws {
    take(.opened(socket, HTTPRequest(.get, try HTTPTarget("/ws"))))
  }

  mutating func close(_ socket: UInt64) { take(.closed(socket)) }

  /// The client does not take what it is sent.
  mutating func fallBehind(_ socket: UInt64) { take(.behind(socket)) }

  /// The client has taken what it was sent.
  mutating func drain(_ socket: UInt64) { take(.drained(socket)) }

  mutating func send(_ socket: UInt64, _ message: JSONValue) {
    checkSent(message)
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

  func token(
    _ identity: String, _ role: Role, room: String = "demo",
    lifetime: TimeSpan = .seconds(3600)
  ) throws -> String {
    try access.mint(
      subject: identity, name: identity.uppercased(), room: room, role: role,
      lifetime: lifetime, wall: wall
    ).token
  }

  // MARK: HTTP

  /// Asks for something; nil while the answer is outstanding.
  @discardableResult
  mutating func ask(
    _ method: HTTPMethod, _ target: String, _ body: JSONValue? = nil, token: String? = nil,
    headers extra: HTTPHeaders = [:], from remote: String = "198.51.100.1:4000"
  ) throws -> HTTPResponse? {
    var headers = extra
    if body != nil, headers["Content-Type"] == nil {
      headers.append("Content-Type", "application/json")
    }
    return try ask(method, target, text: body?.write() ?? [], token, headers, from: remote)
  }

  @discardableResult
  mutating func ask(
    _ method: HTTPMethod, _ target: String, text: [UInt8], _ token: String? = nil,
    _ extra: HTTPHeaders = [:], from remote: String = "198.51.100.1:4000"
  ) throws -> HTTPResponse? {
    guard let remote = SocketAddress(remote) else { throw StageFault() }
    var headers = extra
    if let token { headers.append("Authorization", "Bearer \(token)") }
    lastRequest += 1
    let request = HTTPRequest(method, try HTTPTarget(target), headers: headers, body: text)
    requests[lastRequest] = request
    core.answer(
      request,
      RequestTicket(connection: 1, request: lastRequest), from: remote, at: now, wall: wall)
    carryOut()
    return answers[lastRequest]
  }

  /// Every answer of the API must be one that its description has.
  private func checkAnswer(_ answer: HTTPResponse, to number: UInt64) {
    guard let request = requests[number], request.method != .options, request.method != .head,
      let route = APIRoute.route(of: request)
    else { return }
    let faults = SchemaCheck.faults(of: answer, to: route)
    if !faults.isEmpty { Issue.record("\(route.operation.id) \(answer.status): \(faults)") }
  }

  // MARK: Other processes

  /// The requests that were passed on since the last call, oldest first.
  mutating func takeForwards() -> [ForwardOrder] {
    defer { forwards = [] }
    return forwards
  }

  /// What came of a request that was passed on.
  mutating func passedOn(_ number: UInt64, _ result: ForwardResult) {
    core.passedOn(number, result, wall: wall)
    carryOut()
  }

  // MARK: The store

  /// The orders so far, oldest first.
  mutating func takeHouseOrders() -> [HouseOrder] {
    defer { houseOrders = [] }
    return houseOrders
  }

  /// The store has an answer.
  mutating func take(_ answer: HouseAnswer) {
    core.take(answer, at: now, wall: wall)
    carryOut()
  }

  /// A shop has answered.
  mutating func answer(_ number: UInt64, _ answer: SyncAnswer) {
    core.answered(number, answer, wall: wall)
    carryOut()
  }

  /// The disk has what it was given with this number.
  mutating func written(_ number: UInt64) {
    core.recorded(number, at: now, wall: wall)
    carryOut()
  }

  /// Posts an offer to `/whip/...` or `/whep/...`.
  mutating func post(
    _ target: String, _ sections: [OfferSection], token: String
  ) throws -> HTTPResponse {
    guard case .string(let sdp) = offer(sections),
      let answer = try ask(
        .post, target, text: Array(sdp.utf8), token, ["Content-Type": "application/sdp"])
    else { throw StageFault() }
    return answer
  }

  /// Opens a socket, joins, and returns `joined`.
  mutating func join(
    _ socket: UInt64, _ identity: String, _ role: Role, resume: String? = nil,
    lifetime: TimeSpan = .seconds(3600), room: String = "demo"
  ) throws -> JSONObject {
    try open(socket)
    var request: JSONObject = [
      "type": "join", "id": "j", "version": 1, "room": .string(room),
      "token": .string(try token(identity, role, room: room, lifetime: lifetime)),
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

  // MARK: The store

  /// The store says something.
  mutating func answer(_ answer: HouseAnswer) {
    core.take(answer, at: now, wall: wall)
    carryOut()
  }

  // MARK: Merchants

  /// These merchants have a hook for checkouts, and no others any hook.
  mutating func setMerchants(_ names: [String]) {
    take(
      .endpoints(
        names.enumerated().map { index, name in
          HookEndpointRow(
            id: Int64(index) + 1, merchant: name, url: "https://\(name).example/hooks", keys: [],
            topics: [SyncHookKind.createCheckout.rawValue], deadlineMs: 3000, createdMs: 0)
        }))
  }

  /// The merchant answers its oldest call.
  mutating func answerMerchant(_ answer: CheckoutAnswer) {
    guard !merchantCalls.isEmpty else { return }
    core.answered(merchantCalls.removeFirst(), answer, at: now, wall: wall)
    carryOut()
  }

  /// The merchant reports of an order.
  mutating func merchantReports(
    _ report: OrderReport, _ order: ShopID, room: String = "demo", by merchant: String = "wool",
    id: String? = nil
  ) {
    core.reported(
      report, of: order, in: room, by: merchant, id: id, for: nil, at: now, wall: wall)
    carryOut()
  }

  /// Other processes say that something changed.
  mutating func hear(_ hints: [BusHint]) {
    core.hinted(hints)
    carryOut()
  }

  // MARK: Time

  /// Lets time pass in steps of the control thread's turns.
  mutating func wait(_ time: TimeSpan) {
    let end = now + time
    while now < end {
      now = min(end, now + .milliseconds(200))
      core.advance(at: now, wall: wall)
      sockets.advance(&core, at: now, wall: wall)
      carryOut()
    }
  }

  private mutating func take(_ event: WebEvent) {
    sockets.take(event, &core, at: now, wall: wall)
    carryOut()
  }

  mutating func carryOut() {
    while true {
      let effects = core.takeEffects()
      guard !effects.isEmpty else { break }
      for effect in effects { carryOut(effect) }
    }
    for command in sockets.takeCommands() { deliver(command) }
  }

  private mutating func carryOut(_ effect: ControlEffect) {
    switch effect {
    case .media(let command, _): orders.append(command)
    case .respond(let ticket, let response):
      answers[ticket.request] = response
      checkAnswer(response, to: ticket.request)
    case .news(let room, let change): sockets.take(change, in: room, core, at: now, wall: wall)
    case .transport(let peer, let news): sockets.take(news, of: peer, core, at: now, wall: wall)
    case .record(let change, let number):
      records.append((change, number))
      if writesAtOnce { core.recorded(number, at: now, wall: wall) }
    case .revoked(let room, let identity):
      sockets.expel(identity, from: room, saying: .revoked, &core, at: now)
    case .expelled(let room, let identity):
      sockets.expel(identity, from: room, saying: .banned, &core, at: now)
    case .house(let order):
      houseOrders.append(order)
      if let answer = store?.carryOut(order) { core.take(answer, at: now, wall: wall) }
    case .tellMember(let room, let identity, let text): sockets.tell(identity, in: room, text)
    case .tellEverywhere(let identity, let text): sockets.tell(identity, text)
    case .forward(let order): forwards.append(order)
    case .callMerchant(let call): merchantCalls.append(call)
    case .hookEndpoints: break
    case .hookCall(let call): hookCalls.append(call)
    case .houseNews(let news): sockets.take(news, &core, at: now, wall: wall)
    case .delivery(let session, let delivery):
      sockets.send(.delivery(delivery), toSession: session)
    case .readRefused(let waiter, let refusal): sockets.refuse(waiter, refusal)
    case .permissionsChanged(let room, let identity, let hasNewRole):
      sockets.tellPermissions(
        of: identity, hasNewRole: hasNewRole, in: room, &core, wall: wall)
    }
  }

  private mutating func deliver(_ command: WebCommand) {
    switch command {
    case .send(let socket, let text): deliver(text, to: [socket])
    case .sendAll(let sockets, let text): deliver(text, to: sockets)
    case .close(let socket, let code, _): closed[socket] = code.rawValue
    case .respond, .respondAll, .reloadCertificate: break
    }
  }

  private mutating func deliver(_ text: [UInt8], to sockets: [UInt64]) {
    guard case .object(let object)? = try? JSONValue.parse(text) else {
      Issue.record("sent what is no object: \(String(decoding: text, as: UTF8.self))")
      return
    }
    let faults = SchemaCheck.faults(ofServerMessage: .object(object))
    if !faults.isEmpty { Issue.record("\(faults): \(String(decoding: text, as: UTF8.self))") }
    deliver(object, to: sockets)
  }

  /// Sends a text that need not be JSON.
  mutating func send(_ socket: UInt64, text: [UInt8]) { take(.message(socket, text)) }

  /// What the server takes must be what the schemas describe, and the other way round.
  private func checkSent(_ message: JSONValue) {
    let faults = SchemaCheck.faults(ofClientMessage: message)
    do throws(UndecodableMessage) {
      _ = try ClientMessage.decode(message.write())
      if !faults.isEmpty { Issue.record("taken, but \(faults): \(message)") }
    } catch {
      // What it wants of texts that schemas can't count: candidates.
      if faults.isEmpty, error.refusal.code != .limit {
        Issue.record("described, but refused as \(error.refusal.text): \(message)")
      }
    }
  }

  private mutating func deliver(_ object: JSONObject, to sockets: [UInt64]) {
    if object["type"] == "batch", case .array(let messages)? = object["messages"] {
      batches += sockets.count
      for case .object(let message) in messages { deliver(message, to: sockets) }
      return
    }
    let isTold =
      ["snapshot", "me", "chatGap", "reactions", "caption"].contains(object.type)
      || object["atMs"] != nil
    for socket in sockets where closed[socket] == nil {
      if !keepsTold, isTold {
        told[socket, default: []].append(object)
      } else {
        sent[socket, default: []].append(object)
      }
    }
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
