import Testing

@testable import SDP

@Suite("Attribute grammars")
struct AttributeTests {
  @Test("format parameters keep their order, bare values and inner equal signs")
  func formatParameters() {
    let h264 = FormatParameters(
      "102 profile-level-id=42e01f; packetization-mode=1;sprop-parameter-sets=Z0I=,aM4=;")
    #expect(
      h264?.parameters.map(\.name) == [
        "profile-level-id", "packetization-mode", "sprop-parameter-sets",
      ])
    #expect(h264?["sprop-parameter-sets"] == "Z0I=,aM4=")
    #expect(h264?["packetization-mode"] == "1")
    #expect(FormatParameters("63 111/111")?.text == "63 111/111")
    #expect(FormatParameters("101 0-15")?.text == "101 0-15")
  }

  @Test("simulcast lists streams, alternatives and pauses in both directions")
  func simulcast() {
    let value = Simulcast("recv 1;~4 send 2,~3;5")
    #expect(value?.recv == [[.init("1")], [.init("4", isPaused: true)]])
    #expect(value?.send == [[.init("2"), .init("3", isPaused: true)], [.init("5")]])
    #expect(value?.text == "send 2,~3;5 recv 1;~4")
  }

  @Test("a rid has payload types and other restrictions")
  func rid() {
    let value = RIDDescription("f send max-width=1280;pt=96,97;max-fps=30")
    #expect(value?.payloadTypes == [96, 97])
    #expect(value?.restrictions.map(\.name) == ["max-width", "max-fps"])
    #expect(value?.text == "f send pt=96,97;max-width=1280;max-fps=30")
    #expect(RIDDescription("q recv")?.text == "q recv")
  }

  @Test("extension mappings have directions and parameters")
  func extmap() {
    let value = ExtensionMapping("255/sendonly urn:x short  attributes")
    #expect(value?.id == 255)
    #expect(value?.direction == .sendonly)
    #expect(value?.parameters == "short  attributes")
    #expect(value?.text == "255/sendonly urn:x short  attributes")
    #expect(ExtensionMapping("4096 urn:x")?.id == 4096)
  }

  @Test("a wildcard's feedback belongs to every payload type")
  func feedback() {
    var rtp = RTPDescription()
    rtp.feedback = [
      RTCPFeedback(payloadType: nil, kind: "nack"), RTCPFeedback(payloadType: 96, kind: "nack pli"),
    ]
    #expect(rtp.feedback(of: 96) == ["nack", "nack pli"])
    #expect(rtp.feedback(of: 97) == ["nack"])
    #expect(RTCPFeedback("* ccm  fir")?.text == "* ccm fir")
  }

  @Test("fingerprints are read in either case and written in the registered one")
  func fingerprint() {
    let value = Fingerprint("SHA-256 0a:FF")
    #expect(value == Fingerprint(hashFunction: "sha-256", digest: [0x0A, 0xFF]))
    #expect(value?.text == "sha-256 0A:FF")
  }
}
