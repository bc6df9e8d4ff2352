// Writing the answer and, from the same decisions, the packet path's parameters.

import DTLS
import ICE
import MediaControl
import RTP
import SDP
import Wire

/// Collects the answer section by section.
struct AnswerComposer {
  private let offer: SessionDescription
  private let policy: AnswerPolicy
  private let local: LocalSide
  private let state: NegotiationState
  private var answer: SessionDescription
  private var bundled: [String] = []
  private var receives: [ReceiveSection] = []
  private var sends: [SendSection] = []
  private var extensions = ExtensionChoice()
  /// One RTCP session for all sections: reduced-size only where all agreed (RFC 5506, RFC 8859).
  private var isReducedSize = true
  /// Sections of each kind so far: the n-th audio and the n-th video section share a stream.
  private var ordinals: (audio: Int, video: Int) = (0, 0)

  init(
    offer: SessionDescription, policy: AnswerPolicy, local: LocalSide, state: NegotiationState
  ) {
    self.offer = offer
    self.policy = policy
    self.local = local
    self.state = state
    answer = SessionDescription(
      origin: Origin(sessionID: local.sessionID, version: state.version))
    answer.isLite = true
    answer.ice.options = ["trickle"]
    answer.allowsMixedExtensions = offer.allowsMixedExtensions
  }

  /// Answers one section; in the order of the offer.
  mutating func add(_ plan: SectionPlan) {
    defer { countOrdinal(plan.offered.line.kind) }
    guard let accepted = plan.accepted else {
      answer.media.append(rejection(of: plan.offered))
      return
    }
    var line = plan.offered.line
    line.port = defaultCandidate?.address.port ?? 9
    line.formats = accepted.formats.flatMap { format in
      [format.payloadType, format.rtxPayloadType].compactMap { $0.map { String($0) } }
    }
    var section = MediaDescription(line: line)
    section.connection = connection
    section.mid = accepted.mid
    section.direction = Direction(sends: accepted.sends, receives: accepted.receives)
    section.allowsMixedExtensions = plan.offered.allowsMixedExtensions
    writeTransport(&section)
    writeFormats(accepted, plan.offered.rtp, &section)
    writeExtensions(accepted, plan.offered, &section)
    let feedback = FeedbackChoice(
      plan.offered.rtp, formats: accepted.formats,
      hasTransportSequence: section.has(.transportSequence), weReceive: accepted.receives)
    section.rtp.feedback = feedback.lines
    if accepted.receives { receive(plan, accepted, feedback.feedback, &section) }
    if accepted.sends { send(plan, accepted, feedback.feedback, &section) }
    bundled.append(accepted.mid)
    isReducedSize = isReducedSize && section.rtp.isReducedSize
    answer.media.append(section)
  }

  /// The whole outcome.
  consuming func finish(remote: RemoteTransport, isICERestart: Bool) -> NegotiatedSession {
    // The group keeps the offer's order, so that both sides mean the same tagged section.
    let mids = (offer.bundle ?? []).filter { bundled.contains($0) }
    answer.groups = [SectionGroup(semantics: "BUNDLE", mids: mids)]
    if let tagged = answer.media.firstIndex(where: { $0.mid == mids.first }) {
      answer.media[tagged].ice.candidates = local.candidates.map(\.line)
      answer.media[tagged].ice.endOfCandidates = true
    }
    let media = MediaParameters(
      receives: receives, sends: sends, extensions: extensions.map,
      reducedSizeRTCP: isReducedSize, cname: local.cname)
    let transport = TransportParameters(
      local: state.local, remote: state.remote, iceRole: .lite, dtlsRole: state.dtlsRole,
      fingerprints: remote.fingerprints, candidates: remote.candidates)
    return NegotiatedSession(
      answer: answer, transport: transport, media: media, state: state,
      isICERestart: isICERestart)
  }

  // MARK: Parts of a section

  private var defaultCandidate: HostCandidate? { local.candidates.first { $0.transport == .udp } }

  private var connection: String {
    guard let ip = defaultCandidate?.address.ip else { return "IN IP4 0.0.0.0" }
    return "IN \(ip.isIPv4 ? "IP4" : "IP6") \(ip)"
  }

  private func rejection(of offered: MediaDescription) -> MediaDescription {
    var line = offered.line
    line.port = 0
    var section = MediaDescription(line: line)
    section.connection = "IN IP4 0.0.0.0"
    section.mid = offered.mid
    section.direction = .inactive
    return section
  }

  /// Credentials, fingerprint and setup stand in every section, not in the tagged one alone as
  /// RFC 9143 section 7.3.3 has it: GStreamer's webrtcbin refuses a section without them.
  private func writeTransport(_ section: inout MediaDescription) {
    section.ice.ufrag = local.credentials.ufrag
    section.ice.password = local.credentials.password
    section.dtls.fingerprints = [
      Fingerprint(
        hashFunction: local.fingerprint.algorithm.rawValue, digest: local.fingerprint.digest)
    ]
    section.dtls.setup = state.dtlsRole == .server ? .passive : .active
    section.rtp.isMultiplexed = true
  }

  private func writeFormats(
    _ accepted: SectionPlan.Accepted, _ offered: RTPDescription, _ section: inout MediaDescription
  ) {
    section.rtp.isReducedSize = offered.isReducedSize
    for format in accepted.formats {
      let number = format.payloadType
      let codec = format.codec
      section.rtp.maps.append(
        RTPMap(
          payloadType: number, name: codec.name, clockRate: UInt32(codec.clockRate),
          channels: codec.isVideo ? nil : 2))
      let parameters = offered.parameters(of: number)
      if let answered = CodecMatch.answerParameters(format, offered: parameters) {
        section.rtp.parameters.append(answered)
      }
      guard let rtx = format.rtxPayloadType else { continue }
      section.rtp.maps.append(RTPMap(payloadType: rtx, name: "rtx", clockRate: 90_000))
      section.rtp.parameters.append(
        FormatParameters(payloadType: rtx, [FormatParameters.Parameter("apt", String(number))]))
    }
  }

  private mutating func writeExtensions(
    _ accepted: SectionPlan.Accepted, _ offered: MediaDescription,
    _ section: inout MediaDescription
  ) {
    section.rtp.extensions = extensions.accept(
      offer.extensions(of: offered), isVideo: accepted.kind == .video, role: policy.role,
      allowsMixed: offer.allowsMixedExtensions || offered.allowsMixedExtensions)
  }

  private mutating func receive(
    _ plan: SectionPlan, _ accepted: SectionPlan.Accepted, _ feedback: FeedbackSet,
    _ section: inout MediaDescription
  ) {
    guard let track = state.sections[plan.index].track else { return }
    let choice = SimulcastChoice(
      plan.offered, formats: accepted.formats, hasRIDs: section.has(.rid))
    if let cap = policy.bitrateMax, accepted.kind == .video {
      // RFC 3890: what browsers keep all encodings of the section below.
      section.otherLines.append(OtherLine("b", "TIAS:\(cap.bitsPerSecond)"))
    }
    section.rtp.rids = choice.rids
    section.rtp.simulcast = choice.simulcast
    receives.append(
      ReceiveSection(
        index: plan.index, mid: accepted.mid, kind: accepted.kind, track: track,
        formats: accepted.formats, encodings: choice.encodings, feedback: feedback))
  }

  private mutating func send(
    _ plan: SectionPlan, _ accepted: SectionPlan.Accepted, _ feedback: FeedbackSet,
    _ section: inout MediaDescription
  ) {
    guard let ssrc = state.sections[plan.index].ssrc else { return }
    let hasRTX = accepted.formats.contains { $0.rtxPayloadType != nil }
    let rtxSSRC = hasRTX ? state.sections[plan.index].rtxSSRC : nil
    let ordinal = accepted.kind == .audio ? ordinals.audio : ordinals.video
    let name = accepted.kind == .audio ? "audio" : "video"
    section.rtp.write(
      ssrc: ssrc, rtxSSRC: rtxSSRC, cname: local.cname,
      msid: "stream-\(ordinal) \(name)-\(ordinal)")
    sends.append(
      SendSection(
        index: plan.index, mid: accepted.mid, kind: accepted.kind, ssrc: ssrc, rtxSSRC: rtxSSRC,
        formats: accepted.formats, feedback: feedback))
  }

  private mutating func countOrdinal(_ kind: String) {
    if kind == "audio" { ordinals.audio += 1 }
    if kind == "video" { ordinals.video += 1 }
  }
}

extension RTPDescription {
  /// Describes one of our streams: group, sources and track.
  mutating func write(ssrc: SSRC, rtxSSRC: SSRC?, cname: String, msid: String) {
    msids = [msid]
    if let rtxSSRC { sourceGroups = [SourceGroup(semantics: "FID", ssrcs: [ssrc, rtxSSRC])] }
    for source in [ssrc, rtxSSRC].compactMap({ $0 }) {
      sources.append(SourceAttribute(ssrc: source, name: "cname", value: cname))
      sources.append(SourceAttribute(ssrc: source, name: "msid", value: msid))
    }
  }
}

extension MediaDescription {
  /// Whether the section maps the extension.
  func has(_ kind: HeaderExtension) -> Bool { rtp.extensions.contains { $0.uri == kind.uri } }
}
