// Reads bits and exp-Golomb codes from codec headers: total, throwing at the end.

import Wire

/// A cursor over the bits of a byte range, most significant first.
struct BitReader {
  private var offset: Int
  private let end: Int
  private var bitsLeft = 0
  private var current: UInt8 = 0
  private var zeros = 0
  private let skipsEmulationPrevention: Bool

  /// A reader of `range`. With `skipsEmulationPrevention`, the 3 of each 00 00 03 is passed over
  /// (H.264 section 7.4.1).
  init(_ range: Range<Int>, skipsEmulationPrevention: Bool = false) {
    offset = range.lowerBound
    end = range.upperBound
    self.skipsEmulationPrevention = skipsEmulationPrevention
  }

  /// The next bit, 0 or 1.
  mutating func bit(_ bytes: borrowing Span<UInt8>) throws(WireError) -> UInt32 {
    if bitsLeft == 0 { try load(bytes) }
    bitsLeft -= 1
    return UInt32(current >> UInt8(bitsLeft)) & 1
  }

  /// The next bit as a flag.
  mutating func flag(_ bytes: borrowing Span<UInt8>) throws(WireError) -> Bool {
    try bit(bytes) == 1
  }

  /// The next `count` bits, 0...32.
  mutating func bits(_ count: Int, _ bytes: borrowing Span<UInt8>) throws(WireError) -> UInt32 {
    guard count >= 0, count <= 32 else { throw .badLength }
    var value: UInt32 = 0
    for _ in 0..<count { value = try value << 1 | bit(bytes) }
    return value
  }

  /// An unsigned exp-Golomb code, ue(v); `.badValue` beyond 31 leading zeros.
  mutating func unsignedGolomb(_ bytes: borrowing Span<UInt8>) throws(WireError) -> UInt32 {
    var leading = 0
    while try bit(bytes) == 0 {
      leading += 1
      guard leading <= 31 else { throw .badValue }
    }
    // At most 2^31 - 1 + 2^31 - 1: fits.
    return try (UInt32(1) << UInt32(leading)) - 1 + bits(leading, bytes)
  }

  /// A signed exp-Golomb code, se(v).
  mutating func signedGolomb(_ bytes: borrowing Span<UInt8>) throws(WireError) -> Int64 {
    let code = try Int64(unsignedGolomb(bytes))
    return code % 2 == 1 ? (code + 1) / 2 : -(code / 2)
  }

  private mutating func load(_ bytes: borrowing Span<UInt8>) throws(WireError) {
    guard offset < end else { throw .truncated }
    var byte = try bytes.u8(at: offset)
    offset += 1
    if skipsEmulationPrevention, zeros >= 2, byte == 3 {
      zeros = 0
      guard offset < end else { throw .truncated }
      byte = try bytes.u8(at: offset)
      offset += 1
    }
    zeros = byte == 0 ? zeros + 1 : 0
    current = byte
    bitsLeft = 8
  }
}
