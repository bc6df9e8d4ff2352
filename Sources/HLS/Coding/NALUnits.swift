// NAL units in a byte stream: ITU-T H.264 annex B.

package import Wire

/// The types of NAL unit that matter here: H.264 table 7-1.
package enum NALUnitType {
  package static let slice: UInt8 = 1
  package static let idrSlice: UInt8 = 5
  package static let sei: UInt8 = 6
  package static let sequenceParameters: UInt8 = 7
  package static let pictureParameters: UInt8 = 8
  package static let delimiter: UInt8 = 9
  package static let endOfSequence: UInt8 = 10
  package static let endOfStream: UInt8 = 11
  package static let filler: UInt8 = 12
}

/// Finds NAL units between start codes.
package enum NALUnits {
  /// Where the NAL units of a byte stream lie, without start codes and without the zeros before them.
  ///
  /// Bytes before the first start code belong to nothing. Empty units are left out.
  /// - Throws: `.tooMany` for more than `HLSLimits.nalUnitsMax`.
  package static func ranges(
    inByteStream bytes: borrowing Span<UInt8>
  ) throws(WireError) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start: Int?
    var zeros = 0
    for index in 0..<bytes.count {
      let byte = bytes[index]
      if byte == 0 {
        zeros += 1
        continue
      }
      if byte == 1, zeros >= 2 {
        if let start { try append(start..<(index - zeros), to: &ranges) }
        start = index + 1
      }
      zeros = 0
    }
    if let start { try append(start..<max(start, bytes.count - zeros), to: &ranges) }
    return ranges
  }

  private static func append(
    _ range: Range<Int>, to ranges: inout [Range<Int>]
  ) throws(WireError) {
    guard !range.isEmpty else { return }
    guard ranges.count < HLSLimits.nalUnitsMax else { throw .tooMany }
    ranges.append(range)
  }
}
