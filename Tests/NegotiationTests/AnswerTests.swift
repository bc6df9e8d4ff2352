import DTLS
import ICE
import MediaControl
import RTP
import SDP
import Testing
import Wire

@testable import Negotiation

@Suite("Answering offers, RFC 8829 and 9143")
struct AnswerTests {
  @Test("a simulcast publisher becomes one track per section, with three encodings of the video")
  func simulcastPublisher() throws {
    for name in ["chromium-156-offer-simulcast-vp8", "firefox-153-offer-simulcast"] {
      let session = try Samples.answer(Samples.offer(name), .publisher)
      #expect(session.media.sends.isEmpty)
      #expect(session.media.receives.map(\.track) == [TrackID(1), TrackID(2)])
      #expect(session.media.receives.map(\.kind) == [.audio, .video])
      let video = session.media.receives[1]
      #expect(video.encodings == ["q", "h", "f"].map { AnnouncedEncoding(rid: $0) })
      #expect(video.formats[0].codec == .vp8)
      #expect(video.feedback == [.nack, .pli, .fir, .transportWide])
      #expect(session.media.receives[0].feedback == [.transportWide])
      // Firefox offers reduced-size RTCP for video alone, but all sections share one RTCP session.
      #expect(session.media.reducedSizeRTCP == (name == "chromium-156-offer-simulcast-vp8"))
      #expect(
        session.answer.media[1].rtp.simulcast?.recv.map { $0.map(\.rid) } == [["q"], ["h"], ["f"]])
      #expect(session.answer.media.map(\.direction) == [.recvonly, .recvonly])
    }
  }

  @Test("the transport comes from the offer and from our side")
  func transport() throws {
    let session = try Samples.answer(Samples.offer("chromium-156-offer"), .publisher)
    let transport = session.transport
    #expect(transport.remote == ICECredentials(ufrag: "r9P2", password: "oCQ8RVyH4hraywO7tP+cVyNL"))
    #expect(transport.local == Samples.server.credentials)
    #expect(transport.iceRole == .lite)
    #expect(transport.dtlsRole == .server)
    #expect(transport.fingerprints.count == 1)
    #expect(transport.fingerprints[0].digest.prefix(3) == [0xC0, 0x2F, 0x7C])
    #expect(transport.candidates.count == 2)
    #expect(SocketAddress("192.0.2.2:37241") == transport.candidates[0].address)
    #expect(session.answer.isLite)
    #expect(!session.isICERestart)
  }

  @Test("header extensions keep their ids; those nobody wants are left out")
  func extensions() throws {
    let chromium = try Samples.answer(
      Samples.offer("chromium-156-offer-simulcast-vp8"), .publisher
    ).media.extensions
    #expect(chromium[.audioLevel] == 1)
    #expect(chromium[.absSendTime] == 2)
    #expect(chromium[.transportSequence] == 3)
    #expect(chromium[.mid] == 4)
    #expect(chromium[.rid] == 10)
    #expect(chromium[.repairedRID] == 11)
    #expect(chromium[.dependencyDescriptor] == 12)
    #expect(chromium[.playoutDelay] == 0)
    #expect(chromium[.absCaptureTime] == 0)
    let viewer = try Samples.answer(Samples.offer("chromium-156-offer"), .viewer).media.extensions
    #expect(viewer[.playoutDelay] == 5)
    #expect(viewer[.rid] == 0)
  }

  @Test("video orientation is never agreed, so that browsers rotate pixels")
  func orientation() throws {
    for role in [AnswerPolicy.Role.publisher, .viewer, .mixed] {
      let answer = try Samples.answer(Samples.offer("chromium-156-offer"), role).answer
      #expect(!answer.text.contains("video-orientation"))
    }
  }

  @Test("an extension offered for one direction is answered for the other")
  func extensionDirections() throws {
    let answer = try Samples.answer(Samples.offer("firefox-153-offer-simulcast"), .publisher).answer
    let video = answer.media[1].rtp.extensions
    #expect(video.first { $0.id == 9 }?.direction == .recvonly)
    #expect(video.first { $0.id == 6 } == nil)
  }

  @Test("an id that means two things in one BUNDLE group is agreed once")
  func extensionConflict() throws {
    var offer = try Samples.offer("chromium-156-offer")
    offer.media[1].rtp.extensions = [
      ExtensionMapping(id: 1, uri: HeaderExtension.transportSequence.uri),
      ExtensionMapping(id: 9, uri: HeaderExtension.mid.uri),
    ]
    let session = try Samples.answer(offer, .publisher)
    #expect(session.answer.media[1].rtp.extensions.isEmpty)
    #expect(session.media.extensions[.mid] == 4)
    // Without its extension there is no transport-wide feedback, so REMB is taken.
    #expect(session.media.receives[1].feedback == [.nack, .pli, .fir, .remb])
  }

  @Test("ids above 14 need a=extmap-allow-mixed")
  func twoByteIDs() throws {
    var offer = try Samples.offer("chromium-156-offer-simulcast-vp8")
    offer.media[1].rtp.extensions.append(
      ExtensionMapping(id: 20, uri: HeaderExtension.absCaptureTime.uri))
    #expect(try Samples.answer(offer, .publisher).media.extensions[.absCaptureTime] == 20)
    offer.allowsMixedExtensions = false
    #expect(try Samples.answer(offer, .publisher).media.extensions[.absCaptureTime] == 0)
  }

  @Test("every codec both sides know is answered, the preferred one first, RTX with it")
  func codecs() throws {
    let offer = try Samples.offer("chromium-156-offer")
    let vp8 = try Samples.answer(offer, .publisher, prefer: .vp8).media.receives[1].formats
    #expect(vp8.map(\.payloadType) == [96, 102, 104, 108, 114, 45, 98, 100])
    #expect(vp8.map(\.rtxPayloadType) == [97, 103, 107, 109, 115, 46, 99, 101])
    #expect(vp8[7].profile == 2)
    let h264 = try Samples.answer(offer, .publisher, prefer: .h264).media.receives[1].formats
    #expect(h264.map(\.payloadType) == [108, 102, 114, 104, 96, 45, 98, 100])
    #expect(h264[0].h264 == H264Format(profileLevelID: 0x42E01F, packetizationMode: 1))
    let audio = try Samples.answer(offer, .publisher).answer.media[0]
    #expect(audio.line.formats == ["111"])
  }

  @Test("H.264 of other profiles or interleaved is not taken; missing parameters have defaults")
  func h264Formats() throws {
    func payloadTypes(_ parameters: String?) throws -> [UInt8] {
      var offer = try Samples.offer("chromium-156-offer")
      offer.media[1].line.formats = ["96", "102"]
      offer.media[1].rtp.parameters =
        parameters.map { text in
          [
            FormatParameters(
              payloadType: 102,
              text.split(separator: ";").map { part in
                let pair = part.split(separator: "=")
                return .init(String(pair[0]), String(pair[1]))
              })
          ]
        } ?? []
      return try Samples.answer(offer, .publisher).media.receives[1].formats.map(\.payloadType)
    }
    #expect(try payloadTypes("profile-level-id=42e01f;packetization-mode=1") == [96, 102])
    #expect(try payloadTypes("profile-level-id=42C02A") == [96, 102])
    #expect(try payloadTypes(nil) == [96, 102])
    #expect(try payloadTypes("profile-level-id=640c1f;packetization-mode=1") == [96])
    #expect(try payloadTypes("profile-level-id=42e01f;packetization-mode=2") == [96])
    #expect(try payloadTypes("profile-level-id=42e01") == [96])
    #expect(try payloadTypes("profile-level-id=+2e01f") == [96])
  }

  @Test("a viewer's sections get our SSRCs, and the answer names them")
  func viewer() throws {
    let session = try Samples.answer(Samples.offer("chromium-156-offer"), .viewer)
    #expect(session.media.receives.isEmpty)
    #expect(session.media.sends.map(\.ssrc) == [1001, 1002])
    #expect(session.media.sends.map(\.rtxSSRC) == [nil, 1003])
    #expect(session.media.sends[1].feedback == [.nack, .pli, .fir, .remb, .transportWide])
    let video = session.answer.media[1]
    #expect(video.direction == .sendonly)
    #expect(video.rtp.sourceGroups == [SourceGroup(semantics: "FID", ssrcs: [1002, 1003])])
    #expect(
      video.rtp.sources.contains(SourceAttribute(ssrc: 1002, name: "cname", value: "hawker-cname")))
    #expect(video.rtp.msids == ["stream-0 video-0"])
    #expect(session.answer.media[0].rtp.msids == ["stream-0 audio-0"])
  }

  @Test("our SSRCs differ from each other and from the peer's")
  func ssrcs() throws {
    var offer = try Samples.offer("chromium-156-offer")
    offer.media[1].rtp.sources.append(SourceAttribute(ssrc: 1001, name: "cname", value: "x"))
    offer.media[1].rtp.sources.append(SourceAttribute(ssrc: 1002, name: "cname", value: "x"))
    let sends = try Samples.answer(offer, .viewer).media.sends
    #expect(Set(sends.flatMap { [$0.ssrc, $0.rtxSSRC ?? 0] }).isDisjoint(with: [1001, 1002]))
    #expect(Set([sends[0].ssrc, sends[1].ssrc, sends[1].rtxSSRC]).count == 3)
  }

  @Test("a mixed section sends and receives")
  func mixed() throws {
    let session = try Samples.answer(Samples.offer("chromium-156-offer"), .mixed)
    #expect(session.answer.media[1].direction == .sendrecv)
    #expect(session.media.receives.map(\.index) == [0, 1])
    #expect(session.media.sends.map(\.index) == [0, 1])
  }

  @Test("sections of other kinds are rejected and leave the group")
  func dataChannel() throws {
    let answer = try Samples.answer(Samples.offer("chromium-156-offer"), .publisher).answer
    #expect(answer.media.count == 3)
    #expect(answer.media[2].line.port == 0)
    #expect(answer.media[2].line.kind == "application")
    #expect(answer.bundle == ["0", "1"])
  }

  @Test("bundle-only sections with port 0 are accepted")
  func bundleOnly() throws {
    var offer = try Samples.offer("chromium-156-offer-simulcast-vp8")
    offer.media[1].line.port = 0
    offer.media[1].isBundleOnly = true
    #expect(try Samples.answer(offer, .publisher).media.receives.count == 2)
    offer.media[1].isBundleOnly = false
    let session = try Samples.answer(offer, .publisher)
    #expect(session.media.receives.count == 1)
    #expect(session.answer.media[1].line.port == 0)
  }

  @Test("the first section we accept speaks for the transport, wherever the group begins")
  func tagged() throws {
    var offer = try Samples.offer("chromium-156-offer")
    offer.groups = [SectionGroup(semantics: "BUNDLE", mids: ["2", "1", "0"])]
    offer.media[2].ice.ufrag = "dataChan"
    offer.media[1].ice.ufrag = "videoTag"
    let session = try Samples.answer(offer, .publisher)
    #expect(session.transport.remote.ufrag == "videoTag")
    #expect(session.answer.bundle == ["1", "0"])
    #expect(session.answer.media[0].ice.candidates.isEmpty)
    #expect(session.answer.media[1].ice.candidates.count == 4)
  }

  @Test("the DTLS role answers the offer's setup")
  func setup() throws {
    for (offered, role, answered) in [
      (.actpass, .server, .passive), (.active, .server, .passive), (.passive, .client, .active),
      (nil, .server, .passive),
    ] as [(DTLSDescription.Setup?, DTLSRole, DTLSDescription.Setup)] {
      var offer = try Samples.offer("chromium-156-offer")
      for index in offer.media.indices { offer.media[index].dtls.setup = offered }
      let session = try Samples.answer(offer, .publisher)
      #expect(session.transport.dtlsRole == role)
      #expect(session.answer.media[0].dtls.setup == answered)
    }
  }

  @Test("more than three encodings are answered with the first three")
  func fourEncodings() throws {
    var offer = try Samples.offer("chromium-156-offer-simulcast-vp8")
    offer.media[1].rtp.rids.append(RIDDescription(id: "x", direction: .send))
    offer.media[1].rtp.simulcast?.send.append([.init("x")])
    #expect(
      try Samples.answer(offer, .publisher).media.receives[1].encodings.map(\.rid) == [
        "q", "h", "f",
      ])
  }

  @Test("paused streams are taken, alternatives give their first usable rid")
  func alternatives() throws {
    var offer = try Samples.offer("chromium-156-offer-simulcast-vp8")
    offer.media[1].rtp.rids = [
      RIDDescription(id: "a", direction: .send, payloadTypes: [35]),
      RIDDescription(id: "b", direction: .send, payloadTypes: [96, 35]),
      RIDDescription(id: "c", direction: .send),
    ]
    offer.media[1].rtp.simulcast = Simulcast(
      send: [[.init("a"), .init("b")], [.init("c", isPaused: true)]])
    let answer = try Samples.answer(offer, .publisher).answer.media[1].rtp
    #expect(
      answer.rids == [
        RIDDescription(id: "b", direction: .recv, payloadTypes: [96]),
        RIDDescription(id: "c", direction: .recv),
      ])
    #expect(answer.simulcast == Simulcast(recv: [[.init("b")], [.init("c")]]))
  }

  @Test("without simulcast a publisher is one encoding, known by its SSRC")
  func singleEncoding() throws {
    let session = try Samples.answer(Samples.offer("chromium-156-offer"), .publisher)
    #expect(
      session.media.receives[1].encodings
        == [AnnouncedEncoding(ssrc: 2_578_828_698, rtxSSRC: 4_279_038_701)])
    #expect(session.media.receives[0].encodings == [AnnouncedEncoding(ssrc: 492_955_650)])
  }

  @Test("simulcast needs VP8 or H.264 first, and the RID extension")
  func noSimulcast() throws {
    let offer = try Samples.offer("firefox-153-offer-simulcast")
    let vp9 = try Samples.answer(offer, .publisher, prefer: .vp9)
    #expect(vp9.answer.media[1].rtp.simulcast == nil)
    #expect(vp9.media.receives[1].encodings.map(\.rid) == [nil])
    var unnumbered = try Samples.offer("chromium-156-offer-simulcast-vp8")
    unnumbered.media[1].rtp.extensions.removeAll { $0.uri == HeaderExtension.rid.uri }
    #expect(try Samples.answer(unnumbered, .publisher).answer.media[1].rtp.rids.isEmpty)
  }

  @Test("what the answer's text says survives parsing")
  func answersParse() throws {
    for name in Samples.names {
      for role in [AnswerPolicy.Role.publisher, .mixed] {
        let text = try Samples.answer(Samples.offer(name), role).answer.text
        #expect(try Samples.parse(text).text == text)
      }
    }
  }

  @Test("mutated offers never trap")
  func sweep() throws {
    var source = SeededBytes(seed: 5)
    let alphabet = Array("\r\n =:;,/~*-0159aomtvsir".utf8)
    for name in Samples.names {
      let bytes = Array(try Samples.text(name).utf8)
      for _ in 0..<100 {
        let mutated = source.mutate(bytes, alphabet: alphabet)
        NegotiationFuzzBody.run(mutated.span)
      }
      // Dropping whole lines reaches further than bytes do.
      let lines = try Samples.text(name).split(separator: "\r\n")
      for index in lines.indices {
        var fewer = lines
        fewer.remove(at: index)
        let text = Array((fewer.joined(separator: "\n") + "\n").utf8)
        NegotiationFuzzBody.run(text.span)
      }
    }
  }
}
