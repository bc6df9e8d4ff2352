// Bytes waiting for a connection to become writable. Sans-IO.

/// A first-in first-out queue of bytes. Small when idle, contiguous, bounded by its owner.
struct ByteQueue {
  private var storage: [UInt8] = []
  private var head = 0

  /// The number of bytes waiting.
  var count: Int { storage.count - head }

  /// Appends `bytes` from index `start` on.
  mutating func append(_ bytes: borrowing Span<UInt8>, from start: Int = 0) {
    // Moving the rest is paid for by the bytes consumed since the last move.
    if head > 0 && head >= count {
      storage.removeFirst(head)
      head = 0
    }
    let rest = bytes.extracting(start..<bytes.count)
    unsafe rest.withUnsafeBufferPointer { unsafe storage.append(contentsOf: $0) }
  }

  /// Lends the bytes waiting, first to leave first.
  func withBytes<Result>(
    _ body: (borrowing Span<UInt8>) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    try body(storage.span.extracting(head..<storage.count))
  }

  /// Forgets the first `count` bytes.
  mutating func removeFirst(_ count: Int) {
    head += count
    if head == storage.count {
      storage.removeAll(keepingCapacity: storage.capacity <= Limits.idleQueueBytesMax)
      head = 0
    }
  }
}
