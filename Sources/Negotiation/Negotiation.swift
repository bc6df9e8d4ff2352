// Offer/answer: an offer and our side in, an answer and parameters out (RFC 8829, 9143, 8853).

package import SDP

import DTLS
import ICE
import MediaControl
import RTP

/// Offer/answer as pure functions.
package enum Negotiation {
  /// Answers an offer, or refuses it with a reason for its author.
  ///
  /// All media shares one transport (BUNDLE, rtcp-mux, DTLS-SRTP). Sections of kinds other than
  /// audio and video are rejected with port 0. Every codec both sides know is answered, so that a
  /// change of codec needs no new offer.
  /// - Parameters:
  ///   - local: our side; its credentials are used for the first offer and where ICE restarts.
  ///   - previous: the state of the last negotiation on this transport, nil for the first.
  ///   - identifiers: gives tracks to new receive sections and SSRCs to new send sections.
  package static func answer(
    _ offer: SessionDescription, policy: AnswerPolicy, local: LocalSide,
    continuing previous: NegotiationState? = nil, identifiers: inout some IdentifierSource
  ) throws(NegotiationRefusal) -> NegotiatedSession {
    if let previous { try checkContinuity(offer, previous) }
    var plans: [SectionPlan] = []
    for (index, section) in offer.media.enumerated() {
      plans.append(try SectionPlan(section, at: index, in: offer, policy: policy))
    }
    try checkCounts(plans, policy, isFirst: previous == nil)
    let tagged = try bundleTag(plans, offer)
    let remote = try RemoteTransport(of: tagged, in: offer)
    let role = try remote.roleAsAnswerer(previous: previous?.dtlsRole)
    if let previous, Set(previous.fingerprints) != Set(remote.fingerprints) {
      throw .transportChanged
    }
    let isRestart = previous.map { $0.remote != remote.credentials } ?? false
    var state = previous ?? NegotiationState.initial(local: local, remote: remote, role: role)
    if isRestart { state.local = local.credentials }
    state.remote = remote.credentials
    state.version += previous == nil ? 0 : 1
    state.assign(plans, offer, &identifiers)
    var side = local
    side.credentials = state.local
    var composer = AnswerComposer(offer: offer, policy: policy, local: side, state: state)
    for plan in plans { composer.add(plan) }
    return composer.finish(remote: remote, isICERestart: isRestart)
  }

  /// A new offer keeps the old one's sections in their places; one that was rejected may be reused
  /// for another (RFC 8829 section 5.2.2).
  private static func checkContinuity(
    _ offer: SessionDescription, _ previous: NegotiationState
  ) throws(NegotiationRefusal) {
    guard offer.media.count >= previous.sections.count else { throw .sectionsChanged }
    for (section, old) in zip(offer.media, previous.sections) where !old.isRejected {
      let isStopped = section.line.port == 0 && !section.isBundleOnly
      guard isStopped || section.mid == old.mid && section.line.kind == old.kind else {
        throw .sectionsChanged
      }
    }
  }

  private static func checkCounts(
    _ plans: [SectionPlan], _ policy: AnswerPolicy, isFirst: Bool
  ) throws(NegotiationRefusal) {
    let receives = plans.count { $0.accepted?.receives ?? false }
    let sends = plans.count { $0.accepted?.sends ?? false }
    guard receives <= NegotiationLimits.receivesMax else {
      throw .tooManySections(max: NegotiationLimits.receivesMax)
    }
    guard sends <= NegotiationLimits.sendsMax else {
      throw .tooManySections(max: NegotiationLimits.sendsMax)
    }
    let isEmpty =
      isFirst ? receives + sends == 0 : plans.allSatisfy { $0.accepted == nil }
    if isEmpty { throw policy.role.weReceive ? .nothingToReceive : .nothingToSend }
  }

  /// The section that speaks for the transport: the first of the group that we accept.
  private static func bundleTag(
    _ plans: [SectionPlan], _ offer: SessionDescription
  ) throws(NegotiationRefusal) -> MediaDescription {
    guard let group = offer.bundle else { throw .missingBundle }
    let mids = Set(group)
    for plan in plans {
      guard let accepted = plan.accepted else { continue }
      guard mids.contains(accepted.mid) else { throw .outsideBundle(plan.index) }
    }
    for mid in group {
      if let plan = plans.first(where: { $0.accepted?.mid == mid }) { return plan.offered }
    }
    throw .missingBundle
  }
}

extension NegotiationState {
  static func initial(
    local: LocalSide, remote: RemoteTransport, role: DTLSRole
  ) -> NegotiationState {
    NegotiationState(
      sections: [], local: local.credentials, remote: remote.credentials,
      fingerprints: remote.fingerprints, dtlsRole: role, version: 1)
  }

  /// Gives tracks and SSRCs to sections that need them and have none yet.
  mutating func assign(
    _ plans: [SectionPlan], _ offer: SessionDescription,
    _ identifiers: inout some IdentifierSource
  ) {
    let theirs = offer.media.flatMap { $0.rtp.sources.map(\.ssrc) }
    let ours = sections.flatMap { [$0.ssrc, $0.rtxSSRC].compactMap { $0 } }
    var pool = SSRCPool(taken: Set(theirs + ours))
    for plan in plans {
      var section = Section(
        mid: plan.offered.mid, kind: plan.offered.line.kind, isRejected: plan.accepted == nil)
      if plan.index < sections.count, sections[plan.index].mid == section.mid {
        section.track = sections[plan.index].track
        section.rids = sections[plan.index].rids
        section.ssrc = sections[plan.index].ssrc
        section.rtxSSRC = sections[plan.index].rtxSSRC
      }
      if let accepted = plan.accepted {
        if accepted.receives { section.receive(plan.offered.rtp, &identifiers) }
        if accepted.sends, section.ssrc == nil { section.ssrc = pool.next(&identifiers) }
        let hasRTX = accepted.formats.contains { $0.rtxPayloadType != nil }
        if accepted.sends, hasRTX, section.rtxSSRC == nil {
          section.rtxSSRC = pool.next(&identifiers)
        }
      }
      if plan.index < sections.count {
        sections[plan.index] = section
      } else {
        sections.append(section)
      }
    }
  }
}

extension NegotiationState.Section {
  /// Gives the section its track. Other RIDs are another track: caches, clocks and layers everywhere are
  /// by encoding, and viewers move to the new track as to any other.
  fileprivate mutating func receive(
    _ offered: RTPDescription, _ identifiers: inout some IdentifierSource
  ) {
    let offeredRIDs = offered.rids.filter { $0.direction == .send }.map(\.id)
    guard track == nil || rids != offeredRIDs else { return }
    track = identifiers.nextTrack()
    rids = offeredRIDs
  }
}
