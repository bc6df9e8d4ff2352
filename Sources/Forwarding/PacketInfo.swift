// What was read from a publisher's packet, once, at ingress; everything later works on this value.

package import RTP
package import Wire

/// The facts of one media packet after unprotect and parsing. Immutable after ingress.
package struct PacketInfo: BitwiseCopyable, Sendable {
  /// The encoding's place in its track, 0..<encodingsMax.
  package var encoding: UInt8
  package var codec: Codec
  /// The extended sequence number within the encoding; continuous across SSRC cycles.
  package var sequence: Int64
  /// The capture instant on the track's clock, in ticks of the codec's rate.
  package var ticks: Int64
  /// When the datagram came in.
  package var arrival: Instant
  package var marker = false
  /// Whether the packet holds the first bytes of a frame.
  package var startsFrame = false
  /// Whether the frame needs no earlier one.
  package var isKeyframe = false
  /// Whether a decoder may move up to this packet's temporal layer here (VP8 Y bit).
  package var isSwitchingPoint = false
  /// Whether a newer packet of the encoding was seen before this one.
  package var isLate = false
  /// VP8 picture id; meaningful when `pictureIDBytes` > 0.
  package var pictureID: UInt16 = 0
  /// 0 absent, 1 the 7-bit form, 2 the 15-bit form.
  package var pictureIDBytes: UInt8 = 0
  /// VP8 TL0PICIDX, or -1.
  package var tl0PicIdx: Int16 = -1
  /// VP8 temporal layer, or 0.
  package var temporalID: UInt8 = 0
  /// Pixels; 0 unless this packet starts a keyframe whose size could be read.
  package var width: UInt16 = 0
  package var height: UInt16 = 0
  /// The audio level element (voice flag and level), or -1.
  package var audioLevel: Int16 = -1
  /// The playout-delay element, 24 bits, or -1.
  package var playoutDelay: Int32 = -1
  /// The abs-capture-time element's NTP part, 0 when absent.
  package var absCaptureTime: UInt64 = 0
  /// Bytes of dependency descriptor stored before the payload.
  package var descriptorLength: UInt16 = 0
  /// Bytes of payload, after padding and RTX were removed.
  package var payloadLength: UInt16 = 0

  package init(encoding: UInt8, codec: Codec, sequence: Int64, ticks: Int64, arrival: Instant) {
    self.encoding = encoding
    self.codec = codec
    self.sequence = sequence
    self.ticks = ticks
    self.arrival = arrival
  }

  /// Whether a decoder may begin with this packet.
  package var startsKeyframe: Bool { isKeyframe && startsFrame }
}
