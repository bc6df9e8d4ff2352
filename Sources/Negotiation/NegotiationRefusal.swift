// Why an offer was refused, in words for whoever wrote the client.

package import RTP

/// A refusal of an offer or trickle fragment. The texts are the bodies of 4xx responses.
package enum NegotiationRefusal: Error, Hashable, Sendable {
  /// No `a=group:BUNDLE`.
  case missingBundle
  /// A section that is not in the BUNDLE group, by its index.
  case outsideBundle(Int)
  /// A section without `a=mid`, by its index.
  case missingMID(Int)
  /// A section without `a=rtcp-mux`, by its mid.
  case missingRTCPMux(String)
  /// A section whose transport is not DTLS-SRTP with feedback, by its mid.
  case unsupportedProtocol(String)
  case missingICECredentials
  /// Too short, too long or with other characters than RFC 8839 section 5.4 allows.
  case malformedICECredentials
  case malformedCandidate
  case missingFingerprint
  /// Fingerprints, but none of SHA-256, SHA-384 or SHA-512 with a digest of its length.
  case unsupportedFingerprint
  /// `a=setup:holdconn`.
  case unsupportedSetup
  /// No codec in common; the names offered, at most eight.
  case noCommonCodec(MediaKind, offered: [String])
  /// A publisher's offer without a section that sends.
  case nothingToReceive
  /// A viewer's offer without a section that receives.
  case nothingToSend
  /// More sections than the limit.
  case tooManySections(max: Int)
  /// A new offer removed, reordered or changed sections of the old one.
  case sectionsChanged
  /// A new offer came with another certificate or DTLS role; that needs a new session.
  case transportChanged

  /// A sentence for the client.
  package var text: String {
    switch self {
    case .missingBundle: "the offer has no BUNDLE group; all sections must share one transport"
    case .outsideBundle(let index): "section \(index) is not in the BUNDLE group"
    case .missingMID(let index): "section \(index) has no a=mid"
    case .missingRTCPMux(let mid): "section \(mid) has no a=rtcp-mux"
    case .unsupportedProtocol(let mid): "section \(mid) is not UDP/TLS/RTP/SAVPF"
    case .missingICECredentials: "a=ice-ufrag or a=ice-pwd is missing"
    case .malformedICECredentials: "a=ice-ufrag or a=ice-pwd breaks RFC 8839"
    case .malformedCandidate: "an a=candidate line breaks RFC 8839"
    case .missingFingerprint: "a=fingerprint is missing"
    case .unsupportedFingerprint: "a=fingerprint must be sha-256, sha-384 or sha-512"
    case .unsupportedSetup: "a=setup must be actpass, active or passive"
    case .noCommonCodec(.audio, let names):
      "no audio codec in common: offered \(Self.list(names)), supported opus"
    case .noCommonCodec(.video, let names):
      "no video codec in common: offered \(Self.list(names)), "
        + "supported VP8, H264 (baseline), VP9, AV1"
    case .nothingToReceive: "the offer has no audio or video section that sends"
    case .nothingToSend: "the offer has no audio or video section that receives"
    case .tooManySections(let max): "more than \(max) sections of one direction"
    case .sectionsChanged: "the offer does not continue the sections of the last one"
    case .transportChanged: "the certificate or DTLS role changed; start a new session"
    }
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.joined(separator: ", ")
  }
}
