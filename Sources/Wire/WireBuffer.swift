// The one writer of wire bytes: a bounded buffer the caller owns and reuses.

/// A fixed-capacity byte buffer being filled, big-endian. Allocates once, at creation.
///
/// Writing past the capacity throws `.noSpace` and leaves the buffer as it was.
package struct WireBuffer: Sendable {
  @usableFromInline var storage: [UInt8]
  /// The number of bytes written.
  package private(set) var count: Int = 0

  /// An empty buffer for at most `capacity` bytes.
  package init(capacity: Int) { storage = [UInt8](repeating: 0, count: capacity) }

  /// The number of bytes that fit in all.
  package var capacity: Int { storage.count }

  /// The bytes written so far.
  package var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    get { storage.span.extracting(0..<count) }
  }

  /// Patches the bytes written so far in place.
  package mutating func withMutableBytes<Result>(_ body: (inout MutableSpan<UInt8>) -> Result)
    -> Result
  {
    let count = self.count
    var whole = storage.mutableSpan
    var written = whole._mutatingExtracting(0..<count)
    return body(&written)
  }

  /// The bytes written so far as a new array. Allocates: not for the packet path.
  package var array: [UInt8] { Array(storage[0..<count]) }

  /// Forgets the contents; keeps the storage.
  package mutating func removeAll() { count = 0 }

  /// Shortens the contents to `count` bytes; longer counts change nothing.
  package mutating func truncate(to count: Int) {
    if count >= 0 && count < self.count { self.count = count }
  }

  /// Appends one byte.
  package mutating func append(u8 value: UInt8) throws(WireError) {
    guard count < storage.count else { throw .noSpace }
    storage[count] = value
    count &+= 1
  }

  /// Appends two bytes, big-endian.
  package mutating func append(u16 value: UInt16) throws(WireError) {
    guard storage.count &- count >= 2 else { throw .noSpace }
    storage[count] = UInt8(truncatingIfNeeded: value >> 8)
    storage[count &+ 1] = UInt8(truncatingIfNeeded: value)
    count &+= 2
  }

  /// Appends the low three bytes, big-endian.
  package mutating func append(u24 value: UInt32) throws(WireError) {
    guard storage.count &- count >= 3 else { throw .noSpace }
    try append(u8: UInt8(truncatingIfNeeded: value >> 16))
    try append(u16: UInt16(truncatingIfNeeded: value))
  }

  /// Appends four bytes, big-endian.
  package mutating func append(u32 value: UInt32) throws(WireError) {
    guard storage.count &- count >= 4 else { throw .noSpace }
    try append(u16: UInt16(truncatingIfNeeded: value >> 16))
    try append(u16: UInt16(truncatingIfNeeded: value))
  }

  /// Appends eight bytes, big-endian.
  package mutating func append(u64 value: UInt64) throws(WireError) {
    guard storage.count &- count >= 8 else { throw .noSpace }
    try append(u32: UInt32(truncatingIfNeeded: value >> 32))
    try append(u32: UInt32(truncatingIfNeeded: value))
  }

  /// Appends a copy of `bytes`.
  package mutating func append(_ bytes: borrowing Span<UInt8>) throws(WireError) {
    let length = bytes.count
    guard storage.count &- count >= length else { throw .noSpace }
    let start = count
    var whole = storage.mutableSpan
    whole.copy(bytes, at: start)
    count &+= length
  }

  /// Appends a copy of `bytes`.
  package mutating func append(_ bytes: [UInt8]) throws(WireError) {
    try append(bytes.span)
  }

  /// Appends `count` zero bytes.
  package mutating func append(zeros count: Int) throws(WireError) {
    guard count >= 0, storage.count &- self.count >= count else { throw .noSpace }
    for index in 0..<count { storage[self.count &+ index] = 0 }
    self.count &+= count
  }

  /// Overwrites two bytes at `offset`, which must already be written.
  package mutating func patch(u16 value: UInt16, at offset: Int) throws(WireError) {
    guard offset >= 0, offset &+ 2 <= count else { throw .badLength }
    storage[offset] = UInt8(truncatingIfNeeded: value >> 8)
    storage[offset &+ 1] = UInt8(truncatingIfNeeded: value)
  }
}
