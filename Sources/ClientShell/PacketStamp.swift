// What a load generator writes at the end of each payload, to know it again at the other end.

package import Wire

/// When a packet was sent, by whom, and which it is: the last 16 bytes of a payload.
///
///      0                   8               12              16
///     | sent at, nanoseconds | publisher     | count         |
package struct PacketStamp: Hashable, Sendable {
  /// On the machine's monotonic clock: only for publishers and viewers on one machine.
  package var sentAt: Instant
  package var publisher: UInt32
  /// Counts the publisher's packets of all kinds.
  package var count: UInt32

  package static let length = 16

  package init(sentAt: Instant, publisher: UInt32, count: UInt32) {
    self.sentAt = sentAt
    self.publisher = publisher
    self.count = count
  }

  /// Reads the end of a payload; nil when it is too short for a stamp.
  package init?(endOf payload: borrowing Span<UInt8>) {
    guard payload.count >= PacketStamp.length else { return nil }
    var (time, words): (UInt64, UInt64) = (0, 0)
    let start = payload.count - PacketStamp.length
    for index in start..<(start + 8) { time = time << 8 | UInt64(payload[index]) }
    for index in (start + 8)..<(start + 16) { words = words << 8 | UInt64(payload[index]) }
    sentAt = Instant(nanoseconds: Int64(bitPattern: time))
    publisher = UInt32(truncatingIfNeeded: words >> 32)
    count = UInt32(truncatingIfNeeded: words)
  }

  /// Writes the stamp over the end of a payload; one that is too short stays as it is.
  package func write(toEndOf payload: inout [UInt8]) {
    guard payload.count >= PacketStamp.length else { return }
    let start = payload.count - PacketStamp.length
    let time = UInt64(bitPattern: sentAt.nanoseconds)
    let words = UInt64(publisher) << 32 | UInt64(count)
    for index in 0..<8 {
      payload[start + index] = UInt8(truncatingIfNeeded: time >> UInt64(56 - 8 * index))
      payload[start + 8 + index] = UInt8(truncatingIfNeeded: words >> UInt64(56 - 8 * index))
    }
  }
}
