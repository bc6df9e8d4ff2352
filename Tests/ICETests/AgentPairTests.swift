// A controlling and a lite agent over a bad network: they connect, restart, follow and expire.

import STUN
import Testing
import Wire

@testable import ICE

@Suite("Controlling and lite agent in virtual time")
struct AgentPairTests {
  @Test("they connect over loss, jitter and reordering, on the best path, both selecting the same")
  func connects() {
    for seed in 0..<UInt64(40) {
      var network = VirtualNetwork(seed: seed)
      network.loss = 0.3
      network.client.add([tcp1, udp2, udp1])
      network.run(until: at(20))
      let selected = network.client.selected
      #expect(selected != nil, "seed \(seed)")
      #expect(network.server.selected?.local == selected?.remote.ip, "seed \(seed)")
      #expect(network.server.selected?.channel == selected?.channel, "seed \(seed)")
    }
  }

  @Test(
    "without loss the best candidate is nominated within a few round trips, the TCP one unneeded")
  func fast() throws {
    var network = VirtualNetwork(seed: 1)
    network.client.add([udp1, udp2, tcp1])
    network.run(until: at(1))
    let (when, path) = try #require(network.clientSelections.first)
    #expect(when <= at(0.25))
    #expect(path.remote == udp1.address)
    #expect(path.channel == .udp)
    #expect(network.clientSelections.count == 1)
    #expect(network.serverSelections.count == 1)
    #expect(network.serverSelections.first?.1.local == udp1.address.ip)
  }

  @Test("when the best candidate is silent, the next is nominated after a short wait")
  func secondBest() throws {
    let silent = RemoteCandidate(
      transport: .udp, address: SocketAddress(ip: IPAddress(ipv4: 0x0A00_00FF), port: 7001),
      priority: 0x7FFF_FFFF)
    var network = VirtualNetwork(seed: 2)
    // The server answers from port 7000 only: nothing valid comes back from 7001.
    network.client.add([silent, udp2])
    network.run(until: at(1))
    let (when, path) = try #require(network.clientSelections.first)
    #expect(path.remote == udp2.address)
    #expect(when >= at(0.1))
    #expect(when <= at(0.4))
  }

  @Test("with UDP blocked they meet over TCP")
  func tcp() {
    var network = VirtualNetwork(seed: 3)
    network.isUDPBlocked = true
    network.client.add([udp1, tcp1])
    network.run(until: at(100))
    #expect(network.client.selected?.channel == .tcp(connection: 1))
    #expect(network.server.selected?.channel == .tcp(connection: 1))
    #expect(!network.client.isExpired(at: at(100)))
    #expect(!network.server.isExpired(at: at(100)))
  }

  @Test("retransmissions of one check double from 500 ms, seven in all")
  func retransmission() {
    var network = VirtualNetwork(seed: 4)
    network.isCut = true
    network.client.add([udp1])
    network.run(until: at(29))
    let times = network.datagramsToServer.map { $0.0 }
    #expect(times == [0, 0.5, 1.5, 3.5, 7.5, 15.5].map(at))
    #expect(Set(network.datagramsToServer.map { $0.1 }).count == 1)
  }

  @Test("new checks are at least 50 ms apart")
  func pacing() {
    var network = VirtualNetwork(seed: 5)
    network.isCut = true
    network.client.add([udp1, udp2])
    network.run(until: at(0.4))
    #expect(network.datagramsToServer.map { $0.0 } == [at(0), at(0.05)])
  }

  @Test("twenty per cent loss each way for ten minutes ends no session")
  func consentUnderLoss() {
    for seed in 0..<UInt64(20) {
      var network = VirtualNetwork(seed: 600 + seed)
      network.client.add([udp1])
      network.run(until: at(1))
      network.loss = 0.2
      network.run(until: at(600))
      #expect(!network.client.isExpired(at: at(600)), "seed \(seed)")
      #expect(!network.server.isExpired(at: at(600)), "seed \(seed)")
    }
  }

  @Test("consent checks come every 4 to 6 s, each a new transaction, and change no selection")
  func consent() throws {
    var network = VirtualNetwork(seed: 6)
    network.client.add([udp1])
    network.run(until: at(1))
    let connected = network.datagramsToServer.count
    network.run(until: at(600))
    #expect(!network.client.isExpired(at: at(600)))
    #expect(!network.server.isExpired(at: at(600)))
    let times = network.datagramsToServer.dropFirst(connected).map { $0.0 }
    #expect(times.count > 95)
    #expect(Set(network.datagramsToServer.map { $0.1 }).count == network.datagramsToServer.count)
    for (a, b) in zip(times, times.dropFirst()) {
      #expect((TimeSpan.seconds(4)...TimeSpan.seconds(6)).contains(b - a))
    }
    #expect(network.serverSelections.count == 1)
  }

  @Test("a dead network expires both sides exactly 30 s after what each last heard")
  func expiry() {
    var network = VirtualNetwork(seed: 7)
    network.client.add([udp1])
    network.run(until: at(10))
    network.isCut = true
    let client = network.client.lastResponse + .seconds(30)
    let server = network.server.lastCheck + .seconds(30)
    network.run(until: at(60))
    let tick = TimeSpan(nanoseconds: 1)
    #expect(!network.client.isExpired(at: client - tick))
    #expect(network.client.isExpired(at: client))
    #expect(!network.server.isExpired(at: server - tick))
    #expect(network.server.isExpired(at: server))
    #expect(network.datagramsToServer.allSatisfy { $0.0 < client })
  }

  @Test("an agent without any answer expires after 30 s; without candidates too")
  func neverConnected() {
    for candidates in [[], [udp1, tcp1]] {
      var network = VirtualNetwork(seed: 8)
      network.isCut = true
      network.client.add(candidates)
      network.run(until: at(40))
      #expect(network.client.isExpired(at: at(30)))
      #expect(network.client.selected == nil)
      #expect(network.datagramsToServer.allSatisfy { $0.0 < at(30) })
    }
  }

  @Test("an ICE restart moves to new credentials without ever losing the selected path")
  func restart() {
    for seed in 0..<UInt64(20) {
      var network = VirtualNetwork(seed: 900 + seed)
      network.loss = 0.2
      network.client.add([udp1])
      network.run(until: at(20))
      network.server.addGeneration(local: server2, remote: peer2)
      network.client.restart(local: peer2, remote: server2, candidates: [udp2], at: network.now)
      #expect(network.client.selected?.remote == udp1.address, "seed \(seed)")
      network.run(until: at(50))
      #expect(network.client.selected?.remote == udp2.address, "seed \(seed)")
      #expect(network.server.selected?.local == udp2.address.ip, "seed \(seed)")
      #expect(network.server.isSettled)
      network.run(until: at(150))
      #expect(!network.client.isExpired(at: at(150)))
      #expect(!network.server.isExpired(at: at(150)))
    }
  }

  @Test("a restart the server never hears of leaves the session alive on the old credentials")
  func failedRestart() {
    var network = VirtualNetwork(seed: 10)
    network.client.add([udp1])
    network.run(until: at(5))
    network.client.restart(local: peer2, remote: server2, candidates: [udp1], at: network.now)
    network.run(until: at(120))
    #expect(!network.client.isExpired(at: at(120)))
    #expect(!network.server.isExpired(at: at(120)))
    #expect(network.client.selected?.remote == udp1.address)
    #expect(network.serverOutcomes.contains(.discarded(.wrongUsername)))
  }

  @Test("when a NAT gives the client another address the server follows at the next consent check")
  func rebinding() {
    var network = VirtualNetwork(seed: 11)
    network.client.add([udp1])
    network.run(until: at(10))
    let moved = SocketAddress(ip: IPAddress(ipv4: 0xC000_0201), port: 2222)
    network.clientAddress = moved
    network.run(until: at(17))
    #expect(network.server.selected?.remote == moved)
    #expect(network.serverSelections.count == 2)
    network.run(until: at(100))
    #expect(!network.client.isExpired(at: at(100)))
  }

  @Test("the same seed gives the same run")
  func determinism() {
    func run() -> [[UInt8]] {
      var network = VirtualNetwork(seed: 12)
      network.loss = 0.3
      network.client.add([udp1, udp2, tcp1])
      network.run(until: at(60))
      return network.datagramsToServer.map { $0.1 }
    }
    #expect(run() == run())
  }

  @Test("candidates that trickle in after the start are checked")
  func trickle() {
    var network = VirtualNetwork(seed: 13)
    network.run(until: at(3))
    network.client.add([udp1, udp1])
    network.run(until: at(4))
    #expect(network.client.selected?.remote == udp1.address)
    #expect(network.datagramsToServer.count == 2)
  }
}
