// The received and not yet understood bytes of one connection, taken line by line or as they lie.

/// A queue of bytes with a line reader that never scans a byte twice.
struct HTTPInputBuffer: Sendable {
  /// Why no line could be taken.
  enum LineFault: Error {
    case tooLong
    /// A carriage return or line feed by itself: what request smuggling is made of.
    case bareLineEnd
  }

  private var storage: [UInt8] = []
  private var start = 0
  private var scanned = 0

  /// The number of unread bytes.
  var count: Int { storage.count - start }

  mutating func append(_ bytes: borrowing Span<UInt8>) {
    if start == storage.count { removeAll() }
    // Moving is paid once per 4 KiB read, so a long pipeline stays linear.
    if start >= 4096 && start * 2 >= storage.count { compact() }
    for index in 0..<bytes.count { storage.append(bytes[index]) }
  }

  /// Takes a line without its CRLF, nil when its end has not come yet.
  ///
  /// - Throws: `.tooLong` when more than `limit` bytes came without an end.
  mutating func takeLine(limit: Int) throws(LineFault) -> ArraySlice<UInt8>? {
    while scanned < storage.count {
      // Judged byte by byte, so that the verdict never depends on how the bytes were split.
      guard scanned - start <= limit + 1 else { throw .tooLong }
      let byte = storage[scanned]
      let followsReturn = scanned > start && storage[scanned - 1] == HTTPSyntax.cr
      if followsReturn != (byte == HTTPSyntax.lf) { throw .bareLineEnd }
      if byte == HTTPSyntax.lf {
        let line = storage[start..<(scanned - 1)]
        guard line.count <= limit else { throw .tooLong }
        scanned += 1
        start = scanned
        return line
      }
      scanned += 1
    }
    return nil
  }

  /// Moves up to `countMax` bytes to the end of `destination`; returns how many.
  mutating func take(_ countMax: Int, into destination: inout [UInt8]) -> Int {
    let taken = max(0, min(countMax, count))
    destination.append(contentsOf: storage[start..<(start + taken)])
    start += taken
    scanned = start
    return taken
  }

  /// Removes and returns all unread bytes.
  mutating func takeAll() -> [UInt8] {
    let rest = Array(storage[start...])
    removeAll()
    return rest
  }

  private mutating func removeAll() {
    storage.removeAll(keepingCapacity: true)
    start = 0
    scanned = 0
  }

  private mutating func compact() {
    storage.removeFirst(start)
    scanned -= start
    start = 0
  }
}
