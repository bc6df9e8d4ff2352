// Several processes on one database: requests about rooms of others are passed on to them.

import HTTP
package import Nodes
import Room
import RoomLog
package import Wire

/// A request that another process carries out.
struct PassedRequest: Sendable {
  let request: HTTPRequest
  let ticket: RequestTicket
  let room: String
}

/// Where rooms were found to be a moment ago.
struct RoomOwners: Sendable {
  private var owners: [String: (owner: RoomOwner, until: Instant)] = [:]

  /// Who has a room, if that was asked a moment ago.
  func owner(of room: String, at now: Instant) -> RoomOwner? {
    guard let known = owners[room], now < known.until else { return nil }
    return known.owner
  }

  mutating func learn(_ owner: RoomOwner, of room: String, at now: Instant) {
    // Full of rooms nobody asked for again: a busy one is learned again at once.
    if owners.count >= ForwardLimits.ownersMax { owners.removeAll(keepingCapacity: true) }
    owners[room] = (owner, now + ForwardLimits.ownerLife)
  }

  mutating func forget(_ room: String) { owners[room] = nil }

  mutating func forgetAll() { owners.removeAll() }
}

extension ControlCore {
  // MARK: In

  /// Whose request it is: another process's word for it, if it has signed that, else the connection's.
  ///
  /// - Throws: a refusal for a stamp that is not believed: nobody else has any business with one.
  func origin(
    of request: HTTPRequest, from remote: SocketAddress, wall: WallTime
  ) throws(ControlRefusal) -> (client: IPAddress, isPassedOn: Bool) {
    let direct = ForwardedFor.client(of: request, from: remote.ip, trusting: config.trustedProxies)
    guard request.headers[ForwardStamp.name] != nil else { return (direct, false) }
    guard let membership = config.membership else { throw .notOfOurs }
    do throws(ForwardStamp.Refusal) {
      let stamp = try ForwardStamp.verified(
        request, node: membership.node, key: membership.key, atMs: wall.milliseconds)
      return (stamp?.client ?? direct, stamp != nil)
    } catch {
      throw .notOfOurs
    }
  }

  /// Other processes have said that something changed. What the store keeps it reads itself.
  package mutating func hinted(_ hints: [BusHint]) {
    for hint in hints {
      switch hint {
      case .rooms: owners.forgetAll()
      case .room(let name): owners.forget(name)
      case .wallet(let account): houses.changed(wallet: account)
      case .hooks, .erasures, .revocations: break
      }
    }
  }

  // MARK: Out

  /// A request about a room that another process has: passed on where that process says how it is reached,
  /// else sent there.
  ///
  /// Whoever publishes or watches is always sent: media are where the room is.
  mutating func hand(_ parked: ParkedRequest, in room: String, to owner: RoomOwner) {
    let request = parked.request
    if request.isSession || owner.nodeURL.isEmpty || config.membership == nil {
      waitingRequests[parked.ticket] = nil
      return respond(parked, ControlCore.redirect(request, to: owner))
    }
    // Twice is once too often: who sent it here asks the database again, and its client comes again.
    guard !parked.isPassedOn else {
      return refuse(parked, .movedOn("the room has moved while the request was on its way"))
    }
    pass(parked, in: room, to: owner)
  }

  private static func redirect(_ request: HTTPRequest, to owner: RoomOwner) -> HTTPResponse {
    guard !owner.publicURL.isEmpty else {
      let refusal = ControlRefusal.movedOn("another server has the room, and does not say where")
      return request.isSession ? refusal.response : refusal.problem
    }
    return HTTPResponse(
      307, headers: ["Location": owner.publicURL + request.target.encoded])
  }

  private mutating func pass(_ parked: ParkedRequest, in room: String, to owner: RoomOwner) {
    let bytes = parked.request.body.count
    guard passed.count < ForwardLimits.concurrentMax,
      passedBytes + bytes <= ForwardLimits.bytesMax
    else { return refuse(parked, .movedOn("too many requests are passed on at once")) }
    guard let membership = config.membership else { return }
    let stamp = ForwardStamp(
      from: membership.node, to: owner.node, atMs: clock.wall.milliseconds, client: parked.client)
    lastPassed += 1
    passed[lastPassed] = PassedRequest(
      request: parked.request, ticket: parked.ticket, room: room)
    passedBytes += bytes
    effects.append(
      .forward(
        ForwardOrder(
          number: lastPassed, url: owner.nodeURL,
          request: stamp.stamped(parked.request, key: membership.key))))
  }

  /// What came of a request that was passed on.
  package mutating func passedOn(_ number: UInt64, _ result: ForwardResult, wall: WallTime) {
    guard let passed = passed.removeValue(forKey: number) else { return }
    passedBytes -= passed.request.body.count
    metrics.forwards.count(result)
    let parked = ParkedRequest(request: passed.request, ticket: passed.ticket)
    switch result {
    case .answered(let answer):
      let isOurs = answer.headers[ForwardStamp.name] == nil
      // Among the reasons: it does not have the room any more.
      if answer.status == 503 || !isOurs { owners.forget(passed.room) }
      guard isOurs else {
        return refuse(parked, .movedOn("the server that has the room did not take the request"))
      }
      waitingRequests[passed.ticket] = nil
      respond(parked, ForwardAnswer.handed(answer))
    case .unreached:
      owners.forget(passed.room)
      refuse(parked, .movedOn("the server that has the room can't be reached"))
    case .unanswered:
      owners.forget(passed.room)
      refuse(
        parked,
        .movedOn(
          "the server that has the room did not answer: it may have carried this out, and knows by "
            + "the Idempotency-Key"))
    }
  }

  private mutating func refuse(_ parked: ParkedRequest, _ refusal: ControlRefusal) {
    waitingRequests[parked.ticket] = nil
    respond(parked, parked.request.isSession ? refusal.response : refusal.problem)
  }

  private mutating func respond(_ parked: ParkedRequest, _ response: HTTPResponse) {
    effects.append(.respond(parked.ticket, cors.apply(to: response, for: parked.request)))
  }
}

extension ControlRefusal {
  /// Another process has the room, and this request did not get there.
  static func movedOn(_ text: String) -> ControlRefusal {
    ControlRefusal(503, "overloaded", text, retryAfterMs: ForwardLimits.retryMs)
  }

  /// A stamp that is not of a process on our database, or not for this one.
  static let notOfOurs = ControlRefusal(
    403, "forbidden", "this was not passed on by a server on the same database, for this one")
}
