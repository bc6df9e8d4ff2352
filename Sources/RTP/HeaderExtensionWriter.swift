// Builds one header extension block in place: RFC 8285 section 4.

package import Wire

/// Writes the elements of one extension block into a packet being made.
///
/// Starts in the one-byte form; the first element that does not fit it (an id above 14, a value of 0 or
/// more than 16 bytes) turns the whole block into the two-byte form. Ids of 0 (not negotiated) are
/// passed over, so that a caller may append whatever it has.
package struct HeaderExtensionWriter: Hashable, Sendable {
  private let start: Int
  private var end: Int
  private var isTwoByte = false

  /// The four bytes before the elements: profile and length.
  private static let blockHeaderLength = 4

  /// A writer whose block begins `offset` bytes into the packet, at least `RTPHeader.fixedLength`.
  package init(at offset: Int) {
    start = offset
    end = offset + HeaderExtensionWriter.blockHeaderLength
  }

  /// Whether nothing was appended so far.
  package var isEmpty: Bool { end == start + HeaderExtensionWriter.blockHeaderLength }

  /// Appends one element with a copy of `value`, at most 255 bytes.
  ///
  /// - Returns: the value's offset in the packet (until the form changes); nil when `id` is 0.
  /// - Throws: `.noSpace` when it does not fit, `.tooMany` for more than 255 bytes; the block is then as before.
  @discardableResult
  @_lifetime(packet: copy packet)
  package mutating func append(
    id: UInt8, _ value: borrowing Span<UInt8>, to packet: inout MutableSpan<UInt8>
  ) throws(WireError) -> Int? {
    guard let offset = try open(id: id, length: value.count, in: &packet) else { return nil }
    for index in 0..<value.count { try packet.put(u8: value[index], at: offset + index) }
    return offset
  }

  /// Appends one element whose value is the low `length` bytes of `value`, big-endian, 1...8.
  ///
  /// - Returns: the value's offset in the packet (until the form changes); nil when `id` is 0.
  /// - Throws: `.noSpace` when it does not fit, `.badLength` when `length` is not 1...8.
  @discardableResult
  @_lifetime(packet: copy packet)
  package mutating func append(
    id: UInt8, _ value: UInt64, length: Int, to packet: inout MutableSpan<UInt8>
  ) throws(WireError) -> Int? {
    guard (1...8).contains(length) else { throw .badLength }
    guard let offset = try open(id: id, length: length, in: &packet) else { return nil }
    for index in 0..<length {
      let shift = UInt64(8 * (length - 1 - index))
      try packet.put(u8: UInt8(truncatingIfNeeded: value >> shift), at: offset + index)
    }
    return offset
  }

  /// Pads the block to a multiple of four bytes and writes its header.
  ///
  /// - Returns: the offset after the block, where the payload goes; the block's own offset when it is
  ///   empty: then nothing was written and the X bit must be 0.
  @_lifetime(packet: copy packet)
  package mutating func finish(_ packet: inout MutableSpan<UInt8>) throws(WireError) -> Int {
    if isEmpty { return start }
    while (end - start) % 4 != 0 {
      try packet.put(u8: 0, at: end)
      end += 1
    }
    let profile = isTwoByte ? ParsedExtensions.twoByteProfile : ParsedExtensions.oneByteProfile
    try packet.put(u16: profile, at: start)
    let words = (end - start) / 4 - 1
    guard words <= Int(UInt16.max) else { throw .tooMany }
    try packet.put(u16: UInt16(words), at: start + 2)
    return end
  }

  /// Writes the element's header; returns where its value goes.
  @_lifetime(packet: copy packet)
  private mutating func open(
    id: UInt8, length: Int, in packet: inout MutableSpan<UInt8>
  ) throws(WireError) -> Int? {
    if id == 0 { return nil }
    guard length <= 255 else { throw .tooMany }
    if !isTwoByte, id > 14 || length > 16 || length == 0 {
      try widen(&packet, room: 2 + length)
    }
    let headerLength = isTwoByte ? 2 : 1
    guard fits(headerLength + length, in: packet) else { throw .noSpace }
    if isTwoByte {
      try packet.put(u8: id, at: end)
      try packet.put(u8: UInt8(length), at: end + 1)
    } else {
      try packet.put(u8: id << 4 | UInt8(length - 1), at: end)
    }
    let offset = end + headerLength
    end = offset + length
    return offset
  }

  /// Whether `length` more bytes and the padding after them fit.
  private func fits(_ length: Int, in packet: borrowing MutableSpan<UInt8>) -> Bool {
    start + (end + length - start + 3) / 4 * 4 <= packet.count
  }

  /// Rewrites the elements so far in the two-byte form, each header a byte longer, if `room` is left.
  @_lifetime(packet: copy packet)
  private mutating func widen(_ packet: inout MutableSpan<UInt8>, room: Int) throws(WireError) {
    guard end <= packet.count else { throw .noSpace }
    var elements = 0
    var offset = start + HeaderExtensionWriter.blockHeaderLength
    while offset < end {
      offset += 2 + Int(packet[offset] & 0x0F)
      elements += 1
    }
    guard fits(elements + room, in: packet) else { throw .noSpace }
    offset = start + HeaderExtensionWriter.blockHeaderLength
    while offset < end {
      let header = packet[offset]
      for index in stride(from: end, to: offset + 1, by: -1) { packet[index] = packet[index - 1] }
      packet[offset] = header >> 4
      packet[offset + 1] = (header & 0x0F) + 1
      end += 1
      offset += 3 + Int(header & 0x0F)
    }
    isTwoByte = true
  }
}
