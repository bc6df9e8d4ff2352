// AV1 temporal units put together from RTP payloads: AV1 RTP specification section 4.
import RTP
package import Wire

/// Puts one stream's AV1 packets, in any order, together to temporal units, in order.
///
/// OBUs come out in the low-overhead format (AV1 bitstream specification section 5.2), each with its
/// size, which is what decoders take.
package struct AV1Depacketizer: Sendable {
  private var assembler: FrameAssembler
  private var isIntact = false

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

  /// - Parameters: as for `VP8Depacketizer`.
  package init(waitPackets: Int, keepsBytes: Bool = true) {
    assembler = FrameAssembler(waitPackets: waitPackets, keepsBytes: keepsBytes)
  }

  /// Packets received of units whose first packet was not.
  package var orphanCount: Int { assembler.orphanCount }

  /// Takes one packet; an empty payload is padding.
  ///
  /// - Throws: what `AV1Payload` refuses, and `.badLength` beyond one Ethernet payload; the packet then
  ///   counts as not received.
  package mutating func receive(
    _ sequenceNumber: SerialNumber16, timestamp: RTPTimestamp, marker: Bool,
    payload: borrowing Span<UInt8>
  ) throws(WireError) -> PacketReception {
    var packet = FrameAssembler.Slot()
    packet.timestamp = timestamp
    packet.marker = marker
    if !payload.isEmpty {
      let contents = try AV1Payload(parsing: payload)
      // More than one packet of a unit may say so; after a loss only what begins a sequence counts.
      packet.startsFrame = !contents.continuesElement
      packet.isKeyframe = contents.startsSequence
    }
    return try assembler.insert(sequenceNumber, packet, body: payload)
  }

  /// The next temporal unit or gap in order; call until `.nothing`.
  ///
  /// - Parameter frame: becomes the unit, if bytes are kept and there is one.
  package mutating func nextFrame(into frame: inout EncodedVideoFrame) -> Assembly {
    switch assembler.advance() {
    case .nothing: return .nothing
    case .gap(let missing):
      isIntact = false
      return .gap(missing: missing)
    case .frame(let range):
      let first = assembler.slot(range.lowerBound)
      frame.removeAll()
      var element: [UInt8] = []
      frame.timestamp = first.timestamp
      var byteCount = 0
      var isKeyframe = first.isKeyframe
      for sequence in range {
        byteCount += assembler.slot(sequence).length
        // What contradicts itself is left out; the decoder says what that means.
        try? AV1Depacketizer.unpack(
          assembler.body(sequence), into: &frame, &element, &isKeyframe)
      }
      try? AV1Depacketizer.flush(&element, into: &frame, &isKeyframe)
      frame.isKeyframe = isKeyframe
      if isKeyframe { isIntact = true }
      return .frame(
        ReceivedFrame(
          timestamp: first.timestamp, isKeyframe: isKeyframe, isDecodable: isIntact,
          temporalID: nil, pictureID: nil, packetCount: range.count, byteCount: byteCount))
    }
  }

  private static func unpack(
    _ payload: borrowing Span<UInt8>, into frame: inout EncodedVideoFrame,
    _ element: inout [UInt8], _ isKeyframe: inout Bool
  ) throws(WireError) {
    let header = try AV1Payload(parsing: payload)
    var reader = ByteReader(payload.extracting(0..<payload.count))
    try reader.skip(1)
    if !header.continuesElement { try flush(&element, into: &frame, &isKeyframe) }
    var index = 1
    while !reader.isAtEnd {
      // With W elements the last has no length.
      let isLast = index == Int(header.elementCount)
      let length = try isLast ? reader.remaining : length(&reader)
      // Takes no more than there is, and there is no more than a packet.
      element += try reader.take(length).toArray()
      guard element.count <= EncodedVideoFrame.bytesMax else { throw .badLength }
      if !reader.isAtEnd { try flush(&element, into: &frame, &isKeyframe) }
      index += 1
    }
    if !header.endsInsideElement { try flush(&element, into: &frame, &isKeyframe) }
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
  private static func flush(
    _ element: inout [UInt8], into frame: inout EncodedVideoFrame, _ isKeyframe: inout Bool
  ) throws(WireError) {
    defer { element.removeAll(keepingCapacity: true) }
    guard let header = element.first else { return }
    let type = header >> OBU.typeShift & OBU.typeMask
    // Delimiters are put where the container needs them; tile lists are of no use here (section 4.4).
    guard type != OBU.temporalDelimiter, type != OBU.tileList else { return }
    if type == OBU.sequenceHeader { isKeyframe = true }
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
