// Who is told of one room's news over room sockets, and what they have been told.

import Access
import Messages
import Room
import Wire

/// The sessions of one room.
struct RoomAudience: Sendable {
  /// Grows by one with each change told in order (PROTOCOL.md, "cursor").
  private(set) var cursor = 0
  /// Sockets of sessions that are there, in joining order.
  private(set) var sockets: [UInt64] = []
  /// Sessions, attached or not.
  private(set) var sessions: Set<String> = []
  /// Tracks whose measures are told with the next tick.
  var pendingStatus: Set<String> = []
  /// As last told.
  var viewers = 0
  /// As last told.
  var isHostPresent = false
  /// As last told, and to which sockets.
  var tiersTold: TiersEvent?
  var tiersToldTo: [UInt64] = []
  private var sessionsByIdentity: [String: Int] = [:]
  private var hosts: Set<UInt64> = []
  /// Sockets that stand where the room stands and are told of its events, in the order they came to.
  private(set) var told: [UInt64] = []
  /// Sockets that stood there and don't take what they are sent.
  private(set) var behind: [UInt64: Backlog] = [:]
  /// What everyone is told together.
  private(set) var outbox = RoomOutbox()
  private var listeners: [UInt64: Listener] = [:]
  private var socketsByIdentity: [String: [UInt64]] = [:]

  /// Whose socket it is, and whether it is among the `told`.
  private struct Listener: Sendable {
    let member: Member
    var isTold = false
  }

  /// One message for some sockets.
  struct Parcel: Hashable, Sendable {
    let text: [UInt8]
    let sockets: [UInt64]
  }

  /// Moves the cursor by one change.
  mutating func step() -> Int {
    cursor += 1
    return cursor
  }

  /// Whether a host has a socket here.
  var hasHost: Bool { !hosts.isEmpty }

  /// The sockets of staff by their tokens.
  var staff: [UInt64] { sockets.filter { listeners[$0]?.member.role.isStaff ?? false } }

  /// How many sessions `identity` has.
  func sessionCount(of identity: String) -> Int { sessionsByIdentity[identity] ?? 0 }

  mutating func enter(_ session: RoomSession) {
    guard sessions.insert(session.name).inserted else { return }
    sessionsByIdentity[session.member.identity, default: 0] += 1
  }

  mutating func leave(_ session: RoomSession) {
    guard sessions.remove(session.name) != nil else { return }
    let identity = session.member.identity
    sessionsByIdentity[identity] = sessionsByIdentity[identity].flatMap { $0 > 1 ? $0 - 1 : nil }
  }

  mutating func attach(_ socket: UInt64, _ member: Member) {
    sockets.append(socket)
    listeners[socket] = Listener(member: member)
    socketsByIdentity[member.identity, default: []].append(socket)
    if member.role == .host { hosts.insert(socket) }
  }

  mutating func detach(_ socket: UInt64) {
    guard let listener = listeners.removeValue(forKey: socket) else { return }
    sockets.removeAll { $0 == socket }
    if listener.isTold { told.removeAll { $0 == socket } }
    behind[socket] = nil
    outbox.forget(socket)
    hosts.remove(socket)
    let identity = listener.member.identity
    socketsByIdentity[identity]?.removeAll { $0 == socket }
    if socketsByIdentity[identity]?.isEmpty ?? false { socketsByIdentity[identity] = nil }
  }

  // MARK: Who is told

  /// The socket has been given the room as it stands: from now on it is told of events. What waits is
  /// part of what it was given.
  mutating func tell(_ socket: UInt64) {
    guard let listener = listeners[socket] else { return }
    outbox.passOver(socket)
    if behind[socket] != nil {
      // It does not take that either: what comes now waits.
      behind[socket] = Backlog()
    } else if !listener.isTold {
      listeners[socket]?.isTold = true
      told.append(socket)
    }
  }

  /// Nobody stands where the room stands any more: it is being read again.
  mutating func forgetTold() {
    for socket in told { listeners[socket]?.isTold = false }
    told = []
    for socket in Array(behind.keys) { behind[socket]?.lose() }
  }

  /// Whose socket it is.
  func member(_ socket: UInt64) -> Member? { listeners[socket]?.member }

  /// Whether the socket is told of events, now or once it takes them.
  func isListening(_ socket: UInt64) -> Bool {
    (listeners[socket]?.isTold ?? false) || behind[socket] != nil
  }

  /// The sockets of an identity, told of events or not.
  func sockets(of identity: String) -> [UInt64] { socketsByIdentity[identity] ?? [] }

  /// The sockets of an identity that are told of events.
  func listening(_ identity: String) -> [UInt64] {
    (socketsByIdentity[identity] ?? []).filter { isListening($0) }
  }

  /// The sockets that are told of events and whose members are wanted, in the order they came.
  func listening(_ isWanted: (Member) -> Bool) -> [UInt64] {
    (told + behind.keys.sorted()).filter { listeners[$0].map { isWanted($0.member) } ?? false }
  }

  // MARK: Telling

  /// Lets what everyone is told wait for the next message; see `outbox.dueAt`.
  mutating func add(_ frame: Frame, at now: Instant) { outbox.add(frame, at: now) }

  /// Takes what waits, as messages: one for all but those who are ahead.
  mutating func flush(at now: Instant) -> [Parcel] {
    let (frames, ahead) = outbox.take(at: now)
    guard !frames.isEmpty else { return [] }
    for socket in Array(behind.keys) {
      for frame in frames[(ahead[socket] ?? 0)...] { behind[socket]?.add(frame) }
    }
    guard !told.isEmpty else { return [] }
    if ahead.isEmpty { return [Parcel(text: RoomOutbox.message(frames), sockets: told)] }
    return Dictionary(grouping: told) { ahead[$0] ?? 0 }
      .filter { $0.key < frames.count }.sorted { $0.key < $1.key }
      .map { Parcel(text: RoomOutbox.message(frames[$0.key...]), sockets: $0.value) }
  }

  /// Tells some of those who listen at once, after what waits for them: nothing overtakes it.
  mutating func tell(_ frame: Frame, to sockets: [UInt64]) -> [Parcel] {
    var groups: [Int: [UInt64]] = [:]
    for socket in sockets {
      let rest = outbox.rest(for: socket)
      if behind[socket] != nil {
        for waiting in rest { behind[socket]?.add(waiting) }
        behind[socket]?.add(frame)
      } else {
        groups[rest.startIndex, default: []].append(socket)
      }
      outbox.passOver(socket)
    }
    let waiting = outbox.waiting
    return groups.sorted { $0.key < $1.key }.map { start, sockets in
      Parcel(text: RoomOutbox.message(waiting[start...] + [frame]), sockets: sockets)
    }
  }

  // MARK: Falling behind

  /// The socket does not take what it is sent: what comes now waits for it here.
  mutating func fallBehind(_ socket: UInt64) {
    guard let listener = listeners[socket], behind[socket] == nil else { return }
    behind[socket] = Backlog()
    guard listener.isTold else { return }
    listeners[socket]?.isTold = false
    told.removeAll { $0 == socket }
  }

  /// The socket takes something again.
  ///
  /// - Returns: what waited for it; nil when it needs the room whole, and stands nowhere until then.
  mutating func catchUp(_ socket: UInt64) -> [[UInt8]]? {
    guard let backlog = behind.removeValue(forKey: socket) else { return [] }
    guard !backlog.isLost else { return nil }
    listeners[socket]?.isTold = true
    told.append(socket)
    return backlog.messages
  }
}
