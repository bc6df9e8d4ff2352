// Our protection against libsrtp2's: same bytes one way, accepted the other.

import Testing

@testable import SRTP

@Suite("SRTP against libsrtp2, both profiles")
struct OracleTests {
  @Test(
    "RTP of every payload length equals libsrtp2's and is unprotected again",
    arguments: SRTPProfile.allCases)
  func everyLength(_ profile: SRTPProfile) throws {
    let key = masterKey(profile)
    var random = Seeded(state: 7)
    let ours = try TestSender(profile, key)
    let theirs = try LibSRTPSender(profile, key)
    let receiver = try TestReceiver(profile, key)
    // Every length around the block size, then a step coprime to it.
    let lengths = Array(0...70) + Array(stride(from: 71, through: 1400, by: 7))
    for (number, length) in lengths.enumerated() {
      let packet = rtpPacket(
        ssrc: 0x1234_5678, sequence: UInt16(number), payload: random.bytes(length),
        csrcs: number % 3, hasExtension: number % 2 == 1)
      let protected = try ours.rtp(packet)
      #expect(protected == theirs.rtp(packet.bytes), "payload of \(length) bytes")
      #expect(protected.count == packet.bytes.count + profile.rtpOverhead)
      #expect(try receiver.rtp(protected) == packet.bytes)
    }
  }

  @Test(
    "RTCP of every length equals libsrtp2's and is unprotected again",
    arguments: SRTPProfile.allCases)
  func everyReportLength(_ profile: SRTPProfile) throws {
    let key = masterKey(profile)
    var random = Seeded(state: 8)
    let ours = try TestSender(profile, key)
    let theirs = try LibSRTPSender(profile, key)
    let receiver = try TestReceiver(profile, key)
    for words in 0...200 {
      let packet = rtcpPacket(ssrc: 0xCAFE_0001, extra: random.bytes(4 * words))
      let protected = try ours.rtcp(packet)
      #expect(protected == theirs.rtcp(packet), "\(packet.count) bytes")
      #expect(try receiver.rtcp(protected) == packet)
    }
  }

  @Test(
    "the rollover counter enters the packet index on both sides", arguments: SRTPProfile.allCases)
  func rollover(_ profile: SRTPProfile) throws {
    let key = masterKey(profile)
    let ours = try TestSender(profile, key)
    let theirs = try LibSRTPSender(profile, key)
    let receiver = try TestReceiver(profile, key)
    for index in UInt64(65_500)...UInt64(65_600) {
      let packet = rtpPacket(
        ssrc: 5, sequence: UInt16(truncatingIfNeeded: index), payload: [1, 2, 3])
      let protected = try ours.rtp(packet, roc: UInt32(index >> 16))
      #expect(protected == theirs.rtp(packet.bytes))
      #expect(try receiver.rtp(protected) == packet.bytes)
    }
    // Three more turns, a quarter at a time so that the receiver can follow.
    for index in stride(from: UInt64(70_000), through: 4 << 16, by: 16_000) {
      let packet = rtpPacket(ssrc: 5, sequence: UInt16(truncatingIfNeeded: index), payload: [4])
      #expect(try receiver.rtp(ours.rtp(packet, roc: UInt32(index >> 16))) == packet.bytes)
    }
  }

  @Test("streams under one key are independent, RTX among them", arguments: SRTPProfile.allCases)
  func streams(_ profile: SRTPProfile) throws {
    let key = masterKey(profile)
    let ours = try TestSender(profile, key)
    let theirs = try LibSRTPSender(profile, key)
    let receiver = try TestReceiver(profile, key)
    for sequence in UInt16(0)..<50 {
      for ssrc in [UInt32(1), 2, 0xFFFF_FFFF] {
        let packet = rtpPacket(ssrc: ssrc, sequence: sequence &* 3, payload: [9, 9, 9, 9])
        let protected = try ours.rtp(packet)
        #expect(protected == theirs.rtp(packet.bytes))
        #expect(try receiver.rtp(protected) == packet.bytes)
      }
    }
  }

  @Test("what libsrtp2 protects, the receiver unprotects", arguments: SRTPProfile.allCases)
  func otherDirection(_ profile: SRTPProfile) throws {
    let key = masterKey(profile, seed: 3)
    let theirs = try LibSRTPSender(profile, key)
    let receiver = try TestReceiver(profile, key)
    for length in stride(from: 0, through: 1400, by: 13) {
      let packet = rtpPacket(
        ssrc: 77, sequence: UInt16(length), payload: Array(repeating: 3, count: length))
      #expect(try receiver.rtp(theirs.rtp(packet.bytes)) == packet.bytes)
      let report = rtcpPacket(ssrc: 77, extra: Array(repeating: 4, count: 4 * (length % 50)))
      #expect(try receiver.rtcp(theirs.rtcp(report)) == report)
    }
  }

  @Test("different master keys give different bytes", arguments: SRTPProfile.allCases)
  func keysMatter(_ profile: SRTPProfile) throws {
    let packet = rtpPacket(ssrc: 1, sequence: 1, payload: [1, 2, 3, 4])
    let protected = try TestSender(profile, masterKey(profile, seed: 1)).rtp(packet)
    let receiver = try TestReceiver(profile, masterKey(profile, seed: 2))
    #expect(throws: SRTPError.badAuthentication) { try receiver.rtp(protected) }
  }
}
