// Our unprotection against libsrtp2's: the same packets taken, the same refused, in any order.

import Testing

@testable import SRTP

@Suite("Unprotecting against libsrtp2, both profiles")
struct ReceiverTests {
  @Test(
    "reordered, repeated, forged and lost packets around the wraps: both take the same ones",
    arguments: SRTPProfile.allCases, 0..<3 as Range<UInt64>)
  func sameVerdicts(_ profile: SRTPProfile, _ seed: UInt64) throws {
    let key = masterKey(profile, seed: seed)
    var random = Seeded(state: seed)
    let sender = try TestSender(profile, key)
    let (ours, theirs) = (try TestReceiver(profile, key), try LibSRTPReceiver(profile, key))
    var taken = 0
    var head = UInt64(20_000)
    for _ in 0..<3000 {
      // Mostly in step; now and then a leap, which brings the next wrap near.
      head += random.next() % 40 == 0 ? random.next() % 20_000 : random.next() % 3
      let back = random.next() % 4 == 0 ? random.next() % 1500 : random.next() % 3
      let index = head - back
      let packet = rtpPacket(
        ssrc: 7, sequence: UInt16(truncatingIfNeeded: index),
        payload: [UInt8(truncatingIfNeeded: index), 2, 3])
      var bytes = try sender.rtp(packet, roc: UInt32(index >> 16))
      if random.next() % 5 == 0 {
        bytes[Int(random.next() % UInt64(bytes.count))] ^= 1 << UInt8(random.next() % 8)
      }
      let plain = try? ours.rtp(bytes)
      #expect(plain == theirs.rtp(bytes), "index \(index), newest \(head)")
      if let plain {
        #expect(plain == packet.bytes)
        taken += 1
      }
    }
    #expect(taken > 1000)
    #expect(head > 3 << 16)
  }

  @Test(
    "reports of several SSRCs, reordered, repeated and forged: both take the same ones",
    arguments: SRTPProfile.allCases)
  func sameVerdictsOnReports(_ profile: SRTPProfile) throws {
    let key = masterKey(profile)
    var random = Seeded(state: 5)
    let sender = try TestSender(profile, key)
    let (ours, theirs) = (try TestReceiver(profile, key), try LibSRTPReceiver(profile, key))
    var sent: [[UInt8]] = []
    var taken = 0
    for _ in 0..<1000 {
      let ssrc = UInt32(random.next() % 3)
      sent.append(try sender.rtcp(rtcpPacket(ssrc: ssrc, extra: random.bytes(8))))
      // libsrtp2 remembers the last 128 reports, we more.
      var bytes = sent[sent.count - 1 - Int(random.next() % UInt64(min(sent.count, 100)))]
      if random.next() % 5 == 0 {
        bytes[Int(random.next() % UInt64(bytes.count))] ^= 1 << UInt8(random.next() % 8)
      }
      let plain = try? ours.rtcp(bytes)
      #expect(plain == theirs.rtcp(bytes))
      if plain != nil { taken += 1 }
    }
    #expect(taken > 300)
  }

  @Test(
    "every length of payload from 0 to 64 that libsrtp2 protects", arguments: SRTPProfile.allCases)
  func everyLength(_ profile: SRTPProfile) throws {
    let key = masterKey(profile)
    var random = Seeded(state: 21)
    let (theirs, ours) = (try LibSRTPSender(profile, key), try TestReceiver(profile, key))
    for length in 0...64 {
      let packet = rtpPacket(
        ssrc: 9, sequence: UInt16(length), payload: random.bytes(length), csrcs: length % 4,
        hasExtension: length % 3 == 0
      ).bytes
      #expect(try ours.rtp(theirs.rtp(packet)) == packet)
      // libsrtp2 protects whole words of RTCP only.
      let report = rtcpPacket(ssrc: 9, extra: random.bytes(length & ~3))
      #expect(try ours.rtcp(theirs.rtcp(report)) == report)
    }
  }

  @Test(
    "a forged packet far ahead moves neither window nor rollover counter",
    arguments: SRTPProfile.allCases)
  func forgedLeap(_ profile: SRTPProfile) throws {
    let key = masterKey(profile)
    let sender = try TestSender(profile, key)
    let receiver = try TestReceiver(profile, key)
    let first = rtpPacket(ssrc: 1, sequence: 40_000, payload: [1])
    #expect(try receiver.rtp(sender.rtp(first)) == first.bytes)
    for sequence: UInt16 in [10, 39_999, 40_001, 60_000, 65_535] {
      var forged = try sender.rtp(rtpPacket(ssrc: 1, sequence: sequence, payload: [9, 9]), roc: 1)
      forged[forged.count - 1] ^= 1
      #expect(throws: SRTPError.badAuthentication) { try receiver.rtp(forged) }
    }
    for sequence: UInt16 in [39_990, 40_001, 39_999] {
      let packet = rtpPacket(ssrc: 1, sequence: sequence, payload: [2])
      #expect(try receiver.rtp(sender.rtp(packet)) == packet.bytes)
    }
    #expect(throws: SRTPError.replayed) { try receiver.rtp(sender.rtp(first)) }
  }

  @Test("a forged report moves no window", arguments: SRTPProfile.allCases)
  func forgedReport(_ profile: SRTPProfile) throws {
    let key = masterKey(profile)
    let receiver = try TestReceiver(profile, key)
    let keys = try SessionKeys(profile: profile, master: key, use: .rtcp)
    let far = TestSender(
      try SRTPSender(profile: profile, rtp: keys, rtcp: keys, rtcpIndex: 0x7000_0000))
    let near = try TestSender(profile, key)
    let report = rtcpPacket(ssrc: 1, extra: [1, 2, 3, 4])
    #expect(try receiver.rtcp(near.rtcp(report)) == report)
    var forged = try far.rtcp(report)
    forged[8] ^= 1
    #expect(throws: SRTPError.badAuthentication) { try receiver.rtcp(forged) }
    #expect(try receiver.rtcp(near.rtcp(report)) == report)
  }

  @Test("a report that says it is in clear is refused", arguments: SRTPProfile.allCases)
  func reportInClear(_ profile: SRTPProfile) throws {
    let key = masterKey(profile)
    let receiver = try TestReceiver(profile, key)
    var report = try TestSender(profile, key).rtcp(rtcpPacket(ssrc: 1, extra: []))
    let flag = profile == .aeadAES128GCM ? report.count - 4 : report.count - 14
    #expect(report[flag] & 0x80 != 0)
    report[flag] &= 0x7F
    #expect(throws: SRTPError.badAuthentication) { try receiver.rtcp(report) }
  }

  @Test("RTP and RTCP of one SSRC have indexes of their own", arguments: SRTPProfile.allCases)
  func separateIndexes(_ profile: SRTPProfile) throws {
    let key = masterKey(profile)
    let (sender, receiver) = (try TestSender(profile, key), try TestReceiver(profile, key))
    for number in UInt16(1)...20 {
      let packet = rtpPacket(ssrc: 1, sequence: number, payload: [1])
      #expect(try receiver.rtp(sender.rtp(packet)) == packet.bytes)
      let report = rtcpPacket(ssrc: 1, extra: [])
      #expect(try receiver.rtcp(sender.rtcp(report)) == report)
    }
  }

  @Test("packets of RFC 7714 sections 16.2 and 17.2 are decrypted")
  func vectors() throws {
    let quid = SessionKeys(
      key: hex("000102030405060708090a0b0c0d0e0f"), salt: hex("517569642070726f2071756f"))
    let receiver = TestReceiver(try SRTPReceiver(profile: .aeadAES128GCM, rtp: quid, rtcp: quid))
    #expect(
      try receiver.rtp(
        hex(
          """
          8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a
          51c7d19b 36de3adf 8833 899d7f27 beb16a91 52cf765e e4390cce
          """))
        == hex(
          """
          8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070
          61727465 73207472 6573
          """))
    #expect(
      try receiver.rtcp(
        hex(
          """
          81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
          4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4
          """))
        == hex(
          """
          81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef
          deadbeef deadbeef deadbeef
          """))
  }

  @Test("libsrtp's published counter-mode reference packet is decrypted")
  func counterModeVector() throws {
    let master = MasterKey(
      key: hex("E1F97A0D3E018BE0D64FA32C06DE4139"), salt: hex("0EC675AD498AFEEBB6960B3AABE6"))
    #expect(
      try TestReceiver(.aes128CMSHA1, master).rtp(
        hex("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb"))
        == hex("800f1234decafbadcafebabeabababababababababababababababab"))
  }
}
