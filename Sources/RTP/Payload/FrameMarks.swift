// What forwarding needs to know of a video payload, whatever its codec.

package import Wire

/// The place of one packet's payload in its frame and its stream.
package struct FrameMarks: Hashable, Sendable {
  /// Whether the packet carries the first bytes of a frame. For H.264 and AV1 more than one packet of
  /// a frame may say so: there a new RTP timestamp decides.
  package var startsFrame = false
  /// Whether a decoder can begin here: the first packet of a keyframe (H.264: any packet in which
  /// parameter sets or an IDR slice begin).
  package var isKeyframe = false
  /// The temporal layer, 0 the lowest; nil when the payload does not say.
  package var temporalID: UInt8?
  /// Whether a viewer may move up to this temporal layer at this frame (VP8 Y, VP9 U).
  package var isSwitchingPoint = false
  /// Pixels; 0 unless this is a keyframe that states its size.
  package var width = 0
  /// Pixels; 0 unless this is a keyframe that states its size.
  package var height = 0
  /// Whether no other frame refers to this one.
  package var isDiscardable = false

  /// Marks that say nothing.
  package init() {}

  /// Reads the marks of one video payload; audio has none.
  ///
  /// - Parameter payload: one packet's payload without padding.
  /// - Throws: what the codec's descriptor throws; an empty payload is `.truncated`.
  package init(codec: Codec, payload: borrowing Span<UInt8>) throws(WireError) {
    switch codec {
    case .opus: self.init()
    case .vp8: self = try VP8PayloadDescriptor(parsing: payload).marks
    case .h264: self = try H264Payload(parsing: payload).marks
    case .vp9: self = try VP9PayloadDescriptor(parsing: payload).marks
    case .av1: self = try AV1Payload(parsing: payload).marks
    }
  }
}
