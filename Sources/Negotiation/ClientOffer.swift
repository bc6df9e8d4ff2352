// Offers our own clients make: the load generator, the synthetic host, the HLS sidecar.

package import ICE
import MediaControl
package import RTP
package import SDP

import DTLS

/// One section of an offer to make.
package struct OfferSection: Hashable, Sendable {
  package var kind: MediaKind
  package var direction: Direction
  /// Best first; those of the other kind are left out.
  package var codecs: [Codec]
  /// Simulcast encodings of a section that sends, smallest first; empty for a single encoding.
  package var rids: [String]

  package init(
    _ kind: MediaKind, _ direction: Direction, codecs: [Codec], rids: [String] = []
  ) {
    self.kind = kind
    self.direction = direction
    self.codecs = codecs.filter { $0.isVideo == (kind == .video) }
    self.rids = direction.sends ? rids : []
  }

  /// The sections of a publisher: Opus and one video codec, in one or more encodings.
  package static func publisher(video: Codec, rids: [String] = []) -> [OfferSection] {
    [
      OfferSection(.audio, .sendonly, codecs: [.opus]),
      OfferSection(.video, .sendonly, codecs: [video], rids: rids),
    ]
  }

  /// The sections of a viewer that understands every codec.
  package static func viewer(audio: Int = 1, video: Int = 1) -> [OfferSection] {
    Array(repeating: OfferSection(.audio, .recvonly, codecs: [.opus]), count: audio)
      + Array(
        repeating: OfferSection(.video, .recvonly, codecs: [.vp8, .h264, .vp9, .av1]), count: video)
  }
}

/// An offer of ours, with what is needed to apply its answer.
package struct ClientOffer: Hashable, Sendable {
  /// One stream we may send: an encoding's SSRCs.
  struct Stream: Hashable, Sendable {
    let rid: String?
    let ssrc: SSRC
    let rtxSSRC: SSRC?
  }

  package let description: SessionDescription
  package let local: ICECredentials
  let cname: String
  /// By section; empty for those that only receive.
  let streams: [[Stream]]
}

extension Negotiation {
  /// Makes an offer: all sections in one BUNDLE group, DTLS role left to the answerer.
  package static func offer(
    _ sections: [OfferSection], local: LocalSide, identifiers: inout some IdentifierSource
  ) -> ClientOffer {
    var pool = SSRCPool(taken: [])
    var description = SessionDescription(origin: Origin(sessionID: local.sessionID, version: 1))
    description.ice.options = ["trickle"]
    description.allowsMixedExtensions = true
    description.groups = [
      SectionGroup(semantics: "BUNDLE", mids: sections.indices.map { String($0) })
    ]
    var streams: [[ClientOffer.Stream]] = []
    for (index, section) in sections.enumerated() {
      let own = section.makeStreams(&pool, &identifiers)
      streams.append(own)
      description.media.append(
        section.describe(mid: String(index), local: local, streams: own, isTagged: index == 0))
    }
    return ClientOffer(
      description: description, local: local.credentials, cname: local.cname, streams: streams)
  }
}

extension OfferSection {
  fileprivate func makeStreams(
    _ pool: inout SSRCPool, _ identifiers: inout some IdentifierSource
  ) -> [ClientOffer.Stream] {
    guard direction.sends else { return [] }
    let names: [String?] = rids.isEmpty ? [nil] : rids
    var streams: [ClientOffer.Stream] = []
    for name in names {
      let ssrc = pool.next(&identifiers)
      let rtx = kind == .video ? pool.next(&identifiers) : nil
      streams.append(ClientOffer.Stream(rid: name, ssrc: ssrc, rtxSSRC: rtx))
    }
    return streams
  }

  fileprivate func describe(
    mid: String, local: LocalSide, streams: [ClientOffer.Stream], isTagged: Bool
  ) -> MediaDescription {
    let formats = codecs.flatMap { $0.offeredTypes.map { String($0) } }
    let line = MediaLine(
      kind: kind == .audio ? "audio" : "video", port: 9, protocolName: "UDP/TLS/RTP/SAVPF",
      formats: formats)
    var media = MediaDescription(line: line)
    media.connection = "IN IP4 0.0.0.0"
    media.mid = mid
    media.direction = direction
    media.ice.ufrag = local.credentials.ufrag
    media.ice.password = local.credentials.password
    if isTagged {
      media.ice.candidates = local.candidates.map(\.line)
      media.ice.endOfCandidates = !local.candidates.isEmpty
    }
    media.dtls.fingerprints = [
      Fingerprint(
        hashFunction: local.fingerprint.algorithm.rawValue, digest: local.fingerprint.digest)
    ]
    media.dtls.setup = .actpass
    describeRTP(&media.rtp, streams: streams, cname: local.cname)
    return media
  }

  private func describeRTP(
    _ rtp: inout RTPDescription, streams: [ClientOffer.Stream], cname: String
  ) {
    rtp.isMultiplexed = true
    rtp.isReducedSize = true
    for codec in codecs { codec.describe(&rtp) }
    rtp.extensions = HeaderExtension.allCases.compactMap { mapping(of: $0) }
    if rids.isEmpty, let stream = streams.first {
      rtp.write(
        ssrc: stream.ssrc, rtxSSRC: stream.rtxSSRC, cname: cname,
        msid: "stream \(kind == .audio ? "audio" : "video")")
    } else if !streams.isEmpty {
      rtp.msids = ["stream video"]
      rtp.rids = rids.map { RIDDescription(id: $0, direction: .send) }
      if rids.count > 1 { rtp.simulcast = Simulcast(send: rids.map { [.init($0)] }) }
    }
  }

  /// Our offers number the header extensions in the order of the vocabulary, from 1.
  private func mapping(of kind: HeaderExtension) -> ExtensionMapping? {
    let isWanted =
      switch kind {
      case .mid, .absSendTime, .transportSequence, .absCaptureTime: true
      case .audioLevel: self.kind == .audio
      case .rid, .repairedRID: !rids.isEmpty
      case .playoutDelay, .dependencyDescriptor: self.kind == .video
      }
    guard isWanted else { return nil }
    return ExtensionMapping(id: UInt16(kind.rawValue) + 1, uri: kind.uri)
  }
}

extension Codec {
  /// The payload types of our offers: the codec's and its retransmissions'. As Chromium numbers
  /// them, for those who read captures.
  fileprivate var offeredTypes: [UInt8] {
    switch self {
    case .opus: [111]
    case .vp8: [96, 97]
    case .h264: [108, 109]
    case .vp9: [98, 99]
    case .av1: [45, 46]
    }
  }

  fileprivate func describe(_ rtp: inout RTPDescription) {
    typealias Parameter = FormatParameters.Parameter
    let number = offeredTypes[0]
    rtp.maps.append(
      RTPMap(
        payloadType: number, name: name, clockRate: UInt32(clockRate), channels: isVideo ? nil : 2))
    let parameters: [Parameter] =
      switch self {
      case .opus: [Parameter("minptime", "10"), Parameter("useinbandfec", "1")]
      case .vp8: []
      case .h264:
        [
          Parameter("level-asymmetry-allowed", "1"), Parameter("packetization-mode", "1"),
          Parameter("profile-level-id", "42e01f"),
        ]
      case .vp9: [Parameter("profile-id", "0")]
      case .av1: [Parameter("profile", "0")]
      }
    if !parameters.isEmpty {
      rtp.parameters.append(FormatParameters(payloadType: number, parameters))
    }
    let kinds =
      isVideo ? ["transport-cc", "goog-remb", "ccm fir", "nack", "nack pli"] : ["transport-cc"]
    rtp.feedback += kinds.map { RTCPFeedback(payloadType: number, kind: $0) }
    guard isVideo else { return }
    rtp.maps.append(RTPMap(payloadType: offeredTypes[1], name: "rtx", clockRate: 90_000))
    rtp.parameters.append(
      FormatParameters(payloadType: offeredTypes[1], [Parameter("apt", String(number))]))
  }
}
