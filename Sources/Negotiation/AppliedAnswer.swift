// An answer to our own offer, as parameters of the transport we then build.

package import MediaControl
package import SDP

import DTLS
import ICE
import RTP

/// Why an answer to our offer cannot be used.
package enum AnswerFault: Error, Hashable, Sendable {
  /// Not as many sections as we offered, or of other kinds.
  case sectionsDiffer
  /// Every section is rejected or inactive.
  case nothingAgreed
  /// The answer's ICE or DTLS part is missing or malformed.
  case transport(NegotiationRefusal)

  /// A sentence for a log or a terminal.
  package var text: String {
    switch self {
    case .sectionsDiffer: "the answer's sections are not the offer's"
    case .nothingAgreed: "the answer accepts no section"
    case .transport(let refusal): "in the answer, \(refusal.text)"
    }
  }
}

/// What a client builds from its offer and the answer.
package struct AppliedAnswer: Hashable, Sendable {
  package var transport: TransportParameters
  /// A simulcast section has one send section per encoding, all with the same index and mid.
  package var media: MediaParameters
  /// By position in `media.sends`: the encoding's RID, nil for a single encoding.
  package var sendRIDs: [String?]
}

extension Negotiation {
  /// Applies an answer, from our server or another.
  ///
  /// - Parameter identifiers: gives tracks to the sections in which we receive.
  package static func apply(
    _ answer: SessionDescription, to offer: ClientOffer,
    identifiers: inout some IdentifierSource
  ) throws(AnswerFault) -> AppliedAnswer {
    let offered = offer.description.media
    guard answer.media.count == offered.count,
      zip(answer.media, offered).allSatisfy({ $0.line.kind == $1.line.kind })
    else { throw .sectionsDiffer }
    var reading = AnswerReading(offer: offer, answer: answer)
    for index in answer.media.indices { reading.read(index, &identifiers) }
    guard !reading.receives.isEmpty || !reading.sends.isEmpty else { throw .nothingAgreed }
    do throws(NegotiationRefusal) {
      return try reading.finish()
    } catch {
      throw .transport(error)
    }
  }
}

/// Collects what the answer's sections agree to.
private struct AnswerReading {
  let offer: ClientOffer
  let answer: SessionDescription
  private(set) var receives: [ReceiveSection] = []
  private(set) var sends: [SendSection] = []
  private var sendRIDs: [String?] = []
  private var extensions = ExtensionChoice()
  private var isReducedSize = true

  init(offer: ClientOffer, answer: SessionDescription) {
    self.offer = offer
    self.answer = answer
  }

  private func isAccepted(_ section: MediaDescription) -> Bool {
    section.line.port != 0 || section.isBundleOnly
  }

  mutating func read(_ index: Int, _ identifiers: inout some IdentifierSource) {
    let section = answer.media[index]
    let offered = offer.description.media[index]
    guard isAccepted(section), let preferred = firstCodec(of: section),
      let mid = section.mid ?? offered.mid
    else { return }
    let formats = CodecMatch.formats(in: section, preferring: preferred)
      .filter { offered.line.payloadTypes.contains($0.payloadType) }
    guard !formats.isEmpty else { return }
    for mapping in answer.extensions(of: section) {
      guard let kind = HeaderExtension.allCases.first(where: { $0.uri == mapping.uri }),
        let id = ExtensionChoice.usableID(mapping.id, allowsMixed: true)
      else { continue }
      _ = extensions.take(kind, id)
    }
    let kinds = formats.flatMap { section.rtp.feedback(of: $0.payloadType) }
    let feedback = kinds.compactMap { FeedbackSet(kind: $0) }.reduce(FeedbackSet()) { $0.union($1) }
    let kind: MediaKind = section.line.kind == "audio" ? .audio : .video
    isReducedSize = isReducedSize && section.rtp.isReducedSize
    let direction = answer.direction(of: section)
    let ours = offer.description.direction(of: offered)
    if direction.sends && ours.receives {
      let choice = SimulcastChoice(section, formats: formats, hasRIDs: false)
      receives.append(
        ReceiveSection(
          index: index, mid: mid, kind: kind, track: identifiers.nextTrack(), formats: formats,
          encodings: choice.encodings, feedback: feedback))
    }
    guard direction.receives && ours.sends else { return }
    for stream in agreedStreams(index, section) {
      let hasRTX = formats.contains { $0.rtxPayloadType != nil }
      sends.append(
        SendSection(
          index: index, mid: mid, kind: kind, ssrc: stream.ssrc,
          rtxSSRC: hasRTX ? stream.rtxSSRC : nil, formats: formats, feedback: feedback))
      sendRIDs.append(stream.rid)
    }
  }

  /// The codec of the answer's first payload type that we know: an answerer's preference.
  private func firstCodec(of section: MediaDescription) -> Codec? {
    for number in section.line.payloadTypes {
      let name = section.rtp.map(of: number)?.name.lowercased()
      if let codec = Codec.allCases.first(where: { $0.name.lowercased() == name }) { return codec }
    }
    return nil
  }

  /// The encodings the answerer takes: without its RIDs, the first alone and without RID.
  private func agreedStreams(
    _ index: Int, _ section: MediaDescription
  ) -> [ClientOffer.Stream] {
    let streams = offer.streams[index]
    let taken = Set(section.rtp.rids.filter { $0.direction == .recv }.map(\.id))
    let agreed = streams.filter { stream in stream.rid.map { taken.contains($0) } ?? true }
    if !agreed.isEmpty { return agreed }
    return streams.prefix(1).map { stream in
      ClientOffer.Stream(rid: nil, ssrc: stream.ssrc, rtxSSRC: stream.rtxSSRC)
    }
  }

  consuming func finish() throws(NegotiationRefusal) -> AppliedAnswer {
    let first = answer.bundle?.first
    let accepted = answer.media.filter { isAccepted($0) }
    guard let tagged = accepted.first(where: { $0.mid == first }) ?? accepted.first else {
      throw .missingBundle
    }
    let remote = try RemoteTransport(of: tagged, in: answer)
    // Some servers repeat the candidates in every section, or write them in another than the tagged.
    let lines = answer.ice.candidates + accepted.flatMap(\.ice.candidates)
    let role: DTLSRole =
      switch remote.setup {
      case .active: .server
      case .passive, .actpass, nil: .client
      case .holdconn: throw .unsupportedSetup
      }
    let transport = TransportParameters(
      local: offer.local, remote: remote.credentials, iceRole: .controlling, dtlsRole: role,
      fingerprints: remote.fingerprints, candidates: try CandidateLine.usable(lines))
    let media = MediaParameters(
      receives: receives, sends: sends, extensions: extensions.map,
      reducedSizeRTCP: isReducedSize, cname: offer.cname)
    return AppliedAnswer(transport: transport, media: media, sendRIDs: sendRIDs)
  }
}
