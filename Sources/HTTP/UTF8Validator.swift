// UTF-8 checked byte by byte as it comes, RFC 3629 section 4.

/// Whether a stream of bytes is UTF-8, told at the first byte that cannot be.
package struct UTF8Validator: Hashable, Sendable {
  private var continuationsDue = 0
  /// The bounds of the next continuation byte: narrower after some first bytes.
  private var lowest: UInt8 = 0x80
  private var highest: UInt8 = 0xBF

  /// A validator at the start of a text.
  package init() {}

  /// Whether the text may end here.
  package var isComplete: Bool { continuationsDue == 0 }

  /// Takes the next byte; false when the text is not UTF-8.
  package mutating func receive(_ byte: UInt8) -> Bool {
    if continuationsDue > 0 {
      guard byte >= lowest && byte <= highest else { return false }
      continuationsDue -= 1
      (lowest, highest) = (0x80, 0xBF)
      return true
    }
    switch byte {
    case 0x00...0x7F: break
    case 0xC2...0xDF: expect(1)
    case 0xE0: expect(2, from: 0xA0)  // Shorter forms exist below.
    case 0xED: expect(2, to: 0x9F)  // Surrogates above.
    case 0xE1...0xEF: expect(2)
    case 0xF0: expect(3, from: 0x90)
    case 0xF1...0xF3: expect(3)
    case 0xF4: expect(3, to: 0x8F)  // Beyond U+10FFFF above.
    default: return false
    }
    return true
  }

  private mutating func expect(_ count: Int, from lowest: UInt8 = 0x80, to highest: UInt8 = 0xBF) {
    continuationsDue = count
    self.lowest = lowest
    self.highest = highest
  }
}
