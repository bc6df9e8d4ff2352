// The picture size in an AV1 sequence header OBU: AV1 bitstream specification section 5.5.

import Wire

/// The fields of a sequence header that Hawker reads.
package struct AV1SequenceHeader: Hashable, Sendable {
  /// seq_profile, 0...7.
  package let profile: UInt8
  /// max_frame_width_minus_1 + 1, 1...65536.
  package let width: Int
  /// max_frame_height_minus_1 + 1, 1...65536.
  package let height: Int

  private static let sequenceHeaderType: UInt8 = 1

  /// Reads the first OBU element of `payload`, whose aggregation header is `aggregation`.
  ///
  /// - Throws: `.missing` when the element is no sequence header, `.truncated` when it ends early.
  init(
    firstElementOf payload: borrowing Span<UInt8>, _ aggregation: AV1Payload
  ) throws(WireError) {
    var offset = 1
    var end = payload.count
    if aggregation.elementCount != 1 {
      let length = try Self.readLEB128(&offset, payload)
      guard length <= payload.count - offset else { throw .truncated }
      end = offset + length
    }
    let header = try payload.u8(at: offset)
    offset += 1
    guard (header >> 3) & 0x0F == Self.sequenceHeaderType else { throw .missing }
    if header & 0x04 != 0 { offset += 1 }
    if header & 0x02 != 0 { _ = try Self.readLEB128(&offset, payload) }
    guard offset < end else { throw .truncated }
    try self.init(bits: offset..<end, in: payload)
  }

  private init(bits range: Range<Int>, in payload: borrowing Span<UInt8>) throws(WireError) {
    var reader = BitReader(range)
    profile = try UInt8(reader.bits(3, payload))
    _ = try reader.bit(payload)  // still_picture
    if try reader.flag(payload) {  // reduced_still_picture_header
      _ = try reader.bits(5, payload)
    } else {
      try Self.skipOperatingPoints(&reader, payload)
    }
    let widthBits = try Int(reader.bits(4, payload)) + 1
    let heightBits = try Int(reader.bits(4, payload)) + 1
    width = try Int(reader.bits(widthBits, payload)) + 1
    height = try Int(reader.bits(heightBits, payload)) + 1
  }

  /// Passes over timing_info_present_flag to the last operating point.
  private static func skipOperatingPoints(
    _ reader: inout BitReader, _ payload: borrowing Span<UInt8>
  ) throws(WireError) {
    var delayBits: Int?
    if try reader.flag(payload) {  // timing_info_present_flag
      _ = try reader.bits(32, payload)
      _ = try reader.bits(32, payload)
      if try reader.flag(payload) { _ = try reader.unsignedGolomb(payload) }
      if try reader.flag(payload) {  // decoder_model_info_present_flag
        delayBits = try Int(reader.bits(5, payload)) + 1
        _ = try reader.bits(32, payload)
        _ = try reader.bits(10, payload)
      }
    }
    let hasInitialDelay = try reader.flag(payload)
    let points = try reader.bits(5, payload) + 1
    for _ in 0..<points {
      _ = try reader.bits(12, payload)
      if try reader.bits(5, payload) > 7 { _ = try reader.bit(payload) }
      if let delayBits, try reader.flag(payload) {
        _ = try reader.bits(delayBits, payload)
        _ = try reader.bits(delayBits, payload)
        _ = try reader.bit(payload)
      }
      if hasInitialDelay, try reader.flag(payload) { _ = try reader.bits(4, payload) }
    }
  }

  /// Reads a LEB128 length of at most four bytes: a packet is never longer than that says.
  private static func readLEB128(
    _ offset: inout Int, _ payload: borrowing Span<UInt8>
  ) throws(WireError) -> Int {
    var value = 0
    for index in 0..<4 {
      let byte = try payload.u8(at: offset)
      offset += 1
      value |= Int(byte & 0x7F) << (7 * index)
      if byte & 0x80 == 0 { return value }
    }
    throw .badLength
  }
}
