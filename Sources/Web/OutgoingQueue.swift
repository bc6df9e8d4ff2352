// The bytes a connection still has to send, as the arrays they came in: nothing shared is copied.

import HTTP

/// A first-in first-out queue of byte arrays, bounded by its owner.
///
/// A file or a broadcast message waits in a thousand connections as one array in memory.
struct OutgoingQueue {
  private var segments: [[UInt8]] = []
  private var first = 0
  /// The bytes of the first segment that are gone.
  private var offset = 0
  /// The bytes that wait.
  private(set) var byteCount = 0
  /// Of what waits, until nothing does.
  private var leases: [AnswerLease] = []

  var isEmpty: Bool { byteCount == 0 }

  mutating func append(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    byteCount += bytes.count
    // Small pieces travel together: a system call costs more than copying them.
    if let last = segments.last, first < segments.count,
      bytes.count <= OutgoingQueue.joinedBytesMax,
      last.count <= OutgoingQueue.joinedBytesMax
    {
      segments[segments.count - 1] += bytes
    } else {
      segments.append(bytes)
    }
  }

  /// Appends what follows the first `count` bytes, which have left already. The queue must be empty.
  mutating func append(_ bytes: [UInt8], from count: Int) {
    assert(isEmpty)
    guard count < bytes.count else { return }
    segments.append(bytes)
    byteCount = bytes.count - count
    offset = count
  }

  /// Holds a lease until all that waits now has left.
  mutating func hold(_ lease: AnswerLease) {
    if !isEmpty { leases.append(lease) }
  }

  /// Lends up to `countMax` of the bytes next to leave.
  func withFirst<Result>(_ countMax: Int, _ body: (borrowing Span<UInt8>) -> Result) -> Result {
    let segment = first < segments.count ? segments[first] : []
    return body(segment.span.extracting(offset..<min(segment.count, offset + countMax)))
  }

  /// Forgets the first `count` bytes, which `withFirst` has lent.
  mutating func removeFirst(_ count: Int) {
    byteCount -= count
    offset += count
    if isEmpty, !leases.isEmpty { leases.removeAll() }
    guard first < segments.count, offset >= segments[first].count else { return }
    segments[first] = []
    first += 1
    offset = 0
    // Moving the rest is paid for by the segments that left since the last move.
    if first * 2 >= segments.count {
      segments.removeFirst(first)
      first = 0
    }
  }

  /// Two of them are less than a segment of TLS or a read of the other side.
  private static let joinedBytesMax = 4096
}
