// What SRTP refuses, with which error, and that refusing changes nothing.

import Testing

@testable import SRTP

@Suite("SRTP refusals, both profiles")
struct RefusalTests {
  @Test("a packet received again is a replay", arguments: SRTPProfile.allCases)
  func replay(_ profile: SRTPProfile) throws {
    let key = masterKey(profile)
    let sender = try TestSender(profile, key)
    let receiver = try TestReceiver(profile, key)
    let rtp = try sender.rtp(rtpPacket(ssrc: 1, sequence: 10, payload: [1]))
    let rtcp = try sender.rtcp(rtcpPacket(ssrc: 1, extra: []))
    _ = try receiver.rtp(rtp)
    _ = try receiver.rtcp(rtcp)
    #expect(throws: SRTPError.replayed) { try receiver.rtp(rtp) }
    #expect(throws: SRTPError.replayed) { try receiver.rtcp(rtcp) }
  }

  @Test(
    "a packet 1000 behind is taken, one 2000 behind is a replay", arguments: SRTPProfile.allCases)
  func window(_ profile: SRTPProfile) throws {
    let key = masterKey(profile)
    let sender = try TestSender(profile, key)
    let receiver = try TestReceiver(profile, key)
    let late = try sender.rtp(rtpPacket(ssrc: 1, sequence: 4000, payload: [1]))
    let tooLate = try sender.rtp(rtpPacket(ssrc: 1, sequence: 3000, payload: [1]))
    _ = try receiver.rtp(sender.rtp(rtpPacket(ssrc: 1, sequence: 5000, payload: [1])))
    #expect(try receiver.rtp(late).count == 13)
    #expect(throws: SRTPError.replayed) { try receiver.rtp(tooLate) }
  }

  @Test("every length from 0 to 64 of noise is refused", arguments: SRTPProfile.allCases)
  func noise(_ profile: SRTPProfile) throws {
    let receiver = try TestReceiver(profile, masterKey(profile))
    var random = Seeded(state: 11)
    for length in 0...64 {
      for first: UInt8 in [0x80, 0x8F, 0x90, 0x9F, 0xBF, 0x00, 0xFF] {
        var bytes = random.bytes(length)
        if length > 0 { bytes[0] = first }
        #expect(throws: SRTPError.self) { try receiver.rtp(bytes) }
        #expect(throws: SRTPError.self) { try receiver.rtcp(bytes) }
      }
    }
  }

  @Test("every truncation of a protected packet is refused", arguments: SRTPProfile.allCases)
  func truncation(_ profile: SRTPProfile) throws {
    let key = masterKey(profile)
    let sender = try TestSender(profile, key)
    let receiver = try TestReceiver(profile, key)
    let rtp = try sender.rtp(
      rtpPacket(ssrc: 1, sequence: 1, payload: [1, 2, 3], csrcs: 2, hasExtension: true))
    let rtcp = try sender.rtcp(rtcpPacket(ssrc: 1, extra: [1, 2, 3, 4]))
    for length in 0..<rtp.count {
      #expect(throws: SRTPError.self) { try receiver.rtp(Array(rtp[0..<length])) }
    }
    for length in 0..<rtcp.count {
      #expect(throws: SRTPError.self) { try receiver.rtcp(Array(rtcp[0..<length])) }
    }
    #expect(try receiver.rtp(rtp).count == 31)
    #expect(try receiver.rtcp(rtcp).count == 12)
  }

  @Test(
    "every flipped bit is refused, and the packet itself is taken after",
    arguments: SRTPProfile.allCases)
  func bitFlips(_ profile: SRTPProfile) throws {
    let key = masterKey(profile)
    let sender = try TestSender(profile, key)
    let receiver = try TestReceiver(profile, key)
    let rtp = try sender.rtp(rtpPacket(ssrc: 1, sequence: 100, payload: Array(0..<20)))
    let rtcp = try sender.rtcp(rtcpPacket(ssrc: 1, extra: Array(0..<16)))
    for bit in 0..<(rtp.count * 8) {
      var bad = rtp
      bad[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: SRTPError.self, "bit \(bit)") { try receiver.rtp(bad) }
    }
    for bit in 0..<(rtcp.count * 8) {
      var bad = rtcp
      bad[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: SRTPError.self, "bit \(bit)") { try receiver.rtcp(bad) }
    }
    #expect(try receiver.rtp(rtp).count == 32)
    #expect(try receiver.rtcp(rtcp).count == 24)
  }

  @Test("a flipped payload bit is a wrong tag", arguments: SRTPProfile.allCases)
  func wrongTag(_ profile: SRTPProfile) throws {
    let key = masterKey(profile)
    let sender = try TestSender(profile, key)
    let receiver = try TestReceiver(profile, key)
    var rtp = try sender.rtp(rtpPacket(ssrc: 1, sequence: 100, payload: [1, 2, 3]))
    rtp[13] ^= 4
    #expect(throws: SRTPError.badAuthentication) { try receiver.rtp(rtp) }
    var rtcp = try sender.rtcp(rtcpPacket(ssrc: 1, extra: [1, 2, 3, 4]))
    rtcp[9] ^= 4
    #expect(throws: SRTPError.badAuthentication) { try receiver.rtcp(rtcp) }
  }

  @Test("an SSRC too many is refused, known ones go on")
  func streams() throws {
    let key = masterKey(.aeadAES128GCM)
    let sender = try TestSender(.aeadAES128GCM, key)
    let receiver = try TestReceiver(.aeadAES128GCM, key)
    for ssrc in 1...UInt32(SRTPReceiver.streamsMax) {
      _ = try receiver.rtp(sender.rtp(rtpPacket(ssrc: ssrc, sequence: 1, payload: [])))
    }
    #expect(throws: SRTPError.tooManyStreams) {
      try receiver.rtp(sender.rtp(rtpPacket(ssrc: 999_999, sequence: 1, payload: [])))
    }
    #expect(try receiver.rtp(sender.rtp(rtpPacket(ssrc: 3, sequence: 2, payload: []))).count == 12)
  }

  @Test("forged packets of new SSRCs take no room")
  func forgedStreams() throws {
    let key = masterKey(.aeadAES128GCM)
    let receiver = try TestReceiver(.aeadAES128GCM, key)
    for ssrc in 1...UInt32(2 * SRTPReceiver.streamsMax) {
      let forged = rtpPacket(ssrc: ssrc, sequence: 1, payload: Array(repeating: 0, count: 40)).bytes
      #expect(throws: SRTPError.badAuthentication) { try receiver.rtp(forged) }
    }
    let sender = try TestSender(.aeadAES128GCM, key)
    #expect(try receiver.rtp(sender.rtp(rtpPacket(ssrc: 3, sequence: 2, payload: []))).count == 12)
  }

  @Test("a buffer without room for the tag is refused untouched", arguments: SRTPProfile.allCases)
  func noSpace(_ profile: SRTPProfile) throws {
    var sender = try SRTPSender(profile: profile, key: masterKey(profile))
    let packet = rtpPacket(ssrc: 1, sequence: 1, payload: [1, 2, 3]).bytes
    var room = packet + Array(repeating: 0, count: profile.rtpOverhead - 1)
    let before = room
    var refusal: SRTPError?
    do {
      var span = room.mutableSpan
      _ = try sender.protectRTP(&span, length: 15, headerLength: 12, rolloverCounter: 0)
    } catch { refusal = error }
    #expect(refusal == .noSpace)
    #expect(room == before)
  }

  @Test(
    "lengths that contradict each other are refused",
    arguments: [(15, 16), (15, 11), (11, 11), (-1, 12)])
  func badLengths(_ length: Int, _ headerLength: Int) throws {
    var sender = try SRTPSender(profile: .aeadAES128GCM, key: masterKey(.aeadAES128GCM))
    var room = [UInt8](repeating: 0x80, count: 64)
    var refusal: SRTPError?
    do {
      var span = room.mutableSpan
      _ = try sender.protectRTP(
        &span, length: length, headerLength: headerLength, rolloverCounter: 0)
    } catch { refusal = error }
    #expect(refusal == .tooShort)
  }

  @Test("keys of another profile's length are refused")
  func keyLengths() {
    let key = masterKey(.aes128CMSHA1)
    #expect(throws: SRTPError.unknown) { _ = try TestSender(.aeadAES128GCM, key) }
    #expect(throws: SRTPError.unknown) { _ = try TestReceiver(.aeadAES128GCM, key) }
  }

  @Test("the SRTCP index never wraps")
  func indexExhausted() throws {
    let keys = SessionKeys(
      key: Array(repeating: 1, count: 16), salt: Array(repeating: 2, count: 12))
    let sender = TestSender(
      try SRTPSender(profile: .aeadAES128GCM, rtp: keys, rtcp: keys, rtcpIndex: 0x7FFF_FFFF))
    #expect(
      try Array(sender.rtcp(rtcpPacket(ssrc: 1, extra: [])).suffix(4)) == [255, 255, 255, 255])
    #expect(throws: SRTPError.keyExhausted) { try sender.rtcp(rtcpPacket(ssrc: 1, extra: [])) }
  }

  @Test("the fuzz body refuses mutations of seeded packets")
  func mutations() throws {
    var random = Seeded(state: 99)
    for _ in 0..<200 {
      var bytes = rtpPacket(
        ssrc: 1, sequence: 1, payload: random.bytes(Int(random.next() % 80)), csrcs: 1
      ).bytes
      for _ in 0..<4 { bytes[Int(random.next() % UInt64(bytes.count))] = random.bytes(1)[0] }
      SRTPFuzzBody.run(bytes.span)
    }
  }
}
