// H.264 access units put together from RTP payloads: RFC 6184, modes 0 and 1.
import RTP
package import Wire

/// Puts one stream's H.264 packets, in any order, together to access units in Annex B form.
package struct H264Depacketizer: Sendable {
  private var assembler: FrameAssembler
  private var isIntact = false

  /// - Parameters: as for `VP8Depacketizer`.
  package init(waitPackets: Int, keepsBytes: Bool = true) {
    assembler = FrameAssembler(waitPackets: waitPackets, keepsBytes: keepsBytes)
  }

  /// Packets received of frames whose first packet was not.
  package var orphanCount: Int { assembler.orphanCount }

  /// Takes one packet; an empty payload is padding.
  ///
  /// - Throws: what `H264Payload` refuses, and `.badLength` beyond one Ethernet payload; the packet
  ///   then counts as not received.
  package mutating func receive(
    _ sequenceNumber: SerialNumber16, timestamp: RTPTimestamp, marker: Bool,
    payload: borrowing Span<UInt8>
  ) throws(WireError) -> PacketReception {
    var packet = FrameAssembler.Slot()
    packet.timestamp = timestamp
    packet.marker = marker
    if !payload.isEmpty {
      let contents = try H264Payload(parsing: payload)
      packet.startsFrame = contents.startsFrame
      packet.isKeyframe = contents.beginsIDR
    }
    return try assembler.insert(sequenceNumber, packet, body: payload)
  }

  /// The next access unit or gap in order; call until `.nothing`.
  ///
  /// - Parameter frame: becomes the access unit, if bytes are kept and there is one.
  package mutating func nextFrame(into frame: inout EncodedVideoFrame) -> Assembly {
    deliver(assembler.advance(), into: &frame)
  }

  /// Gives up the access unit that is being waited for; `.nothing` when none is.
  package mutating func giveUp() -> Assembly {
    var nowhere = EncodedVideoFrame()
    return deliver(assembler.giveUp(), into: &nowhere)
  }

  private mutating func deliver(
    _ step: FrameAssembler.Step, into frame: inout EncodedVideoFrame
  ) -> Assembly {
    switch step {
    case .nothing: return .nothing
    case .gap(let missing):
      isIntact = false
      return .gap(missing: missing)
    case .frame(let range):
      let timestamp = assembler.slot(range.lowerBound).timestamp
      let isKeyframe = range.contains { assembler.slot($0).isKeyframe }
      if isKeyframe { isIntact = true }
      frame.removeAll()
      frame.timestamp = timestamp
      frame.isKeyframe = isKeyframe
      var byteCount = 0
      for sequence in range {
        byteCount += assembler.slot(sequence).length
        // A unit that contradicts itself was refused on receipt; what is left is a frame too long,
        // which stays cut off.
        try? H264Depacketizer.unpack(assembler.body(sequence), into: &frame)
      }
      return .frame(
        ReceivedFrame(
          timestamp: timestamp, isKeyframe: isKeyframe, isDecodable: isIntact, temporalID: nil,
          pictureID: nil, packetCount: range.count, byteCount: byteCount))
    }
  }

  /// Appends the NAL units of one payload, or the next part of one.
  static func unpack(
    _ payload: borrowing Span<UInt8>, into frame: inout EncodedVideoFrame
  ) throws(WireError) {
    var reader = ByteReader(payload.extracting(0..<payload.count))
    guard let first = reader.peek() else { return }
    switch first & 0x1F {
    case H264NALType.singleTimeAggregate:
      try reader.skip(1)
      while !reader.isAtEnd {
        let length = try Int(reader.u16())
        try frame.appendNALUnit(reader.take(length))
      }
    case H264NALType.fragment:
      try reader.skip(1)
      let header = try reader.u8()
      if header & 0x80 != 0 {
        try frame.appendStartCode()
        try frame.append(u8: first & 0xE0 | header & 0x1F)
      }
      try frame.append(reader.rest())
    default: try frame.appendNALUnit(payload)
    }
  }
}

extension EncodedVideoFrame {
  fileprivate mutating func appendStartCode() throws(WireError) {
    for byte: UInt8 in [0, 0, 0, 1] { try append(u8: byte) }
  }

  fileprivate mutating func appendNALUnit(_ unit: borrowing Span<UInt8>) throws(WireError) {
    try appendStartCode()
    try append(unit)
  }
}
