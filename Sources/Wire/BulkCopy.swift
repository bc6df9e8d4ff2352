// Copying whole runs of bytes: the one place that hands spans to memcpy.

extension MutableSpan<UInt8> {
  /// Copies all of `source` to `offset`; false, changing nothing, when it does not fit.
  ///
  /// A byte loop over spans is not vectorized (about 1 µs for 1200 bytes); this is one memcpy.
  @inlinable
  @discardableResult
  package mutating func copy(_ source: borrowing Span<UInt8>, at offset: Int) -> Bool {
    let length = source.count
    guard offset >= 0, offset <= count, count - offset >= length else { return false }
    guard length > 0 else { return true }
    unsafe self.withUnsafeMutableBufferPointer { target in
      unsafe source.withUnsafeBufferPointer { origin in
        guard let from = origin.baseAddress, let to = target.baseAddress else { return }
        unsafe (to + offset).update(from: from, count: length)
      }
    }
    return true
  }

  /// Writes two bytes, big-endian, at `offset`, which the caller knows to be inside.
  @inlinable
  package mutating func store(u16 value: UInt16, at offset: Int) {
    self[offset] = UInt8(truncatingIfNeeded: value >> 8)
    self[offset + 1] = UInt8(truncatingIfNeeded: value)
  }

  /// Writes four bytes, big-endian, at `offset`, which the caller knows to be inside.
  @inlinable
  package mutating func store(u32 value: UInt32, at offset: Int) {
    store(u16: UInt16(truncatingIfNeeded: value >> 16), at: offset)
    store(u16: UInt16(truncatingIfNeeded: value), at: offset + 2)
  }
}
