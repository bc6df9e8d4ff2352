// Frames on their way to sockets: for everyone together, for some at once, and for who is behind.

import Messages
import Room
import Wire

extension RoomSockets {
  // MARK: Frames

  /// Tells a frame to whom it is for.
  mutating func tell(_ frame: Frame, in room: String, _ house: RoomHouse, at now: Instant) {
    guard let audience = audiences[room] else { return }
    switch frame.audience {
    case .everyone:
      audiences[room]?.add(frame, at: now)
      guard let due = audiences[room]?.outbox.dueAt else { return }
      if due <= now { return flush(room, at: now) }
      flushes[room] = due
      nextFlush = min(nextFlush, due)
    case .person(let person), .viewer(let person):
      // One of thousands: found, not looked for.
      guard let identity = house.people.record(person)?.identity else { return }
      tell(
        frame, to: audience.listening(identity).filter { isFor($0, frame, audience, house) },
        in: room)
    case .staff, .viewers, .voters:
      tell(frame, to: audience.listening { house.isFor(house.spectator($0), frame) }, in: room)
    }
  }

  private func isFor(
    _ socket: UInt64, _ frame: Frame, _ audience: RoomAudience, _ house: RoomHouse
  ) -> Bool {
    audience.member(socket).map { house.isFor(house.spectator($0), frame) } ?? false
  }

  private mutating func tell(_ frame: Frame, to sockets: [UInt64], in room: String) {
    guard !sockets.isEmpty else { return }
    send(audiences[room]?.tell(frame, to: sockets) ?? [])
  }

  /// Tells one socket what is its member's own.
  mutating func tellOwn(
    _ message: [UInt8], _ sequence: Int64, to socket: UInt64, in room: String
  ) {
    guard audiences[room]?.isListening(socket) ?? false else { return send(message, to: socket) }
    let frame = Frame(
      audience: .everyone, delivery: .state, sequence: sequence, bytes: message)
    tell(frame, to: [socket], in: room)
  }

  private mutating func send(_ parcels: [RoomAudience.Parcel]) {
    for parcel in parcels { send(parcel.text, toAll: parcel.sockets) }
  }

  // MARK: Batches

  /// Sends what waits in a room.
  mutating func flush(_ room: String, at now: Instant) {
    flushes[room] = nil
    send(audiences[room]?.flush(at: now) ?? [])
  }

  /// Sends the batches that are due.
  mutating func flushDue(at now: Instant) {
    guard now >= nextFlush else { return }
    for (room, due) in flushes.sorted(by: { $0.key < $1.key }) where due <= now {
      flush(room, at: now)
    }
    nextFlush = flushes.values.min() ?? .distantFuture
  }

  // MARK: Falling behind

  /// The web server has much for a socket that the client does not take.
  mutating func fallBehind(_ socket: UInt64) {
    guard let room = session(on: socket)?.room else { return }
    audiences[room]?.fallBehind(socket)
  }

  /// The client has taken what there was: it gets what waited meanwhile, or the room as it stands.
  mutating func catchUp(_ socket: UInt64, _ core: inout ControlCore, wall: WallTime) {
    guard let room = session(on: socket)?.room else { return }
    guard let messages = audiences[room]?.catchUp(socket) else {
      return catchUp(socket, after: nil, core: &core, wall: wall)
    }
    for message in messages { send(message, to: socket) }
  }
}
