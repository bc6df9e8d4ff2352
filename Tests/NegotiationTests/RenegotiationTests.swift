import ICE
import MediaControl
import Negotiation
import RTP
import SDP
import Testing

@Suite("New offers on the same transport")
struct RenegotiationTests {
  private func first(_ role: AnswerPolicy.Role = .mixed) throws -> (
    SessionDescription, NegotiatedSession
  ) {
    let offer = try Samples.offer("chromium-156-offer")
    return (offer, try Samples.answer(offer, role))
  }

  @Test("the same offer again keeps tracks, SSRCs and credentials, and counts the version up")
  func same() throws {
    let (offer, session) = try first()
    let again = try Samples.answer(
      offer, .mixed, local: Samples.restarted, continuing: session.state)
    #expect(again.media == session.media)
    #expect(again.transport.local == Samples.server.credentials)
    #expect(!again.isICERestart)
    #expect(again.answer.origin.version == 2)
    #expect(again.answer.origin.sessionID == session.answer.origin.sessionID)
  }

  @Test("new credentials restart ICE with ours new as well")
  func restart() throws {
    var (offer, session) = try first()
    for index in offer.media.indices {
      offer.media[index].ice.ufrag = "newUfrag"
      offer.media[index].ice.password = String(repeating: "n", count: 24)
    }
    let again = try Samples.answer(
      offer, .mixed, local: Samples.restarted, continuing: session.state)
    #expect(again.isICERestart)
    #expect(again.transport.remote.ufrag == "newUfrag")
    #expect(again.transport.local == Samples.restarted.credentials)
    #expect(again.answer.media[0].ice.ufrag == "serverUfrag2")
    #expect(again.state.local == Samples.restarted.credentials)
    #expect(again.media == session.media)
  }

  @Test("other RIDs in a section are another track; the same RIDs again are the same")
  func otherRIDs() throws {
    var offer = try Samples.offer("chromium-156-offer-simulcast-vp8")
    let session = try Samples.answer(offer, .publisher)
    let same = try Samples.answer(offer, .publisher, continuing: session.state)
    #expect(same.media.receives.map(\.track) == session.media.receives.map(\.track))
    // The host gives up its lowest layer.
    offer.media[1].rtp.rids.removeFirst()
    offer.media[1].rtp.simulcast?.send.removeFirst()
    let other = try Samples.answer(offer, .publisher, continuing: session.state)
    #expect(other.media.receives[1].encodings.map(\.rid) == ["h", "f"])
    #expect(other.media.receives[0].track == session.media.receives[0].track)
    #expect(other.media.receives[1].track != session.media.receives[1].track)
    let again = try Samples.answer(offer, .publisher, continuing: other.state)
    #expect(again.media.receives[1].track == other.media.receives[1].track)
  }

  @Test("a section that pauses keeps its track and SSRC for when it resumes")
  func pause() throws {
    var (offer, session) = try first()
    offer.media[1].direction = .inactive
    let paused = try Samples.answer(offer, .mixed, continuing: session.state)
    #expect(paused.media.receives.map(\.index) == [0])
    #expect(paused.answer.media[1].direction == .inactive)
    #expect(paused.answer.media[1].line.port != 0)
    offer.media[1].direction = .sendrecv
    let resumed = try Samples.answer(offer, .mixed, continuing: paused.state)
    #expect(resumed.media == session.media)
  }

  @Test("a section that is added gets new identifiers, the others keep theirs")
  func added() throws {
    var (offer, session) = try first()
    var screen = offer.media[1]
    screen.mid = "screen"
    screen.rtp.sources = []
    screen.rtp.sourceGroups = []
    offer.media.append(screen)
    offer.groups = [SectionGroup(semantics: "BUNDLE", mids: ["0", "1", "2", "screen"])]
    let again = try Samples.answer(offer, .publisher, continuing: session.state)
    #expect(again.media.receives.map(\.mid) == ["0", "1", "screen"])
    #expect(Array(again.media.receives[..<2].map(\.track)) == session.media.receives.map(\.track))
    #expect(again.state.sections.count == 4)
  }

  @Test("a stopped section is rejected, and its place may be used for another")
  func recycled() throws {
    var (offer, session) = try first()
    offer.media[1].line.port = 0
    let stopped = try Samples.answer(offer, .mixed, continuing: session.state)
    #expect(stopped.answer.bundle == ["0"])
    #expect(stopped.state.sections[1].isRejected)
    offer.media[1].line.port = 9
    offer.media[1].mid = "new"
    offer.groups = [SectionGroup(semantics: "BUNDLE", mids: ["0", "new"])]
    var source = CountingSource()
    for _ in 0..<10 { _ = source.nextTrack() }
    let again = try Negotiation.answer(
      offer, policy: AnswerPolicy(role: .mixed), local: Samples.server, continuing: stopped.state,
      identifiers: &source)
    #expect(again.media.receives[1].track == TrackID(11))
  }

  @Test("sections that vanish, move or change are refused")
  func changed() throws {
    let (offer, session) = try first()
    var fewer = offer
    fewer.media.removeFirst()
    #expect(Samples.refusal(fewer, .mixed, continuing: session.state) == .sectionsChanged)
    var swapped = offer
    swapped.media.swapAt(0, 1)
    #expect(Samples.refusal(swapped, .mixed, continuing: session.state) == .sectionsChanged)
    var renamed = offer
    renamed.media[0].mid = "x"
    #expect(Samples.refusal(renamed, .mixed, continuing: session.state) == .sectionsChanged)
  }

  @Test("another certificate or DTLS role is refused")
  func transport() throws {
    let (offer, session) = try first()
    var other = offer
    other.media[0].dtls.fingerprints[0].digest[0] ^= 1
    #expect(Samples.refusal(other, .mixed, continuing: session.state) == .transportChanged)
    var role = offer
    role.media[0].dtls.setup = .passive
    #expect(Samples.refusal(role, .mixed, continuing: session.state) == .transportChanged)
  }
}
