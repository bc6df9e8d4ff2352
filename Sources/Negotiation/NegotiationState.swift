// What one negotiation leaves for the next on the same transport.

package import DTLS
package import ICE
package import MediaControl
package import RTP

/// The memory of a transport's negotiations: sections keep their tracks and SSRCs.
package struct NegotiationState: Hashable, Sendable {
  /// What was agreed for one section.
  package struct Section: Hashable, Sendable {
    package var mid: String?
    /// As in the media line.
    package var kind: String
    package var isRejected: Bool
    /// Set since the peer first sent in this section.
    package var track: TrackID?
    /// The RIDs the peer offered to send when `track` was given out.
    package var rids: [String] = []
    /// Set since we first sent in this section.
    package var ssrc: SSRC?
    package var rtxSSRC: SSRC?
  }

  package var sections: [Section]
  package var local: ICECredentials
  package var remote: ICECredentials
  package var fingerprints: [CertificateFingerprint]
  package var dtlsRole: DTLSRole
  /// The version in the origin line of the last answer.
  package var version: UInt64
}
