// What a decoder of H.264 must know before the first sample: ISO/IEC 14496-15 section 5.3.3.

import RTP
package import Wire

/// The parameter sets of an `avc1` track and what follows from them.
package struct AVCConfiguration: Hashable, Sendable {
  /// Sequence parameter sets, header byte included, as received; at least one.
  package let sequenceParameters: [[UInt8]]
  /// Picture parameter sets, header byte included, as received; at least one.
  package let pictureParameters: [[UInt8]]
  /// Pixels after cropping.
  package let width: Int
  /// Pixels after cropping.
  package let height: Int
  /// profile_idc, constraint flags, level_idc.
  package let profileLevelID: UInt32

  /// A configuration of whole NAL units.
  ///
  /// - Throws: `.missing` without an SPS or PPS, `.tooMany` and `.badLength` beyond `HLSLimits`,
  ///   `.badValue` for a profile that is not 4:2:0 with eight bits, and what the SPS's parser refuses.
  package init(
    sequenceParameters: [[UInt8]], pictureParameters: [[UInt8]]
  ) throws(WireError) {
    guard let first = sequenceParameters.first, !pictureParameters.isEmpty else { throw .missing }
    for sets in [sequenceParameters, pictureParameters] {
      guard sets.count <= HLSLimits.parameterSetsMax else { throw .tooMany }
      for set in sets where set.isEmpty || set.count > HLSLimits.parameterSetBytesMax {
        throw .badLength
      }
    }
    let parsed = try H264SequenceParameterSet(nalUnit: 0..<first.count, in: first.span)
    guard AVCConfiguration.profiles.contains(parsed.profileLevelID >> 16) else { throw .badValue }
    self.sequenceParameters = sequenceParameters
    self.pictureParameters = pictureParameters
    width = parsed.width
    height = parsed.height
    profileLevelID = parsed.profileLevelID
  }

  /// For CODECS: `avc1.` and the profile, flags and level in hexadecimal (RFC 6381 section 3.3).
  package var codec: String {
    let digits = String(profileLevelID, radix: 16)
    return "avc1." + String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits
  }

  /// Baseline, main, extended, high: what browsers encode. Others have fields `write` would have to
  /// know.
  private static let profiles: Set<UInt32> = [66, 77, 88, 100]
  private static let high: UInt32 = 100

  /// Writes the `avcC` box; samples have NAL units behind four bytes of length.
  package func write(to writer: inout BoxWriter) {
    writer.box("avcC") {
      $0.append(u8: 1)
      for shift: UInt32 in [16, 8, 0] {
        $0.append(u8: UInt8(truncatingIfNeeded: profileLevelID >> shift))
      }
      $0.append(u8: 0xFC | 3)
      $0.append(u8: 0xE0 | UInt8(truncatingIfNeeded: sequenceParameters.count))
      AVCConfiguration.write(sequenceParameters, to: &$0)
      $0.append(u8: UInt8(truncatingIfNeeded: pictureParameters.count))
      AVCConfiguration.write(pictureParameters, to: &$0)
      if profileLevelID >> 16 == AVCConfiguration.high {
        // 4:2:0, eight bits of luma and chroma, no SPS extensions.
        for byte: UInt8 in [0xFC | 1, 0xF8, 0xF8, 0] { $0.append(u8: byte) }
      }
    }
  }

  private static func write(_ sets: [[UInt8]], to writer: inout BoxWriter) {
    for set in sets {
      writer.append(u16: UInt16(truncatingIfNeeded: set.count))
      writer.append(set)
    }
  }

  /// Reads the content of an `avcC` box.
  ///
  /// - Throws: `.badVersion` for another version, `.badValue` for lengths of another size, `.truncated`,
  ///   and what the initialiser refuses.
  package init(parsing content: borrowing Span<UInt8>) throws(WireError) {
    var reader = ByteReader(content.extracting(0..<content.count))
    guard try reader.u8() == 1 else { throw .badVersion }
    try reader.skip(3)
    guard try reader.u8() & 3 == 3 else { throw .badValue }
    let sequence = try AVCConfiguration.parse(Int(reader.u8() & 0x1F), from: &reader)
    let picture = try AVCConfiguration.parse(Int(reader.u8()), from: &reader)
    try self.init(sequenceParameters: sequence, pictureParameters: picture)
  }

  private static func parse(
    _ count: Int, from reader: inout ByteReader
  ) throws(WireError) -> [[UInt8]] {
    var sets: [[UInt8]] = []
    for _ in 0..<count {
      let length = try Int(reader.u16())
      try sets.append(reader.take(length).toArray())
    }
    return sets
  }
}
