// What a viewer was sent lately: the source of retransmissions and the guard of numbers.

package import Wire

/// One packet as it was sent to a viewer, enough to send exactly the same again.
package struct SentPacket: Sendable {
  /// The viewer's extended sequence number.
  package var sequence: Int64
  package var sourceSequence: Int64
  /// The map epoch the source number belongs to.
  package var epoch: UInt32
  package var encoding: UInt8
  package var timestamp: UInt32
  package var transportSequence: UInt16
  package var pictureID: UInt16
  package var tl0PicIdx: UInt8
  package var includesMID: Bool
  /// An empty packet in the place of one that was dropped.
  package var isEmpty: Bool
  /// The abs-send-time it went out with, and goes out with again: the bytes must be identical.
  package var sendTime: UInt32
  /// When it was last sent again; zero for never.
  package var resentAt = Instant.zero
  /// The source's place on the track clock, to find packets of one frame.
  package var ticks: Int64
}

/// A ring of the packets last sent on one stream, by the viewer's sequence number.
///
/// It also keeps the invariant that no number is used for two packets: a number that was recorded,
/// or is older than the ring reaches, is refused.
package struct SentHistory: Sendable {
  private var ring: [SentPacket?]
  /// The highest number recorded; `.min` before the first.
  package private(set) var highest = Int64.min

  /// A history of `capacity` packets, a power of two.
  package init(capacity: Int) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0, "a power of two indexes by mask")
    ring = [SentPacket?](repeating: nil, count: capacity)
  }

  private func slot(_ sequence: Int64) -> Int {
    Int(truncatingIfNeeded: sequence) & (ring.count - 1)
  }

  /// Whether `sequence` may still be used for a first transmission.
  package func isFree(_ sequence: Int64) -> Bool {
    if highest == .min || sequence > highest { return true }
    guard sequence > highest - Int64(ring.count) else { return false }
    return ring[slot(sequence)]?.sequence != sequence
  }

  /// Records a first transmission.
  ///
  /// - Returns: false when the number is not free; such a packet must not be sent (DESIGN section 3).
  package mutating func record(_ packet: SentPacket) -> Bool {
    guard isFree(packet.sequence) else { return false }
    ring[slot(packet.sequence)] = packet
    highest = max(highest, packet.sequence)
    return true
  }

  /// The packet sent under `sequence`, nil when unknown or forgotten.
  package func packet(_ sequence: Int64) -> SentPacket? {
    guard let packet = ring[slot(sequence)], packet.sequence == sequence else { return nil }
    return packet
  }

  /// The packet whose 16-bit number a NACK names, nil when unknown or forgotten.
  package func packet(wire number: SerialNumber16) -> SentPacket? {
    guard highest != .min else { return nil }
    let last = SerialNumber16(UInt16(truncatingIfNeeded: highest))
    return packet(highest + Int64(number.distance(from: last)))
  }

  /// Notes that the packet under `sequence` was sent again at `now`.
  package mutating func markResent(_ sequence: Int64, at now: Instant) {
    ring[slot(sequence)]?.resentAt = now
  }
}
