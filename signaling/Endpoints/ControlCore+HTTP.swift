// Which request goes where: sessions, tokens, health, metrics.

import Access
import Crypto
package import HTTP
import JSON
import MediaControl
import Room
package import Wire

extension ControlCore {
  /// Answers a request; the answer is an effect with the same ticket.
  package mutating func answer(
    _ request: HTTPRequest, _ ticket: RequestTicket, from remote: SocketAddress, at now: Instant,
    wall: WallTime
  ) {
    let response = route(request, from: remote, at: now, wall: wall)
    effects.append(.respond(ticket, cors.apply(to: response, for: request)))
  }

  private mutating func route(
    _ request: HTTPRequest, from remote: SocketAddress, at now: Instant, wall: WallTime
  ) -> HTTPResponse {
    switch request.target.segments.first {
    case "whip": return answerSession(request, .whip, at: now, wall: wall)
    case "whep": return answerSession(request, .whep, at: now, wall: wall)
    case "healthz": return read(request) { HTTPResponse.text(200, "ok\n") }
    case "readyz":
      return read(request) {
        isDraining ? HTTPResponse.text(503, "draining\n") : HTTPResponse.text(200, "ready\n")
      }
    case "metrics": return read(request) { metricsText() }
    case "api": return answerAPI(request, from: remote, at: now, wall: wall)
    default: return HTTPResponse.text(404, "not found\n")
    }
  }

  private func read(_ request: HTTPRequest, _ body: () -> HTTPResponse) -> HTTPResponse {
    switch request.method {
    case .get, .head: body()
    case .options: cors.preflight(request, methods: [.get, .head, .options], extra: [:])
    default: ControlRefusal.methodNotAllowed("GET, HEAD, OPTIONS").response
    }
  }

  // MARK: REST

  private mutating func answerAPI(
    _ request: HTTPRequest, from remote: SocketAddress, at now: Instant, wall: WallTime
  ) -> HTTPResponse {
    let path = Array(request.target.segments)
    guard path.count == 5, path[1] == "v1", path[2] == "rooms", path[4] == "tokens" else {
      return ControlRefusal(404, "not-found", "no such resource").problem
    }
    switch request.method {
    case .options: return cors.preflight(request, methods: [.post, .options], extra: [:])
    case .post: return mintViewer(for: path[3], from: remote, at: now, wall: wall)
    default: return ControlRefusal.methodNotAllowed("POST, OPTIONS").response
    }
  }

  /// An anonymous viewer's token: a random identity that the page keeps.
  private mutating func mintViewer(
    for room: String, from remote: SocketAddress, at now: Instant, wall: WallTime
  ) -> HTTPResponse {
    guard PublicationKey.isStreamName(room) else {
      return ControlRefusal(400, "bad-room", "a room is [A-Za-z0-9_-]{1,64}").problem
    }
    guard takeMintBudget(remote.ip, at: now) else {
      return ControlRefusal(429, "rate", "too many tokens for one address").problem
    }
    let identity = "anon-" + random.iceCharacters(10).lowercased()
    do {
      let minted = try access.mintViewer(identity: identity, room: room, wall: wall)
      let body: JSONValue = [
        "token": .string(minted.token), "identity": .string(identity), "role": "viewer",
        "room": .string(room), "expiresAtMs": .integer(minted.expires.milliseconds),
      ]
      return HTTPResponse(201, mediaType: "application/json", body: body.write())
    } catch {
      return ControlRefusal(500, "internal", "no token could be made").problem
    }
  }

  /// Anonymous tokens per address: an office behind one address opens a show together, a script
  /// does not get thousands.
  private mutating func takeMintBudget(_ ip: IPAddress, at now: Instant) -> Bool {
    if mintBudgets.count >= ControlLimits.mintAddressesMax {
      mintBudgets.removeAll(keepingCapacity: true)
    }
    var budget =
      mintBudgets[ip]
      ?? Budget(
        perSecond: ControlLimits.mintsPerSecond, burst: ControlLimits.mintsBurst, at: now)
    defer { mintBudgets[ip] = budget }
    return budget.take(at: now)
  }
}

extension ControlRefusal {
  /// The refusal as problem+json (RFC 9457).
  var problem: HTTPResponse {
    let body: JSONValue = [
      "type": .string("about:blank"), "title": .string(text), "status": .integer(Int64(status)),
      "code": .string(code),
    ]
    var answer = HTTPResponse(status, mediaType: "application/problem+json", body: body.write())
    if status == 429 || status == 503 { answer.headers.set("Retry-After", "2") }
    return answer
  }
}
