// Which packet indexes of a stream have come (RFC 3711 section 3.3.2), and the guess of an index's
// high bits (section 3.3.1 and appendix A).

/// The newest authenticated index of one stream and which of those before it have come.
///
/// Ask `isFresh` before the tag is checked, `note` only after: a forged packet must change nothing.
struct ReplayWindow {
  /// The newest index; nil before the first packet.
  private(set) var newest: UInt64?
  /// Bit `index % size` of the indexes within `size` of the newest.
  private var seen = InlineArray<16, UInt64>(repeating: 0)

  /// Packets behind the newest that are still told apart from replays: 1024 is over a second of the
  /// fastest layer, so late retransmissions get in.
  static let size: UInt64 = 1024

  init() {}

  /// Whether `index` has not come and is not too old to know.
  func isFresh(_ index: UInt64) -> Bool {
    guard let newest, index <= newest else { return true }
    guard newest - index < ReplayWindow.size else { return false }
    let (word, bit) = ReplayWindow.place(index)
    return seen[word] & bit == 0
  }

  /// Notes the index of an authenticated packet that was fresh.
  mutating func note(_ index: UInt64) {
    if let newest, index > newest { forget(from: newest + 1, through: index) }
    newest = max(newest ?? index, index)
    let (word, bit) = ReplayWindow.place(index)
    seen[word] |= bit
  }

  /// Clears the places that new indexes take over from those `size` before them.
  private mutating func forget(from first: UInt64, through last: UInt64) {
    guard last - first < ReplayWindow.size else {
      seen = InlineArray(repeating: 0)
      return
    }
    for index in first...last {
      let (word, bit) = ReplayWindow.place(index)
      seen[word] &= ~bit
    }
  }

  private static func place(_ index: UInt64) -> (word: Int, bit: UInt64) {
    (Int(truncatingIfNeeded: (index & (size - 1)) >> 6), 1 << (index & 63))
  }

  // MARK: Rollover

  /// The 48-bit index that a packet with `sequence` most likely has: the one closest to the newest.
  ///
  /// A stream begins under rollover counter 0, so nothing is guessed to lie before it.
  ///
  /// - Throws: `.keyExhausted` beyond the last index there is.
  func index(of sequence: UInt16) throws(SRTPError) -> UInt64 {
    guard let newest else { return UInt64(sequence) }
    let rollover = newest >> 16
    let behind = Int(UInt16(truncatingIfNeeded: newest)) - Int(sequence)
    var guess = rollover
    if behind > ReplayWindow.half {
      guess = rollover + 1
    } else if behind < -ReplayWindow.half, rollover > 0 {
      guess = rollover - 1
    }
    guard guess <= UInt64(UInt32.max) else { throw .keyExhausted }
    return guess << 16 | UInt64(sequence)
  }

  /// Half of the sequence numbers (RFC 3711 appendix A).
  private static let half = 1 << 15
}
