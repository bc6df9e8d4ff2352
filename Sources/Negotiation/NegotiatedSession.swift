// What an accepted offer leads to.

package import MediaControl
package import SDP

/// The outcome of an offer: what to say, what to build, what to remember.
package struct NegotiatedSession: Hashable, Sendable {
  package var answer: SessionDescription
  package var transport: TransportParameters
  package var media: MediaParameters
  package var state: NegotiationState
  /// Whether the offer restarted ICE: the transport gets `transport.local` and `.remote` as a new
  /// generation. False for the first offer.
  package var isICERestart: Bool
}
