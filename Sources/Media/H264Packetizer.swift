// H.264 access units cut into RTP payloads: RFC 6184, packetization mode 1.
package import Wire

/// Cuts access units in Annex B form into RTP payloads: parameter sets together in one STAP-A,
/// other NAL units alone or, when too long, in equal FU-A fragments.
package struct H264Packetizer: Sendable {
  private let payloadBytesMax: Int
  /// The NAL units of the access unit being cut, as ranges of its bytes.
  private var units: [Range<Int>] = []
  /// The STAP-A or FU header being written.
  private var scratch: WireBuffer

  /// The most NAL units in one access unit: far above what an encoder cuts a picture into.
  package static let unitsMax = 256

  /// - Parameter payloadBytesMax: the longest payload; values below
  ///   `PayloadBatch.payloadBytesMin` are raised to it.
  package init(payloadBytesMax: Int) {
    self.payloadBytesMax = max(payloadBytesMax, PayloadBatch.payloadBytesMin)
    scratch = WireBuffer(capacity: self.payloadBytesMax)
  }

  /// Cuts `frame`, NAL units behind start codes of three or four bytes, into `payloads`.
  ///
  /// - Throws: `.missing` without a NAL unit, `.tooMany` beyond `unitsMax` or
  ///   `PayloadBatch.payloadsMax`.
  package mutating func packetize(
    _ frame: borrowing EncodedVideoFrame, into payloads: inout PayloadBatch
  ) throws(WireError) {
    payloads.removeAll()
    let bytes = frame.bytes
    try findUnits(bytes)
    var index = 0
    while index < units.count {
      let end = endOfAggregate(bytes, from: index)
      if end - index > 1 {
        try aggregate(bytes, index..<end, into: &payloads)
        index = end
      } else {
        try packetizeUnit(bytes.extracting(units[index]), into: &payloads)
        index += 1
      }
    }
  }

  /// Fills `units`: what lies between start codes, without trailing zeros.
  private mutating func findUnits(_ bytes: borrowing Span<UInt8>) throws(WireError) {
    units.removeAll(keepingCapacity: true)
    var start: Int?
    var index = 0
    while index + 2 < bytes.count {
      guard bytes[index] == 0, bytes[index + 1] == 0, bytes[index + 2] == 1 else {
        index += 1
        continue
      }
      if let start { try addUnit(bytes, start..<index) }
      index += 3
      start = index
    }
    if let start { try addUnit(bytes, start..<bytes.count) }
    guard !units.isEmpty else { throw .missing }
  }

  private mutating func addUnit(
    _ bytes: borrowing Span<UInt8>, _ range: Range<Int>
  ) throws(WireError) {
    var end = range.upperBound
    // A NAL unit never ends in a zero byte (ITU-T H.264 section 7.4.1): these belong to the next
    // start code.
    while end > range.lowerBound, bytes[end - 1] == 0 { end -= 1 }
    guard end > range.lowerBound else { return }
    guard units.count < H264Packetizer.unitsMax else { throw .tooMany }
    units.append(range.lowerBound..<end)
  }

  /// The end of the run of small units from `index` on that travel in one STAP-A.
  private func endOfAggregate(_ bytes: borrowing Span<UInt8>, from index: Int) -> Int {
    var end = index
    var length = 1
    while end < units.count {
      let type = bytes[units[end].lowerBound] & 0x1F
      // SEI, SPS, PPS and access unit delimiters; pictures go by themselves.
      guard (6...9).contains(type) else { break }
      length += 2 + units[end].count
      guard length <= payloadBytesMax else { break }
      end += 1
    }
    return end
  }

  private mutating func aggregate(
    _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, into payloads: inout PayloadBatch
  ) throws(WireError) {
    scratch.removeAll()
    // The highest NRI of the units within (RFC 6184 section 5.7).
    var importance: UInt8 = 0
    for unit in units[range] { importance = max(importance, bytes[unit.lowerBound] & 0x60) }
    try scratch.append(u8: importance | H264NALType.singleTimeAggregate)
    for unit in units[range] {
      try scratch.append(u16: UInt16(unit.count))
      try scratch.append(bytes.extracting(unit))
    }
    try payloads.append(scratch.bytes, Span())
  }

  private mutating func packetizeUnit(
    _ unit: borrowing Span<UInt8>, into payloads: inout PayloadBatch
  ) throws(WireError) {
    guard unit.count > payloadBytesMax else { return try payloads.append(unit, Span()) }
    let header = unit[0]
    let body = unit.extracting(1..<unit.count)
    let cut = EqualCut(byteCount: body.count, partBytesMax: payloadBytesMax - 2)
    for index in 0..<cut.partCount {
      scratch.removeAll()
      let isFirst = index == 0
      let isLast = index == cut.partCount - 1
      try scratch.append(u8: header & 0xE0 | H264NALType.fragment)
      try scratch.append(u8: (isFirst ? 0x80 : 0) | (isLast ? 0x40 : 0) | header & 0x1F)
      try payloads.append(
        scratch.bytes, body.extracting(cut.range(of: index, in: body.count)))
    }
  }
}

/// NAL unit types that mean something to RTP (RFC 6184 section 5.2) or to a receiver.
enum H264NALType {
  static let slice: UInt8 = 1
  static let instantaneousRefresh: UInt8 = 5
  static let sequenceParameters: UInt8 = 7
  static let delimiter: UInt8 = 9
  static let singleTimeAggregate: UInt8 = 24
  static let fragment: UInt8 = 28
}
