// The room socket's side of a room's log: commands in, frames out, members who come and go.

import Access
import Crypto
import Hooks
import MediaControl
import Messages
import Room
import RoomLog
import Web
import Wire

extension RoomSockets {
  // MARK: In

  /// Gives a command to the room; the answer comes when it is on the disk.
  func submit(
    _ request: RoomRequest, of name: String, for waiter: Waiter, _ core: inout ControlCore,
    wall: WallTime
  ) throws(MessageRefusal) {
    guard let session = sessions[name] else {
      throw MessageRefusal(.internal, "the session is gone")
    }
    do throws(ControlRefusal) {
      try core.submit(
        request, by: session.member, device: session.device, in: session.room, for: waiter,
        wall: wall)
    } catch {
      throw MessageRefusal(error)
    }
  }

  /// Answers a query; the answer comes when it was read.
  func answer(
    _ query: RoomQuery, of name: String, for waiter: Waiter, _ core: inout ControlCore,
    wall: WallTime
  ) throws(MessageRefusal) {
    guard let session = sessions[name] else {
      throw MessageRefusal(.internal, "the session is gone")
    }
    do throws(ControlRefusal) {
      try core.answer(
        query, by: session.member, device: session.device, in: session.room,
        for: waiter, wall: wall)
    } catch {
      throw MessageRefusal(error)
    }
  }

  /// A query can't be answered.
  mutating func refuse(_ waiter: Waiter, _ refusal: ControlRefusal) {
    guard case .socket(let socket, let ref) = waiter else { return }
    send(.error(MessageRefusal(refusal)), ref: ref, to: socket)
  }

  /// Brings a socket to where the room stands; until then it is told of no events.
  func catchUp(
    _ socket: UInt64, after cursor: Int64?, core: inout ControlCore, wall: WallTime
  ) {
    guard let session = session(on: socket) else { return }
    core.houses.catchUp(
      socket: socket, of: session.member, device: session.device, after: cursor,
      in: session.room, atMs: wall.milliseconds)
  }

  // MARK: Out

  /// Takes what a room's log has for its members.
  mutating func take(
    _ news: HouseNews, _ core: inout ControlCore, at now: Instant, wall: WallTime
  ) {
    switch news {
    case .done(.socket(let socket, let ref), _, let body):
      send(.done(body), ref: ref, to: socket)
    case .refused(.socket(let socket, let ref), let refusal):
      send(.refused(refusal), ref: ref, to: socket)
    case .frames(let room, let frames):
      guard let house = core.houses[room] else { return }
      for frame in frames { tell(frame, in: room, house, at: now) }
    case .caughtUp(let room, let socket, let messages):
      for message in messages { send(message, to: socket) }
      audiences[room]?.tell(socket)
    case .own(let room, let socket, let sequence, let message):
      tellOwn(message, sequence, to: socket, in: room)
    case .opened(let room, let isOpen):
      reenter(room, isOpen: isOpen, &core, at: now, wall: wall)
      unpark(room, isOpen: isOpen, &core, at: now, wall: wall)
    case .settled(let room): unpark(room, isOpen: true, &core, at: now, wall: wall)
    case .elsewhere(let room, let owner):
      guard owner.publicURL.isEmpty else {
        return move(room, to: owner.publicURL, &core, at: now)
      }
      reenter(room, isOpen: false, &core, at: now, wall: wall)
      unpark(room, isOpen: false, &core, at: now, wall: wall)
    case .happened, .reconsider, .done, .refused, .running, .purchased: break
    }
  }

  /// A room that was open is read again: its members stand nowhere until then, and go when it can't be.
  private mutating func reenter(
    _ room: String, isOpen: Bool, _ core: inout ControlCore, at now: Instant, wall: WallTime
  ) {
    guard audiences[room] != nil else { return }
    audiences[room]?.forgetTold()
    guard isOpen else {
      if !core.houses.isOpening(room) { dismiss(room, &core, at: now) }
      return
    }
    for name in audiences[room]?.sessions.sorted() ?? [] {
      guard let session = sessions[name] else { continue }
      try? core.enter(session, wall: wall)
      if let socket = session.socket { catchUp(socket, after: nil, core: &core, wall: wall) }
    }
  }

  /// Another process has the room, or nobody can read it: members come back to whoever opens it next.
  private mutating func dismiss(_ room: String, _ core: inout ControlCore, at now: Instant) {
    for name in audiences[room]?.sessions.sorted() ?? [] {
      guard let socket = sessions[name]?.socket else { continue }
      sayBye(.overloaded, retryAfterMs: HousesLimits.storeRetryMs, to: socket, &core, at: now)
    }
  }

  /// Tells a member's pages what it may do now; with a new role it sees another room.
  mutating func tellPermissions(
    of identity: String, hasNewRole: Bool, in room: String, _ core: inout ControlCore,
    wall: WallTime
  ) {
    for name in audiences[room]?.sessions.sorted() ?? [] {
      guard let session = sessions[name], session.member.identity == identity,
        let socket = session.socket
      else { continue }
      let entry = PermissionsEntry(
        publish: core.mayPublish(session.member, in: room), subscribe: true)
      send(.permissions(entry), toSession: name)
      if hasNewRole {
        catchUp(socket, after: nil, core: &core, wall: wall)
      } else {
        core.houses.tellOwn(
          socket: socket, of: session.member, device: session.device, in: room,
          atMs: wall.milliseconds)
      }
    }
  }
}

extension ControlCore {
  /// A session begins: the house knows who is here.
  mutating func enter(_ session: RoomSession, wall: WallTime) throws(ControlRefusal) {
    let arrival = Arrival(
      identity: session.member.identity, name: session.member.name, role: session.member.role,
      device: session.device)
    let isNew = houses[session.room]?.presence[arrival.identity] == nil
    do throws(CommandRefusal) {
      try houses.arrive(arrival, in: session.room, atMs: wall.milliseconds)
      if isNew { tellHooks(HookTopic.viewerJoined, arrival, in: session.room, wall: wall) }
      seat(session)
    } catch {
      throw ControlRefusal(error)
    }
  }

  /// A session is over.
  mutating func leave(_ session: RoomSession) {
    seats?.leave(.session(session.name))
    let last = houses[session.room]?.presence[session.member.identity]
    houses.depart(session.member.identity, in: session.room)
    if let last, houses[session.room]?.presence[session.member.identity] == nil {
      tellHooks(HookTopic.viewerLeft, last, in: session.room, wall: clock.wall)
    }
  }
}

extension RoomHouse {
  /// A member as the fan-out sees them.
  func spectator(_ member: Member) -> Spectator {
    let person = people.person(member.identity)
    let role = state.role(of: Actor(person: person ?? .server, role: member.role))
    return Spectator(person: person, isStaff: role.isStaff)
  }
}
