import DTLS
import ICE
import MediaControl
import RTP
import SDP
import Testing
import Wire

@testable import Negotiation

@Suite("Our clients' offers and what they make of answers")
struct ClientTests {
  private func exchange(
    _ sections: [OfferSection], _ role: AnswerPolicy.Role, prefer: Codec = .vp8
  ) throws -> (ClientOffer, NegotiatedSession, AppliedAnswer) {
    var ids = CountingSource()
    let offer = Negotiation.offer(sections, local: Samples.client, identifiers: &ids)
    let session = try Samples.answer(Samples.parse(offer.description.text), role, prefer: prefer)
    let applied = try Negotiation.apply(
      Samples.parse(session.answer.text), to: offer, identifiers: &ids)
    return (offer, session, applied)
  }

  @Test("both sides of a publisher agree on transport, formats, extensions and feedback")
  func publisher() throws {
    for codec in [Codec.vp8, .h264, .vp9, .av1] {
      let (_, server, client) = try exchange(OfferSection.publisher(video: codec), .publisher)
      #expect(client.transport.local == server.transport.remote)
      #expect(client.transport.remote == server.transport.local)
      #expect(client.transport.iceRole == .controlling)
      #expect(client.transport.dtlsRole == .client && server.transport.dtlsRole == .server)
      #expect(client.transport.fingerprints == [Samples.server.fingerprint])
      #expect(client.transport.candidates.count == 4)
      #expect(client.media.extensions == server.media.extensions)
      #expect(client.media.reducedSizeRTCP && server.media.reducedSizeRTCP)
      #expect(client.media.receives.isEmpty && server.media.sends.isEmpty)
      for (ours, theirs) in zip(client.media.sends, server.media.receives) {
        #expect(ours.mid == theirs.mid)
        #expect(ours.formats == theirs.formats)
        #expect(ours.feedback == theirs.feedback)
        #expect(theirs.encodings == [AnnouncedEncoding(ssrc: ours.ssrc, rtxSSRC: ours.rtxSSRC)])
      }
      #expect(client.media.sends[1].formats.map(\.codec) == [codec])
      #expect(client.media.sends[1].rtxSSRC != nil)
      #expect(client.sendRIDs == [nil, nil])
    }
  }

  @Test("a simulcast publisher gets one send section per encoding")
  func simulcast() throws {
    let (_, server, client) = try exchange(
      OfferSection.publisher(video: .vp8, rids: ["q", "h", "f"]), .publisher)
    #expect(client.sendRIDs == [nil, "q", "h", "f"])
    #expect(client.media.sends.map(\.index) == [0, 1, 1, 1])
    #expect(Set(client.media.sends.map(\.ssrc)).count == 4)
    #expect(server.media.receives[1].encodings.map(\.rid) == ["q", "h", "f"])
    #expect(client.media.extensions[.rid] != 0)
    #expect(client.media.extensions == server.media.extensions)
  }

  @Test("without the server's consent only the first encoding is sent")
  func simulcastRefused() throws {
    let (_, server, client) = try exchange(
      OfferSection.publisher(video: .vp9, rids: ["q", "h", "f"]), .publisher)
    #expect(client.sendRIDs == [nil, nil])
    #expect(server.media.receives[1].encodings.map(\.rid) == [nil])
  }

  @Test("both sides of a viewer agree, and the server's SSRCs arrive")
  func viewer() throws {
    let (_, server, client) = try exchange(OfferSection.viewer(video: 3), .viewer, prefer: .h264)
    #expect(client.media.sends.isEmpty && server.media.receives.isEmpty)
    #expect(client.media.receives.count == 4)
    #expect(Set(client.media.receives.map(\.track)).count == 4)
    #expect(client.media.extensions == server.media.extensions)
    for (ours, theirs) in zip(client.media.receives, server.media.sends) {
      #expect(ours.mid == theirs.mid)
      #expect(ours.formats == theirs.formats)
      #expect(ours.feedback == theirs.feedback)
      #expect(ours.encodings == [AnnouncedEncoding(ssrc: theirs.ssrc, rtxSSRC: theirs.rtxSSRC)])
    }
    #expect(server.media.sends[1].formats.map(\.codec) == [.h264, .vp8, .vp9, .av1])
  }

  @Test("an answer that does not fit the offer is a named fault")
  func faults() throws {
    let (offer, server, _) = try exchange(OfferSection.publisher(video: .vp8), .publisher)
    func fault(_ change: (inout SessionDescription) -> Void) -> AnswerFault? {
      var answer = server.answer
      change(&answer)
      var ids = CountingSource()
      do throws(AnswerFault) {
        _ = try Negotiation.apply(answer, to: offer, identifiers: &ids)
        return nil
      } catch {
        return error
      }
    }
    #expect(fault { $0.media.removeLast() } == .sectionsDiffer)
    #expect(fault { for i in 0...1 { $0.media[i].line.port = 0 } } == .nothingAgreed)
    #expect(fault { for i in 0...1 { $0.media[i].direction = .inactive } } == .nothingAgreed)
    #expect(fault { $0.media[0].ice.password = nil } == .transport(.missingICECredentials))
    #expect(fault { $0.media[0].dtls.fingerprints = [] } == .transport(.missingFingerprint))
    #expect(fault { _ in } == nil)
  }

  @Test("an active answerer makes us the DTLS server")
  func activeAnswerer() throws {
    let (offer, server, _) = try exchange(OfferSection.viewer(), .viewer)
    var answer = server.answer
    for index in answer.media.indices { answer.media[index].dtls.setup = .active }
    var ids = CountingSource()
    let applied = try Negotiation.apply(answer, to: offer, identifiers: &ids)
    #expect(applied.transport.dtlsRole == .server)
  }
}
