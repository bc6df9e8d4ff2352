// Writing nested boxes whose lengths are known only when they end: ISO/IEC 14496-12 section 4.2.

/// A growing run of boxes, big-endian.
package struct BoxWriter: Sendable {
  /// What was written so far.
  package private(set) var bytes: [UInt8] = []

  /// An empty run, with room for `capacity` bytes.
  package init(capacity: Int = 1024) { bytes.reserveCapacity(capacity) }

  /// Writes a box around what `body` writes.
  ///
  /// A box of 4 GiB or more is never made: parts are bounded by `HLSLimits.partBytesMax`.
  package mutating func box(_ type: BoxType, _ body: (inout BoxWriter) -> Void) {
    let start = bytes.count
    append(u32: 0)
    append(type)
    body(&self)
    patch(u32: UInt32(truncatingIfNeeded: bytes.count - start), at: start)
  }

  /// Writes a box with version and flags around what `body` writes.
  package mutating func fullBox(
    _ type: BoxType, version: UInt8 = 0, flags: UInt32 = 0, _ body: (inout BoxWriter) -> Void
  ) {
    box(type) {
      $0.append(u32: UInt32(version) << 24 | flags & 0xFF_FFFF)
      body(&$0)
    }
  }

  /// Appends one byte.
  package mutating func append(u8 value: UInt8) { bytes.append(value) }

  /// Appends two bytes.
  package mutating func append(u16 value: UInt16) {
    bytes.append(UInt8(truncatingIfNeeded: value >> 8))
    bytes.append(UInt8(truncatingIfNeeded: value))
  }

  /// Appends four bytes.
  package mutating func append(u32 value: UInt32) {
    append(u16: UInt16(truncatingIfNeeded: value >> 16))
    append(u16: UInt16(truncatingIfNeeded: value))
  }

  /// Appends eight bytes.
  package mutating func append(u64 value: UInt64) {
    append(u32: UInt32(truncatingIfNeeded: value >> 32))
    append(u32: UInt32(truncatingIfNeeded: value))
  }

  /// Appends a four-character code.
  package mutating func append(_ type: BoxType) { append(u32: type.rawValue) }

  /// Appends a copy of `content`.
  package mutating func append(_ content: [UInt8]) { bytes.append(contentsOf: content) }

  /// Appends `count` zero bytes.
  package mutating func append(zeros count: Int) {
    bytes.append(contentsOf: repeatElement(0, count: count))
  }

  /// Appends UTF-8 and the zero byte that ends it.
  package mutating func append(terminated text: String) {
    bytes.append(contentsOf: text.utf8)
    bytes.append(0)
  }

  /// Overwrites the four bytes at `offset`, which were written before.
  package mutating func patch(u32 value: UInt32, at offset: Int) {
    for index in 0..<4 {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * index))
    }
  }
}
