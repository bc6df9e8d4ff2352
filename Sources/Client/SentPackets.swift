// The packets a publishing stream sent lately, in clear, for sending them again.

import Wire

/// A ring of whole RTP packets by extended sequence number. Allocates at creation only.
struct SentPackets: Sendable {
  struct Entry: Sendable {
    var sequence = Int64.min
    var length = 0
    var headerLength = 0
    var sentAt = Instant.zero
    var wasResent = false
  }

  private var entries: [Entry]
  private var arena: [UInt8]

  /// Video: about two seconds of the largest layer; its arena is 384 KiB.
  static let videoMax = 256
  /// Audio: over a second of 20 ms packets.
  static let audioMax = 64
  private static let slotBytes = DatagramBatch.datagramBytesMax

  /// A ring of `capacity` packets.
  init(capacity: Int) {
    entries = [Entry](repeating: Entry(), count: capacity)
    arena = [UInt8](repeating: 0, count: capacity * SentPackets.slotBytes)
  }

  private func slot(_ sequence: Int64) -> Int { Int(sequence % Int64(entries.count)) }

  /// Lets `write` fill the place of `sequence`; what it returns is kept, unless it is nil.
  mutating func store(
    _ sequence: Int64, at now: Instant,
    _ write: (inout MutableSpan<UInt8>) -> (headerLength: Int, length: Int)?
  ) -> Bool {
    let slot = slot(sequence)
    let start = slot * SentPackets.slotBytes
    entries[slot].sequence = .min
    var whole = arena.mutableSpan
    var bytes = whole._mutatingExtracting(start..<(start + SentPackets.slotBytes))
    guard let written = write(&bytes) else { return false }
    entries[slot] = Entry(
      sequence: sequence, length: written.length, headerLength: written.headerLength, sentAt: now)
    return true
  }

  /// What is known of the packet sent under `sequence`; nil when it is gone.
  func entry(_ sequence: Int64) -> Entry? {
    guard sequence >= 0 else { return nil }
    let entry = entries[slot(sequence)]
    return entry.sequence == sequence ? entry : nil
  }

  /// The packet of an entry that was just looked up.
  @_lifetime(borrow self)
  func bytes(_ entry: Entry) -> Span<UInt8> {
    let start = slot(entry.sequence) * SentPackets.slotBytes
    return arena.span.extracting(start..<(start + entry.length))
  }

  mutating func markResent(_ sequence: Int64, at now: Instant) {
    entries[slot(sequence)].sentAt = now
    entries[slot(sequence)].wasResent = true
  }
}
