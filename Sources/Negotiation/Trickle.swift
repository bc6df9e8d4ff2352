// Trickle and ICE restart over WHIP and WHEP (RFC 9725 section 4.3, RFC 8840).

package import ICE
package import SDP

/// What a trickle fragment asks for.
package enum TrickleRequest: Hashable, Sendable {
  /// More candidates of the current ICE generation.
  case candidates([RemoteCandidate])
  /// A new ICE generation of the peer.
  case restart(ICECredentials, [RemoteCandidate])
}

extension Negotiation {
  /// Judges a fragment against the session it was sent to. All its candidates are validated.
  ///
  /// Credentials other than the current ones mean a restart; none mean the current generation.
  package static func trickle(
    _ fragment: TrickleFragment, state: NegotiationState
  ) throws(NegotiationRefusal) -> TrickleRequest {
    let candidates = try CandidateLine.usable(fragment.candidates)
    let levels = [fragment.ice] + fragment.sections.map(\.ice)
    let ufrag = levels.lazy.compactMap(\.ufrag).first
    let password = levels.lazy.compactMap(\.password).first
    if password == nil, ufrag == nil || ufrag == state.remote.ufrag {
      return .candidates(candidates)
    }
    let credentials = try ICECharacters.credentials(ufrag: ufrag, password: password)
    return credentials == state.remote
      ? .candidates(candidates) : .restart(credentials, candidates)
  }

  /// Carries out a restart: `state` gets both sides' new credentials.
  ///
  /// - Parameter local: our side with new credentials.
  /// - Returns: the body of the 200 response.
  package static func restart(
    _ state: inout NegotiationState, remote: ICECredentials, local: LocalSide
  ) -> TrickleFragment {
    state.remote = remote
    state.local = local.credentials
    var fragment = TrickleFragment()
    fragment.isLite = true
    fragment.ice.options = ["trickle"]
    let sections = state.sections.filter { !$0.isRejected }
    fragment.groups = [SectionGroup(semantics: "BUNDLE", mids: sections.compactMap(\.mid))]
    // One section is enough: the others share its transport.
    guard let tagged = sections.first else { return fragment }
    var ice = ICEDescription()
    ice.ufrag = local.credentials.ufrag
    ice.password = local.credentials.password
    ice.candidates = local.candidates.map(\.line)
    ice.endOfCandidates = true
    // RFC 8840 section 9.2: a pseudo media line; its port and formats mean nothing.
    let line = MediaLine(
      kind: tagged.kind, port: 9, protocolName: "UDP/TLS/RTP/SAVPF", formats: ["0"])
    fragment.sections = [TrickleFragment.Section(line: line, mid: tagged.mid, ice: ice)]
    return fragment
  }
}
