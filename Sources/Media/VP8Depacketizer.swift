// VP8 frames put together from RTP payloads: RFC 7741. For tests and the load tool.
import RTP
package import Wire

/// A frame, or a hole, as a depacketizer delivers them in order.
package enum Assembly: Hashable, Sendable {
  case frame(ReceivedFrame)
  /// Frames were given up because this many packets never came.
  case gap(missing: Int)
  case nothing
}

/// What there is to say of a complete frame besides its bytes.
package struct ReceivedFrame: Hashable, Sendable {
  package var timestamp: RTPTimestamp
  package var isKeyframe: Bool
  /// All that it refers to was received, as far as the payload descriptors tell.
  package var isDecodable: Bool
  /// nil where the stream has no temporal layers.
  package var temporalID: UInt8?
  /// VP8's, nil where absent.
  package var pictureID: UInt16?
  package var packetCount: Int
  package var byteCount: Int
}

/// Puts one stream's VP8 packets, in any order, together to frames, in order.
package struct VP8Depacketizer: Sendable {
  private var assembler: FrameAssembler
  private var references = VP8References()

  /// - Parameters:
  ///   - waitPackets: 0...511; newer packets to see before a missing one is given up.
  ///   - keepsBytes: false to judge and count frames without their bytes, for many viewers at
  ///     once.
  package init(waitPackets: Int, keepsBytes: Bool = true) {
    assembler = FrameAssembler(waitPackets: waitPackets, keepsBytes: keepsBytes)
  }

  /// Packets received of frames whose first packet was not.
  package var orphanCount: Int { assembler.orphanCount }

  /// Takes one packet; an empty payload is padding.
  ///
  /// - Throws: `.truncated` for a payload that ends within its descriptor, `.badLength` beyond
  ///   one Ethernet payload; the packet then counts as not received.
  package mutating func receive(
    _ sequenceNumber: SerialNumber16, timestamp: RTPTimestamp, marker: Bool,
    payload: borrowing Span<UInt8>
  ) throws(WireError) -> PacketReception {
    var packet = FrameAssembler.Slot()
    packet.timestamp = timestamp
    packet.marker = marker
    guard !payload.isEmpty else {
      return try assembler.insert(sequenceNumber, packet, body: payload)
    }
    let descriptor = try VP8PayloadDescriptor(parsing: payload)
    guard let body = payload.slice(descriptor.length..<payload.count) else { throw .truncated }
    packet.startsFrame = descriptor.startsFrame
    packet.isKeyframe = descriptor.isKeyframe
    packet.reference = VP8Reference(
      pictureID: descriptor.pictureID?.value,
      isLongPictureID: descriptor.pictureID?.isLong ?? false,
      tl0PicIdx: descriptor.tl0PicIdx?.value, temporalID: descriptor.temporalID,
      isLayerSync: descriptor.isLayerSync)
    return try assembler.insert(sequenceNumber, packet, body: body)
  }

  /// The next frame or gap in order; call until `.nothing`.
  ///
  /// - Parameter frame: becomes the frame, if bytes are kept and there is one.
  package mutating func nextFrame(into frame: inout EncodedVideoFrame) -> Assembly {
    deliver(assembler.advance(), into: &frame)
  }

  /// Gives up the frame that is being waited for; `.nothing` when none is.
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
      references.noteGap()
      return .gap(missing: missing)
    case .frame(let range):
      let first = assembler.slot(range.lowerBound)
      let reference = first.reference
      let byteCount = assembler.collect(range, into: &frame)
      frame.isKeyframe = first.isKeyframe
      frame.temporalID = reference.temporalID ?? 0
      frame.isLayerSync = first.isKeyframe || reference.isLayerSync
      return .frame(
        ReceivedFrame(
          timestamp: first.timestamp, isKeyframe: first.isKeyframe,
          isDecodable: references.receive(reference, isKeyframe: first.isKeyframe),
          temporalID: reference.temporalID, pictureID: reference.pictureID,
          packetCount: range.count, byteCount: byteCount))
    }
  }
}
