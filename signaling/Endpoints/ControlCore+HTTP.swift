// Which request goes where: sessions, or the table of the REST API; refusals as answers.

import Access
package import HTTP
import JSON
import Nodes
import RoomLog
package import Wire

extension ControlCore {
  /// Answers a request; the answer is an effect with the same ticket, now or later.
  package mutating func answer(
    _ request: HTTPRequest, _ ticket: RequestTicket, from remote: SocketAddress, at now: Instant,
    wall: WallTime
  ) {
    clock = (now, wall)
    do throws(ControlRefusal) {
      let origin = try origin(of: request, from: remote, wall: wall)
      let parked = ParkedRequest(
        request: request, ticket: ticket, client: origin.client, isPassedOn: origin.isPassedOn)
      answer(parked, at: now, wall: wall)
    } catch {
      // Who passed it on must not take this for an answer to its client.
      var problem = error.problem
      problem.headers.set(ForwardStamp.name, "refused")
      effects.append(.respond(ticket, cors.apply(to: problem, for: request)))
    }
  }

  /// Answers a request whose sender is known, now or later.
  mutating func answer(_ parked: ParkedRequest, at now: Instant, wall: WallTime) {
    let (request, ticket) = (parked.request, parked.ticket)
    if let room = roomToOpen(for: request, wall: wall) {
      if !parked.isPassedOn, let owner = ownerElsewhere(of: room) {
        return hand(parked, in: room, to: owner)
      }
      guard request.isSession ? requireRights(in: room) : require(room) else {
        return wait(parked, for: room)
      }
    }
    let response: HTTPResponse?
    switch request.target.segments.first {
    case "whip": response = answerSession(request, .whip, at: now, wall: wall)
    case "whep": response = answerSession(request, .whep, at: now, wall: wall)
    default:
      response = answerAPI(APICall(parked, now: now, wall: wall))
    }
    guard let response else { return }
    effects.append(.respond(ticket, cors.apply(to: response, for: request)))
  }

  /// Who has a room that is not open here, if that was asked a moment ago.
  func ownerElsewhere(of room: String) -> RoomOwner? {
    guard houses.key(of: room) == nil, !houses.isOpening(room) else { return nil }
    return owners.owner(of: room, at: clock.now)
  }

  private mutating func wait(_ parked: ParkedRequest, for room: String) {
    guard !park(parked, for: room) else { return }
    let refusal = ControlRefusal(503, "overloaded", "too many requests wait for this room")
    effects.append(
      .respond(parked.ticket, cors.apply(to: refusal.problem, for: parked.request)))
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
      guard path.count > 3, let route = APIRoute.route(of: request),
        route.operation.needsRoom
          || config.membership != nil && route.operation.concernsMembers
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
  var isSession: Bool {
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
    if let hls { body["hls"] = .string(hls) }
    var answer = HTTPResponse(
      status, mediaType: "application/problem+json", body: JSONValue.object(body).write())
    for field in headers.fields { answer.headers.set(field.name, field.value) }
    return answer
  }
}
