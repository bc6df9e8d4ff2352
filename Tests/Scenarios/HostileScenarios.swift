// A hostile source: whatever it sends, nobody else notices, and it learns nothing.

import Client
import Crypto
import DTLS
import MediaControl
import STUN
import Simulation
import Testing
import Wire

@Suite("Scenarios: a hostile source")
struct HostileScenarios {
  /// Where the attacker is; nobody else.
  private static let attacker = SocketAddress(ip: IPAddress(ipv4: 0xCB00_7109), port: 6666)
  private static let attackBegins = 2.0

  /// What an observer of the host's path has seen, by kind of protocol.
  private final class Observed {
    var stun: [UInt8] = []
    var clientHello: [UInt8] = []
    var rtp: [UInt8] = []
    var rtcp: [UInt8] = []

    func note(_ bytes: [UInt8]) {
      switch DatagramKind(bytes.span) {
      case .stun: stun = bytes
      case .dtls: if clientHello.isEmpty { clientHello = bytes }
      case .rtp: rtp = bytes
      case .rtcp: rtcp = bytes
      default: break
      }
    }
  }

  /// A run with one host and two viewers; `attack` is given the wire's content once a tenth of a
  /// second from `attackBegins` on.
  private func run(
    _ scenario: Scenario, attack: ((World, SimulatedHost, Observed) -> Void)?
  ) throws -> [SimulatedViewer] {
    let world = scenario.world
    let observed = Observed()
    let host = try world.addHost(.simulcast)
    world.tap = { endpoint, bytes in
      if endpoint.peer == host.endpoint.peer { observed.note(bytes) }
    }
    try world.run(for: 1)
    let viewers = [try world.addViewer(of: host), try world.addViewer(of: host)]
    if let attack {
      for turn in 0..<20 {
        let at = world.instant(HostileScenarios.attackBegins + Double(turn) * 0.1)
        world.at(at) { attack($0, host, observed) }
      }
    }
    try world.run(until: world.instant(5))
    return viewers
  }

  /// Runs the same world with and without the attack and compares what viewers got, to the frame.
  ///
  /// - Parameter isAnswered: whether somebody joins, so that the server has somebody to answer.
  private func compare(
    seed: UInt64, isAnswered: Bool = false, test: String = #function,
    attack: @escaping (World, SimulatedHost, Observed) -> Void
  ) throws -> Scenario {
    let quiet = try Scenario(seed: seed, test: test)
    let attacked = try Scenario(seed: seed, test: test)
    let expected = try run(quiet, attack: nil)
    let seen = try run(attacked, attack: attack)
    for (one, other) in zip(expected, seen) {
      #expect(one.frames.count > 90, quiet.replay)
      #expect(one.frames == other.frames, attacked.replay)
      #expect(one.audioArrivals == other.audioArrivals, attacked.replay)
    }
    #expect(attacked.world.strays.isEmpty, attacked.replay)
    #expect(quiet.world.statistics.discards.allSatisfy { $0 == 0 }, quiet.replay)
    if !isAnswered {
      #expect(
        attacked.world.statistics.packetsSent == quiet.world.statistics.packetsSent,
        attacked.replay)
    }
    #expect(attacked.world.nonceViolations == 0, attacked.replay)
    return attacked
  }

  @Test("garbage of every first byte is discarded by name and answered by nothing")
  func garbage() throws {
    let scenario = try compare(seed: 81) { world, _, _ in
      for first in UInt8.min...UInt8.max {
        world.inject([first] + [UInt8](repeating: 0x5A, count: 40), from: HostileScenarios.attacker)
      }
    }
    for reason in [DiscardReason.unknownProtocol, .unknownSource, .unexpectedSTUN] {
      #expect(scenario.world.discards(reason) > 0, "\(reason); \(scenario.replay)")
    }
  }

  @Test("every length 0...64 of every kind of packet, from elsewhere, changes nothing")
  func everyLength() throws {
    let scenario = try compare(seed: 82) { world, _, observed in
      for packet in [observed.stun, observed.clientHello, observed.rtp, observed.rtcp] {
        for length in 0...64 {
          world.inject(Array(packet.prefix(length)), from: HostileScenarios.attacker)
        }
      }
    }
    #expect(scenario.world.discards(.unknownSource) > 0, scenario.replay)
    #expect(scenario.world.discards(.unexpectedSTUN) > 0, scenario.replay)
  }

  @Test("every length 0...64 of every kind of packet, from the host's own address")
  func everyLengthSpoofed() throws {
    let scenario = try compare(seed: 83) { world, host, observed in
      for packet in [observed.stun, observed.rtp, observed.rtcp] {
        for length in 0...64 {
          world.inject(Array(packet.prefix(length)), from: host.endpoint.address)
        }
      }
    }
    let bad =
      scenario.world.discards(.badAuthentication) + scenario.world.discards(.malformedRTP)
      + scenario.world.discards(.malformedRTCP)
    #expect(bad > 0, scenario.replay)
  }

  @Test("checks with a wrong password, for a known and for an unknown ufrag, are not answered")
  func forgedChecks() throws {
    let scenario = try compare(seed: 84) { world, _, observed in
      guard let range = STUNRouting.localUfrag(in: observed.stun.span) else { return }
      // The attribute's length stands before its value; the whole username is "ours:theirs".
      let length = Int(observed.stun[range.lowerBound - 1])
      let known = Array(observed.stun[range.lowerBound..<range.lowerBound + length])
      let unknown = Array(known.prefix(1) + "nobody0:evil".utf8)
      for username in [known, unknown] {
        var buffer = WireBuffer(capacity: STUNWriter.messageBytesMax)
        let request = STUNWriter.BindingRequest(
          transactionID: STUNTransactionID(high: 1, low: 2), priority: 3, role: .controlling(4),
          useCandidate: true)
        try? STUNWriter.write(
          request, username: username.span,
          key: HMACSHA1(key: Array("guessed password".utf8).span), into: &buffer)
        world.inject(buffer.bytes.toArray(), from: HostileScenarios.attacker)
      }
      var damaged = observed.stun
      damaged[damaged.count - 1] ^= 1
      world.inject(damaged, from: HostileScenarios.attacker)
      world.inject(
        HostileScenarios.withoutIntegrity(observed.stun), from: HostileScenarios.attacker)
    }
    // A wrong password, and none at all.
    #expect(scenario.world.discards(.badIntegrity) >= 40, scenario.replay)
    #expect(scenario.world.discards(.unknownUfrag) >= 20, scenario.replay)
    #expect(scenario.world.discards(.malformedSTUN) >= 20, scenario.replay)
  }

  /// A check as it was seen, cut off before MESSAGE-INTEGRITY, its length made right.
  private static func withoutIntegrity(_ check: [UInt8]) -> [UInt8] {
    guard let end = try? STUNMessage(check.span).integrityOffset else { return [] }
    var cut = Array(check.prefix(end))
    let length = end - 20  // The header is not counted.
    cut.replaceSubrange(2..<4, with: [UInt8(length >> 8), UInt8(length & 0xFF)])
    return cut
  }

  @Test("replayed and damaged media are refused, from the host's address and from elsewhere")
  func replays() throws {
    let scenario = try compare(seed: 85) { world, host, observed in
      world.inject(observed.rtp, from: HostileScenarios.attacker)
      for packet in [observed.rtp, observed.rtcp] {
        var damaged = packet
        damaged[damaged.count - 1] ^= 1
        world.inject(damaged, from: host.endpoint.address)
      }
      // The original is on its way for 10 ms: what is injected later is the repetition.
      let copy = observed.rtp
      world.at(world.now + .milliseconds(50)) { $0.inject(copy, from: host.endpoint.address) }
    }
    #expect(scenario.world.discards(.unknownSource) == 20, scenario.replay)
    #expect(scenario.world.discards(.badAuthentication) == 40, scenario.replay)
    #expect(scenario.world.discards(.replayed) == 20, scenario.replay)
  }

  @Test(
    "a second ClientHello, from elsewhere or the host's address, and alerts in clear do nothing")
  func handshakes() throws {
    let scenario = try compare(seed: 86) { world, host, observed in
      world.inject(observed.clientHello, from: HostileScenarios.attacker)
      world.inject(observed.clientHello, from: host.endpoint.address)
      // DTLS 1.2 alerts, epoch 0: fatal handshake_failure, warning close_notify.
      for alert in [[2, 40], [1, 0]] as [[UInt8]] {
        let record: [UInt8] = [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2] + alert
        world.inject(record, from: host.endpoint.address)
        world.inject(record, from: HostileScenarios.attacker)
      }
    }
    #expect(scenario.world.discards(.unknownSource) == 60, scenario.replay)
    let ends = scenario.world.reports.filter {
      if case .ended = $0.event { true } else { false }
    }
    #expect(ends.isEmpty, scenario.replay)
  }

  @Test("media before a second host's handshake are discarded by name; the first's viewers go on")
  func mediaBeforeHandshake() throws {
    var second: SimulatedHost?
    let scenario = try compare(seed: 87, isAnswered: true) { world, _, _ in
      guard second == nil, let host = try? world.addHost(.tiny) else { return }
      second = host
      // The first check has come and the handshake takes two more round trips.
      world.at(world.now + .milliseconds(30)) {
        $0.inject([0x80, 96] + [UInt8](repeating: 7, count: 60), from: host.endpoint.address)
        $0.inject([0x80, 200] + [UInt8](repeating: 7, count: 60), from: host.endpoint.address)
      }
    }
    #expect(scenario.world.discards(.mediaBeforeDTLS) == 2, scenario.replay)
    #expect(try #require(second).client.transport.isConnected, scenario.replay)
  }

  @Test("a host of another certificate gets no keys and ends by name; the first's viewers go on")
  func wrongCertificate() throws {
    let claimed = CertificateFingerprint(
      algorithm: .sha256, digest: [UInt8](repeating: 0xAB, count: 32))
    var second: SimulatedHost?
    let scenario = try compare(seed: 88, isAnswered: true) { world, _, _ in
      if second == nil { second = try? world.addHost(.tiny, offering: claimed) }
      guard let second else { return }
      // It may send what it likes, in clear or not: there is nothing to decrypt it with.
      world.inject(
        [0x80, 96] + [UInt8](repeating: 7, count: 60), from: second.endpoint.address)
    }
    let host = try #require(second)
    #expect(!host.client.transport.isConnected, scenario.replay)
    let ends = scenario.world.reports.compactMap { report -> PeerEnd? in
      if case .ended(host.endpoint.peer, let end) = report.event { end } else { nil }
    }
    #expect(ends == [.fingerprintMismatch], scenario.replay)
    let refused =
      scenario.world.discards(.mediaBeforeDTLS) + scenario.world.discards(.unknownSource)
    #expect(refused >= 20, scenario.replay)
  }
}
