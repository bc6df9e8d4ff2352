// Frames of whatever codec a stream has, put together from RTP payloads.
package import RTP
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
  /// VP8's; nil where the stream has no temporal layers, and for other codecs.
  package var temporalID: UInt8?
  /// VP8's; nil where absent, and for other codecs.
  package var pictureID: UInt16?
  package var packetCount: Int
}

/// Puts one stream's packets, in any order, together to frames, in order.
///
/// Codecs differ in what a payload's first bytes say of it, and in how payloads become a frame
/// (`FrameUnpacker`); all else is common.
package struct VideoDepacketizer: Sendable {
  package let codec: Codec
  private var assembler: FrameAssembler
  private var references = VP8References()
  /// Since the last keyframe nothing was lost: all that codecs without `VP8References` tell.
  private var isIntact = false

  /// - Parameter waitPackets: 0...511; newer packets to see before a missing one is given up.
  package init(_ codec: Codec, waitPackets: Int) {
    self.codec = codec
    assembler = FrameAssembler(waitPackets: waitPackets)
  }

  /// Packets received of frames whose first packet was not.
  package var orphanCount: Int { assembler.orphanCount }

  /// Takes one packet; an empty payload is padding.
  ///
  /// - Throws: what the codec's payload header refuses, `.badValue` for Opus, which has no frames, and
  ///   `.badLength` beyond one Ethernet payload; the packet then counts as not received.
  package mutating func receive(
    _ sequenceNumber: SerialNumber16, timestamp: RTPTimestamp, marker: Bool,
    payload: borrowing Span<UInt8>
  ) throws(WireError) -> PacketReception {
    var packet = FrameAssembler.Slot()
    packet.timestamp = timestamp
    packet.marker = marker
    if !payload.isEmpty { try note(payload, in: &packet) }
    return try assembler.insert(sequenceNumber, packet, body: payload)
  }

  private func note(
    _ payload: borrowing Span<UInt8>, in packet: inout FrameAssembler.Slot
  ) throws(WireError) {
    switch codec {
    case .opus: throw .badValue
    case .vp8:
      let descriptor = try VP8PayloadDescriptor(parsing: payload)
      packet.startsFrame = descriptor.startsFrame
      packet.isKeyframe = descriptor.isKeyframe
      packet.reference = VP8Reference(descriptor)
    case .h264:
      let contents = try H264Payload(parsing: payload)
      packet.startsFrame = contents.startsFrame
      // Parameter sets alone are none.
      packet.isKeyframe = contents.beginsIDR
    case .vp9, .av1:
      let marks = try FrameMarks(codec: codec, payload: payload)
      packet.startsFrame = marks.startsFrame
      packet.isKeyframe = marks.isKeyframe
    }
  }

  /// The next frame or gap in order; call until `.nothing`.
  ///
  /// - Parameter frame: becomes the frame, if there is one, as decoders take it: H.264 in annex B form,
  ///   the spatial layers of VP9 as one superframe, AV1 in its low-overhead format.
  package mutating func nextFrame(into frame: inout EncodedVideoFrame) -> Assembly {
    switch assembler.advance() {
    case .nothing: return .nothing
    case .gap(let missing):
      isIntact = false
      references.noteGap()
      return .gap(missing: missing)
    case .frame(let range):
      let first = assembler.slot(range.lowerBound)
      frame.removeAll()
      frame.timestamp = first.timestamp
      frame.isKeyframe = range.contains { assembler.slot($0).isKeyframe }
      unpack(range, into: &frame)
      return .frame(judge(range, first.reference, frame))
    }
  }

  private func unpack(_ range: ClosedRange<Int64>, into frame: inout EncodedVideoFrame) {
    switch codec {
    case .opus: break
    case .vp8: unpack(range, by: VP8Unpacker(), into: &frame)
    case .vp9: unpack(range, by: VP9Unpacker(), into: &frame)
    case .av1: unpack(range, by: AV1Unpacker(), into: &frame)
    case .h264: unpack(range, by: H264Unpacker(), into: &frame)
    }
  }

  private func unpack(
    _ range: ClosedRange<Int64>, by unpacker: some FrameUnpacker,
    into frame: inout EncodedVideoFrame
  ) {
    var unpacker = unpacker
    for sequence in range {
      // What contradicts itself is left out, a frame too long is cut off: the decoder says what that
      // means.
      try? unpacker.take(assembler.body(sequence), into: &frame)
    }
    try? unpacker.finish(&frame)
  }

  private mutating func judge(
    _ range: ClosedRange<Int64>, _ reference: VP8Reference, _ frame: EncodedVideoFrame
  ) -> ReceivedFrame {
    if frame.isKeyframe { isIntact = true }
    let isDecodable =
      codec == .vp8 ? references.receive(reference, isKeyframe: frame.isKeyframe) : isIntact
    return ReceivedFrame(
      timestamp: frame.timestamp, isKeyframe: frame.isKeyframe, isDecodable: isDecodable,
      temporalID: reference.temporalID, pictureID: reference.pictureID, packetCount: range.count)
  }
}

/// Makes one frame of its packets' payloads, which come in order and without holes.
protocol FrameUnpacker {
  /// Appends what a payload, which is never padding, has of the frame.
  mutating func take(
    _ payload: borrowing Span<UInt8>, into frame: inout EncodedVideoFrame
  ) throws(WireError)
  /// Appends what comes after the last payload.
  mutating func finish(_ frame: inout EncodedVideoFrame) throws(WireError)
}

extension FrameUnpacker {
  mutating func finish(_: inout EncodedVideoFrame) throws(WireError) {}
}
