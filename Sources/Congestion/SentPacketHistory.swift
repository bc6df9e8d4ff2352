// What was sent to one viewer lately, by transport-wide sequence number.

package import Wire

/// The last packets sent on one transport, bounded. Allocates at creation only.
package struct SentPacketHistory: Sendable {
  /// What the viewer has said of a packet.
  package enum Fate: UInt8, Hashable, Sendable {
    case unknown, received, lost
  }

  /// One packet sent.
  package struct Entry: Hashable, Sendable {
    package var sentAt: Instant
    package var byteCount: UInt16
    package var number: SerialNumber16
    package var fate: Fate
  }

  private var entries: [Entry] = []
  @usableFromInline var next = SerialNumber16(0)

  /// Packets remembered: four seconds of the largest layer (about 230 packets/s with audio). Feedback
  /// comes within a round trip and an interval, far less.
  package static let entriesMax = 1024

  /// Nothing sent.
  package init() { entries.reserveCapacity(SentPacketHistory.entriesMax) }

  /// The number the next packet takes.
  @inlinable
  package var nextNumber: SerialNumber16 { next }

  /// Takes the next number for a packet of `byteCount` bytes sent at `now`.
  package mutating func record(byteCount: Int, at now: Instant) -> SerialNumber16 {
    let number = next
    next = next.advanced(by: 1)
    let entry = Entry(
      sentAt: now, byteCount: UInt16(clamping: byteCount), number: number, fate: .unknown)
    let slot = slot(number)
    if slot < entries.count { entries[slot] = entry } else { entries.append(entry) }
    return number
  }

  /// The packet sent under `number`; nil when it never was, or too long ago.
  package subscript(number: SerialNumber16) -> Entry? {
    let slot = slot(number)
    guard slot < entries.count, entries[slot].number == number else { return nil }
    return entries[slot]
  }

  /// Notes what became of the packet sent under `number`.
  mutating func settle(_ number: SerialNumber16, as fate: Fate) {
    let slot = slot(number)
    guard slot < entries.count, entries[slot].number == number else { return }
    entries[slot].fate = fate
  }

  /// Numbers are taken in a row and 65,536 is a multiple of the size, so slots fill in order.
  private func slot(_ number: SerialNumber16) -> Int {
    Int(number.rawValue) % SentPacketHistory.entriesMax
  }
}
