// The lite agent: what it answers, what it refuses in silence, what it selects, when it expires.

import Crypto
import STUN
import Testing
import Wire

@testable import ICE

@Suite("Lite agent: checks")
struct ICELiteAgentCheckTests {
  @Test("a valid check is answered with its source, signed with our password, and makes a path")
  func answer() throws {
    var lite = Lite()
    #expect(lite.receive(check(id: 42), on: path(1), at: 1) == .answered)
    let response = try #require(lite.response)
    #expect(response.messageClass == .successResponse)
    #expect(response.transactionID.low == 42)
    #expect(response.mappedAddress == path(1).remote)
    #expect(response.fingerprint == .valid)
    #expect(lite.responseVerifies(server.password))
    #expect(lite.agent.isValidated(path(1), at: at(1)))
    #expect(!lite.agent.isValidated(path(2), at: at(1)))
    #expect(lite.agent.selected == nil)
  }

  @Test("hostile checks are refused by name: no reply, no path, no consent")
  func hostile() {
    let valid = check(nominate: true)
    var wrongFingerprint = valid
    wrongFingerprint[wrongFingerprint.count - 1] ^= 1
    let unsigned = removing(0x8028, from: removing(0x0008, from: valid))
    let anonymous = removing(0x8028, from: removing(0x0006, from: valid))
    var indication = removing(0x8028, from: valid)
    indication[1] = 0x11
    var otherMethod = removing(0x8028, from: valid)
    otherMethod[1] = 0x03
    var tampered = removing(0x8028, from: valid)
    tampered[tampered.count - 40] ^= 1
    let integrityLast =
      removing(0x8028, from: valid) + valid.suffix(8) + valid.suffix(32).prefix(24)
    var relength = integrityLast
    relength[3] = UInt8(relength.count - 20)
    let hostile: [([UInt8], ICERefusal)] = [
      (check(nominate: true, password: "wrongPassword01234567890"), .wrongIntegrity),
      (check(nominate: true, password: peer.password), .wrongIntegrity),
      (check(nominate: true, from: ICECredentials(ufrag: "x", password: "")), .wrongUsername),
      (check(nominate: true, from: server, to: peer, password: server.password), .wrongUsername),
      (anonymous, .wrongUsername), (unsigned, .missingIntegrity),
      (wrongFingerprint, .wrongFingerprint),
      (tampered, .wrongIntegrity), (indication, .unexpected), (otherMethod, .unexpected),
      (relength, .malformed), (Array(valid.dropLast()), .malformed), ([], .malformed),
    ]
    var lite = Lite()
    for (bytes, refusal) in hostile {
      #expect(lite.receive(bytes, on: path(1), at: 1) == .discarded(refusal))
      #expect(lite.reply.count == 0)
    }
    #expect(lite.agent.pathCount == 0)
    #expect(lite.agent.lastCheck == .zero)
    #expect(lite.agent.selected == nil)
  }

  @Test("a response is refused even when it is signed with our password")
  func responses() throws {
    var lite = Lite()
    var buffer = WireBuffer(capacity: STUNWriter.messageBytesMax)
    try STUNWriter.writeSuccess(
      to: STUNTransactionID(high: 1, low: 1), mapped: path(1).remote,
      key: HMACSHA1(key: Array(server.password.utf8).span), into: &buffer)
    #expect(lite.receive(buffer.array, on: path(1), at: 1) == .discarded(.unexpected))
    #expect(lite.reply.count == 0)
  }

  @Test("every truncation and every single wrong bit of a valid check is refused in silence")
  func damage() {
    let valid = check(nominate: true)
    var lite = Lite()
    for count in 0..<valid.count {
      guard case .discarded = lite.receive(Array(valid.prefix(count)), on: path(1), at: 1) else {
        Issue.record("length \(count) was accepted")
        continue
      }
      #expect(lite.reply.count == 0)
    }
    // Another type in FINGERPRINT's place makes it an attribute after MESSAGE-INTEGRITY, to be ignored.
    let fingerprintType = (valid.count - 8) * 8..<(valid.count - 6) * 8
    for bit in 0..<(valid.count * 8) where !fingerprintType.contains(bit) {
      var bytes = valid
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      guard case .discarded = lite.receive(bytes, on: path(1), at: 1) else {
        Issue.record("bit \(bit) was accepted")
        continue
      }
      #expect(lite.reply.count == 0)
    }
    #expect(lite.agent.pathCount == 0)
  }

  @Test("a peer that claims to be controlled gets a signed 487 and no path")
  func roleConflict() {
    var lite = Lite()
    let bytes = check(nominate: true, role: .controlled(9))
    #expect(lite.receive(bytes, on: path(1), at: 1) == .rejected(.roleConflict))
    #expect(lite.response?.errorCode == 487)
    #expect(lite.responseVerifies(server.password))
    #expect(lite.agent.pathCount == 0)
    #expect(lite.agent.lastCheck == .zero)
  }

  @Test("an authentic check with an attribute nobody understands gets a 420, a forged one nothing")
  func unknownAttribute() {
    var unsigned = Array(removing(0x8028, from: removing(0x0008, from: check())))
    unsigned += [0x70, 0x01, 0, 0]
    unsigned[3] = UInt8(unsigned.count - 20 + 24)
    var tag = [UInt8](repeating: 0, count: 20)
    var span = tag.mutableSpan
    HMACSHA1(key: Array(server.password.utf8).span).write(over: unsigned.span, into: &span)
    let signed = unsigned + [0, 8, 0, 20] + tag
    var lite = Lite()
    #expect(lite.receive(signed, on: path(1), at: 1) == .rejected(.unknownAttribute))
    #expect(lite.response?.errorCode == 420)
    let forged = unsigned + [0, 8, 0, 20] + [UInt8](repeating: 0, count: 20)
    #expect(lite.receive(forged, on: path(1), at: 1) == .discarded(.wrongIntegrity))
    #expect(lite.reply.count == 0)
    #expect(lite.agent.pathCount == 0)
  }
}

@Suite("Lite agent: selection, restart, consent")
struct ICELiteAgentSelectionTests {
  @Test("only a nomination selects, and the latest one wins")
  func selection() {
    var lite = Lite()
    #expect(lite.receive(check(), on: path(1), at: 1) == .answered)
    #expect(lite.agent.selected == nil)
    #expect(lite.receive(check(nominate: true), on: path(1), at: 2) == .selected(path(1)))
    #expect(lite.receive(check(nominate: true), on: path(1), at: 3) == .answered)
    for second in 4..<20 {
      #expect(lite.receive(check(), on: path(2), at: Double(second)) == .answered)
    }
    #expect(lite.agent.selected == path(1))
    #expect(lite.receive(check(nominate: true), on: path(2), at: 20) == .selected(path(2)))
    #expect(lite.agent.selected == path(2))
  }

  @Test("the same address over UDP and TCP is two paths")
  func channels() {
    var lite = Lite()
    let tcp = path(1, channel: .tcp(connection: 7))
    _ = lite.receive(check(nominate: true), on: tcp, at: 1)
    #expect(!lite.agent.isValidated(path(1), at: at(1)))
    #expect(lite.agent.isValidated(tcp, at: at(1)))
    lite.agent.remove(tcp)
    #expect(lite.agent.selected == nil)
    #expect(!lite.agent.isValidated(tcp, at: at(1)))
  }

  @Test("a full table gives up the path checked longest ago, never the selected one")
  func pathsMax() {
    var lite = Lite()
    _ = lite.receive(check(nominate: true), on: path(0), at: 0)
    for host in 1..<UInt32(ICELiteAgent.pathsMax) {
      _ = lite.receive(check(), on: path(host), at: Double(host))
    }
    _ = lite.receive(check(), on: path(1), at: 16.5)
    #expect(lite.agent.pathCount == ICELiteAgent.pathsMax)
    _ = lite.receive(check(), on: path(100), at: 17)
    #expect(lite.agent.pathCount == ICELiteAgent.pathsMax)
    #expect(lite.agent.isValidated(path(0), at: at(17)))
    #expect(lite.agent.isValidated(path(1), at: at(17)))
    #expect(!lite.agent.isValidated(path(2), at: at(17)))
    #expect(lite.agent.isValidated(path(100), at: at(17)))
    for host in 200..<UInt32(1000) { _ = lite.receive(check(), on: path(host), at: 18) }
    #expect(lite.agent.pathCount == ICELiteAgent.pathsMax)
    #expect(lite.agent.selected == path(0))
    #expect(lite.agent.isValidated(path(0), at: at(18)))
  }

  @Test("after a restart both credentials work until the new ones nominate, then only the new")
  func restart() {
    var lite = Lite()
    _ = lite.receive(check(nominate: true), on: path(1), at: 1)
    lite.agent.addGeneration(local: server2, remote: peer2)
    #expect(!lite.agent.isSettled)
    #expect(lite.agent.selected == path(1))
    #expect(lite.receive(check(nominate: true), on: path(1), at: 2) == .answered)
    let new = check(from: peer2, to: server2)
    #expect(lite.receive(new, on: path(2), at: 3) == .answered)
    #expect(lite.responseVerifies(server2.password))
    #expect(lite.receive(check(), on: path(1), at: 4) == .answered)
    let nomination = check(nominate: true, from: peer2, to: server2)
    #expect(lite.receive(nomination, on: path(2), at: 5) == .selected(path(2)))
    #expect(lite.agent.isSettled)
    #expect(lite.receive(check(nominate: true), on: path(1), at: 6) == .discarded(.wrongUsername))
    #expect(lite.agent.selected == path(2))
    #expect(lite.receive(new, on: path(2), at: 7) == .answered)
  }

  @Test("a restart on the same path is told to the caller")
  func restartInPlace() {
    var lite = Lite()
    _ = lite.receive(check(nominate: true), on: path(1), at: 1)
    lite.agent.addGeneration(local: server2, remote: peer2)
    let nomination = check(nominate: true, from: peer2, to: server2)
    #expect(lite.receive(nomination, on: path(1), at: 2) == .selected(path(1)))
    #expect(lite.receive(nomination, on: path(1), at: 3) == .answered)
  }

  @Test("a second restart replaces the first when that never nominated, not the one in use")
  func twoRestarts() {
    var lite = Lite()
    let server3 = ICECredentials(ufrag: "0third", password: "serverPassword3333333333")
    _ = lite.receive(check(nominate: true), on: path(1), at: 1)
    lite.agent.addGeneration(local: server2, remote: peer2)
    lite.agent.addGeneration(local: server3, remote: peer2)
    let dead = check(nominate: true, from: peer2, to: server2)
    #expect(lite.receive(dead, on: path(2), at: 2) == .discarded(.wrongUsername))
    #expect(lite.receive(check(), on: path(1), at: 2) == .answered)
    let live = check(nominate: true, from: peer2, to: server3)
    #expect(lite.receive(live, on: path(2), at: 3) == .selected(path(2)))
  }

  @Test("credentials cannot be mixed between generations")
  func mixed() {
    var lite = Lite()
    lite.agent.addGeneration(local: server2, remote: peer2)
    for bytes in [
      check(nominate: true, from: peer, to: server2),
      check(nominate: true, from: peer2, to: server),
      check(nominate: true, from: peer2, to: server2, password: server.password),
    ] {
      guard case .discarded = lite.receive(bytes, on: path(1), at: 1) else {
        Issue.record("mixed credentials were accepted")
        continue
      }
    }
  }

  @Test("without a valid check the agent expires exactly 30 s after the last, for good")
  func expiry() {
    var lite = Lite()
    #expect(lite.agent.nextDeadline == at(30))
    _ = lite.receive(check(nominate: true), on: path(1), at: 10)
    #expect(lite.agent.nextDeadline == at(40))
    let forged = check(password: "wrongPassword01234567890")
    _ = lite.receive(forged, on: path(1), at: 39)
    #expect(lite.agent.nextDeadline == at(40))
    let last = at(40) - TimeSpan(nanoseconds: 1)
    #expect(!lite.agent.isExpired(at: last))
    #expect(lite.agent.isValidated(path(1), at: last))
    #expect(lite.agent.isExpired(at: at(40)))
    #expect(!lite.agent.isValidated(path(1), at: at(40)))
    #expect(lite.receive(check(nominate: true), on: path(1), at: 40) == .discarded(.expired))
    #expect(lite.reply.count == 0)
    #expect(lite.agent.isExpired(at: at(41)))
  }

  @Test("a check on any path keeps the session, and each path has its own 30 s")
  func consentPerPath() {
    var lite = Lite()
    _ = lite.receive(check(nominate: true), on: path(1), at: 0)
    _ = lite.receive(check(), on: path(2), at: 20)
    #expect(!lite.agent.isExpired(at: at(45)))
    #expect(!lite.agent.isValidated(path(1), at: at(30)))
    #expect(lite.agent.isValidated(path(2), at: at(45)))
  }
}
