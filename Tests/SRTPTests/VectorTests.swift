// Vectors of RFC 3711 appendix B and RFC 7714 sections 16 and 17.

import Testing

@testable import SRTP

@Suite("SRTP vectors, RFC 3711 appendix B and RFC 7714 sections 16 and 17")
struct VectorTests {
  let master = MasterKey(
    key: hex("E1F97A0D3E018BE0D64FA32C06DE4139"), salt: hex("0EC675AD498AFEEBB6960B3AABE6"))
  let quid = SessionKeys(
    key: hex("000102030405060708090a0b0c0d0e0f"), salt: hex("517569642070726f2071756f"))

  @Test("session keys are derived as in RFC 3711 appendix B.3")
  func derivation() throws {
    let keys = try SessionKeys(profile: .aes128CMSHA1, master: master, use: .rtp)
    #expect(keys.key == hex("C61E7A93744F39EE10734AFE3FF7A087"))
    #expect(keys.salt == hex("30CBBC08863D8C85D49DB34A9AE1"))
    #expect(keys.authenticationKey == hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"))
  }

  @Test("the authentication key's keystream runs on as in RFC 3711 appendix B.3")
  func longDerivation() throws {
    let stream = try SessionKeys.derive(master, label: 1, count: 94)
    #expect(
      stream
        == hex(
          """
          CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE
          E049646C43D9327AD175578EF7227098 6371C10C9A369AC2F94A8C5FBCDDDC25
          6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2
          """))
  }

  @Test("a zero payload shows the keystream of RFC 3711 appendix B.2")
  func keystream() throws {
    let keys = SessionKeys(
      key: hex("2B7E151628AED2A6ABF7158809CF4F3C"), salt: hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"),
      authenticationKey: Array(repeating: 0, count: 20))
    let sender = TestSender(
      try SRTPSender(profile: .aes128CMSHA1, rtp: keys, rtcp: keys, rtcpIndex: 0))
    let packet = rtpPacket(ssrc: 0, sequence: 0, payload: Array(repeating: 0, count: 48))
    #expect(
      try Array(sender.rtp(packet)[12..<60])
        == hex(
          """
          E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB
          41E95B3BB0A2E8DD477901E4FCA894C0
          """))
  }

  @Test("a counter-mode packet from its master key matches libsrtp's published reference packet")
  func counterModePacket() throws {
    let sender = try TestSender(.aes128CMSHA1, master)
    let plain = hex("800f1234decafbadcafebabeabababababababababababababababab")
    #expect(
      try sender.rtp((plain, 12))
        == hex("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb"))
  }

  @Test("an RTP packet is encrypted and tagged as in RFC 7714 section 16.1")
  func galoisCounterPacket() throws {
    let sender = TestSender(
      try SRTPSender(profile: .aeadAES128GCM, rtp: quid, rtcp: quid, rtcpIndex: 0))
    let plain = hex(
      """
      8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070
      61727465 73207472 6573
      """)
    #expect(
      try sender.rtp((plain, 12))
        == hex(
          """
          8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a
          51c7d19b 36de3adf 8833 899d7f27 beb16a91 52cf765e e4390cce
          """))
  }

  @Test("an RTCP packet is encrypted and tagged as in RFC 7714 section 17.1")
  func galoisCounterReport() throws {
    let sender = TestSender(
      try SRTPSender(profile: .aeadAES128GCM, rtp: quid, rtcp: quid, rtcpIndex: 0x5D4))
    let plain = hex(
      """
      81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef
      deadbeef deadbeef deadbeef
      """)
    #expect(
      try sender.rtcp(plain)
        == hex(
          """
          81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
          4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4
          """))
  }
}
