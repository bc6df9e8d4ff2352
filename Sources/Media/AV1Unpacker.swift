// AV1 temporal units from RTP payloads: AV1 RTP specification section 4.
import RTP
import Wire

/// OBUs come out in the low-overhead format (AV1 bitstream specification section 5.2), each with its
/// size, which is what decoders take.
struct AV1Unpacker: FrameUnpacker {
  /// The OBU that goes on in the next packet.
  private var element: [UInt8] = []

  /// Bits of an OBU header (section 5.3.2), and types that are not forwarded by RTP.
  private enum OBU {
    static let typeShift: UInt8 = 3
    static let typeMask: UInt8 = 0x0F
    static let hasExtension: UInt8 = 0x04
    static let hasSize: UInt8 = 0x02
    static let sequenceHeader: UInt8 = 1
    static let temporalDelimiter: UInt8 = 2
    static let tileList: UInt8 = 8
  }

  mutating func take(
    _ payload: borrowing Span<UInt8>, into frame: inout EncodedVideoFrame
  ) throws(WireError) {
    let header = try AV1Payload(parsing: payload)
    var reader = ByteReader(payload.extracting(0..<payload.count))
    try reader.skip(1)
    if !header.continuesElement { try finish(&frame) }
    var index = 1
    while !reader.isAtEnd {
      // With W elements the last has no length.
      let isLast = index == Int(header.elementCount)
      let length = try isLast ? reader.remaining : AV1Unpacker.length(&reader)
      // Takes no more than there is, and there is no more than a packet.
      element += try reader.take(length).toArray()
      guard element.count <= EncodedVideoFrame.bytesMax else { throw .badLength }
      if !reader.isAtEnd { try finish(&frame) }
      index += 1
    }
    if !header.endsInsideElement { try finish(&frame) }
  }

  private static func length(_ reader: inout ByteReader) throws(WireError) -> Int {
    var value = 0
    for index in 0..<4 {
      let byte = try reader.u8()
      value |= Int(byte & 0x7F) << (7 * index)
      if byte & 0x80 == 0 { return value }
    }
    throw .badLength
  }

  /// Writes the element that is complete as an OBU with its size.
  mutating func finish(_ frame: inout EncodedVideoFrame) throws(WireError) {
    defer { element.removeAll(keepingCapacity: true) }
    guard let header = element.first else { return }
    let type = header >> OBU.typeShift & OBU.typeMask
    // Delimiters are put where the container needs them; tile lists are of no use here (section 4.4).
    guard type != OBU.temporalDelimiter, type != OBU.tileList else { return }
    // The packets' N bit may be lost or unset.
    if type == OBU.sequenceHeader { frame.isKeyframe = true }
    guard header & OBU.hasSize == 0 else {
      try frame.append(element.span)
      return
    }
    let headerBytes = header & OBU.hasExtension == 0 ? 1 : 2
    guard element.count >= headerBytes else { throw .truncated }
    try frame.append(u8: header | OBU.hasSize)
    if headerBytes == 2 { try frame.append(u8: element[1]) }
    var size = element.count - headerBytes
    repeat {
      try frame.append(u8: UInt8(size & 0x7F) | (size > 0x7F ? 0x80 : 0))
      size >>= 7
    } while size > 0
    try frame.append(element.span.extracting(headerBytes..<element.count))
  }
}
