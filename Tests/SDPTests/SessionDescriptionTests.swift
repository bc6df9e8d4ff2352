import Testing

@testable import SDP

@Suite("Session descriptions, RFC 8866")
struct SessionDescriptionTests {
  static let head = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"

  private func parse(_ text: String) throws(SDPError) -> SessionDescription {
    try SessionDescription.parse(Array(text.utf8))
  }

  private func fault(_ text: String) -> SDPError? { fault(Array(text.utf8)) }

  private func fault(_ bytes: [UInt8]) -> SDPError? {
    do throws(SDPError) {
      _ = try SessionDescription.parse(bytes)
      return nil
    } catch {
      return error
    }
  }

  @Test("every line of a browser's offer is written again", arguments: Vectors.names)
  func roundTrip(_ name: String) throws {
    let bytes = try Vectors.bytes(name)
    let session = try SessionDescription.parse(bytes)
    let read = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map { String($0) }
    let written = session.text.split(separator: "\r\n").map { String($0) }
    #expect(written.sorted() == read.sorted())
    #expect(try SessionDescription.parse(Array(session.text.utf8)).text == session.text)
  }

  @Test("a Chromium simulcast offer becomes values")
  func chromium() throws {
    let session = try SessionDescription.parse(
      Vectors.bytes("chromium-156-offer-simulcast-vp8.sdp"))
    #expect(session.origin.sessionID == 2_271_077_862_290_113_407)
    #expect(session.bundle == ["0", "1"])
    #expect(session.allowsMixedExtensions)
    #expect(session.media.count == 2)
    let video = session.media[1]
    #expect(video.mid == "1")
    #expect(video.line.protocolName == "UDP/TLS/RTP/SAVPF")
    #expect(video.line.payloadTypes == [96, 97])
    #expect(session.direction(of: video) == .sendonly)
    #expect(session.ice(of: video).ufrag == "WRLY")
    #expect(session.ice(of: video).options == ["trickle"])
    #expect(video.dtls.setup == .actpass)
    #expect(video.dtls.fingerprints.map(\.hashFunction) == ["sha-256"])
    #expect(video.dtls.fingerprints[0].digest.count == 32)
    #expect(video.dtls.fingerprints[0].digest.first == 0x28)
    #expect(video.rtp.isMultiplexed && video.rtp.isReducedSize)
    #expect(video.rtp.map(of: 96) == RTPMap(payloadType: 96, name: "VP8", clockRate: 90_000))
    #expect(video.rtp.parameters(of: 97)?["apt"] == "96")
    #expect(
      video.rtp.feedback(of: 96) == ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"])
    #expect(video.rtp.rids.map(\.id) == ["q", "h", "f"])
    #expect(video.rtp.simulcast?.send.map { $0.map(\.rid) } == [["q"], ["h"], ["f"]])
    #expect(
      video.rtp.extensions.contains(ExtensionMapping(id: 13, uri: "urn:3gpp:video-orientation")))
    #expect(session.media[0].rtp.sources.first?.name == "cname")
    #expect(session.media[0].rtp.map(of: 111)?.channels == 2)
  }

  @Test("what Firefox says once for the session holds for every section")
  func firefox() throws {
    let session = try SessionDescription.parse(Vectors.bytes("firefox-153-offer-simulcast.sdp"))
    let video = session.media[1]
    #expect(video.dtls.fingerprints.isEmpty)
    #expect(session.dtls(of: video).fingerprints.count == 1)
    #expect(session.ice(of: video).options == ["trickle"])
    #expect(video.rtp.extensions.first { $0.id == 8 }?.direction == .sendonly)
    #expect(video.rtp.sourceGroups.count == 3)
    #expect(video.ice.candidates.count == 8)
    #expect(video.ice.endOfCandidates)
  }

  @Test("LF alone ends a line too, and blank lines may follow the last")
  func lineEnds() throws {
    let lf = Self.head.split(separator: "\r\n").joined(separator: "\n") + "\n\n"
    #expect(try parse(lf) == parse(Self.head))
    #expect(fault(Self.head + "\r\na=x\r\n") == SDPError(.notALine, line: 5))
  }

  @Test("attributes and lines nobody knows are kept")
  func unknown() throws {
    let text =
      Self.head
      + "b=AS:30\r\na=x-flag\r\na=x-value: a:b \r\nm=audio 9 RTP/SAVPF 0\r\nk=prompt\r\na=y:1\r\n"
    let session = try parse(text)
    #expect(session.attributes == [Attribute("x-flag"), Attribute("x-value", " a:b ")])
    #expect(session.media[0].attributes == [Attribute("y", "1")])
    #expect(session.media[0].otherLines == [OtherLine("k", "prompt")])
    #expect(session.text.contains("b=AS:30\r\nt=0 0\r\n"))
    #expect(session.text.contains("a=x-value: a:b \r\n"))
  }

  @Test("a value with control characters cannot start a line when it is written")
  func injection() throws {
    var session = try parse(Self.head)
    session.attributes = [Attribute("x", "1\r\na=evil")]
    #expect(session.text.hasSuffix("a=x:1  a=evil\r\n"))
  }

  static let faults: [(String, SDPError)] = [
    ("", SDPError(.missing("v="), line: 1)),
    ("o=- 1 2 IN IP4 127.0.0.1\r\n", SDPError(.missing("v="), line: 1)),
    ("v=1\r\n", SDPError(.malformed("v="), line: 1)),
    ("v=0\r\ns=-\r\n", SDPError(.missing("o="), line: 2)),
    ("v=0\r\no=- 1 x IN IP4 127.0.0.1\r\n", SDPError(.malformed("o="), line: 2)),
    ("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\n", SDPError(.missing("t="), line: 3)),
    ("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\nt=0 0\r\n", SDPError(.missing("s="), line: 3)),
    (head + "hello\r\n", SDPError(.notALine, line: 5)),
    (head + "x=1\r\n", SDPError(.unexpectedLine, line: 5)),
    (head + "a=x\u{1}y\r\n", SDPError(.controlCharacter, line: 5)),
    (head + "a=x\ry\r\n", SDPError(.controlCharacter, line: 5)),
    (head + "m=audio 9\r\n", SDPError(.malformed("m="), line: 5)),
    (head + "m=audio 70000 RTP/AVP 0\r\n", SDPError(.malformed("m="), line: 5)),
    (head + "m=audio 9 RTP/AVP 128\r\n", SDPError(.malformed("m="), line: 5)),
    (head + "m=audio 9 RTP/AVP 0 0\r\n", SDPError(.malformed("m="), line: 5)),
    (head + "m=audio 9 RTP/AVP 0\r\no=x\r\n", SDPError(.unexpectedLine, line: 6)),
  ]

  @Test("faults are named with their line", arguments: faults)
  func namedFaults(_ text: String, _ expected: SDPError) { #expect(fault(text) == expected) }

  static let badAttributes: [(String, String)] = [
    ("a=mid:", "a=mid"), ("a=mid:a b", "a=mid"), ("a=ice-ufrag", "a=ice-ufrag"),
    ("a=ice-pwd:a b", "a=ice-pwd"), ("a=fingerprint:sha-256 1:2", "a=fingerprint"),
    ("a=fingerprint:sha-256 +1:02", "a=fingerprint"), ("a=fingerprint:sha-256", "a=fingerprint"),
    ("a=setup:maybe", "a=setup"), ("a=candidate:", "a=candidate"),
    ("a=rtpmap:128 VP8/90000", "a=rtpmap"), ("a=rtpmap:96 VP8", "a=rtpmap"),
    ("a=rtpmap:96 VP8/+9", "a=rtpmap"), ("a=rtpmap:96 VP8/90000/300", "a=rtpmap"),
    ("a=fmtp:96", "a=fmtp"), ("a=fmtp:96 =1", "a=fmtp"), ("a=rtcp-fb:x nack", "a=rtcp-fb"),
    ("a=rtcp-fb:96", "a=rtcp-fb"), ("a=extmap:0 urn:x", "a=extmap"),
    ("a=extmap:256 urn:x", "a=extmap"), ("a=extmap:1/up urn:x", "a=extmap"),
    ("a=rid:é send", "a=rid"), ("a=rid:1 both", "a=rid"), ("a=rid:1 send pt=200", "a=rid"),
    ("a=simulcast:send", "a=simulcast"), ("a=simulcast:send 1 send 2", "a=simulcast"),
    ("a=simulcast:send 1;;2", "a=simulcast"), ("a=simulcast:recv ~", "a=simulcast"),
    ("a=ssrc:4294967296 cname:x", "a=ssrc"), ("a=ssrc:1", "a=ssrc"),
    ("a=ssrc-group:FID", "a=ssrc-group"), ("a=ssrc-group:FID 1 x", "a=ssrc-group"),
    ("a=sctp-port:x", "a=sctp-port"), ("a=msid:", "a=msid"), ("a=b c:d", "a="),
  ]

  @Test("a malformed attribute is named, its value is not", arguments: badAttributes)
  func malformedAttributes(_ line: String, _ name: String) {
    let error = fault(Self.head + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n\(line)\r\n")
    #expect(error == SDPError(.malformed(name), line: 6))
    #expect(error?.text == "line 6: \(name) is malformed")
  }

  @Test("what may stand once is refused the second time")
  func duplicates() {
    let section = Self.head + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
    for (line, name) in [
      ("a=mid:0", "a=mid"), ("a=ice-ufrag:abcd", "a=ice-ufrag"), ("a=setup:active", "a=setup"),
      ("a=sendrecv", "the direction"), ("a=rtpmap:96 VP8/90000", "a=rtpmap"),
      ("a=rid:1 send", "a=rid"), ("a=simulcast:send 1", "a=simulcast"),
    ] {
      #expect(fault(section + "\(line)\r\n\(line)\r\n") == SDPError(.duplicate(name), line: 7))
    }
    let twice = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n"
    #expect(fault(Self.head + twice + twice) == SDPError(.duplicate("a=mid"), line: 8))
  }

  @Test("size, lines, line length and sections are bounded")
  func limits() {
    let flag = "a=x\r\n"
    #expect(fault(Self.head + String(repeating: flag, count: 1996)) == nil)
    #expect(
      fault(Self.head + String(repeating: flag, count: 1997)) == SDPError(.tooManyLines, line: 2001)
    )
    let long = "a=x:" + String(repeating: "y", count: 4093) + "\r\n"
    #expect(fault(Self.head + long) == SDPError(.lineTooLong, line: 5))
    let huge = String(repeating: "a=x:" + String(repeating: "y", count: 4000) + "\r\n", count: 17)
    #expect(fault(Self.head + huge)?.fault == .tooLarge)
    let section = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
    #expect(fault(Self.head + String(repeating: section, count: 64)) == nil)
    #expect(
      fault(Self.head + String(repeating: section, count: 65))
        == SDPError(.tooManySections, line: 69))
  }

  @Test("text that is not UTF-8 is refused")
  func encoding() {
    #expect(fault(Array(Self.head.utf8) + [0x61, 0x3D, 0xFF, 0x0A]) == SDPError(.notUTF8, line: 5))
  }

  @Test("every truncation, short inputs of every byte and seeded mutations never trap")
  func sweep() throws {
    for length in 0...64 {
      for byte in UInt8(0)...255 { fuzz([UInt8](repeating: byte, count: length)) }
    }
    let offer = try Vectors.bytes("chromium-156-offer-simulcast-vp8.sdp")
    for length in stride(from: 0, to: offer.count, by: 3) { fuzz(offer[..<length]) }
    var source = SeededBytes(seed: 2)
    let alphabet = Array("\r\n =:;,/~*-0159aomtvsir".utf8)
    for name in Vectors.names {
      let bytes = try Vectors.bytes(name)
      for _ in 0..<300 { fuzz(source.mutate(bytes, alphabet: alphabet)) }
    }
  }

  @Test("seed inputs, whole and mutated, never trap")
  func seeds() {
    var source = SeededBytes(seed: 3)
    let alphabet = Array("\r\n =:;,/~*-0159aomtvsir".utf8)
    for seed in Vectors.seeds() {
      fuzz(seed)
      for _ in 0..<20 { fuzz(source.mutate(seed, alphabet: alphabet)) }
    }
  }
}
