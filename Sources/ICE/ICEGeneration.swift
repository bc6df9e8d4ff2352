// One pair of credentials, prepared for use: what an ICE restart replaces (RFC 8445 section 9).

import Crypto
import STUN

/// The credentials of both sides between two ICE restarts, with keys and user names made once.
struct ICEGeneration: Sendable {
  /// Counts restarts of one agent from 0.
  let number: Int
  /// Our password's key: verifies and answers the peer's checks.
  let inboundKey: HMACSHA1
  /// The peer's password's key: signs our checks.
  let outboundKey: HMACSHA1
  /// Our ufrag, a colon, the peer's.
  let inboundUsername: [UInt8]
  /// The peer's ufrag, a colon, ours.
  let outboundUsername: [UInt8]

  init(number: Int, local: ICECredentials, remote: ICECredentials) {
    self.number = number
    inboundKey = HMACSHA1(key: Array(local.password.utf8).span)
    outboundKey = HMACSHA1(key: Array(remote.password.utf8).span)
    inboundUsername = Array("\(local.ufrag):\(remote.ufrag)".utf8)
    outboundUsername = Array("\(remote.ufrag):\(local.ufrag)".utf8)
  }
}

/// The living generations of an agent: the one in use and, after a restart, the one to come.
struct ICEGenerations: Sendable {
  private var living: [ICEGeneration] = []
  private var madeCount = 1

  init(local: ICECredentials, remote: ICECredentials) {
    living.reserveCapacity(2)
    living.append(ICEGeneration(number: 0, local: local, remote: remote))
  }

  /// The number of the newest generation.
  var newest: Int { madeCount - 1 }

  /// Whether only one generation lives.
  var isSettled: Bool { living.count == 1 }

  /// The generation with this number, nil when it has been retired.
  func generation(_ number: Int) -> ICEGeneration? { living.first { $0.number == number } }

  /// Begins a generation. Of three, the middle one goes: it never had a nominated pair.
  mutating func add(local: ICECredentials, remote: ICECredentials) {
    if living.count == 2 { living.removeLast() }
    living.append(ICEGeneration(number: madeCount, local: local, remote: remote))
    madeCount += 1
  }

  /// Forgets all but the newest; false when there was nothing to forget.
  mutating func retireOlder() -> Bool {
    guard living.count > 1 else { return false }
    living.removeFirst(living.count - 1)
    return true
  }

  /// The generation whose user name and password a request was made with, or why there is none.
  func authenticate(_ message: STUNMessage, _ datagram: borrowing Span<UInt8>)
    -> Result<ICEGeneration, ICERefusal>
  {
    guard message.integrityOffset != nil else { return .failure(.missingIntegrity) }
    var refusal = ICERefusal.wrongUsername
    for generation in living.reversed()
    where message.hasUsername(generation.inboundUsername.span, in: datagram) {
      if message.verifyIntegrity(key: generation.inboundKey, in: datagram) {
        return .success(generation)
      }
      refusal = .wrongIntegrity
    }
    return .failure(refusal)
  }
}

extension ICERefusal: Error {}
