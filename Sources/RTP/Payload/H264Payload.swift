// H.264 payload structures: RFC 6184 section 5, packetization modes 0 and 1.

package import Wire

/// What one H.264 packet carries: a single NAL unit, a STAP-A or a fragment (FU-A).
package struct H264Payload: Hashable, Sendable {
  /// Whether an IDR slice begins here.
  package private(set) var beginsIDR = false
  /// Whether a sequence parameter set is inside.
  package private(set) var hasSPS = false
  /// Whether a picture parameter set is inside.
  package private(set) var hasPPS = false
  /// Whether a NAL unit that can only come first in a picture begins here: the slice of macroblock 0,
  /// or what precedes it (delimiter, parameter sets, SEI).
  package private(set) var startsFrame = false
  /// Whether every NAL unit says that nothing refers to it (nal_ref_idc 0).
  package private(set) var isDiscardable = true
  /// Pixels after cropping, from the SPS; 0 without one or when it is beyond reading.
  package private(set) var width = 0
  /// Pixels after cropping, from the SPS; 0 without one or when it is beyond reading.
  package private(set) var height = 0

  private enum NALType {
    static let slice: UInt8 = 1
    static let idr: UInt8 = 5
    static let sei: UInt8 = 6
    static let sps: UInt8 = 7
    static let pps: UInt8 = 8
    static let delimiter: UInt8 = 9
    static let stapA: UInt8 = 24
    static let fuA: UInt8 = 28
  }

  /// Reads one packet's payload.
  ///
  /// - Throws: `.truncated` for an empty payload or a NAL unit that goes past the end, `.badLength` for
  ///   an empty unit in a STAP-A, `.badValue` for types that modes 0 and 1 do not have.
  package init(parsing payload: borrowing Span<UInt8>) throws(WireError) {
    let type = try payload.u8(at: 0) & 0x1F
    switch type {
    case 1...23: try note(nalUnit: 0..<payload.count, payload)
    case NALType.stapA: try readAggregate(payload)
    case NALType.fuA: try readFragment(payload)
    default: throw .badValue
    }
  }

  /// The payload as every codec's forwarding sees it.
  package var marks: FrameMarks {
    var marks = FrameMarks()
    marks.startsFrame = startsFrame
    marks.isKeyframe = beginsIDR || hasSPS
    marks.isSwitchingPoint = marks.isKeyframe
    marks.width = width
    marks.height = height
    marks.isDiscardable = isDiscardable
    return marks
  }

  private mutating func readAggregate(_ payload: borrowing Span<UInt8>) throws(WireError) {
    var offset = 1
    guard offset < payload.count else { throw .truncated }
    while offset < payload.count {
      let length = try Int(payload.u16(at: offset))
      offset += 2
      guard length > 0 else { throw .badLength }
      guard length <= payload.count - offset else { throw .truncated }
      try note(nalUnit: offset..<(offset + length), payload)
      offset += length
    }
  }

  private mutating func readFragment(_ payload: borrowing Span<UInt8>) throws(WireError) {
    let indicator = try payload.u8(at: 0)
    let header = try payload.u8(at: 1)
    let firstByte = try payload.u8(at: 2)
    let isStart = header & 0x80 != 0
    guard !(isStart && header & 0x40 != 0) else { throw .badValue }
    isDiscardable = indicator & 0x60 == 0
    if isStart { note(type: header & 0x1F, firstByte: firstByte) }
  }

  private mutating func note(
    nalUnit: Range<Int>, _ payload: borrowing Span<UInt8>
  ) throws(WireError) {
    let header = try payload.u8(at: nalUnit.lowerBound)
    if header & 0x60 != 0 { isDiscardable = false }
    let type = header & 0x1F
    note(type: type, firstByte: nalUnit.count > 1 ? try payload.u8(at: nalUnit.lowerBound + 1) : 0)
    if type == NALType.sps,
      let size = try? H264SequenceParameterSet(nalUnit: nalUnit, in: payload)
    {
      width = size.width
      height = size.height
    }
  }

  private mutating func note(type: UInt8, firstByte: UInt8) {
    switch type {
    case NALType.slice, NALType.idr:
      if type == NALType.idr { beginsIDR = true }
      // first_mb_in_slice is ue(v): 0 is the single bit 1.
      if firstByte & 0x80 != 0 { startsFrame = true }
    case NALType.sps:
      hasSPS = true
      startsFrame = true
    case NALType.pps:
      hasPPS = true
      startsFrame = true
    case NALType.sei, NALType.delimiter: startsFrame = true
    default: break
    }
  }
}
