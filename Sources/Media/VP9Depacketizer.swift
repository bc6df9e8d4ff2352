// VP9 pictures put together from RTP payloads: RFC 9628.
import RTP
package import Wire

/// Puts one stream's VP9 packets, in any order, together to pictures, in order.
///
/// The spatial layers of a picture come as one superframe (VP9 bitstream specification, annex B), which
/// is what decoders take.
package struct VP9Depacketizer: Sendable {
  private var assembler: FrameAssembler
  private var isIntact = false

  /// The most frames of a superframe.
  static let layersMax = 8

  /// - Parameters: as for `VP8Depacketizer`.
  package init(waitPackets: Int, keepsBytes: Bool = true) {
    assembler = FrameAssembler(waitPackets: waitPackets, keepsBytes: keepsBytes)
  }

  /// Packets received of pictures whose first packet was not.
  package var orphanCount: Int { assembler.orphanCount }

  /// Takes one packet; an empty payload is padding.
  ///
  /// - Throws: what `VP9PayloadDescriptor` refuses, and `.badLength` beyond one Ethernet payload; the
  ///   packet then counts as not received.
  package mutating func receive(
    _ sequenceNumber: SerialNumber16, timestamp: RTPTimestamp, marker: Bool,
    payload: borrowing Span<UInt8>
  ) throws(WireError) -> PacketReception {
    var packet = FrameAssembler.Slot()
    packet.timestamp = timestamp
    packet.marker = marker
    if !payload.isEmpty {
      let marks = try VP9PayloadDescriptor(parsing: payload).marks
      packet.startsFrame = marks.startsFrame
      packet.isKeyframe = marks.isKeyframe
    }
    // The descriptor is kept: it says where layers end.
    return try assembler.insert(sequenceNumber, packet, body: payload)
  }

  /// The next picture or gap in order; call until `.nothing`.
  ///
  /// - Parameter frame: becomes the picture, if bytes are kept and there is one.
  package mutating func nextFrame(into frame: inout EncodedVideoFrame) -> Assembly {
    switch assembler.advance() {
    case .nothing: return .nothing
    case .gap(let missing):
      isIntact = false
      return .gap(missing: missing)
    case .frame(let range):
      let first = assembler.slot(range.lowerBound)
      if first.isKeyframe { isIntact = true }
      frame.removeAll()
      frame.timestamp = first.timestamp
      frame.isKeyframe = first.isKeyframe
      var byteCount = 0
      var layers: [Int] = []
      for sequence in range {
        byteCount += assembler.slot(sequence).length
        VP9Depacketizer.unpack(assembler.body(sequence), into: &frame, layers: &layers)
      }
      VP9Depacketizer.appendIndex(of: layers, to: &frame)
      return .frame(
        ReceivedFrame(
          timestamp: first.timestamp, isKeyframe: first.isKeyframe, isDecodable: isIntact,
          temporalID: nil, pictureID: nil, packetCount: range.count, byteCount: byteCount))
    }
  }

  /// Appends a packet's share of the picture; `layers` has the bytes of each layer so far.
  private static func unpack(
    _ payload: borrowing Span<UInt8>, into frame: inout EncodedVideoFrame, layers: inout [Int]
  ) {
    // A packet without a descriptor was refused on receipt; what is left is a picture too long, which
    // stays cut off.
    guard let descriptor = try? VP9PayloadDescriptor(parsing: payload),
      let body = payload.slice(descriptor.length..<payload.count)
    else { return }
    if layers.isEmpty || descriptor.startsLayerFrame { layers.append(0) }
    guard (try? frame.append(body)) != nil else { return }
    layers[layers.count - 1] += body.count
  }

  /// Annex B.2: the sizes of the frames, little-endian, between two equal markers. One frame needs none.
  private static func appendIndex(of layers: [Int], to frame: inout EncodedVideoFrame) {
    guard (2...layersMax).contains(layers.count) else { return }
    // Three bytes hold `EncodedVideoFrame.bytesMax`.
    let marker = UInt8(0b1101_0000 | layers.count - 1)
    var index = [marker]
    for size in layers {
      for shift in [0, 8, 16] { index.append(UInt8(truncatingIfNeeded: size >> shift)) }
    }
    index.append(marker)
    try? frame.append(index.span)
  }
}
