// The one reader of wire bytes: total, throwing, never trapping.

/// A cursor over borrowed bytes, big-endian. Every read either succeeds or throws `.truncated`.
@safe
package struct ByteReader: ~Escapable {
  /// All the bytes, from the first.
  package let bytes: Span<UInt8>
  /// The index of the next unread byte, 0...`bytes.count`.
  package private(set) var offset: Int = 0

  /// Starts at the first byte of `bytes`.
  @inlinable
  @_lifetime(copy bytes)
  package init(_ bytes: Span<UInt8>) { self.bytes = bytes }

  /// The number of unread bytes.
  @inlinable
  package var remaining: Int { bytes.count &- offset }

  /// Whether everything has been read.
  @inlinable
  package var isAtEnd: Bool { offset >= bytes.count }

  /// Reads one byte.
  package mutating func u8() throws(WireError) -> UInt8 {
    guard remaining >= 1 else { throw .truncated }
    let value = bytes[offset]
    offset &+= 1
    return value
  }

  /// Reads two bytes, big-endian.
  package mutating func u16() throws(WireError) -> UInt16 {
    guard remaining >= 2 else { throw .truncated }
    let value = UInt16(bytes[offset]) << 8 | UInt16(bytes[offset &+ 1])
    offset &+= 2
    return value
  }

  /// Reads three bytes, big-endian, into the low 24 bits.
  package mutating func u24() throws(WireError) -> UInt32 {
    let high = try UInt32(u8())
    return try high << 16 | UInt32(u16())
  }

  /// Reads four bytes, big-endian.
  package mutating func u32() throws(WireError) -> UInt32 {
    guard remaining >= 4 else { throw .truncated }
    var value: UInt32 = 0
    for index in 0..<4 { value = value << 8 | UInt32(bytes[offset &+ index]) }
    offset &+= 4
    return value
  }

  /// Reads eight bytes, big-endian.
  package mutating func u64() throws(WireError) -> UInt64 {
    let high = try UInt64(u32())
    return try high << 32 | UInt64(u32())
  }

  /// Reads `count` bytes as a view into the same storage.
  ///
  /// - Throws: `.badLength` for a negative count, `.truncated` when fewer bytes are left.
  @_lifetime(copy self)
  package mutating func take(_ count: Int) throws(WireError) -> Span<UInt8> {
    guard count >= 0 else { throw .badLength }
    guard count <= remaining else { throw .truncated }
    let view = bytes.extracting(offset..<(offset &+ count))
    offset &+= count
    return view
  }

  /// Reads all that is left, possibly nothing.
  @_lifetime(copy self)
  package mutating func rest() -> Span<UInt8> {
    let view = bytes.extracting(offset..<bytes.count)
    offset = bytes.count
    return view
  }

  /// Passes over `count` bytes.
  package mutating func skip(_ count: Int) throws(WireError) {
    guard count >= 0 else { throw .badLength }
    guard count <= remaining else { throw .truncated }
    offset &+= count
  }

  /// The next byte without consuming it, nil at the end.
  package func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }
}

extension Span<UInt8> {
  /// The byte at `index`, nil when out of range: for code that must not trap on wire data.
  @inlinable
  package func byte(at index: Int) -> UInt8? {
    index >= 0 && index < count ? self[index] : nil
  }

  /// A view of `range`, nil when it is not wholly inside.
  @inlinable
  @_lifetime(copy self)
  package func slice(_ range: Range<Int>) -> Span<UInt8>? {
    guard range.lowerBound >= 0, range.upperBound <= count else { return nil }
    return extracting(range)
  }

  /// Copies the bytes into a new array. Allocates: not for the packet path.
  package func toArray() -> [UInt8] {
    var array: [UInt8] = []
    array.reserveCapacity(count)
    for index in 0..<count { array.append(self[index]) }
    return array
  }

  /// Whether both views hold the same bytes. Not constant-time: never for secrets.
  package func elementsEqual(_ other: borrowing Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in 0..<count where self[index] != other[index] { return false }
    return true
  }
}
