// The recent packets of one encoding: a byte ring with an index by sequence number.

import Wire

/// A bounded cache of one encoding's packets, plaintext, as they came.
///
/// Bytes lie in one ring; a packet is valid until the ring has advanced over it, which is one
/// comparison. Nothing is freed, nothing allocated after creation.
package struct PacketCache: Sendable {
  private struct Entry: Sendable {
    var info: PacketInfo
    /// Where the bytes start, counted from the first byte ever written; -1 when never used.
    var position: Int64
  }

  private var ring: [UInt8]
  private var entries: [Entry?]
  private var written: Int64 = 0
  /// The newest sequence number stored, nil before the first.
  package private(set) var newest: Int64?

  /// A cache of at most `packets` packets (a power of two) and `bytes` bytes.
  package init(packets: Int, bytes: Int) {
    precondition(packets > 0 && packets & (packets - 1) == 0, "a power of two indexes by mask")
    ring = [UInt8](repeating: 0, count: bytes)
    entries = [Entry?](repeating: nil, count: packets)
  }

  private func slot(_ sequence: Int64) -> Int {
    Int(truncatingIfNeeded: sequence) & (entries.count - 1)
  }

  /// Whether `sequence` is older than the cache reaches, so that it can't be told from a repeat.
  package func isTooOld(_ sequence: Int64) -> Bool {
    guard let newest else { return false }
    return sequence <= newest - Int64(entries.count)
  }

  /// Whether `sequence` was ever stored (its bytes may be gone by now).
  package func hasSeen(_ sequence: Int64) -> Bool {
    isTooOld(sequence) || entries[slot(sequence)]?.info.sequence == sequence
  }

  /// Stores a packet: dependency descriptor, then payload, as `info` says.
  ///
  /// - Returns: false when it was seen before, is too old or too large.
  @discardableResult
  package mutating func insert(
    _ info: PacketInfo, descriptor: borrowing Span<UInt8>, payload: borrowing Span<UInt8>
  ) -> Bool {
    let length = descriptor.count + payload.count
    guard !hasSeen(info.sequence), length <= ring.count else { return false }
    var offset = Int(written % Int64(ring.count))
    if offset + length > ring.count {
      written += Int64(ring.count - offset)
      offset = 0
    }
    var bytes = ring.mutableSpan
    bytes.copy(descriptor, at: offset)
    bytes.copy(payload, at: offset + descriptor.count)
    entries[slot(info.sequence)] = Entry(info: info, position: written)
    written += Int64(length)
    if newest.map({ info.sequence > $0 }) ?? true { newest = info.sequence }
    return true
  }

  /// The facts of `sequence`; nil when it is not (or no longer) here.
  package func info(_ sequence: Int64) -> PacketInfo? {
    entry(sequence)?.info
  }

  private func entry(_ sequence: Int64) -> Entry? {
    guard let entry = entries[slot(sequence)], entry.info.sequence == sequence,
      entry.position >= written - Int64(ring.count)
    else { return nil }
    return entry
  }

  /// Lends a packet, if it is here: its facts and its bytes (descriptor, then payload).
  package func withPacket(
    _ sequence: Int64, _ body: (PacketInfo, borrowing Span<UInt8>) -> Void
  ) {
    guard let entry = entry(sequence) else { return }
    let offset = Int(entry.position % Int64(ring.count))
    let length = Int(entry.info.descriptorLength) + Int(entry.info.payloadLength)
    body(entry.info, ring.span.extracting(offset..<(offset + length)))
  }

  /// Forgets every packet; keeps the storage. For a publisher that restarted its numbers.
  package mutating func removeAll() {
    for index in entries.indices { entries[index] = nil }
    newest = nil
  }
}
