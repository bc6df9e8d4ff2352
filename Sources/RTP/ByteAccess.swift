// Random access to wire bytes for fields whose place is computed: total, like Wire's `ByteReader`.

import Wire

extension Span<UInt8> {
  /// The byte at `offset`; `.truncated` when outside.
  func u8(at offset: Int) throws(WireError) -> UInt8 {
    guard offset >= 0, offset < count else { throw .truncated }
    return self[offset]
  }

  /// Two bytes at `offset`, big-endian; `.truncated` when not wholly inside.
  func u16(at offset: Int) throws(WireError) -> UInt16 {
    guard offset >= 0, count >= 2, offset <= count &- 2 else { throw .truncated }
    return UInt16(self[offset]) << 8 | UInt16(self[offset &+ 1])
  }

  /// Three bytes at `offset`, big-endian, in the low 24 bits; `.truncated` when not wholly inside.
  func u24(at offset: Int) throws(WireError) -> UInt32 {
    guard offset >= 0, count >= 3, offset <= count &- 3 else { throw .truncated }
    return UInt32(self[offset]) << 16 | UInt32(self[offset &+ 1]) << 8 | UInt32(self[offset &+ 2])
  }

  /// Four bytes at `offset`, big-endian; `.truncated` when not wholly inside.
  func u32(at offset: Int) throws(WireError) -> UInt32 {
    guard offset >= 0, count >= 4, offset <= count &- 4 else { throw .truncated }
    return UInt32(self[offset]) << 24 | UInt32(self[offset &+ 1]) << 16
      | UInt32(self[offset &+ 2]) << 8 | UInt32(self[offset &+ 3])
  }

  /// Eight bytes at `offset`, big-endian; `.truncated` when not wholly inside.
  func u64(at offset: Int) throws(WireError) -> UInt64 {
    let high = try UInt64(u32(at: offset))
    return try high << 32 | UInt64(u32(at: offset &+ 4))
  }
}

extension MutableSpan<UInt8> {
  /// Overwrites one byte; `.noSpace` when outside.
  @_lifetime(self: copy self)
  mutating func put(u8 value: UInt8, at offset: Int) throws(WireError) {
    guard offset >= 0, offset < count else { throw .noSpace }
    self[offset] = value
  }

  /// Overwrites two bytes, big-endian; `.noSpace` when not wholly inside.
  @_lifetime(self: copy self)
  mutating func put(u16 value: UInt16, at offset: Int) throws(WireError) {
    guard offset >= 0, count >= 2, offset <= count &- 2 else { throw .noSpace }
    self[offset] = UInt8(truncatingIfNeeded: value >> 8)
    self[offset &+ 1] = UInt8(truncatingIfNeeded: value)
  }

  /// Overwrites four bytes, big-endian; `.noSpace` when not wholly inside.
  @_lifetime(self: copy self)
  mutating func put(u32 value: UInt32, at offset: Int) throws(WireError) {
    guard offset >= 0, count >= 4, offset <= count &- 4 else { throw .noSpace }
    try put(u16: UInt16(truncatingIfNeeded: value >> 16), at: offset)
    try put(u16: UInt16(truncatingIfNeeded: value), at: offset &+ 2)
  }
}
