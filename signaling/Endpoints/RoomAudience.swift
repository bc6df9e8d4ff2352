// Who is told of one room's news over room sockets, and what they have been told.

import Access
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
  private var sessionsByIdentity: [String: Int] = [:]
  private var hosts: Set<UInt64> = []
  /// Sockets that stand where the room stands and are told of its events, in the order they came to.
  private(set) var told: [UInt64] = []
  /// Whose socket it is.
  private(set) var members: [UInt64: Member] = [:]

  /// Moves the cursor by one change.
  mutating func step() -> Int {
    cursor += 1
    return cursor
  }

  /// Whether a host has a socket here.
  var hasHost: Bool { !hosts.isEmpty }

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
    members[socket] = member
    if member.role == .host { hosts.insert(socket) }
  }

  // MARK: Batches

  /// What everyone is told that can wait a little: chat and counters, oldest first.
  private var waiting: [[UInt8]] = []
  private var flushedAt: Instant?

  /// Lets a message wait for the next batch.
  mutating func wait(_ text: [UInt8]) { waiting.append(text) }

  /// Whether a batch may go: a lively room is five messages a second to each page, not fifty.
  func mayFlush(at now: Instant) -> Bool {
    guard !waiting.isEmpty else { return false }
    return flushedAt.map { now - $0 >= RoomSocketLimits.batchInterval } ?? true
  }

  /// Takes what waits as one message; nil when nothing does.
  mutating func takeBatch(at now: Instant) -> [UInt8]? {
    guard let first = waiting.first else { return nil }
    defer { waiting = [] }
    flushedAt = now
    guard waiting.count > 1 else { return first }
    var text = Array("{\"type\":\"batch\",\"messages\":[".utf8)
    text.append(contentsOf: waiting.joined(separator: [UInt8(ascii: ",")]))
    text.append(contentsOf: "]}".utf8)
    return text
  }

  /// Bytes that wait: a batch stays below what one message may have.
  var waitingBytes: Int { waiting.reduce(0) { $0 + $1.count + 1 } }

  // MARK: Members

  /// From now on the socket is told of events.
  mutating func tell(_ socket: UInt64) {
    if members[socket] != nil, !told.contains(socket) { told.append(socket) }
  }

  /// Nobody stands where the room stands any more: it is being read again.
  mutating func forgetTold() { told = [] }

  mutating func detach(_ socket: UInt64) {
    sockets.removeAll { $0 == socket }
    told.removeAll { $0 == socket }
    members[socket] = nil
    hosts.remove(socket)
  }
}
