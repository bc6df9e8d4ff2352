// What a fuzzer runs against offer/answer.

import DTLS
import ICE
import MediaControl
import RTP
import SDP
import Wire

/// The negotiation fuzz body.
package enum NegotiationFuzzBody {
  /// Counts up: enough for identifiers that only have to differ.
  private struct Counter: IdentifierSource {
    var last: UInt32 = 0
    mutating func nextTrack() -> TrackID {
      last &+= 1
      return TrackID(last)
    }
    mutating func nextSSRC() -> SSRC {
      last &+= 1
      return last
    }
  }

  /// Answers `bytes` as an offer in every role. An answer must parse as it was written, and the
  /// same offer again must lead to the same parameters without an ICE restart.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    if let fragment = try? TrickleFragment.parse(bytes) {
      _ = try? CandidateLine.usable(fragment.candidates)
    }
    guard let offer = try? SessionDescription.parse(bytes) else { return }
    let local = LocalSide(
      sessionID: 1,
      credentials: ICECredentials(ufrag: "abcd", password: String(repeating: "p", count: 22)),
      fingerprint: CertificateFingerprint(
        algorithm: .sha256, digest: [UInt8](repeating: 7, count: 32)),
      candidates: HostCandidate.all(
        addresses: [IPAddress(ipv4: 0xC000_0201)], udpPort: 7000, tcpPort: 7000),
      cname: "cname")
    for role in [AnswerPolicy.Role.publisher, .viewer, .mixed] {
      let policy = AnswerPolicy(role: role, preferCodec: .h264)
      var source = Counter()
      guard
        let first = try? Negotiation.answer(
          offer, policy: policy, local: local, identifiers: &source)
      else { continue }
      let text = first.answer.text
      // An answer can have more lines than its offer: one beyond our own limit is not read back.
      if text.utf8.count <= SDPLimits.bytesMax,
        text.utf8.count(where: { $0 == 0x0A }) <= SDPLimits.linesMax
      {
        let again = try? SessionDescription.parse(Array(text.utf8))
        precondition(again?.text == text, "an answer does not parse as it was written")
      }
      let second = try? Negotiation.answer(
        offer, policy: policy, local: local, continuing: first.state, identifiers: &source)
      precondition(second?.media == first.media, "the same offer again changed the parameters")
      precondition(second?.isICERestart == false, "the same offer again restarted ICE")
    }
  }
}
