import Testing

@testable import SDP

@Suite("Trickle fragments, RFC 8840")
struct TrickleFragmentTests {
  /// After the example in RFC 9725 section 4.3.1, shortened.
  static let text = """
    a=group:BUNDLE 0 1\r
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r
    a=mid:0\r
    a=ice-ufrag:EsAw\r
    a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r
    a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0\r
    a=candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ host generation 0\r
    a=end-of-candidates\r

    """

  private func parse(_ text: String) throws(SDPError) -> TrickleFragment {
    try TrickleFragment.parse(Array(text.utf8))
  }

  @Test("a fragment is read")
  func read() throws {
    let fragment = try parse(Self.text)
    #expect(fragment.groups == [SectionGroup(semantics: "BUNDLE", mids: ["0", "1"])])
    #expect(fragment.sections.count == 1)
    #expect(fragment.sections[0].mid == "0")
    #expect(fragment.credentials?.ufrag == "EsAw")
    #expect(fragment.credentials?.password == "P2uYro0UCOQ4zxjKXaWCBui1")
    #expect(fragment.candidates.count == 2)
    #expect(fragment.sections[0].ice.endOfCandidates)
  }

  @Test("it survives writing and reading")
  func roundTrip() throws {
    let fragment = try parse(Self.text)
    #expect(try parse(fragment.text) == fragment)
    #expect(
      fragment.text.split(separator: "\r\n").sorted() == Self.text.split(separator: "\r\n").sorted()
    )
  }

  @Test("credentials may stand at the session level, and other attributes are passed over")
  func sessionLevel() throws {
    let fragment = try parse(
      "a=ice-lite\na=ice-ufrag:abcd\na=ice-pwd:\(String(repeating: "x", count: 22))\na=x:y\nm=audio 9 RTP/AVP 0\na=rtpmap:bad\na=mid:0\n"
    )
    #expect(fragment.isLite)
    #expect(fragment.credentials?.ufrag == "abcd")
    #expect(fragment.sections[0].mid == "0")
  }

  @Test("an empty fragment says nothing; lines of a session description are refused")
  func edges() throws {
    #expect(try parse("") == TrickleFragment())
    #expect(throws: SDPError(.unexpectedLine, line: 1)) { try parse("v=0\r\n") }
    #expect(throws: SDPError(.malformed("m="), line: 1)) { try parse("m=audio\r\n") }
  }

  @Test("every truncation and seeded mutations never trap")
  func sweep() {
    let bytes = Array(Self.text.utf8)
    for length in 0...bytes.count { fuzz(bytes[..<length]) }
    var source = SeededBytes(seed: 4)
    for _ in 0..<500 {
      fuzz(source.mutate(bytes, alphabet: Array("\r\n =:am0".utf8)))
    }
  }
}
