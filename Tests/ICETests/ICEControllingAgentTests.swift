// The controlling agent against a scripted full peer: roles, triggered checks, forged responses, TCP.

import Crypto
import STUN
import Testing
import Wire

@testable import ICE

/// A controlling agent whose peer is the test.
private struct Scripted {
  var agent: ICEControllingAgent
  var batch = DatagramBatch(entriesMax: 16)

  init(seed: UInt64 = 1) {
    agent = ICEControllingAgent(local: peer, remote: server, random: .seeded(seed), at: .zero)
  }

  /// What the agent wants to send by `now`, with the path.
  mutating func sent(at now: Double) -> [([UInt8], TransportPath)] {
    agent.advance(at: at(now), into: &batch)
    defer { batch.removeAll() }
    return batch.entries.indices.map { (batch.bytes(at: $0).toArray(), batch.entries[$0].path) }
  }

  mutating func receive(_ bytes: [UInt8], on path: TransportPath, at now: Double)
    -> ICEControllingAgent.OnMessage
  {
    agent.receive(bytes.span, on: path, at: at(now), into: &batch)
  }

  /// Takes what is queued after `receive`.
  mutating func replies() -> [[UInt8]] {
    defer { batch.removeAll() }
    return batch.entries.indices.map { batch.bytes(at: $0).toArray() }
  }
}

private func parse(_ bytes: [UInt8]) throws -> STUNMessage { try STUNMessage(bytes.span) }

private func success(_ request: [UInt8], password: String = server.password) throws -> [UInt8] {
  var buffer = WireBuffer(capacity: STUNWriter.messageBytesMax)
  try STUNWriter.writeSuccess(
    to: try parse(request).transactionID, mapped: SocketAddress(ip: IPAddress(ipv4: 1), port: 1),
    key: HMACSHA1(key: Array(password.utf8).span), into: &buffer)
  return buffer.array
}

private func failure(_ code: STUNErrorCode, _ request: [UInt8]) throws -> [UInt8] {
  var buffer = WireBuffer(capacity: STUNWriter.messageBytesMax)
  try STUNWriter.writeError(
    code, to: try parse(request).transactionID,
    key: HMACSHA1(key: Array(server.password.utf8).span), into: &buffer)
  return buffer.array
}

@Suite("Controlling agent against a scripted peer")
struct ICEControllingAgentTests {
  private let far = path(1)
  private var candidate: RemoteCandidate {
    RemoteCandidate(transport: .udp, address: far.remote, priority: 100)
  }

  @Test("a check carries both ufrags, the controlling role and no nomination; the nomination does")
  func nomination() throws {
    var script = Scripted()
    script.agent.add([candidate])
    let first = try #require(script.sent(at: 0).first)
    let check = try parse(first.0)
    #expect(check.username.map { Array(first.0[$0]) } == Array("0srvUfrag:peerUfrag".utf8))
    #expect(!check.useCandidate)
    #expect(check.priority == ICEPriority.check)
    if case .controlling = check.roleClaim {} else { Issue.record("not controlling") }
    #expect(script.receive(try success(first.0), on: far, at: 0.01) == .handled)
    #expect(script.agent.selected == nil)
    let nomination = try #require(script.replies().first)
    #expect(try parse(nomination).useCandidate)
    #expect(script.receive(try success(nomination), on: far, at: 0.02) == .selected(far))
    #expect(script.agent.selected == far)
  }

  @Test("forged responses change nothing: wrong password, wrong path, unknown, unsigned")
  func forged() throws {
    var script = Scripted()
    script.agent.add([candidate])
    let request = try #require(script.sent(at: 0).first).0
    let wrong = try success(request, password: "wrongPassword01234567890")
    #expect(script.receive(wrong, on: far, at: 0.01) == .discarded(.wrongIntegrity))
    let elsewhere = path(2)
    #expect(
      script.receive(try success(request), on: elsewhere, at: 0.01) == .discarded(.wrongPath))
    let unsigned = removing(0x8028, from: removing(0x0008, from: try success(request)))
    #expect(script.receive(unsigned, on: far, at: 0.01) == .discarded(.missingIntegrity))
    let unknown = try success(check(id: 12345))
    #expect(script.receive(unknown, on: far, at: 0.01) == .discarded(.unexpected))
    #expect(script.replies().isEmpty)
    #expect(script.agent.lastResponse == .zero)
    #expect(script.receive(try success(request), on: far, at: 0.01) == .handled)
    #expect(
      script.receive(try success(request), on: far, at: 0.01) == .discarded(.unexpected))
  }

  @Test("after a 487 the agent is controlled, checks again, and follows the peer's nomination")
  func conflict() throws {
    var script = Scripted()
    script.agent.add([candidate])
    let first = try #require(script.sent(at: 0).first).0
    #expect(script.receive(try failure(.roleConflict, first), on: far, at: 0.01) == .handled)
    #expect(!script.agent.isControlling)
    let second = try #require(script.sent(at: 0.1).first).0
    if case .controlled = try parse(second).roleClaim {} else { Issue.record("not controlled") }
    #expect(script.receive(try success(second), on: far, at: 0.12) == .handled)
    #expect(script.sent(at: 1).isEmpty)
    let nomination = check(nominate: true, from: server, to: peer)
    #expect(script.receive(nomination, on: far, at: 1.1) == .selected(far))
  }

  @Test("a nomination that comes before our own check succeeds counts when it does")
  func earlyNomination() throws {
    var script = Scripted()
    script.agent.add([candidate])
    let nomination = check(
      nominate: true, from: server, to: peer, role: .controlling(.max))
    #expect(script.receive(nomination, on: far, at: 0) == .handled)
    #expect(!script.agent.isControlling)
    #expect(try parse(#require(script.replies().first)).messageClass == .successResponse)
    let request = try #require(script.sent(at: 0).first).0
    #expect(script.receive(try success(request), on: far, at: 0.1) == .selected(far))
  }

  @Test("of two controlling sides the one with the smaller tie-breaker yields")
  func tieBreaker() throws {
    var script = Scripted()
    let smaller = check(from: server, to: peer, role: .controlling(0))
    #expect(script.receive(smaller, on: far, at: 0) == .rejected(.roleConflict))
    #expect(try parse(#require(script.replies().first)).errorCode == 487)
    #expect(script.agent.isControlling)
    let larger = check(from: server, to: peer, role: .controlling(.max))
    #expect(script.receive(larger, on: far, at: 0) == .handled)
    #expect(!script.agent.isControlling)
  }

  @Test("a peer's check from a new address is answered and checked back; a forged one is not")
  func triggered() throws {
    var script = Scripted()
    let forged = check(from: server, to: peer, password: "wrongPassword01234567890")
    #expect(script.receive(forged, on: path(9), at: 0) == .discarded(.wrongIntegrity))
    #expect(script.sent(at: 0).isEmpty)
    let valid = check(from: server, to: peer, role: .controlled(1))
    #expect(script.receive(valid, on: path(9), at: 0) == .handled)
    let reply = try parse(#require(script.replies().first))
    #expect(reply.mappedAddress == path(9).remote)
    let (request, target) = try #require(script.sent(at: 0).first)
    #expect(target == path(9))
    #expect(script.receive(try success(request), on: path(9), at: 0.01) == .handled)
  }

  @Test("candidates beyond the limit are ignored")
  func limit() {
    var script = Scripted()
    script.agent.add(
      (0..<1000).map {
        RemoteCandidate(transport: .udp, address: path($0).remote, priority: 1)
      })
    var checks = 0
    for step in 0..<200 { checks += script.sent(at: Double(step) * 0.05).count }
    let addresses = ICEControllingAgent.pairsMax
    #expect(checks >= addresses)
    #expect(checks <= addresses * 7)
  }

  @Test("a selected TCP connection that closes gives way to the best other valid pair")
  func tcpCloses() throws {
    var script = Scripted()
    let tcp = RemoteCandidate(transport: .tcpPassive, address: far.remote, priority: 200)
    script.agent.add([tcp, candidate])
    _ = script.sent(at: 0)
    #expect(script.agent.nextConnection() == far.remote)
    #expect(script.agent.nextConnection() == nil)
    let connection = path(1, channel: .tcp(connection: 1))
    script.agent.opened(connection)
    let tcpCheck = try #require(script.sent(at: 0.05).first)
    #expect(tcpCheck.1 == connection)
    let udpCheck = try #require(script.sent(at: 0.1).first)
    _ = script.receive(try success(udpCheck.0), on: far, at: 0.11)
    #expect(script.replies().isEmpty, "a better pair is still pending")
    _ = script.receive(try success(tcpCheck.0), on: connection, at: 0.12)
    let nomination = try #require(script.replies().first)
    #expect(
      script.receive(try success(nomination), on: connection, at: 0.13) == .selected(connection))
    script.agent.closed(far.remote)
    #expect(script.agent.selected == nil)
    let again = try #require(script.sent(at: 0.2).first)
    #expect(again.1 == far)
    #expect(script.receive(try success(again.0), on: far, at: 0.21) == .selected(far))
  }

  @Test("random bytes and mutated responses never trap and never select")
  func mutations() throws {
    var random = RandomSource.seeded(7)
    var script = Scripted()
    script.agent.add([candidate])
    let request = try #require(script.sent(at: 0).first).0
    let valid = try success(request)
    for _ in 0..<5000 {
      var bytes = valid
      bytes[Int(random.next() % UInt64(bytes.count - 8))] ^= UInt8(1 + random.next() % 255)
      let outcome = script.receive(bytes, on: far, at: 0.01)
      if case .discarded = outcome {} else { Issue.record("accepted \(bytes)") }
    }
    for count in 0...64 {
      _ = script.receive(random.bytes(count), on: far, at: 0.01)
    }
    #expect(script.agent.selected == nil)
    #expect(script.agent.lastResponse == .zero)
  }
}
