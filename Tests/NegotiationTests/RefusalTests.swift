import MediaControl
import Negotiation
import RTP
import SDP
import Testing

@Suite("Refusing offers by name")
struct RefusalTests {
  private func offer(
    _ change: (inout SessionDescription) -> Void
  ) throws -> SessionDescription {
    var offer = try Samples.offer("chromium-156-offer")
    change(&offer)
    return offer
  }

  @Test("an offer without BUNDLE, or with a section outside it")
  func bundle() throws {
    #expect(try Samples.refusal(offer { $0.groups = [] }) == .missingBundle)
    #expect(
      try Samples.refusal(offer { $0.groups = [SectionGroup(semantics: "BUNDLE", mids: ["0"])] })
        == .outsideBundle(1))
    #expect(try Samples.refusal(offer { $0.media[1].mid = nil }) == .missingMID(1))
  }

  @Test("a section without rtcp-mux")
  func rtcpMux() throws {
    #expect(
      try Samples.refusal(offer { $0.media[1].rtp.isMultiplexed = false }) == .missingRTCPMux("1"))
  }

  @Test("media without DTLS-SRTP")
  func plaintext() throws {
    #expect(
      try Samples.refusal(offer { $0.media[0].line.protocolName = "RTP/AVP" })
        == .unsupportedProtocol("0"))
  }

  @Test("missing and malformed ICE credentials, malformed candidates")
  func ice() throws {
    #expect(try Samples.refusal(offer { $0.media[0].ice.ufrag = nil }) == .missingICECredentials)
    #expect(try Samples.refusal(offer { $0.media[0].ice.password = nil }) == .missingICECredentials)
    #expect(
      try Samples.refusal(offer { $0.media[0].ice.ufrag = "abc" }) == .malformedICECredentials)
    #expect(
      try Samples.refusal(offer { $0.media[0].ice.password = "short" }) == .malformedICECredentials)
    #expect(
      try Samples.refusal(offer { $0.media[0].ice.ufrag = "a:bcd" }) == .malformedICECredentials)
    #expect(
      try Samples.refusal(offer { $0.media[0].ice.candidates = ["1 1 udp x"] })
        == .malformedCandidate)
  }

  @Test("no fingerprint, or none we can check")
  func fingerprint() throws {
    #expect(
      try Samples.refusal(offer { $0.media[0].dtls.fingerprints = [] }) == .missingFingerprint)
    for bad in [
      Fingerprint(hashFunction: "sha-1", digest: [UInt8](repeating: 0, count: 20)),
      Fingerprint(hashFunction: "sha-256", digest: [UInt8](repeating: 0, count: 20)),
    ] {
      #expect(
        try Samples.refusal(offer { $0.media[0].dtls.fingerprints = [bad] })
          == .unsupportedFingerprint)
    }
  }

  @Test("a transport on hold")
  func holdconn() throws {
    #expect(try Samples.refusal(offer { $0.media[0].dtls.setup = .holdconn }) == .unsupportedSetup)
  }

  @Test("no codec in common is refused with what was offered")
  func codec() throws {
    let refusal = try Samples.refusal(offer { $0.media[1].line.formats = ["118", "120", "116"] })
    #expect(refusal == .noCommonCodec(.video, offered: ["red", "ulpfec", "H264"]))
    #expect(refusal?.text.contains("offered red, ulpfec, H264") == true)
    #expect(
      try Samples.refusal(offer { $0.media[0].line.formats = ["0", "9"] })
        == .noCommonCodec(.audio, offered: ["PCMU", "G722"]))
  }

  @Test("an inactive section without a common codec is only rejected")
  func inactiveCodec() throws {
    let changed = try offer {
      $0.media[0].line.formats = ["0"]
      $0.media[0].direction = .inactive
    }
    let answer = try Samples.answer(changed, .publisher).answer
    #expect(answer.media[0].line.port == 0)
    #expect(answer.bundle == ["1"])
  }

  @Test("an offer with nothing for its role")
  func nothing() throws {
    #expect(
      try Samples.refusal(offer { for i in 0...1 { $0.media[i].direction = .recvonly } })
        == .nothingToReceive)
    #expect(
      try Samples.refusal(offer { for i in 0...1 { $0.media[i].direction = .sendonly } }, .viewer)
        == .nothingToSend)
    #expect(try Samples.refusal(offer { $0.media = [] }, .mixed) == .nothingToReceive)
  }

  @Test("more tracks than one peer may publish")
  func tooMany() throws {
    let changed = try offer {
      let audio = $0.media[0]
      $0.media = (0..<9).map { index in
        var copy = audio
        copy.mid = "m\(index)"
        return copy
      }
      $0.groups = [SectionGroup(semantics: "BUNDLE", mids: $0.media.compactMap(\.mid))]
    }
    #expect(Samples.refusal(changed) == .tooManySections(max: 8))
    #expect(Samples.refusal(changed, .viewer) == nil)
  }

  @Test("no refusal's text quotes a secret")
  func secrets() throws {
    let changed = try offer { $0.media[0].ice.password = "secret" }
    #expect(Samples.refusal(changed)?.text.contains("secret") == false)
  }
}
