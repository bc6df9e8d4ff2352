// A client's transport against a scripted server: how it comes up, what it refuses, how it ends.

import Client
import DTLS
import Testing
import Wire

@Suite("A client's transport")
struct ClientTransportTests {
  private func connected() throws -> (Stage, StagedTransport) {
    let stage = try Stage()
    let client = StagedTransport(try stage.makeTransport())
    stage.play(client)
    stage.run(for: .seconds(2))
    try #require(client.transport.isConnected)
    return (stage, client)
  }

  @Test("checks, nomination and handshake lead to keys on both sides, told once")
  func connecting() throws {
    let (stage, client) = try connected()
    #expect(client.outcomes == [.connected])
    #expect(stage.isServerReady)
    #expect(client.transport.path?.remote == Stage.serverAddress)
    #expect(client.transport.connectedAt != nil)
    #expect(client.transport.discards == 0)
  }

  @Test("nothing is sent before there are keys")
  func tooEarly() throws {
    let stage = try Stage()
    let client = try stage.makeTransport()
    let packet = [UInt8](repeating: 0x80, count: 20)
    let length = client.sendRTP(
      packet.span, headerLength: 12, rolloverCounter: 0, into: &stage.batch)
    #expect(length == 0)
    #expect(stage.batch.isEmpty)
  }

  @Test("a server of another certificate gets no media and no keys")
  func wrongServer() throws {
    let stage = try Stage()
    let other = CertificateFingerprint(
      algorithm: .sha256, digest: [UInt8](repeating: 7, count: 32))
    let client = StagedTransport(try stage.makeTransport(fingerprint: other))
    stage.play(client)
    stage.run(for: .seconds(2))
    #expect(client.outcomes.count == 1)
    guard case .ended(.handshakeFailed) = client.outcomes.first else {
      Issue.record("\(client.outcomes)")
      return
    }
    #expect(!client.transport.isConnected)
    #expect(client.transport.nextDeadline == .distantFuture)
  }

  @Test("forged, replayed and unknown datagrams are counted and change nothing")
  func hostile() throws {
    let (stage, client) = try connected()
    let packet: [UInt8] = [0x80, 96, 0, 1] + [UInt8](repeating: 1, count: 40)
    let good = stage.protect(packet)
    stage.lend(good)
    #expect(client.outcomes.last == .rtp(length: packet.count))
    let before = client.transport.discards
    var damaged = stage.protect([0x80, 96, 0, 2] + [UInt8](repeating: 1, count: 40))
    damaged[damaged.count - 1] ^= 1
    for bytes in [good, damaged, [], [0x16], [0x80], [0x7F, 1, 2], [0, 1, 0, 0]] as [[UInt8]] {
      stage.lend(bytes)
    }
    #expect(client.outcomes.count == 2)
    #expect(client.transport.discards >= before + 6)
    #expect(client.transport.isConnected)
  }

  @Test("a length that is not the datagram's is refused")
  func badLength() throws {
    let (stage, client) = try connected()
    var bytes = [UInt8](repeating: 0x80, count: 10)
    var span = bytes.mutableSpan
    for length in [-1, 11, .max] {
      let path = try #require(client.transport.path)
      let outcome = client.transport.receive(
        &span, length: length, on: path, at: stage.now, into: &stage.batch)
      #expect(outcome == .nothing)
    }
  }

  @Test("30 s without a STUN response end it, and nothing is sent after")
  func consent() throws {
    let (stage, client) = try connected()
    stage.isServerHeard = false
    stage.run(for: .seconds(20))
    #expect(client.transport.isConnected)
    stage.run(for: .seconds(16))
    #expect(client.outcomes.last == .ended(.consentExpired))
    let packet: [UInt8] = [0x80, 96] + [UInt8](repeating: 0, count: 20)
    let length = client.transport.sendRTP(
      packet.span, headerLength: 12, rolloverCounter: 0, into: &stage.batch)
    #expect(length == 0)
    #expect(client.transport.nextDeadline == .distantFuture)
  }

  @Test("consent that goes on keeps it for an hour")
  func staysAlive() throws {
    let (stage, client) = try connected()
    stage.run(for: .seconds(3600))
    #expect(client.transport.isConnected)
    #expect(client.outcomes == [.connected])
  }

  @Test("the server's close_notify ends it; our own close tells the server and nobody else")
  func closing() throws {
    let (stage, client) = try connected()
    stage.closeServer()
    stage.run(for: .milliseconds(50))
    #expect(client.outcomes.last == .ended(.closedByServer))

    let (other, closer) = try connected()
    closer.transport.close(into: &other.batch)
    #expect(!other.batch.isEmpty)
    #expect(closer.transport.end == .closed)
    other.run(for: .seconds(1))
    #expect(closer.outcomes == [.connected])
  }
}
