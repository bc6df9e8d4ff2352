// The REST API: which request is which operation, tokens, revocations.

import Access
import Crypto
import HTTP
import JSON
import Messages
import Room
import Wire

/// A request of the API with what answering it needs.
struct APICall {
  let request: HTTPRequest
  let ticket: RequestTicket
  /// The client, seen through trusted proxies and other processes on the database.
  let client: IPAddress
  /// Whether another process on the database has passed it on.
  let isPassedOn: Bool
  let now: Instant
  let wall: WallTime

  init(_ parked: ParkedRequest, now: Instant, wall: WallTime) {
    request = parked.request
    ticket = parked.ticket
    client = parked.client
    isPassedOn = parked.isPassedOn
    self.now = now
    self.wall = wall
  }

  /// The request while it waits for a room.
  var parked: ParkedRequest {
    ParkedRequest(request: request, ticket: ticket, client: client, isPassedOn: isPassedOn)
  }

  /// The room the path names: checked by `ControlCore.room(of:)`.
  var room: String { request.target.segments.count > 3 ? request.target.segments[3] : "" }
}

extension ControlCore {
  /// Answers a request of the table.
  ///
  /// - Returns: nil when the answer comes later.
  mutating func answerAPI(_ call: APICall) -> HTTPResponse? {
    let isAPI = call.request.target.segments.first == "api"
    do throws(ControlRefusal) {
      let routes = APIRoute.routes(of: call.request.target.segments)
      guard !routes.isEmpty else { throw .noResource }
      let methods = ControlCore.methods(of: routes)
      if call.request.method == .options {
        return cors.preflight(call.request, methods: methods, extra: [:])
      }
      // HEAD is GET without its body, which the web server leaves out.
      let method = call.request.method == .head ? .get : call.request.method
      guard let route = routes.first(where: { $0.method == method }) else {
        throw .methodNotAllowed(methods.map(\.rawValue).joined(separator: ", "))
      }
      return try perform(route, call)
    } catch {
      return isAPI ? error.problem : error.response
    }
  }

  private static func methods(of routes: [APIRoute]) -> [HTTPMethod] {
    routes.flatMap { $0.method == .get ? [.get, .head] : [$0.method] } + [.options]
  }

  private mutating func perform(
    _ route: APIRoute, _ call: APICall
  ) throws(ControlRefusal) -> HTTPResponse? {
    switch route.operation {
    case .server(let operation): return try perform(operation, call)
    case .command(let name):
      guard let command = CommandCatalogue.command(named: name) else { throw .noResource }
      return try answerLater(call) { core throws(ControlRefusal) in
        try core.carryOut(command, route, call)
      }
    case .query(let name):
      guard let query = QueryCatalogue.query(named: name) else { throw .noResource }
      return try answerLater(call) { core throws(ControlRefusal) in try core.answer(query, call) }
    }
  }

  private mutating func perform(
    _ operation: ServerOperation, _ call: APICall
  ) throws(ControlRefusal) -> HTTPResponse? {
    switch operation {
    case .getHealth: return .text(200, "ok")
    case .getReadiness: return isDraining ? .text(503, "draining") : .text(200, "ready")
    case .getMetrics: return metricsText()
    case .getDescription:
      return HTTPResponse(200, mediaType: "application/json", body: APIDescription.text)
    case .getMessageSchemas:
      return HTTPResponse(200, mediaType: "application/json", body: MessageSchemas.text)
    case .listRooms:
      return try answerLater(call) { core throws(ControlRefusal) in try core.listRooms(call) }
    case .listFollowing:
      return try answerLater(call) { core throws(ControlRefusal) in try core.listFollowing(call) }
    case .mintToken: return try mintToken(call)
    case .revokeTokens: return try revokeTokens(call)
    case .restoreTokens: return try restoreTokens(call)
    case .exportPerson:
      return try answerLater(call) { core throws(ControlRefusal) in try core.exportPerson(call) }
    case .erasePerson:
      return try answerLater(call) { core throws(ControlRefusal) in try core.erasePerson(call) }
    case .refundTransfer:
      return try answerLater(call) { core throws(ControlRefusal) in try core.refundTransfer(call) }
    case .receiveCallback, .listHookEndpoints, .makeHookEndpoint, .getHookEndpoint,
      .changeHookEndpoint, .removeHookEndpoint, .rotateHookKeys, .retireHookKeys,
      .testHookEndpoint, .listHookDeliveries, .replayHookDelivery:
      return try performHook(operation, call)
    }
  }

  /// Begins what is answered later by the request's ticket.
  mutating func answerLater(
    _ call: APICall, _ begin: (inout ControlCore) throws(ControlRefusal) -> Void
  ) throws(ControlRefusal) -> HTTPResponse? {
    waitingRequests[call.ticket] = call.request
    do throws(ControlRefusal) {
      try begin(&self)
      return nil
    } catch {
      waitingRequests[call.ticket] = nil
      throw error
    }
  }

  // MARK: Reading requests

  func checkedRoom(_ call: APICall) throws(ControlRefusal) -> String {
    guard Credential.isRoomName(call.room) else {
      throw ControlRefusal(400, "bad-room", "a room is [A-Za-z0-9_-]{1,64}")
    }
    return call.room
  }

  /// The body's members; none for an empty body.
  func fields(
    _ request: HTTPRequest, limits: JSONLimits = .standard
  ) throws(ControlRefusal) -> JSONFields {
    guard !request.body.isEmpty else { return JSONFields(JSONObject()) }
    let type = request.headers["Content-Type"].flatMap { MediaType($0) }
    guard type?.essence == "application/json" else {
      throw ControlRefusal(415, "bad-message", "Content-Type must be application/json")
    }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue.parse(request.body, limits: limits)
    } catch {
      throw ControlRefusal(400, "bad-message", "not JSON we take: \(error.text)")
    }
    return try read { () throws(JSONMismatch) in try JSONFields(document: value) }
  }

  private func read<Value>(
    _ body: () throws(JSONMismatch) -> Value
  ) throws(ControlRefusal) -> Value {
    do throws(JSONMismatch) {
      return try body()
    } catch {
      throw ControlRefusal(400, "bad-message", error.text)
    }
  }

  /// An identity or a name of the body, checked as in a token.
  private func text(
    _ key: String, of fields: JSONFields, max: Int
  ) throws(ControlRefusal) -> String? {
    guard
      let text = try read({ () throws(JSONMismatch) in try fields.optionalString(key) })
    else { return nil }
    guard !text.isEmpty, Credential.isText(text, max: max) else {
      throw ControlRefusal(
        400, "bad-message", "\(key): expected 1 to \(max) characters without control characters")
    }
    return text
  }

  /// The credential of a request that only the room's hosts and services may make.
  private func authorizeHost(_ call: APICall) throws(ControlRefusal) -> Credential {
    let credential = try authorize(call.request, room: call.room, .watch, wall: call.wall)
    guard credential.role == .host || credential.role == .service else {
      throw ControlRefusal(403, "forbidden", "only the room's hosts and services may do this")
    }
    return credential
  }

  // MARK: Tokens

  private mutating func mintToken(_ call: APICall) throws(ControlRefusal) -> HTTPResponse {
    let room = try checkedRoom(call)
    let fields = try fields(call.request)
    let role = try read { () throws(JSONMismatch) in try fields.optionalString("role") }
    guard role == nil || role == "viewer" else {
      throw ControlRefusal(400, "bad-message", "role: only viewer is minted here")
    }
    var name = try text("name", of: fields, max: Credential.nameMax)
    let wish = try read { () throws(JSONMismatch) in try fields.optionalBool("subscriber") }
    let isSubscriber = wish ?? false
    let identity: String
    if let wanted = try text("identity", of: fields, max: Credential.subjectMax) {
      _ = try authorizeHost(call)
      guard !access.isRevoked(wanted, in: room, at: call.wall) else {
        throw ControlRefusal(403, "forbidden", "the identity is revoked: lift that first")
      }
      identity = wanted
    } else {
      guard !isSubscriber else {
        throw ControlRefusal(403, "forbidden", "subscriber: only beside an identity")
      }
      let old = try oldAnonymous(call)
      guard mintBudgets.take(call.client, at: call.now) else {
        throw ControlRefusal(429, "rate", "too many tokens for one address")
      }
      name = name ?? old?.name
      identity =
        old?.subject ?? AccessControl.anonymousPrefix + random.iceCharacters(10).lowercased()
    }
    do throws(AccessRefusal) {
      let minted = try access.mintViewer(
        identity: identity, name: name, room: room, isSubscriber: isSubscriber, wall: call.wall)
      return tokenAnswer(minted, identity: identity, name: name, room: room)
    } catch {
      throw ControlRefusal(500, "internal", "no token could be made")
    }
  }

  /// The anonymous viewer who asks to stay who it is, by its old token. Others get a new identity:
  /// a token of a shop's must not outlive what the shop gave it.
  private func oldAnonymous(_ call: APICall) throws(ControlRefusal) -> Credential? {
    guard call.request.bearer != nil else { return nil }
    let credential = try authorize(call.request, room: call.room, .watch, wall: call.wall)
    let isOurs =
      credential.role == .viewer && credential.subject.hasPrefix(AccessControl.anonymousPrefix)
    return isOurs ? credential : nil
  }

  private func tokenAnswer(
    _ minted: AccessControl.Minted, identity: String, name: String?, room: String
  ) -> HTTPResponse {
    var body: JSONObject = ["token": .string(minted.token), "identity": .string(identity)]
    if let name { body["name"] = .string(name) }
    body["role"] = "viewer"
    body["room"] = .string(room)
    body["expiresAtMs"] = .integer(minted.expires.milliseconds)
    var answer = HTTPResponse(
      201, mediaType: "application/json", body: JSONValue.object(body).write())
    answer.headers.set("Cache-Control", "no-store")
    return answer
  }

  // MARK: Revocations

  private mutating func revokeTokens(_ call: APICall) throws(ControlRefusal) -> HTTPResponse? {
    let room = try checkedRoom(call)
    _ = try authorizeHost(call)
    let fields = try fields(call.request)
    guard let identity = try text("identity", of: fields, max: Credential.subjectMax) else {
      throw ControlRefusal(400, "bad-message", "identity: expected a string, found nothing")
    }
    let until = try read { () throws(JSONMismatch) in
      try fields.optionalInt("expiresAtMs", in: 0...Revocations.untilMsMax)
    }
    let revocation = Revocation(
      room: room, subject: identity,
      until: until.map { WallTime(nanoseconds: $0 * 1_000_000) }
        ?? access.lastExpiry(of: identity, at: call.wall))
    var body: JSONObject = ["room": .string(room), "identity": .string(identity)]
    if let until = revocation.until { body["expiresAtMs"] = .integer(until.milliseconds) }
    let answer = HTTPResponse(
      200, mediaType: "application/json", body: JSONValue.object(body).write())
    try record(.revoke(revocation), answer, call)
    return nil
  }

  private mutating func restoreTokens(_ call: APICall) throws(ControlRefusal) -> HTTPResponse? {
    let room = try checkedRoom(call)
    _ = try authorizeHost(call)
    guard let identity = call.request.target.parameter("identity"), !identity.isEmpty else {
      throw ControlRefusal(400, "bad-message", "identity: the query must name one")
    }
    guard access.isRevoked(identity, in: room, at: call.wall) else {
      throw ControlRefusal(404, "not-found", "the identity is not revoked here")
    }
    try record(.lift(room: room, subject: identity), HTTPResponse(204), call)
    return nil
  }
}

extension ControlRefusal {
  static let noResource = ControlRefusal(404, "not-found", "no such resource")
}
