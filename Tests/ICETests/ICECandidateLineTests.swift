// Candidate lines as browsers write them, and the ones that must be refused.

import Crypto
import Testing
import Wire

@testable import ICE

@Suite("Candidate lines, RFC 8839 section 5.1, and priorities")
struct ICECandidateLineTests {
  @Test("lines of real browsers are read")
  func browsers() throws {
    let udp = try #require(
      ICECandidateLine(
        "candidate:1467250027 1 udp 2122260223 192.168.0.196 46243 typ host generation 0 network-id 1"
      ))
    #expect(udp.foundation == "1467250027")
    #expect(udp.transport == .udp)
    #expect(udp.priority == 2_122_260_223)
    #expect(udp.host == .address(IPAddress(ipv4: 0xC0A8_00C4)))
    #expect(udp.port == 46243)
    #expect(udp.kind == .host)
    #expect(udp.tcpType == nil)
    #expect(udp.remoteCandidate?.transport == .udp)

    let mdns = try #require(
      ICECandidateLine(
        "a=candidate:0 1 UDP 2122252543 3d5f9a4b-1c2d-4e5f-8a9b-0c1d2e3f4a5b.local 54321 typ host"))
    #expect(mdns.host == .unresolved("3d5f9a4b-1c2d-4e5f-8a9b-0c1d2e3f4a5b.local"))
    #expect(mdns.remoteCandidate == nil)

    let active = try #require(
      ICECandidateLine(
        "candidate:3 1 tcp 1518280447 2001:db8::7 9 typ host tcptype active generation 0 ufrag EsAw"
      ))
    #expect(active.tcpType == .active)
    #expect(active.remoteCandidate == nil)

    let reflexive = try #require(
      ICECandidateLine(
        "candidate:842163049 1 udp 1677729535 203.0.113.5 60000 typ srflx raddr 0.0.0.0 rport 0"))
    #expect(reflexive.kind == .srflx)
    #expect(reflexive.remoteCandidate?.address == SocketAddress("203.0.113.5:60000"))

    let passive = try #require(
      ICECandidateLine("candidate:4 1 TCP 1518149375 10.0.0.1 7000 typ host tcptype passive"))
    #expect(passive.remoteCandidate?.transport == .tcpPassive)
  }

  @Test(
    "lines that break the grammar are refused",
    arguments: [
      "", "candidate:", "candidate", "candidate:1 1 udp 1 1.2.3.4 5 typ",
      "1 1 udp 1 1.2.3.4 5 typ host", "candidate:1 1 udp 1 1.2.3.4 5 type host",
      "candidate:1 1 sctp 1 1.2.3.4 5 typ host", "candidate:1 0 udp 1 1.2.3.4 5 typ host",
      "candidate:1 257 udp 1 1.2.3.4 5 typ host", "candidate:1 1 udp 0 1.2.3.4 5 typ host",
      "candidate:1 1 udp 2147483648 1.2.3.4 5 typ host", "candidate:1 1 udp -1 1.2.3.4 5 typ host",
      "candidate:1 1 udp +1 1.2.3.4 5 typ host", "candidate:1 1 udp 1 1.2.3.4 65536 typ host",
      "candidate:1 1 udp 99999999999999999999 1.2.3.4 5 typ host",
      "candidate:1 1 udp 1 1.2.3.256 5 typ host", "candidate:1 1 udp 1 1.2.3 5 typ host",
      "candidate:1 1 udp 1 ::1%eth0 5 typ host", "candidate:1 1 udp 1 1.2.3.4 5 typ foo",
      "candidate:1 1 tcp 1 1.2.3.4 5 typ host", "candidate:1 1 tcp 1 1.2.3.4 5 typ host tcptype x",
      "candidate:1 1 udp 1 1.2.3.4 5 typ host name", "candidate:1  1 udp 1 1.2.3.4 5 typ host",
      "candidate:é 1 udp 1 1.2.3.4 5 typ host", "candidate:a-b 1 udp 1 1.2.3.4 5 typ host",
      "candidate:1 1 udp 1 a/b.local 5 typ host", "candidate:1 1 udp 1 1.2.3.4 5 typ host\r\n",
    ])
  func refusals(text: String) { #expect(ICECandidateLine(text) == nil) }

  @Test("limits: the longest foundation and line pass, one more does not")
  func limits() {
    let tail = " 1 udp 1 1.2.3.4 5 typ host"
    #expect(ICECandidateLine("candidate:" + String(repeating: "a", count: 32) + tail) != nil)
    #expect(ICECandidateLine("candidate:" + String(repeating: "a", count: 33) + tail) == nil)
    let base = "candidate:1 1 udp 1 1.2.3.4 5 typ host x "
    let room = ICECandidateLine.lineBytesMax - base.utf8.count
    #expect(ICECandidateLine(base + String(repeating: "y", count: room)) != nil)
    #expect(ICECandidateLine(base + String(repeating: "y", count: room + 1)) == nil)
  }

  @Test("what cannot be contacted is no remote candidate")
  func notContactable() {
    for text in [
      "candidate:1 1 udp 1 1.2.3.4 0 typ host", "candidate:1 2 udp 1 1.2.3.4 5 typ host",
      "candidate:1 1 udp 1 0.0.0.0 5 typ host", "candidate:1 1 udp 1 :: 5 typ host",
      "candidate:1 1 tcp 1 1.2.3.4 5 typ host tcptype so",
    ] {
      let line = ICECandidateLine(text)
      #expect(line != nil)
      #expect(line?.remoteCandidate == nil)
    }
  }

  @Test(
    "our own lines read back as themselves; UDP goes above TCP, the first address above the second")
  func ours() throws {
    let four = try #require(SocketAddress("192.0.2.1:7000"))
    let six = try #require(SocketAddress("[2001:db8::1]:7000"))
    let lines = [
      ICECandidateLine.hostUDP(four, index: 0), .hostUDP(six, index: 1), .hostTCP(four, index: 0),
      .hostTCP(six, index: 1),
    ]
    for line in lines { #expect(ICECandidateLine(line.description) == line) }
    for (higher, lower) in zip(lines, lines.dropFirst()) {
      #expect(higher.priority > lower.priority)
    }
    #expect(Set(lines.map(\.foundation)).count == 4)
    #expect(lines[0].description == "candidate:1 1 udp 2130706431 192.0.2.1 7000 typ host")
    #expect(
      lines[3].description
        == "candidate:4 1 tcp 1520434943 2001:db8::1 7000 typ host tcptype passive")
    #expect(ICEPriority.hostUDP(index: -1) == ICEPriority.hostUDP(index: 0))
    #expect(ICEPriority.hostTCP(index: .max) == ICEPriority.hostTCP(index: 8191))
    #expect(ICEPriority.hostUDP(index: .max) > ICEPriority.hostTCP(index: 0))
  }

  @Test("random text and mutated lines are read or refused, and what is read round-trips")
  func mutations() {
    var random = RandomSource.seeded(8839)
    let seeds = [
      "candidate:3 1 tcp 1518280447 2001:db8::7 9 typ host tcptype active generation 0",
      "1467250027 1 udp 2122260223 abc.local 46243 typ relay raddr 1.2.3.4 rport 5",
    ]
    for round in 0..<10_000 {
      var bytes = Array(seeds[round % 2].utf8)
      for _ in 0...(random.next() % 5) {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      ICEFuzzBody.run(bytes.span)
    }
    for count in 0...64 { ICEFuzzBody.run(random.bytes(count).span) }
  }
}

@Suite("ICE credentials")
struct ICECredentialsTests {
  @Test("generated credentials are well formed, start with their prefix, and differ")
  func generation() {
    var random = RandomSource.seeded(3)
    let a = ICECredentials.random(prefix: "z", from: &random)
    let b = ICECredentials.random(prefix: "z", from: &random)
    #expect(a.isWellFormed)
    #expect(a.ufrag.hasPrefix("z"))
    #expect(a.ufrag.utf8.count == 1 + ICECredentials.ufragRandomCount)
    #expect(a != b)
    #expect(a.password != b.password)
  }

  @Test("credentials of a wrong length or alphabet are told apart")
  func wellFormed() {
    let password = String(repeating: "p", count: 22)
    func isFine(_ ufrag: String, _ password: String) -> Bool {
      ICECredentials(ufrag: ufrag, password: password).isWellFormed
    }
    #expect(isFine("abcd", password))
    #expect(isFine("+/09", password))
    #expect(!isFine("abc", password))
    #expect(!isFine("ab:d", password))
    #expect(!isFine("abcd", String(password.dropLast())))
    #expect(isFine("abcd", String(repeating: "p", count: 256)))
    #expect(!isFine("abcd", String(repeating: "p", count: 257)))
    #expect(!isFine("abcé", password))
  }
}
