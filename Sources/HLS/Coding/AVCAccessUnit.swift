// A received access unit taken apart: parameter sets for the configuration, slices for the sample.

package import Wire

/// One picture as an `avc1` track holds it: ISO/IEC 14496-15 section 5.3.
package struct AVCAccessUnit: Hashable, Sendable {
  /// NAL units behind four bytes of length each; without parameter sets, delimiters and filler.
  package private(set) var sample: [UInt8] = []
  /// Whether it is an IDR picture: a decoder can begin here.
  package private(set) var isIDR = false
  /// Whether there is a picture at all; some senders give parameter sets a packet of their own.
  package private(set) var hasSlice = false
  /// Sequence parameter sets in front of the picture.
  package private(set) var sequenceParameters: [[UInt8]] = []
  /// Picture parameter sets in front of the picture.
  package private(set) var pictureParameters: [[UInt8]] = []

  /// Takes a byte stream with start codes (annex B) apart.
  ///
  /// - Throws: `.tooMany` for more NAL units than `HLSLimits.nalUnitsMax`.
  package init(parsing bytes: borrowing Span<UInt8>) throws(WireError) {
    for range in try NALUnits.ranges(inByteStream: bytes) {
      guard let unit = bytes.slice(range), let header = unit.byte(at: 0) else { continue }
      switch header & 0x1F {
      case NALUnitType.sequenceParameters: sequenceParameters.append(unit.toArray())
      case NALUnitType.pictureParameters: pictureParameters.append(unit.toArray())
      case NALUnitType.delimiter, NALUnitType.filler, NALUnitType.endOfSequence,
        NALUnitType.endOfStream:
        continue
      case let type:
        if type == NALUnitType.idrSlice { isIDR = true }
        if (NALUnitType.slice...NALUnitType.idrSlice).contains(type) { hasSlice = true }
        append(unit)
      }
    }
  }

  private mutating func append(_ unit: borrowing Span<UInt8>) {
    let length = UInt32(truncatingIfNeeded: unit.count)
    for shift: UInt32 in [24, 16, 8, 0] {
      sample.append(UInt8(truncatingIfNeeded: length >> shift))
    }
    unsafe unit.withUnsafeBufferPointer { unsafe sample.append(contentsOf: $0) }
  }
}
