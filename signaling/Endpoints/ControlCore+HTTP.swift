// Which request goes where: sessions, or the table of the REST API; refusals as answers.

import Access
package import HTTP
import JSON
package import Wire

extension ControlCore {
  /// Answers a request; the answer is an effect with the same ticket, now or later.
  package mutating func answer(
    _ request: HTTPRequest, _ ticket: RequestTicket, from remote: SocketAddress, at now: Instant,
    wall: WallTime
  ) {
    clock = (now, wall)
    if let room = roomToOpen(for: request, wall: wall),
      !(request.isSession ? requireRights(in: room) : require(room))
    {
      let waits = park(ParkedRequest(request: request, ticket: ticket, client: remote), for: room)
      if !waits {
        let refusal = ControlRefusal(503, "overloaded", "too many requests wait for this room")
        effects.append(.respond(ticket, cors.apply(to: refusal.problem, for: request)))
      }
      return
    }
    let response: HTTPResponse?
    switch request.target.segments.first {
    case "whip": response = answerSession(request, .whip, at: now, wall: wall)
    case "whep": response = answerSession(request, .whep, at: now, wall: wall)
    default:
      let client = ForwardedFor.client(
        of: request, from: remote.ip, trusting: config.trustedProxies)
      response = answerAPI(
        APICall(request: request, ticket: ticket, client: client, now: now, wall: wall))
    }
    guard let response else { return }
    effects.append(.respond(ticket, cors.apply(to: response, for: request)))
  }

  /// The room a request is about, if its sender may be there: then it is opened.
  private func roomToOpen(for request: HTTPRequest, wall: WallTime) -> String? {
    let path = request.target.segments
    let room: String
    switch path.first {
    case "whip", "whep":
      guard path.count == 2, request.method == .post else { return nil }
      room = path[1]
    case "api":
      guard path.count > 3, let route = APIRoute.route(of: request), route.operation.needsRoom
      else { return nil }
      room = path[3]
    default: return nil
    }
    guard !isDraining, (try? authorize(request, room: room, .watch, wall: wall)) != nil else {
      return nil
    }
    return room
  }
}

extension HTTPRequest {
  /// Whether it is about publishing or watching by WHIP or WHEP.
  fileprivate var isSession: Bool {
    target.segments.first == "whip" || target.segments.first == "whep"
  }
}

extension ControlRefusal {
  /// The refusal as problem+json (RFC 9457). Its type says that the status tells all there is, so
  /// its title is the status's.
  var problem: HTTPResponse {
    var body: JSONObject = [
      "type": "about:blank", "title": .string(HTTPStatus.reasonPhrase(status)),
      "status": .integer(Int64(status)), "detail": .string(sentence), "code": .string(code),
    ]
    if let retryAfterMs { body["retryAfterMs"] = .integer(retryAfterMs) }
    var answer = HTTPResponse(
      status, mediaType: "application/problem+json", body: JSONValue.object(body).write())
    for field in headers.fields { answer.headers.set(field.name, field.value) }
    return answer
  }
}
