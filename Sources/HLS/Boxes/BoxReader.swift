// Walking over boxes of unknown origin: ISO/IEC 14496-12 section 4.2. Total.

package import Wire

/// Where a box lies.
package struct Box: Hashable, Sendable {
  package let type: BoxType
  /// The whole box, its header included.
  package let range: Range<Int>
  /// What follows the header.
  package let content: Range<Int>
}

/// A walk over the boxes in a range of bytes, one level deep.
package struct BoxReader: Sendable {
  private var offset: Int
  private let end: Int

  /// A walk over all of a run of `byteCount` bytes.
  package init(byteCount: Int) { self.init(0..<byteCount) }

  /// A walk over the boxes within `range`, which must lie in the bytes given to `next`.
  package init(_ range: Range<Int>) {
    offset = range.lowerBound
    end = range.upperBound
  }

  /// The next box; nil at the end.
  ///
  /// - Throws: `.truncated` when a box goes past the end, `.badLength` when its length is less than its
  ///   own header. A length of zero means up to the end.
  package mutating func next(in bytes: borrowing Span<UInt8>) throws(WireError) -> Box? {
    guard offset < end else { return nil }
    guard let view = bytes.slice(offset..<end) else { throw .truncated }
    var reader = ByteReader(view)
    let short = try reader.u32()
    let type = try BoxType(rawValue: reader.u32())
    var length = UInt64(short)
    if short == 1 { length = try reader.u64() }
    if short == 0 { length = UInt64(end - offset) }
    guard length >= UInt64(reader.offset) else { throw .badLength }
    guard length <= UInt64(end - offset) else { throw .truncated }
    let start = offset
    offset += Int(length)
    return Box(type: type, range: start..<offset, content: (start + reader.offset)..<offset)
  }

  /// The first box of `type` among those not passed yet.
  ///
  /// - Throws: `.missing` without one, and what `next` throws.
  package mutating func first(
    _ type: BoxType, in bytes: borrowing Span<UInt8>
  ) throws(WireError) -> Box {
    while let box = try next(in: bytes) {
      if box.type == type { return box }
    }
    throw .missing
  }
}
