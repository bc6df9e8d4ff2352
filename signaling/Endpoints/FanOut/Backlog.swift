// What waits for one client that does not take what it is sent: bounded in bytes, by what may be lost.

import Room

/// The frames of a client that is behind (PROTOCOL.md, `chatGap`).
///
/// | class    | kept                                     | when there is too much              |
/// |----------|------------------------------------------|-------------------------------------|
/// | state    | all, in order                            | none: a snapshot will do            |
/// | counters | the last of each                         | as state                            |
/// | chat     | the newest                               | the oldest go, and are counted      |
/// | reactions| nothing: the totals are a counter        |                                     |
/// | captions | nothing: their frame has passed          |                                     |
struct Backlog: Sendable {
  /// Messages left out, ids inclusive.
  struct Gap: Hashable, Sendable {
    var from: Int64
    var to: Int64
    var count: Int
  }

  private(set) var frames: [Frame] = []
  private(set) var gap: Gap?
  /// Whether so much is missing that only a snapshot helps.
  private(set) var isLost = false
  private var stateBytes = 0
  private var chatBytes = 0

  /// All bytes that wait.
  var byteCount: Int { stateBytes + chatBytes }

  mutating func add(_ frame: Frame) {
    guard !isLost else { return }
    switch frame.delivery {
    case .passing, .prompt: return
    case .chat:
      chatBytes += frame.bytes.count
      frames.append(frame)
      while chatBytes > BacklogLimits.chatBytesMax { leaveOutChat() }
    case .counter(let key):
      if let old = frames.firstIndex(where: { $0.delivery == .counter(key) }) {
        stateBytes -= frames.remove(at: old).bytes.count
      }
      keep(frame)
    case .state: keep(frame)
    }
  }

  private mutating func keep(_ frame: Frame) {
    stateBytes += frame.bytes.count
    frames.append(frame)
    if stateBytes > BacklogLimits.stateBytesMax { lose() }
  }

  private mutating func leaveOutChat() {
    guard let oldest = frames.firstIndex(where: { $0.delivery == .chat }) else { return }
    let frame = frames.remove(at: oldest)
    chatBytes -= frame.bytes.count
    var gap = gap ?? Gap(from: frame.sequence, to: frame.sequence, count: 0)
    gap.to = frame.sequence
    gap.count += 1
    self.gap = gap
  }

  /// Nothing of it is of use any more: the client gets a snapshot.
  mutating func lose() {
    self = Backlog()
    isLost = true
  }

  /// What the client is sent now, in messages of bounded size; the gap first, for it is older than what
  /// is left of the chat.
  var messages: [[UInt8]] {
    var messages: [[UInt8]] = []
    if let gap {
      let text =
        "{\"type\":\"chatGap\",\"from\":\(gap.from),\"to\":\(gap.to),\"count\":\(gap.count)}"
      messages.append(Array(text.utf8))
    }
    var part = 0
    var bytes = 0
    for (index, frame) in frames.enumerated() {
      bytes += frame.bytes.count + 1
      guard bytes > RoomSocketLimits.batchBytesMax, index > part else { continue }
      messages.append(RoomOutbox.message(frames[part..<index]))
      part = index
      bytes = frame.bytes.count + 1
    }
    if part < frames.count { messages.append(RoomOutbox.message(frames[part...])) }
    return messages
  }
}

/// How much waits for a client that is behind, beside what the web server has queued already.
enum BacklogLimits {
  /// State and counters: a quarter of an hour of a shop's events. A snapshot is about as large, so
  /// keeping more would gain nothing.
  static let stateBytesMax = 256 * 1024
  /// Chat: the last thirty messages or so, a page's height.
  static let chatBytesMax = 8 * 1024
}
