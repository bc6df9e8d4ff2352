// The picture size in an H.264 sequence parameter set: ITU-T H.264 section 7.3.2.1.1.

package import Wire

/// The fields of a sequence parameter set that Hawker reads.
package struct H264SequenceParameterSet: Hashable, Sendable {
  /// profile_idc, constraint flags and level_idc, as in SDP's profile-level-id.
  package let profileLevelID: UInt32
  /// Pixels after cropping, 1...`sideMax`.
  package let width: Int
  /// Pixels after cropping, 1...`sideMax`.
  package let height: Int

  /// The largest width or height believed: level 6.2 reaches 16,880 pixels (H.264 annex A), and
  /// nothing a browser encodes comes near.
  package static let sideMax = 16_880

  /// Reads the NAL unit at `nalUnit`, its header byte included.
  ///
  /// - Throws: `.truncated` when it ends early, `.badValue` when a field is out of its range.
  package init(nalUnit: Range<Int>, in payload: borrowing Span<UInt8>) throws(WireError) {
    guard !nalUnit.isEmpty else { throw .truncated }
    var reader = BitReader(
      (nalUnit.lowerBound + 1)..<nalUnit.upperBound, skipsEmulationPrevention: true)
    profileLevelID = try reader.bits(24, payload)
    _ = try reader.unsignedGolomb(payload)  // seq_parameter_set_id
    var chroma: UInt32 = 1
    if H264SequenceParameterSet.hasChromaFields(profile: UInt8(profileLevelID >> 16)) {
      chroma = try Self.readChromaFields(&reader, payload)
    }
    try Self.skipToSize(&reader, payload)
    let widthInUnits = try reader.unsignedGolomb(payload)
    let heightInUnits = try reader.unsignedGolomb(payload)
    let isFrameOnly = try reader.flag(payload)
    if !isFrameOnly { _ = try reader.bit(payload) }  // mb_adaptive_frame_field_flag
    _ = try reader.bit(payload)  // direct_8x8_inference_flag

    let fieldFactor = isFrameOnly ? 1 : 2
    var horizontal = try 16 * (Self.side(widthInUnits) + 1)
    var vertical = try 16 * (Self.side(heightInUnits) + 1) * fieldFactor
    if try reader.flag(payload) {
      let cropX = chroma == 1 || chroma == 2 ? 2 : 1
      let cropY = (chroma == 1 ? 2 : 1) * fieldFactor
      let left = try Self.side(reader.unsignedGolomb(payload))
      let right = try Self.side(reader.unsignedGolomb(payload))
      let top = try Self.side(reader.unsignedGolomb(payload))
      let bottom = try Self.side(reader.unsignedGolomb(payload))
      horizontal -= cropX * (left + right)
      vertical -= cropY * (top + bottom)
    }
    let sides = 1...H264SequenceParameterSet.sideMax
    guard sides.contains(horizontal), sides.contains(vertical) else { throw .badValue }
    width = horizontal
    height = vertical
  }

  private static func side(_ value: UInt32) throws(WireError) -> Int {
    guard value <= UInt32(sideMax) else { throw .badValue }
    return Int(value)
  }

  private static func hasChromaFields(profile: UInt8) -> Bool {
    switch profile {
    case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135: true
    default: false
    }
  }

  /// Reads chroma_format_idc to the scaling lists; returns the chroma array type, 0...3.
  private static func readChromaFields(
    _ reader: inout BitReader, _ payload: borrowing Span<UInt8>
  ) throws(WireError) -> UInt32 {
    let format = try reader.unsignedGolomb(payload)
    guard format <= 3 else { throw .badValue }
    let isSeparate = format == 3 ? try reader.flag(payload) : false
    _ = try reader.unsignedGolomb(payload)  // bit_depth_luma_minus8
    _ = try reader.unsignedGolomb(payload)  // bit_depth_chroma_minus8
    _ = try reader.bit(payload)  // qpprime_y_zero_transform_bypass_flag
    if try reader.flag(payload) {
      for index in 0..<(format == 3 ? 12 : 8) where try reader.flag(payload) {
        try skipScalingList(length: index < 6 ? 16 : 64, &reader, payload)
      }
    }
    return isSeparate ? 0 : format
  }

  private static func skipScalingList(
    length: Int, _ reader: inout BitReader, _ payload: borrowing Span<UInt8>
  ) throws(WireError) {
    var last: Int64 = 8
    for _ in 0..<length {
      let delta = try reader.signedGolomb(payload)
      guard (-128...127).contains(delta) else { throw .badValue }
      let next = (last + delta + 256) % 256
      if next == 0 { return }
      last = next
    }
  }

  /// Passes over log2_max_frame_num_minus4 to gaps_in_frame_num_value_allowed_flag.
  private static func skipToSize(
    _ reader: inout BitReader, _ payload: borrowing Span<UInt8>
  ) throws(WireError) {
    _ = try reader.unsignedGolomb(payload)
    let orderCountType = try reader.unsignedGolomb(payload)
    if orderCountType == 0 {
      _ = try reader.unsignedGolomb(payload)
    } else if orderCountType == 1 {
      _ = try reader.bit(payload)
      _ = try reader.signedGolomb(payload)
      _ = try reader.signedGolomb(payload)
      let cycle = try reader.unsignedGolomb(payload)
      guard cycle <= 255 else { throw .badValue }
      for _ in 0..<cycle { _ = try reader.signedGolomb(payload) }
    }
    _ = try reader.unsignedGolomb(payload)
    _ = try reader.bit(payload)
  }
}
