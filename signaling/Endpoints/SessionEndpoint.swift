// WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) as HTTP: POST, PATCH, DELETE, OPTIONS.

import Access
import Crypto
import HTTP
import ICE
import MediaControl
import Negotiation
import RTP
import Room
import SDP
import Wire

/// Which of the two protocols a request speaks; they differ in direction only.
enum SessionProtocol: String, Sendable {
  case whip, whep
}

extension ControlCore {
  static let offerType = "application/sdp"
  static let fragmentType = "application/trickle-ice-sdpfrag"

  /// Answers a request below `/whip/` or `/whep/`.
  mutating func answerSession(
    _ request: HTTPRequest, _ kind: SessionProtocol, at now: Instant, wall: WallTime
  ) -> HTTPResponse {
    let path = request.target.segments.dropFirst()
    do throws(ControlRefusal) {
      guard let room = path.first, path.count <= 2 else { throw .notFound }
      if path.count == 1 { return try answerEndpoint(request, kind, room, at: now, wall: wall) }
      return try answerResource(request, kind, room, path[path.startIndex + 1], at: now, wall: wall)
    } catch {
      return error.hls == nil ? error.response : error.problem
    }
  }

  // MARK: The endpoint

  private mutating func answerEndpoint(
    _ request: HTTPRequest, _ kind: SessionProtocol, _ room: String, at now: Instant,
    wall: WallTime
  ) throws(ControlRefusal) -> HTTPResponse {
    switch request.method {
    case .options:
      return cors.preflight(
        request, methods: [.post, .options], extra: ["Accept-Post": ControlCore.offerType])
    case .post:
      return try open(request, kind, room, at: now, wall: wall)
    default:
      throw .methodNotAllowed("POST, OPTIONS")
    }
  }

  private mutating func open(
    _ request: HTTPRequest, _ kind: SessionProtocol, _ room: String, at now: Instant,
    wall: WallTime
  ) throws(ControlRefusal) -> HTTPResponse {
    let credential = try authorize(request, room: room, .watch, wall: wall)
    let member = Member(credential)
    guard kind == .whep || mayPublish(member, in: room) else {
      throw ControlRefusal(403, "forbidden", "this member may not publish here")
    }
    try admit(member, device: nil, to: room, isNew: kind == .whep)
    try requireType(request, ControlCore.offerType)
    guard MediaType.quality(of: ControlCore.offerType, accept: request.headers["Accept"]) > 0 else {
      throw ControlRefusal(406, "bad-message", "the answer is application/sdp")
    }
    let offer = try parseOffer(request.body)
    let accepted: AcceptedOffer
    switch kind {
    case .whip:
      let stream = request.target.parameter("stream") ?? "main"
      accepted = try publish(
        offer, stream: stream, in: room, by: member, until: credential.expires, at: now)
    case .whep:
      let wishes = try wishes(of: request, role: credential.role)
      try requireSeat(for: member, in: room)
      accepted = try watch(
        offer, wishes: wishes, in: room, by: member, until: credential.expires, at: now)
    }
    if kind == .whep { seat(accepted.peer, of: member, in: room) }
    arrive(by: accepted.peer, atMs: wall.milliseconds)
    return HTTPResponse(
      201,
      headers: [
        "Content-Type": ControlCore.offerType,
        "Location": "/\(kind.rawValue)/\(room)/\(accepted.urlToken)",
        "ETag": EntityTag(String(accepted.generation)).text,
        "Accept-Patch": ControlCore.fragmentType,
        "Cache-Control": "no-store",
      ], body: Array(accepted.answer.utf8))
  }

  /// What a WHEP request's query asks for.
  private func wishes(of request: HTTPRequest, role: Role) throws(ControlRefusal) -> WatchWish {
    var source: PublicationKey?
    if let from = request.target.parameter("from") {
      guard let key = PublicationKey(from) else {
        throw ControlRefusal(400, "bad-message", "from must be SUB/NAME")
      }
      source = key
    }
    let layer = request.target.parameter("layer")
    if layer == "all" {
      guard role == .service else {
        throw ControlRefusal(403, "forbidden", "layer=all is for service tokens")
      }
      return ControlCore.allLayers(of: source)
    }
    var selection = LayerSelection.automatic
    if let layer, layer != "auto" {
      guard let rank = LayerRank(name: layer) else {
        throw ControlRefusal(400, "bad-message", "layer must be q, h, f, auto or all")
      }
      selection = .pinned(rank)
    }
    let chosen = selection
    let key = source
    return WatchWish(
      wish: { _, _, ordinal in key.map { .publication($0) } ?? .fill(ordinal) },
      selection: { _, _, _ in chosen })
  }

  /// One m-line per encoding, audio once: the first video m-line is `q`, the third `f`.
  private static func allLayers(of source: PublicationKey?) -> WatchWish {
    WatchWish(
      wish: { _, _, ordinal in
        guard ordinal < LayerRank.allCases.count else { return .nothing }
        return source.map { .publication($0) } ?? .fill(0)
      },
      selection: { _, kind, ordinal in
        guard kind == .video, ordinal < LayerRank.allCases.count else { return .automatic }
        return .pinned(LayerRank.allCases[ordinal])
      })
  }

  // MARK: The session resource

  private mutating func answerResource(
    _ request: HTTPRequest, _ kind: SessionProtocol, _ room: String, _ token: String,
    at now: Instant, wall: WallTime
  ) throws(ControlRefusal) -> HTTPResponse {
    if request.method == .options {
      return cors.preflight(
        request, methods: [.patch, .delete, .options],
        extra: ["Accept-Patch": ControlCore.fragmentType])
    }
    guard request.method == .patch || request.method == .delete else {
      throw .methodNotAllowed("PATCH, DELETE, OPTIONS")
    }
    let credential = try authorize(request, room: room, .watch, wall: wall)
    if request.method == .delete, let record = farewells.take(token, of: credential.subject) {
      endPublication(record)
      return HTTPResponse(200)
    }
    guard let peer = urls[token], let record = transports[peer], record.room == room,
      (record.purpose == .watch) == (kind == .whep)
    else { throw .notFound }
    guard record.member.identity == credential.subject else {
      throw ControlRefusal(403, "forbidden", "the session is another member's")
    }
    if request.method == .delete {
      end(peer, at: now)
      return HTTPResponse(200)
    }
    let answer = try patch(request, record)
    renew(record, by: credential)
    return answer
  }

  /// A request with a newer token of the same member keeps the session for as long as that lasts.
  private mutating func renew(_ record: TransportRecord, by credential: Credential) {
    guard let expires = record.expires, expires < credential.expires,
      record.purpose == .watch || credential.role.mayPublish
    else { return }
    transports[record.peer]?.expires = credential.expires
  }

  private mutating func patch(
    _ request: HTTPRequest, _ record: TransportRecord
  ) throws(ControlRefusal) -> HTTPResponse {
    try requireType(request, ControlCore.fragmentType)
    guard let header = request.headers["If-Match"] else {
      throw ControlRefusal(428, "stale", "If-Match is required")
    }
    guard let condition = EntityTagCondition(header) else {
      throw ControlRefusal(400, "bad-message", "If-Match does not parse")
    }
    guard condition.matchesStrongly(EntityTag(String(record.generation))) else {
      throw ControlRefusal(412, "stale", "the ICE session has another ETag")
    }
    let change = try parseFragment(request.body, record.state)
    switch change {
    case .candidates(let candidates):
      effects.append(.media(.addCandidates(record.peer, candidates), record.worker))
      // Without an ETag, as RFC 9725 section 4.3.1 has it: the ICE session is the same.
      return HTTPResponse(204)
    case .restart(let remote, _):
      guard condition == .any else {
        throw ControlRefusal(412, "stale", "an ICE restart needs If-Match: *")
      }
      return restart(record, remote: remote)
    }
  }

  private mutating func restart(_ record: TransportRecord, remote: ICECredentials)
    -> HTTPResponse
  {
    let local = localSide(record.worker, sessionID: record.sessionID)
    var state = record.state
    let fragment = Negotiation.restart(&state, remote: remote, local: local)
    transports[record.peer]?.state = state
    transports[record.peer]?.generation += 1
    effects.append(
      .media(
        .restartICE(record.peer, local: local.credentials, remote: remote), record.worker))
    return HTTPResponse(
      200,
      headers: [
        "Content-Type": ControlCore.fragmentType,
        "ETag": EntityTag(String(record.generation + 1)).text,
      ], body: Array(fragment.text.utf8))
  }

  // MARK: Bodies

  private func requireType(_ request: HTTPRequest, _ type: String) throws(ControlRefusal) {
    let sent = request.headers["Content-Type"].flatMap { MediaType($0) }
    guard sent?.essence == type else {
      throw ControlRefusal(415, "bad-message", "Content-Type must be \(type)")
    }
  }

  private func parseOffer(_ body: [UInt8]) throws(ControlRefusal) -> SessionDescription {
    do throws(SDPError) {
      return try SessionDescription.parse(body)
    } catch {
      throw ControlRefusal(400, "bad-sdp", error.text)
    }
  }

  private func parseFragment(_ body: [UInt8], _ state: NegotiationState)
    throws(ControlRefusal) -> TrickleRequest
  {
    do {
      let fragment = try TrickleFragment.parse(body)
      return try Negotiation.trickle(fragment, state: state)
    } catch let error as SDPError {
      throw ControlRefusal(400, "bad-sdp", error.text)
    } catch let error as NegotiationRefusal {
      throw ControlRefusal(400, "bad-sdp", error.text)
    } catch {
      throw ControlRefusal(400, "bad-sdp", "the fragment does not parse")
    }
  }
}

extension ControlRefusal {
  static var notFound: ControlRefusal { ControlRefusal(404, "unknown-connection", "not found") }

  static func methodNotAllowed(_ allowed: String) -> ControlRefusal {
    ControlRefusal(405, "bad-message", allowed)
  }

  /// The refusal as an HTTP answer.
  var response: HTTPResponse {
    var response = HTTPResponse.text(status, sentence)
    for field in headers.fields { response.headers.set(field.name, field.value) }
    return response
  }

  /// What the client's author reads.
  var sentence: String { status == 405 ? "use \(text)" : text }

  /// The header fields its status calls for.
  var headers: HTTPHeaders {
    var headers: HTTPHeaders =
      switch status {
      case 405: ["Allow": text]
      case 401: ["WWW-Authenticate": "Bearer"]
      case 429, 503: ["Retry-After": retryAfterSeconds ?? "2"]
      default: retryAfterSeconds.map { ["Retry-After": $0] } ?? [:]
      }
    if let hls {
      headers.set("Link", "<\(hls)>; rel=\"alternate\"; type=\"application/vnd.apple.mpegurl\"")
    }
    return headers
  }

  private var retryAfterSeconds: String? { retryAfterMs.map { String(max(1, ($0 + 999) / 1000)) } }
}
