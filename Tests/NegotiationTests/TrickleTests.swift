import ICE
import MediaControl
import SDP
import Testing
import Wire

@testable import Negotiation

@Suite("Trickle, restart and candidate lines")
struct TrickleTests {
  private func state() throws -> NegotiationState {
    try Samples.answer(Samples.offer("chromium-156-offer"), .publisher).state
  }

  private func fragment(_ text: String) throws -> TrickleFragment {
    try TrickleFragment.parse(Array(text.utf8))
  }

  @Test("candidates of the current generation, with and without its credentials")
  func candidates() throws {
    let line = "m=audio 9 RTP/AVP 0\na=mid:0\na=candidate:1 1 udp 1 192.0.2.9 5000 typ host\n"
    let expected = TrickleRequest.candidates([
      RemoteCandidate(
        transport: .udp, address: SocketAddress(ip: IPAddress(ipv4: 0xC000_0209), port: 5000),
        priority: 1)
    ])
    let current = "a=ice-ufrag:r9P2\na=ice-pwd:oCQ8RVyH4hraywO7tP+cVyNL\n"
    for prefix in ["", "a=ice-ufrag:r9P2\n", current] {
      #expect(try Negotiation.trickle(fragment(prefix + line), state: state()) == expected)
    }
    #expect(try Negotiation.trickle(fragment(""), state: state()) == .candidates([]))
  }

  @Test("other credentials are a restart, half of them are refused")
  func restart() throws {
    let password = String(repeating: "x", count: 22)
    #expect(
      try Negotiation.trickle(fragment("a=ice-ufrag:newu\na=ice-pwd:\(password)\n"), state: state())
        == .restart(ICECredentials(ufrag: "newu", password: password), []))
    #expect(throws: NegotiationRefusal.missingICECredentials) {
      try Negotiation.trickle(fragment("a=ice-ufrag:newu\n"), state: state())
    }
    #expect(throws: NegotiationRefusal.malformedICECredentials) {
      try Negotiation.trickle(fragment("a=ice-ufrag:newu\na=ice-pwd:short\n"), state: state())
    }
    #expect(throws: NegotiationRefusal.malformedCandidate) {
      try Negotiation.trickle(fragment("a=candidate:1 1 udp\n"), state: state())
    }
  }

  @Test("a restart's response carries our new credentials and all candidates")
  func response() throws {
    var state = try state()
    let remote = ICECredentials(ufrag: "newu", password: String(repeating: "x", count: 22))
    let response = Negotiation.restart(&state, remote: remote, local: Samples.restarted)
    #expect(state.remote == remote)
    #expect(state.local == Samples.restarted.credentials)
    let read = try fragment(response.text)
    #expect(read == response)
    #expect(read.credentials?.ufrag == "serverUfrag2")
    #expect(read.candidates == Samples.server.candidates.map(\.line))
    #expect(read.groups == [SectionGroup(semantics: "BUNDLE", mids: ["0", "1"])])
    #expect(read.isLite)
  }

  @Test("our candidates: UDP above TCP, earlier addresses above later ones")
  func ourCandidates() {
    let lines = Samples.server.candidates.map(\.line)
    #expect(
      lines == [
        "1 1 udp 2130706431 192.0.2.10 7000 typ host",
        "2 1 udp 2130706175 2001:db8::10 7000 typ host",
        "100 1 tcp 1520435199 192.0.2.10 7000 typ host tcptype passive",
        "101 1 tcp 1520434943 2001:db8::10 7000 typ host tcptype passive",
      ])
    for (line, candidate) in zip(lines, Samples.server.candidates) {
      #expect(CandidateLine(line)?.remote?.address == candidate.address)
      #expect(CandidateLine(line)?.remote?.priority == candidate.priority)
    }
  }

  @Test("browsers' candidates: what we could check is kept, the rest is valid but unused")
  func browserCandidates() {
    #expect(
      CandidateLine("3 1 tcp 1518214911 192.0.2.2 9 typ host tcptype active generation 0") != nil)
    #expect(CandidateLine("3 1 tcp 1518214911 192.0.2.2 9 typ host tcptype active")?.remote == nil)
    let mdns = CandidateLine("0 1 UDP 2122252543 0b0b9d2c-1111.local 50000 typ host")
    #expect(mdns?.host == "0b0b9d2c-1111.local")
    #expect(mdns?.remote == nil)
    #expect(CandidateLine("0 2 UDP 1 192.0.2.2 50000 typ host")?.remote == nil)
    let relayed = CandidateLine("1 1 udp 5 192.0.2.7 4000 typ relay raddr 10.0.0.1 rport 9")
    #expect(relayed?.remote?.address.port == 4000)
  }

  @Test(
    "lines that break the grammar are refused",
    arguments: [
      "", "1 1 udp 1 192.0.2.1 5000 typ", "1 1 udp 1 192.0.2.1 5000 kind host",
      "1 0 udp 1 192.0.2.1 5000 typ host", "1 1 udp x 192.0.2.1 5000 typ host",
      "1 1 udp 1 192.0.2.1 70000 typ host", "1 1 udp +1 192.0.2.1 5000 typ host",
      "1 1 udp 1 192.0.2.1 5000 typ host generation", "{} 1 udp 1 192.0.2.1 5000 typ host",
    ])
  func malformed(_ line: String) { #expect(CandidateLine(line) == nil) }

  @Test("only so many remote candidates are kept, each once")
  func bounded() throws {
    let lines = (1...200).map { "1 1 udp 1 192.0.2.1 \($0) typ host" }
    #expect(try CandidateLine.usable(lines + lines).count == NegotiationLimits.candidatesMax)
    #expect(try CandidateLine.usable([lines[0], lines[0]]).count == 1)
  }
}
