// A viewer's difference: what its copy of a packet has in place of the publisher's.

package import RTP

/// Everything in one outgoing packet that is not taken unchanged from the cached one.
package struct HeaderPatch: Sendable {
  package var ssrc: SSRC
  package var payloadType: PayloadType
  /// Extended: the low 16 bits travel, the rest is the rollover counter.
  package var sequence: Int64
  package var timestamp: UInt32
  package var marker: Bool
  package var pictureID: UInt16
  package var tl0PicIdx: UInt8
  package var transportSequence: UInt16
  /// abs-send-time: 24 bits, seconds modulo 64 in 6.18 fixed point.
  package var sendTime: UInt32
  /// Whether the MID travels: until the viewer has shown that it knows the SSRC.
  package var includesMID: Bool
  /// Whether the packet is sent without payload, in the place of one that was dropped.
  package var isEmpty: Bool
  /// The original sequence number to put before the payload (RFC 4588), in a retransmission.
  package var originalSequence: UInt16?
  /// Whether this is the first packet of the first frame on this stream.
  package var isFirstFrame: Bool

  /// The 48-bit packet index's upper part (RFC 3711 section 3.3.1).
  package var rolloverCounter: UInt32 { UInt32(truncatingIfNeeded: sequence >> 16) }
}

/// The payload types of one section, by codec: what the viewer calls each.
package struct PayloadTypeTable: Hashable, Sendable {
  private var types = SIMD8<UInt8>(repeating: 0xFF)
  private var retransmissions = SIMD8<UInt8>(repeating: 0xFF)

  /// The first format of each codec wins: the order is the answer's preference.
  package init(_ formats: [(codec: Codec, payloadType: PayloadType, rtx: PayloadType?)]) {
    for format in formats where types[Int(format.codec.rawValue)] == 0xFF {
      types[Int(format.codec.rawValue)] = format.payloadType
      retransmissions[Int(format.codec.rawValue)] = format.rtx ?? 0xFF
    }
  }

  /// The payload type for `codec`, nil when the viewer did not agree to it.
  package func payloadType(_ codec: Codec) -> PayloadType? {
    let type = types[Int(codec.rawValue)]
    return type == 0xFF ? nil : type
  }

  /// The retransmission payload type for `codec`, nil without RTX.
  package func retransmissionType(_ codec: Codec) -> PayloadType? {
    let type = retransmissions[Int(codec.rawValue)]
    return type == 0xFF ? nil : type
  }
}
