// The room sockets of this process and their sessions: opening, joining, leaving, deadlines.

import Access
import Crypto
import HTTP
import MediaControl
import Messages
import Room
import Web
import Wire

/// Everything behind `GET /ws`. Inputs are events of the web server and news of the control plane;
/// outputs are commands for the web server, in order.
struct RoomSockets {
  /// One WebSocket.
  private struct Socket {
    var gate: RoomSocketGate
    /// Set while a session is attached.
    var session: String?
    /// A join that waits for its room to open, and what was sent after it.
    var parked: [ClientMessage] = []
  }

  /// Whose transport it is.
  struct Owner: Hashable, Sendable {
    let session: String
    let isPublish: Bool
  }

  private var sockets: [UInt64: Socket] = [:]
  private var detached: [String: Instant] = [:]
  private var commands: [WebCommand] = []
  private var nextTick = Instant.zero
  private var hasSaidDraining = false
  var sessions: [String: RoomSession] = [:]
  var audiences: [String: RoomAudience] = [:]
  var owners: [PeerID: Owner] = [:]
  /// Transports of sessions that publish: their owners are told of their health.
  var publishers: Set<PeerID> = []
  /// Sockets whose join waits for a room to open, in order.
  private var waiting: [String: [UInt64]] = [:]
  /// Rooms in which something waits for everyone, and when it is due; and the soonest of these.
  var flushes: [String: Instant] = [:]
  var nextFlush = Instant.distantFuture
  /// Rooms that have ended since the last turn.
  var endedRooms: [String] = []

  /// Takes the commands so far, oldest first.
  mutating func takeCommands() -> [WebCommand] {
    defer { commands.removeAll(keepingCapacity: true) }
    return commands
  }

  // MARK: Sockets

  /// Takes an event of the web server.
  mutating func take(_ event: WebEvent, _ core: inout ControlCore, at now: Instant, wall: WallTime)
  {
    core.clock = (now, wall)
    switch event {
    case .request: break
    case .opened(let socket, _): sockets[socket] = Socket(gate: RoomSocketGate(at: now))
    case .message(let socket, let text): receive(text, on: socket, &core, at: now, wall: wall)
    case .behind(let socket): fallBehind(socket)
    case .drained(let socket): catchUp(socket, &core, wall: wall)
    case .closed(let socket):
      detach(socket, &core, at: now)
      sockets[socket] = nil
    }
  }

  private mutating func receive(
    _ text: [UInt8], on socket: UInt64, _ core: inout ControlCore, at now: Instant, wall: WallTime
  ) {
    switch sockets[socket]?.gate.receive(text, at: now) {
    case .take(let message):
      carryOut(message, on: socket, &core, at: now, wall: wall)
    case .refuse(let refusal, let ref, let closing):
      send(.error(refusal), ref: ref, to: socket)
      if let closing { sayBye(closing, retryAfterMs: nil, to: socket, &core, at: now) }
    case .discard, nil: break
    }
  }

  /// Does what a client asks for; later, when something before it waits.
  private mutating func carryOut(
    _ message: ClientMessage, on socket: UInt64, _ core: inout ControlCore, at now: Instant,
    wall: WallTime
  ) {
    if !(sockets[socket]?.parked.isEmpty ?? true) {
      // The gate's rate bounds how many.
      sockets[socket]?.parked.append(message)
    } else if case .join(let request) = message.request {
      if park(message, request, on: socket, &core, at: now, wall: wall) { return }
      join(request, ref: message.id, on: socket, &core, at: now, wall: wall)
    } else if let session = sockets[socket]?.session {
      if case .publish = message.request, let room = sessions[session]?.room,
        !core.houses.requireRights(in: room)
      {
        wait(message, on: socket, for: room)
        return
      }
      answer(message, of: session, on: socket, &core, at: now, wall: wall)
    }
  }

  /// What a socket asks for, and all that comes after it, waits for its room.
  private mutating func wait(_ message: ClientMessage, on socket: UInt64, for room: String) {
    waiting[room, default: []].append(socket)
    sockets[socket]?.parked = [message]
  }

  /// Sends a reply, unless it says nothing to a client that asked for none.
  mutating func send(_ reply: ServerReply, ref: String?, to socket: UInt64) {
    guard ref != nil || reply.needsNoID else { return }
    commands.append(.send(socket, reply.encode(ref: ref)))
  }

  /// Sends what is written already.
  mutating func send(_ text: [UInt8], to socket: UInt64) { commands.append(.send(socket, text)) }

  /// Sends what is written already to many.
  mutating func send(_ text: [UInt8], toAll sockets: [UInt64]) {
    commands.append(.sendAll(sockets, text))
  }

  /// The session a socket is attached to.
  func session(on socket: UInt64) -> RoomSession? {
    sockets[socket]?.session.flatMap { sessions[$0] }
  }

  /// Tells a session something, if its page is there.
  mutating func send(_ event: ServerEvent, toSession session: String) {
    guard let socket = sessions[session]?.socket else { return }
    commands.append(.send(socket, event.encode()))
  }

  /// Tells everyone in a room.
  mutating func broadcast(_ event: ServerEvent, in room: String) {
    guard let sockets = audiences[room]?.sockets, !sockets.isEmpty else { return }
    commands.append(.sendAll(sockets, event.encode()))
  }

  /// Says `bye` and closes; the session stays for a while, unless it has ended.
  mutating func sayBye(
    _ reason: ByeReason, retryAfterMs: Int64?, movedTo url: String? = nil, to socket: UInt64,
    _ core: inout ControlCore, at now: Instant
  ) {
    let bye = ServerEvent.bye(reason, retryAfterMs: retryAfterMs, url: url)
    commands.append(.send(socket, bye.encode()))
    let code = WebSocketCloseCode(rawValue: reason.closeCode)
    commands.append(.close(socket, code, reason.rawValue))
    sockets[socket]?.gate.close()
    detach(socket, &core, at: now)
  }

  private mutating func detach(_ socket: UInt64, _ core: inout ControlCore, at now: Instant) {
    guard let name = sockets[socket]?.session else { return }
    sockets[socket]?.session = nil
    guard let session = sessions[name], session.socket == socket else { return }
    sessions[name]?.socket = nil
    detached[name] = now
    audiences[session.room]?.detach(socket)
    refreshPresence(in: session.room, core)
  }

  // MARK: Joining

  /// Lets a join wait while its room is opened, or until the disk has what decides about it; one that
  /// will be refused anyway does not wait.
  private mutating func park(
    _ message: ClientMessage, _ request: JoinRequest, on socket: UInt64,
    _ core: inout ControlCore, at now: Instant, wall: WallTime
  ) -> Bool {
    guard !core.isDraining,
      (try? core.authorize(token: request.token, room: request.room, .watch, wall: wall)) != nil,
      !core.requireRights(in: request.room)
    else { return false }
    guard (waiting[request.room]?.count ?? 0) < HousesLimits.parkedMax else {
      send(
        .error(MessageRefusal(.overloaded, "too many wait for this room", retryAfterMs: 2000)),
        ref: message.id, to: socket)
      sayBye(.overloaded, retryAfterMs: 2000, to: socket, &core, at: now)
      return true
    }
    wait(message, on: socket, for: request.room)
    sockets[socket]?.gate.join(at: now)
    return true
  }

  /// A room has opened, or can't be, or the disk has caught up: those who waited for it go on.
  mutating func unpark(
    _ room: String, isOpen: Bool, _ core: inout ControlCore, at now: Instant, wall: WallTime
  ) {
    for socket in waiting.removeValue(forKey: room) ?? [] {
      guard let messages = sockets[socket]?.parked else { continue }
      sockets[socket]?.parked = []
      for message in messages {
        if !isOpen, case .join = message.request {
          send(
            .error(MessageRefusal(.overloaded, "the room could not be opened")),
            ref: message.id, to: socket)
          sayBye(.overloaded, retryAfterMs: 2000, to: socket, &core, at: now)
          break
        }
        carryOut(message, on: socket, &core, at: now, wall: wall)
      }
    }
  }

  /// Another process has the room, and clients reach it at `url`: who waits or is here goes there.
  mutating func move(
    _ room: String, to url: String, _ core: inout ControlCore, at now: Instant
  ) {
    var leaving = waiting.removeValue(forKey: room) ?? []
    if audiences[room] != nil {
      audiences[room]?.forgetTold()
      leaving += audiences[room]?.sessions.sorted().compactMap { sessions[$0]?.socket } ?? []
    }
    for socket in leaving where sockets[socket] != nil {
      sockets[socket]?.parked = []
      sayBye(
        .moved, retryAfterMs: HousesLimits.storeRetryMs, movedTo: url, to: socket, &core, at: now)
    }
  }

  private mutating func join(
    _ request: JoinRequest, ref: String?, on socket: UInt64, _ core: inout ControlCore,
    at now: Instant, wall: WallTime
  ) {
    do throws(MessageRefusal) {
      let (name, isResumed) = try admit(request, on: socket, &core, at: now, wall: wall)
      attach(name, to: socket, at: now)
      guard let reply = joined(name, isResumed: isResumed, core, wall: wall) else { return }
      send(.joined(reply), ref: ref, to: socket)
      catchUp(socket, after: request.cursor, core: &core, wall: wall)
      if let room = sessions[name]?.room { refreshPresence(in: room, core) }
    } catch {
      send(.error(error), ref: ref, to: socket)
      guard error.code.closing == .always || error.code.closing == .atJoin else { return }
      let reason = error.code == .roomEnded ? ByeReason.roomEnded : .protocol
      sayBye(reason, retryAfterMs: nil, to: socket, &core, at: now)
    }
  }

  /// Finds or makes the session a client asks for.
  private mutating func admit(
    _ request: JoinRequest, on socket: UInt64, _ core: inout ControlCore, at now: Instant,
    wall: WallTime
  ) throws(MessageRefusal) -> (name: String, isResumed: Bool) {
    let member: Member
    let expires: WallTime
    do throws(ControlRefusal) {
      let credential = try core.authorize(
        token: request.token, room: request.room, .watch, wall: wall)
      member = Member(credential)
      expires = credential.expires
      let device = request.device.map { DeviceHint(hashing: $0, core.config.markKey) }
      let isHere = (audiences[request.room]?.sessionCount(of: member.identity) ?? 0) > 0
      try core.admit(member, device: device, to: request.room, isNew: !isHere)
      if let name = resumable(request, by: member) {
        sessions[name]?.renew(until: expires, isSubscriber: member.isSubscriber)
        if let old = sessions[name]?.socket {
          sayBye(.replaced, retryAfterMs: nil, to: old, &core, at: now)
        }
        return (name, true)
      }
      guard !core.isDraining else {
        throw ControlRefusal(503, "overloaded", "the server is about to stop")
      }
      let mine = audiences[request.room]?.sessionCount(of: member.identity) ?? 0
      guard mine < RoomSocketLimits.sessionsPerMemberMax else {
        throw ControlRefusal(
          429, "limit", "at most \(RoomSocketLimits.sessionsPerMemberMax) sessions per member")
      }
      try core.hold(request.room)
    } catch {
      throw MessageRefusal(error)
    }
    var session = RoomSession(
      name: "s_" + core.random.urlToken(), room: request.room, member: member, until: expires,
      at: now)
    session.device = request.device.map { DeviceHint(hashing: $0, core.config.markKey) }
    do throws(ControlRefusal) {
      try core.enter(session, wall: wall)
    } catch {
      throw MessageRefusal(error)
    }
    sessions[session.name] = session
    audiences[session.room, default: RoomAudience()].enter(session)
    return (session.name, false)
  }

  /// The session to resume: same room, same member; a new role is a new session.
  private func resumable(_ request: JoinRequest, by member: Member) -> String? {
    guard let name = request.resume, let session = sessions[name],
      session.room == request.room, session.member.identity == member.identity,
      session.member.role == member.role
    else { return nil }
    return name
  }

  private mutating func attach(_ name: String, to socket: UInt64, at now: Instant) {
    guard let session = sessions[name] else { return }
    sessions[name]?.socket = socket
    detached[name] = nil
    sockets[socket]?.session = name
    sockets[socket]?.gate.join(at: now)
    audiences[session.room]?.attach(socket, session.member)
  }

  private func joined(
    _ name: String, isResumed: Bool, _ core: ControlCore, wall: WallTime
  ) -> JoinedReply? {
    guard let session = sessions[name], let audience = audiences[session.room] else { return nil }
    return JoinedReply(
      session: name, isResumed: isResumed, member: MemberEntry(session.member),
      permissions: PermissionsEntry(
        publish: core.mayPublish(session.member, in: session.room), subscribe: true),
      expiresAtMs: session.expires.milliseconds, serverTimeMs: wall.fractionalMilliseconds,
      pingIntervalMs: Int64(RoomSocketLimits.pingInterval.milliseconds), cursor: audience.cursor,
      room: roomEntry(session.room, core),
      tracks: core.rooms[session.room]?.ordered.flatMap(\.entries) ?? [],
      connections: session.connections.map { connection in
        ConnectionEntry(
          connection: connection.name, generation: connection.generation,
          purpose: purpose(of: connection, in: session.room, core))
      },
      iceServers: [], delivery: core.delivery(of: name))
  }

  private func purpose(
    of connection: RoomConnection, in room: String, _ core: ControlCore
  ) -> ConnectionEntry.Purpose {
    switch connection.purpose {
    case .publish(let stream): .publish(stream: stream)
    case .subscribe: .subscribe(map: core.tracks(of: connection.peer, in: room))
    }
  }

  // MARK: Tokens

  /// Takes a fresh token of the session's own member.
  mutating func renew(
    _ token: String, of name: String, _ core: ControlCore, wall: WallTime
  ) throws(MessageRefusal) {
    guard let session = sessions[name] else {
      throw MessageRefusal(.internal, "the session is gone")
    }
    do throws(ControlRefusal) {
      let credential = try core.authorize(token: token, room: session.room, .watch, wall: wall)
      guard credential.subject == session.member.identity,
        credential.role == session.member.role
      else { throw ControlRefusal(403, "forbidden", "the token is of another identity or role") }
      sessions[name]?.renew(until: credential.expires, isSubscriber: credential.isSubscriber)
    } catch {
      throw MessageRefusal(error)
    }
  }

  /// Says `bye` to sessions whose token is over. They live on for a while without their sockets, and
  /// can be resumed with a fresh token.
  private mutating func endExpired(_ core: inout ControlCore, at now: Instant, wall: WallTime) {
    for session in sessions.values where wall >= session.expires + JSONWebToken.leeway {
      guard let socket = session.socket else { continue }
      sayBye(.tokenExpired, retryAfterMs: nil, to: socket, &core, at: now)
    }
  }

  /// Ends a member's sessions in a room at once.
  mutating func expel(
    _ identity: String, from room: String, saying reason: ByeReason, _ core: inout ControlCore,
    at now: Instant
  ) {
    for name in audiences[room]?.sessions.sorted() ?? []
    where sessions[name]?.member.identity == identity {
      let socket = sessions[name]?.socket
      endSession(name, &core, at: now)
      if let socket { sayBye(reason, retryAfterMs: nil, to: socket, &core, at: now) }
    }
  }

  /// Sends something to all sockets a member has in a room.
  mutating func tell(_ identity: String, in room: String, _ text: [UInt8]) {
    for name in audiences[room]?.sessions.sorted() ?? []
    where sessions[name]?.member.identity == identity {
      if let socket = sessions[name]?.socket { send(text, to: socket) }
    }
  }

  /// Sends something to all sockets a member has in any room.
  mutating func tell(_ identity: String, _ text: [UInt8]) {
    for socket in audiences.values.flatMap({ $0.sockets(of: identity) }).sorted() {
      send(text, to: socket)
    }
  }

  // MARK: Leaving

  /// Ends a session and its connections.
  mutating func endSession(_ name: String, _ core: inout ControlCore, at now: Instant) {
    guard let session = sessions.removeValue(forKey: name) else { return }
    detached[name] = nil
    for connection in session.connections {
      owners[connection.peer] = nil
      publishers.remove(connection.peer)
      core.end(connection.peer, at: now)
    }
    if let socket = session.socket {
      sockets[socket]?.session = nil
      audiences[session.room]?.detach(socket)
    }
    audiences[session.room]?.leave(session)
    core.leave(session)
    if audiences[session.room]?.sessions.isEmpty ?? true {
      audiences[session.room] = nil
      core.release(session.room)
    } else {
      refreshPresence(in: session.room, core)
    }
  }

  // MARK: Time

  /// Does what is due: deadlines, measures, the last words of a server that drains.
  mutating func advance(_ core: inout ControlCore, at now: Instant, wall: WallTime) {
    core.clock = (now, wall)
    if core.isDraining && !hasSaidDraining {
      hasSaidDraining = true
      for socket in sockets.keys.sorted() {
        // Spread, so that the next process is not met by everyone at once.
        let spread = Int64.random(in: 0...RoomSocketLimits.drainRetryMs, using: &core.random)
        let retry = RoomSocketLimits.drainRetryMs + spread
        sayBye(.draining, retryAfterMs: retry, to: socket, &core, at: now)
      }
    }
    closeEndedRooms(&core, at: now)
    flushDue(at: now)
    guard now >= nextTick else { return }
    nextTick = now + RoomSocketLimits.tickInterval
    for socket in sockets.keys.sorted() {
      guard let reason = sockets[socket]?.gate.advance(at: now) else { continue }
      sayBye(
        reason, retryAfterMs: reason == .idle ? 0 : nil, to: socket, &core, at: now)
    }
    endExpired(&core, at: now, wall: wall)
    let gone = detached.filter { now - $0.value >= RoomSocketLimits.resumeLimit }
    for name in gone.keys.sorted() { endSession(name, &core, at: now) }
    tellMeasures(core)
  }
}
