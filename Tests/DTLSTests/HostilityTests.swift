// What never ends an association: garbage, alerts in clear, replays, forgeries, a second ClientHello.

import SRTP
import Testing
import Wire

@testable import DTLS

@Suite("DTLS under attack")
struct HostilityTests {
  static let fatalAlert = clearRecord(type: 21, [2, 40])
  static let closeNotify = clearRecord(type: 21, [1, 0])

  /// Datagrams anybody who knows the five-tuple could send.
  static func attacks(_ random: inout Seeded) -> [[UInt8]] {
    var noise = (0..<Int(random.next() % 100)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    if !noise.isEmpty { noise[0] = 20 + noise[0] % 44 }
    return [
      noise, fatalAlert, closeNotify,
      // Under the keys' epoch, but not under the keys.
      clearRecord(type: 21, epoch: 1, Array(repeating: 5, count: 26)),
      clearRecord(type: 22, epoch: 1, Array(repeating: 6, count: 48)),
      clearRecord(type: 23, epoch: 0, [1, 2, 3]),
      clearRecord(type: 24, [1]), clearRecord(type: 20, [2]),
      // Handshake messages that lie about their lengths, or are the other role's.
      clearRecord(type: 22, [1, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 9]),
      clearRecord(type: 22, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      clearRecord(type: 22, [20, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]), clearRecord(type: 22, []),
    ]
  }

  @Test("attacks in clear during a handshake do not disturb it", arguments: 1...10)
  func duringHandshake(_ seed: Int) throws {
    let association = try Association(seed: UInt64(seed))
    var random = Seeded(state: UInt64(seed))
    association.onDelivery = { association in
      for attack in Self.attacks(&random) {
        association.deliver(attack, toServer: true)
        association.deliver(attack, toServer: false)
      }
    }
    association.start()
    association.run()
    #expect(association.clientKeys != nil && association.serverKeys != nil)
    #expect(association.clientOutcomes.count == 1 && association.serverOutcomes.count == 1)
    #expect(association.client.discards > 0 && association.server.discards > 0)
  }

  @Test("attacks and replays after a handshake end nothing and are counted")
  func afterHandshake() throws {
    let association = try Association()
    association.start()
    association.run()
    var random = Seeded(state: 4)
    let replays = association.fromClient
    var sent: UInt64 = 0
    let before = association.server.discards
    for attack in Self.attacks(&random) where !attack.isEmpty {
      association.deliver(attack, toServer: true)
      sent += 1
    }
    #expect(association.server.discards == before + sent)
    // The whole handshake again, the ClientHello first.
    for replay in replays { association.deliver(replay, toServer: true) }
    #expect(association.server.discards >= before + sent + UInt64(replays.count))
    #expect(association.serverOutcomes.count == 1)
    // And it still lives: an authenticated close is understood.
    association.client.close()
    association.collect()
    association.run()
    #expect(association.serverOutcomes.last == .closedByPeer)
  }

  @Test("a second ClientHello, from another client, is ignored")
  func secondClientHello() throws {
    let association = try Association()
    association.start()
    association.run()
    let stranger = try DTLSEndpoint(identity: makeIdentity(), role: .client, fingerprints: [])
    _ = stranger.start(at: .zero)
    let before = association.server.discards
    for datagram in stranger.takeDatagrams() { association.deliver(datagram, toServer: true) }
    #expect(association.server.discards == before + 1)
    #expect(association.serverOutcomes.count == 1)
    association.client.close()
    association.collect()
    association.run()
    #expect(association.serverOutcomes.last == .closedByPeer)
  }

  @Test("a stranger's ClientHello in the midst of a handshake does not disturb it")
  func rivalClientHello() throws {
    let association = try Association()
    let stranger = try DTLSEndpoint(identity: makeIdentity(), role: .client, fingerprints: [])
    _ = stranger.start(at: .zero)
    let hello = stranger.takeDatagrams()
    var injections = 0
    association.onDelivery = { association in
      guard !association.fromServer.isEmpty, association.serverKeys == nil else { return }
      injections += 1
      for datagram in hello { association.deliver(datagram, toServer: true) }
    }
    association.start()
    association.run()
    #expect(injections > 0)
    #expect(association.clientKeys != nil && association.serverKeys != nil)
  }

  @Test("a close_notify under the keys ends both sides, one in clear neither")
  func close() throws {
    let association = try Association()
    association.start()
    association.run()
    association.deliver(Self.closeNotify, toServer: true)
    association.deliver(Self.closeNotify, toServer: false)
    #expect(association.serverOutcomes.count == 1 && association.clientOutcomes.count == 1)
    association.server.close()
    association.collect()
    association.run()
    #expect(association.clientOutcomes.last == .closedByPeer)
    #expect(association.clientOutcomes.count == 2)
  }

  @Test("a close_notify with one bit flipped ends nothing")
  func forgedClose() throws {
    let association = try Association()
    association.start()
    association.run()
    association.client.close()
    let datagrams = association.client.takeDatagrams()
    let genuine = try #require(datagrams.first)
    #expect(genuine.first == 21)
    for bit in 0..<(genuine.count * 8) {
      var forged = genuine
      forged[bit / 8] ^= 1 << UInt8(bit % 8)
      // The record's version in the header is authenticated; its length moves the end.
      association.deliver(forged, toServer: true)
      #expect(association.serverOutcomes.count == 1, "bit \(bit)")
    }
    association.deliver(genuine, toServer: true)
    #expect(association.serverOutcomes.last == .closedByPeer)
  }

  @Test("an idle or ended endpoint says nothing and counts")
  func idle() throws {
    let association = try Association()
    association.deliver(Self.closeNotify, toServer: true)
    #expect(association.server.discards == 1)
    association.server.close()
    association.deliver(Self.closeNotify, toServer: true)
    #expect(association.server.discards == 2)
    #expect(association.server.takeDatagrams().isEmpty)
    #expect(association.serverOutcomes.isEmpty)
  }

  @Test("every length from 0 to 64 and every truncation of a ClientHello changes nothing")
  func lengths() throws {
    let client = try DTLSEndpoint(identity: makeIdentity(), role: .client, fingerprints: [])
    _ = client.start(at: .zero)
    let sent = client.takeDatagrams()
    let hello = try #require(sent.first)
    let server = try DTLSEndpoint(identity: makeIdentity(), role: .server, fingerprints: [])
    _ = server.start(at: .zero)
    for length in 0...64 {
      for fill: UInt8 in [0, 22, 0xFE, 0xFF] {
        let bytes = [UInt8](repeating: fill, count: length)
        #expect(server.receive(bytes.span, at: .zero) == .inProgress)
      }
    }
    for length in 0..<hello.count {
      #expect(server.receive(Array(hello[0..<length]).span, at: .zero) == .inProgress)
    }
    #expect(server.takeDatagrams().isEmpty)
    _ = server.receive(hello.span, at: .zero)
    #expect(!server.takeDatagrams().isEmpty)
  }

  @Test("records are cut the same however they are mutated: nothing overlaps, nothing vanishes")
  func mutations() throws {
    let association = try Association()
    association.start()
    association.run()
    var random = Seeded(state: 12)
    for datagram in association.fromClient + association.fromServer {
      DTLSFuzzBody.run(datagram.span)
      for length in 0..<min(datagram.count, 64) {
        DTLSFuzzBody.run(Array(datagram[0..<length]).span)
      }
      for _ in 0..<200 {
        var mutated = datagram
        for _ in 0..<3 {
          let index = Int(random.next() % UInt64(mutated.count))
          mutated[index] = UInt8(truncatingIfNeeded: random.next())
        }
        DTLSFuzzBody.run(mutated.span)
      }
    }
  }
}
