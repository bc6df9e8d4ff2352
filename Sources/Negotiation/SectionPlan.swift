// What becomes of one offered section, before identifiers are given out.

import MediaControl
import RTP
import SDP

/// One media section on its way from offer to answer.
struct SectionPlan {
  /// An audio or video section we take, active or not.
  struct Accepted {
    let mid: String
    let kind: MediaKind
    /// Whether the peer sends to us in it.
    let receives: Bool
    /// Whether we send to the peer in it.
    let sends: Bool
    let formats: [PayloadFormat]
  }

  /// The section's place in the description.
  let index: Int
  let offered: MediaDescription
  /// Nil when the section is rejected.
  let accepted: Accepted?

  /// Whether the offerer itself rejects or has stopped the section.
  var isRejectedByOfferer: Bool { offered.line.port == 0 && !offered.isBundleOnly }

  /// Judges a section. Sections of unknown kinds and inactive ones without a common codec are
  /// rejected; active audio and video must be acceptable.
  init(
    _ offered: MediaDescription, at index: Int, in offer: SessionDescription,
    policy: AnswerPolicy
  ) throws(NegotiationRefusal) {
    self.index = index
    self.offered = offered
    guard offered.line.port != 0 || offered.isBundleOnly, offered.line.isRTP,
      let kind = Self.kind(offered.line.kind)
    else {
      accepted = nil
      return
    }
    let direction = offer.direction(of: offered)
    let receives = direction.sends && policy.role.weReceive
    let sends = direction.receives && policy.role.weSend
    guard let mid = offered.mid else { throw .missingMID(index) }
    guard Self.protocols.contains(offered.line.protocolName) else {
      throw .unsupportedProtocol(mid)
    }
    let formats = CodecMatch.formats(in: offered, preferring: policy.preferCodec)
    guard !formats.isEmpty else {
      if receives || sends {
        throw .noCommonCodec(kind, offered: CodecMatch.names(in: offered))
      }
      accepted = nil
      return
    }
    guard offered.rtp.isMultiplexed else { throw .missingRTCPMux(mid) }
    accepted = Accepted(
      mid: mid, kind: kind, receives: receives, sends: sends, formats: formats)
  }

  private static func kind(_ name: String) -> MediaKind? {
    switch name {
    case "audio": .audio
    case "video": .video
    default: nil
    }
  }

  /// DTLS-SRTP as RFC 8829 section 5.1.2 names it, with feedback or, from older clients, without.
  private static let protocols = [
    "UDP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "RTP/SAVPF",
  ]
}
