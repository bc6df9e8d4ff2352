// Who is in an open room, and what each is told of it.

import Access
package import Room
import RoomLog
import Store
import Wire

extension RoomHouses {
  /// The media of a room says where the show stands.
  package mutating func observe(_ phase: RoomPhase, in room: String, atMs: Int64) {
    switch phase {
    case .waiting: serve(.phaseObserved(.waiting), in: room, atMs: atMs)
    case .live: serve(.phaseObserved(.live), in: room, atMs: atMs)
    case .away: serve(.phaseObserved(.away), in: room, atMs: atMs)
    case .ended: break
    }
  }

  /// Somebody joins a room.
  ///
  /// - Throws: `banned`, `room-ended`.
  package mutating func arrive(
    _ arrival: Arrival, in room: String, atMs: Int64
  ) throws(CommandRefusal) {
    let result = update(room) { open, news -> Result<CommitEntry?, CommandRefusal> in
      do throws(CommandRefusal) {
        let decision = try open.house.arrive(arrival, atMs: atMs)
        open.idleSince = nil
        return .success(decision.flatMap { open.take($0, for: nil, atMs: atMs, &news) })
      } catch {
        return .failure(error)
      }
    }
    if let entry = try result?.get() { commit(entry) }
  }

  /// One of a member's sessions is over.
  package mutating func depart(_ identity: String, in room: String) {
    _ = update(room) { open, _ in open.house.depart(identity) }
  }

  /// Tells a socket what is its member's own, once that is on the disk.
  package mutating func tellOwn(
    socket: UInt64, of member: Member, device: DeviceHint?, in room: String, atMs: Int64
  ) {
    _ = update(room) { open, news in
      let message = open.house.personal(
        member.identity, token: member.role, device: device, isSubscriber: member.isSubscriber,
        atMs: atMs)
      let sequence = open.house.state.sequence
      open.hold(
        .own(room: open.name, socket: socket, sequence: sequence, message), until: sequence, &news)
    }
  }

  /// Gives a socket the room as it stands: what it has missed since `cursor`, or a snapshot; and what is
  /// its member's own. It comes as news once it is on the disk.
  package mutating func catchUp(
    socket: UInt64, of member: Member, device: DeviceHint?, after cursor: Int64?, in room: String,
    atMs: Int64
  ) {
    _ = update(room) { open, news in
      let house = open.house
      let person = house.people.person(member.identity)
      let role = house.state.role(of: Actor(person: person ?? .server, role: member.role))
      let missed = cursor.flatMap {
        house.frames(after: $0, for: Spectator(person: person, isStaff: role.isStaff))
      }
      var messages = (missed ?? house.snapshot(forStaff: role.isStaff)).messages
      messages.append(
        house.personal(
          member.identity, token: member.role, device: device, isSubscriber: member.isSubscriber,
          atMs: atMs))
      open.hold(
        .caughtUp(room: open.name, socket: socket, messages), until: house.state.sequence, &news)
    }
  }
}
