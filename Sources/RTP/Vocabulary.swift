// Words shared by everyone who handles RTP: codecs, payload types, header extensions, SSRCs.

/// A synchronization source, RFC 3550 section 3.
package typealias SSRC = UInt32

/// An RTP payload type, 0...127.
package typealias PayloadType = UInt8

/// The codecs Hawker forwards.
package enum Codec: UInt8, Hashable, Sendable, CaseIterable, BitwiseCopyable {
  case opus, vp8, h264, vp9, av1

  /// The encoding name of the SDP rtpmap, as registered.
  package var name: String {
    switch self {
    case .opus: "opus"
    case .vp8: "VP8"
    case .h264: "H264"
    case .vp9: "VP9"
    case .av1: "AV1"
    }
  }
  package var isVideo: Bool { self != .opus }
  /// Ticks of the RTP clock per second.
  package var clockRate: Int { isVideo ? 90_000 : 48_000 }
}

/// What a media section carries.
package enum MediaKind: UInt8, Hashable, Sendable {
  case audio, video
}

/// The header extensions Hawker knows, with their URIs (RFC 8285).
package enum HeaderExtension: UInt8, Hashable, Sendable, CaseIterable {
  case mid
  case rid
  case repairedRID
  case audioLevel
  case absSendTime
  case transportSequence
  case absCaptureTime
  case playoutDelay
  case dependencyDescriptor

  package var uri: String {
    switch self {
    case .mid: "urn:ietf:params:rtp-hdrext:sdes:mid"
    case .rid: "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
    case .repairedRID: "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
    case .audioLevel: "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
    case .absSendTime: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
    case .transportSequence:
      "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
    case .absCaptureTime: "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
    case .playoutDelay: "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
    case .dependencyDescriptor:
      "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
    }
  }
}

/// The header extension ids one transport negotiated: extension to id 1...255, 0 where absent.
package struct ExtensionMap: Hashable, Sendable {
  private var ids = SIMD16<UInt8>(repeating: 0)
  /// A map with nothing negotiated.
  package init() {}
  /// The id of `kind`; 0 when it was not negotiated.
  package subscript(kind: HeaderExtension) -> UInt8 {
    get { ids[Int(kind.rawValue)] }
    set { ids[Int(kind.rawValue)] = newValue }
  }

  /// The extension negotiated under `id`; nil when there is none, and for 0.
  package func kind(of id: UInt8) -> HeaderExtension? {
    guard id != 0 else { return nil }
    for lane in 0..<16 where ids[lane] == id { return HeaderExtension(rawValue: UInt8(lane)) }
    return nil
  }
}
