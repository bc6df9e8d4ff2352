// Frames of whatever codec a stream has, put together from RTP payloads.
package import RTP
package import Wire

/// A depacketizer for one codec, chosen when the stream is known.
package struct VideoDepacketizer: Sendable {
  package let codec: Codec
  // One of them is there. Not an enumeration: taking a value out of one to change it would copy it.
  private var vp8: VP8Depacketizer?
  private var vp9: VP9Depacketizer?
  private var av1: AV1Depacketizer?
  private var h264: H264Depacketizer?

  /// - Parameter waitPackets: as for `VP8Depacketizer`. Opus has no frames: nothing comes out.
  package init(_ codec: Codec, waitPackets: Int) {
    self.codec = codec
    switch codec {
    case .opus: break
    case .vp8: vp8 = VP8Depacketizer(waitPackets: waitPackets)
    case .vp9: vp9 = VP9Depacketizer(waitPackets: waitPackets)
    case .av1: av1 = AV1Depacketizer(waitPackets: waitPackets)
    case .h264: h264 = H264Depacketizer(waitPackets: waitPackets)
    }
  }

  /// Takes one packet; an empty payload is padding.
  ///
  /// - Returns: nil for a packet that was refused and counts as not received.
  package mutating func receive(
    _ sequenceNumber: SerialNumber16, timestamp: RTPTimestamp, marker: Bool,
    payload: borrowing Span<UInt8>
  ) -> PacketReception? {
    switch codec {
    case .opus: nil
    case .vp8:
      try? vp8?.receive(sequenceNumber, timestamp: timestamp, marker: marker, payload: payload)
    case .vp9:
      try? vp9?.receive(sequenceNumber, timestamp: timestamp, marker: marker, payload: payload)
    case .av1:
      try? av1?.receive(sequenceNumber, timestamp: timestamp, marker: marker, payload: payload)
    case .h264:
      try? h264?.receive(sequenceNumber, timestamp: timestamp, marker: marker, payload: payload)
    }
  }

  /// The next frame or gap in order; call until `.nothing`. H.264 comes in annex B form, AV1 in its
  /// low-overhead format.
  package mutating func nextFrame(into frame: inout EncodedVideoFrame) -> Assembly {
    switch codec {
    case .opus: .nothing
    case .vp8: vp8?.nextFrame(into: &frame) ?? .nothing
    case .vp9: vp9?.nextFrame(into: &frame) ?? .nothing
    case .av1: av1?.nextFrame(into: &frame) ?? .nothing
    case .h264: h264?.nextFrame(into: &frame) ?? .nothing
    }
  }
}
