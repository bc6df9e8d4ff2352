// Steps through the elements of one header extension block, both forms of RFC 8285.

import Wire

/// A cursor over the elements of one extension block. Stops at the end or at the first malformed one.
package struct HeaderExtensionElements: Hashable, Sendable {
  /// One element of the block.
  package struct Element: Hashable, Sendable {
    /// 1...14 in the one-byte form, 1...255 in the two-byte form.
    package var id: UInt8
    /// Byte offsets from the packet's start; may be empty in the two-byte form.
    package var value: Range<Int>
  }

  private enum Form { case oneByte, twoByte, unknown }
  private let form: Form
  private var offset: Int
  private let end: Int

  /// A cursor at the first element of `block`, as `RTPHeader` gives both arguments.
  package init(profile: UInt16, block: Range<Int>) {
    if profile == ParsedExtensions.oneByteProfile {
      form = .oneByte
    } else if profile & 0xFFF0 == ParsedExtensions.twoByteProfile {
      form = .twoByte
    } else {
      form = .unknown
    }
    offset = block.lowerBound
    end = block.upperBound
  }

  /// The next element; nil at the end, at a malformed element, and in an unknown form.
  package mutating func next(in packet: borrowing Span<UInt8>) -> Element? {
    while form != .unknown, offset < end, let first = packet.byte(at: offset) {
      offset += 1
      if first == 0 { continue }  // One byte of padding.
      let length: Int
      let id: UInt8
      if form == .oneByte {
        id = first >> 4
        // 15 ends the block, and so does 0 with a length (RFC 8285 section 4.2).
        guard id != 15, id != 0 else { break }
        length = Int(first & 0x0F) + 1
      } else {
        guard offset < end, let second = packet.byte(at: offset) else { break }
        offset += 1
        id = first
        length = Int(second)
      }
      guard offset + length <= end, end <= packet.count else { break }
      let value = offset..<(offset + length)
      offset = value.upperBound
      return Element(id: id, value: value)
    }
    offset = end
    return nil
  }
}
