// The watcher of packet indexes, and that secrets do not print.

import Testing

@testable import SRTP

@Suite("One packet index, one plaintext")
struct NonceGuardTests {
  @Test("the identical packet again is allowed, a different one is a violation")
  func violation() {
    var nonces = NonceGuard()
    let packet = rtpPacket(ssrc: 7, sequence: 9, payload: [1, 2]).bytes
    let other = rtpPacket(ssrc: 7, sequence: 9, payload: [1, 3]).bytes
    let first = nonces.record(packet.span, rolloverCounter: 0)
    let again = nonces.record(packet.span, rolloverCounter: 0)
    #expect(first && again && nonces.violations.isEmpty)
    let different = nonces.record(other.span, rolloverCounter: 0)
    #expect(!different)
    #expect(
      nonces.violations == [NonceGuard.Index(ssrc: 7, rolloverCounter: 0, sequenceNumber: 9)])
  }

  @Test("another rollover counter, SSRC or sequence number is another index")
  func indexes() {
    var nonces = NonceGuard()
    for (number, ssrc) in [UInt32(1), 2].enumerated() {
      for roc in UInt32(0)..<3 {
        for sequence in UInt16(0)..<3 {
          let payload = [UInt8(number), UInt8(roc), UInt8(sequence)]
          let packet = rtpPacket(ssrc: ssrc, sequence: sequence, payload: payload).bytes
          let isFine = nonces.record(packet.span, rolloverCounter: roc)
          #expect(isFine)
        }
      }
    }
  }

  @Test("a sender with a guard reports what it protected twice under one index")
  func inSender() throws {
    let sender = try TestSender(.aeadAES128GCM, masterKey(.aeadAES128GCM))
    sender.sender.nonceGuard = NonceGuard()
    _ = try sender.rtp(rtpPacket(ssrc: 1, sequence: 1, payload: [1]))
    _ = try sender.rtp(rtpPacket(ssrc: 1, sequence: 1, payload: [1]))
    #expect(sender.sender.nonceGuard?.violations.count == 0)
    _ = try sender.rtp(rtpPacket(ssrc: 1, sequence: 1, payload: [2]))
    #expect(sender.sender.nonceGuard?.violations.count == 1)
  }

  @Test("a master key prints nothing of itself")
  func redacted() {
    let key = MasterKey(key: [222, 173], salt: [190, 239])
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), String(describing: [key]), dumped] {
      for byte in ["222", "173", "190", "239"] { #expect(!text.contains(byte)) }
    }
  }
}
