// From what was negotiated to what a client is made of.

package import Client
import ICE
import Wire
package import MediaControl
package import Negotiation

extension PublishingParameters {
  /// What to send, by an answer to our offer; each section sends its first format.
  package init(_ applied: AppliedAnswer) {
    var sections: [PublishingSection] = []
    for (send, rid) in zip(applied.media.sends, applied.sendRIDs) {
      let encoding = PublishingEncoding(rid: rid, ssrc: send.ssrc, rtxSSRC: send.rtxSSRC)
      if let last = sections.indices.last, sections[last].index == send.index {
        sections[last].encodings.append(encoding)
      } else if let format = send.formats.first {
        sections.append(
          PublishingSection(
            index: send.index, mid: send.mid, kind: send.kind, format: format,
            encodings: [encoding], feedback: send.feedback))
      }
    }
    self.init(
      sections: sections, extensions: applied.media.extensions, cname: applied.media.cname)
  }
}

extension PlayingParameters {
  /// What to receive, by what was negotiated, whoever offered.
  ///
  /// - Parameter ignoredEvery: see `PlayingParameters.ignoredEvery`.
  package init(_ media: MediaParameters, ignoredEvery: Int = 0) {
    let sections = media.receives.map { receive in
      PlayingSection(
        index: receive.index, mid: receive.mid, kind: receive.kind, formats: receive.formats,
        ssrc: receive.encodings.first?.ssrc, rtxSSRC: receive.encodings.first?.rtxSSRC,
        feedback: receive.feedback)
    }
    self.init(
      sections: sections, extensions: media.extensions, reducedSizeRTCP: media.reducedSizeRTCP,
      cname: media.cname, ignoredEvery: ignoredEvery)
  }
}

/// How a client's media may travel.
package enum ClientChannel: Hashable, Sendable {
  /// UDP where the server has it, else TCP.
  case any
  /// ICE-TCP alone, as behind a firewall without UDP.
  case tcpOnly
}

extension TransportParameters {
  /// The same with candidates of one channel and one family only, those of the best one: a client here
  /// has one socket.
  package func restricted(to channel: ClientChannel) -> TransportParameters {
    let udp = candidates.filter { $0.transport == .udp }
    let usable =
      channel == .any && !udp.isEmpty ? udp : candidates.filter { $0.transport == .tcpPassive }
    let best = usable.max { $0.priority < $1.priority }
    var result = self
    result.candidates = usable.filter { $0.address.ip.isIPv4 == best?.address.ip.isIPv4 }
    return result
  }
}
