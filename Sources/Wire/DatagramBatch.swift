// Outgoing datagrams: the core appends, the shell sends. One arena, allocated once.

/// A bounded batch of datagrams to send, laid out back to back so that runs of equal size to one
/// path can leave as one GSO call without copying.
package struct DatagramBatch: Sendable {
  /// One datagram: where its bytes lie and where they go.
  package struct Entry: Sendable {
    package let offset: Int
    package fileprivate(set) var length: Int
    package let path: TransportPath
  }

  private var arena: [UInt8]
  /// The datagrams in sending order.
  package private(set) var entries: [Entry] = []
  private var used = 0
  private let entriesMax: Int

  /// The largest datagram the batch takes: one Ethernet payload.
  package static let datagramBytesMax = 1500

  /// A batch for at most `entriesMax` datagrams.
  package init(entriesMax: Int) {
    self.entriesMax = entriesMax
    arena = [UInt8](repeating: 0, count: entriesMax * DatagramBatch.datagramBytesMax)
    entries.reserveCapacity(entriesMax)
  }

  /// Whether another datagram of any legal size fits.
  package var hasRoom: Bool { entries.count < entriesMax }
  package var isEmpty: Bool { entries.isEmpty }

  /// Forgets all datagrams; keeps the storage.
  package mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    used = 0
  }

  /// Appends one datagram that `write` fills in place; it returns the length, 0 to discard.
  ///
  /// - Returns: whether a datagram was appended; false when full or discarded.
  @inlinable
  @discardableResult
  package mutating func append(
    to path: TransportPath, _ write: (inout MutableSpan<UInt8>) -> Int
  ) -> Bool {
    guard hasRoom else { return false }
    let length = fill(write)
    guard length > 0 else { return false }
    commit(length: length, path: path)
    return true
  }

  @usableFromInline
  mutating func fill(_ write: (inout MutableSpan<UInt8>) -> Int) -> Int {
    let start = used
    var whole = arena.mutableSpan
    var slot = whole._mutatingExtracting(start..<(start + DatagramBatch.datagramBytesMax))
    return min(write(&slot), DatagramBatch.datagramBytesMax)
  }

  @usableFromInline
  mutating func commit(length: Int, path: TransportPath) {
    entries.append(Entry(offset: used, length: length, path: path))
    used += length
  }

  /// Appends a copy of `bytes`; false when full or too long.
  @discardableResult
  package mutating func append(_ bytes: borrowing Span<UInt8>, to path: TransportPath) -> Bool {
    guard hasRoom, bytes.count <= DatagramBatch.datagramBytesMax, !bytes.isEmpty else {
      return false
    }
    let start = used
    var whole = arena.mutableSpan
    whole.copy(bytes, at: start)
    commit(length: bytes.count, path: path)
    return true
  }

  /// Appends a copy of what `buffer` holds; false when full, empty or too long.
  @discardableResult
  package mutating func append(contentsOf buffer: borrowing WireBuffer, to path: TransportPath)
    -> Bool
  {
    append(buffer.bytes, to: path)
  }

  /// The bytes of the datagram at `index` of `entries`.
  @_lifetime(borrow self)
  package func bytes(at index: Int) -> Span<UInt8> {
    let entry = entries[index]
    return arena.span.extracting(entry.offset..<(entry.offset + entry.length))
  }

  /// All the datagrams' bytes, back to back; `Entry.offset` indexes into it.
  package var arenaBytes: Span<UInt8> {
    @_lifetime(borrow self)
    get { arena.span.extracting(0..<used) }
  }
}
