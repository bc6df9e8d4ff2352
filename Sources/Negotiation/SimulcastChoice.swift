// Which encodings of a publisher we take (RFC 8853 section 5.3, RFC 8851 section 6).

import MediaControl
import RTP
import SDP

/// The encodings of one section: what we answer and what the packet path expects.
struct SimulcastChoice {
  /// Our `a=rid` lines.
  var rids: [RIDDescription] = []
  /// Our `a=simulcast` line.
  var simulcast: Simulcast?
  var encodings: [AnnouncedEncoding]

  /// Chooses for a section in which the peer sends.
  ///
  /// - Parameters:
  ///   - formats: the accepted formats, best first; not empty.
  ///   - hasRIDs: whether the RID header extension was agreed.
  init(_ section: MediaDescription, formats: [PayloadFormat], hasRIDs: Bool) {
    let codec = formats.first?.codec
    let isLayered = codec == .vp8 || codec == .h264
    let offered = section.rtp.simulcast?.send ?? []
    if hasRIDs, offered.isEmpty,
      let first = section.rtp.rids.first(where: { $0.direction == .send })
    {
      rids = [Self.answer(first, formats)].compactMap { $0 }
    } else if hasRIDs, isLayered {
      rids = Self.choose(offered, section.rtp.rids, formats)
      if rids.count > 1 {
        simulcast = Simulcast(recv: rids.map { [Simulcast.Alternative($0.id)] })
      }
    }
    encodings = rids.map { AnnouncedEncoding(rid: $0.id) }
    if encodings.isEmpty { encodings = [Self.bySSRC(section.rtp)] }
  }

  /// The first acceptable alternative of each stream, at most `encodingsMax`.
  private static func choose(
    _ streams: [Simulcast.Stream], _ offered: [RIDDescription], _ formats: [PayloadFormat]
  ) -> [RIDDescription] {
    var chosen: [RIDDescription] = []
    for stream in streams where chosen.count < NegotiationLimits.encodingsMax {
      for alternative in stream {
        guard
          let rid = offered.first(where: { $0.direction == .send && $0.id == alternative.rid }),
          !chosen.contains(where: { $0.id == rid.id }), let answer = answer(rid, formats)
        else { continue }
        chosen.append(answer)
        break
      }
    }
    return chosen
  }

  /// Our line for an offered rid; nil when its name or payload types are not for us.
  private static func answer(
    _ rid: RIDDescription, _ formats: [PayloadFormat]
  ) -> RIDDescription? {
    guard (1...NegotiationLimits.ridBytesMax).contains(rid.id.utf8.count),
      rid.id.utf8.allSatisfy({ $0 != 0x2D && $0 != 0x5F })
    else { return nil }
    let numbers = rid.payloadTypes.filter { number in
      formats.contains { $0.payloadType == number }
    }
    guard rid.payloadTypes.isEmpty || !numbers.isEmpty else { return nil }
    return RIDDescription(
      id: rid.id, direction: .recv, payloadTypes: numbers, restrictions: rid.restrictions)
  }

  /// The single encoding of a section without RIDs, by its first source.
  private static func bySSRC(_ rtp: RTPDescription) -> AnnouncedEncoding {
    if let group = rtp.sourceGroups.first(where: { $0.semantics == "FID" && $0.ssrcs.count == 2 }) {
      return AnnouncedEncoding(ssrc: group.ssrcs[0], rtxSSRC: group.ssrcs[1])
    }
    return AnnouncedEncoding(ssrc: rtp.sources.first?.ssrc)
  }
}
