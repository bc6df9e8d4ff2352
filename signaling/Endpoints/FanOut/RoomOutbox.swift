// What a room has to tell everyone and holds together for one message: chat, counters, a storm of events.

import Room
import Wire

/// The frames for everyone that wait to leave as one message.
///
/// Chat and counters wait for each other; an event that is state has what waits leave with it at once,
/// unless there is a storm of them. Somebody told something of their own in between is told first what
/// waits, and is that much *ahead* of the others.
struct RoomOutbox: Sendable {
  /// Oldest first.
  private(set) var waiting: [Frame] = []
  /// When what waits is to leave; nil when nothing does.
  private(set) var dueAt: Instant?
  private var waitingBytes = 0
  /// Sockets that have been told the first so many of what waits.
  private(set) var ahead: [UInt64: Int] = [:]
  private var flushedAt: Instant?
  private var urgent: Budget?

  /// Lets a frame wait.
  mutating func add(_ frame: Frame, at now: Instant) {
    waiting.append(frame)
    waitingBytes += frame.bytes.count + 1
    let due = waitingBytes > RoomSocketLimits.batchBytesMax ? now : due(of: frame, at: now)
    dueAt = min(dueAt ?? due, due)
  }

  private mutating func due(of frame: Frame, at now: Instant) -> Instant {
    if let dueAt, dueAt <= now { return dueAt }
    guard frame.delivery == .state || frame.delivery == .prompt else {
      return flushedAt.map { max(now, $0 + RoomSocketLimits.batchInterval) } ?? now
    }
    var budget =
      urgent
      ?? Budget(
        perSecond: RoomSocketLimits.urgentPerSecond, burst: RoomSocketLimits.urgentBurst, at: now)
    defer { urgent = budget }
    guard !budget.take(at: now) else { return now }
    return max(now, (flushedAt ?? now) + RoomSocketLimits.urgentInterval)
  }

  /// Takes all that waits, with who is ahead by how many.
  mutating func take(at now: Instant) -> (frames: [Frame], ahead: [UInt64: Int]) {
    defer {
      waiting = []
      waitingBytes = 0
      ahead = [:]
      dueAt = nil
    }
    if !waiting.isEmpty { flushedAt = now }
    return (waiting, ahead)
  }

  /// What waits that a socket has not been told.
  func rest(for socket: UInt64) -> ArraySlice<Frame> { waiting[(ahead[socket] ?? 0)...] }

  /// The socket has been told all that waits.
  mutating func passOver(_ socket: UInt64) {
    if !waiting.isEmpty { ahead[socket] = waiting.count }
  }

  /// The socket is gone.
  mutating func forget(_ socket: UInt64) { ahead[socket] = nil }

  /// Frames as one message.
  static func message(_ frames: some Collection<Frame>) -> [UInt8] {
    guard let first = frames.first, frames.count > 1 else { return frames.first?.bytes ?? [] }
    var text = Array("{\"type\":\"batch\",\"messages\":[".utf8)
    text.reserveCapacity(text.count + frames.reduce(2) { $0 + $1.bytes.count + 1 })
    text += first.bytes
    for frame in frames.dropFirst() {
      text.append(UInt8(ascii: ","))
      text += frame.bytes
    }
    text += "]}".utf8
    return text
  }
}
