// Which RTCP feedback we take (RFC 4585 section 4.2.2).

import MediaControl
import SDP

extension FeedbackSet {
  /// The feedback of an rtcp-fb kind; nil for kinds we do not know.
  init?(kind: String) {
    switch kind {
    case "nack": self = .nack
    case "nack pli": self = .pli
    case "ccm fir": self = .fir
    case "goog-remb": self = .remb
    case "transport-cc": self = .transportWide
    default: return nil
    }
  }
}

/// The feedback of one section: what we answer and what the packet path uses.
struct FeedbackChoice {
  private(set) var lines: [RTCPFeedback] = []
  private(set) var feedback: FeedbackSet = []

  /// Chooses per payload type.
  ///
  /// Transport-wide feedback needs its header extension. A sender that gets it needs no REMB, so a
  /// peer that sends to us is answered one of the two.
  init(
    _ rtp: RTPDescription, formats: [PayloadFormat], hasTransportSequence: Bool, weReceive: Bool
  ) {
    for format in formats {
      let kinds = rtp.feedback(of: format.payloadType)
      let isTransportWide = hasTransportSequence && kinds.contains("transport-cc")
      var seen: FeedbackSet = []
      for kind in kinds {
        guard let known = FeedbackSet(kind: kind), seen.intersection(known).isEmpty,
          known != .transportWide || hasTransportSequence,
          known != .remb || !(weReceive && isTransportWide)
        else { continue }
        seen.insert(known)
        lines.append(RTCPFeedback(payloadType: format.payloadType, kind: kind))
      }
      feedback.formUnion(seen)
    }
  }
}
