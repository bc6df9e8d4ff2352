// Signing and verifying against published vectors, and everything that must be refused.

import Crypto
import RoomLog
import Testing

@testable import Hooks

@Suite("Webhook signatures, Standard Webhooks 1.0.0")
struct SignatureTests {
  let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
  let seconds: Int64 = 1_614_265_330
  let body = Array(#"{"test": 2432232314}"#.utf8)

  @Test("the symmetric signature is the one published with the specification")
  func symmetric() throws {
    let key = try #require(HookKey(secret))
    let headers = HookSignature.sign(id: id, seconds: seconds, body: body, keys: [key])
    #expect(headers.signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    #expect(headers.timestamp == "1614265330")
    try HookSignature.verify(headers, body: body, keys: [key], seconds: seconds)
  }

  /// Published with the asymmetric scheme.
  @Test("the asymmetric signature is the published one, and its public key verifies it")
  func asymmetric() throws {
    let text =
      "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
    let key = try #require(HookKey(text))
    #expect(key.text == text)
    #expect(key.receiverText == "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=")
    let headers = HookSignature.sign(id: id, seconds: seconds, body: body, keys: [key])
    #expect(
      headers.signature
        == "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
    )
    let verifying = try #require(HookKey(key.receiverText))
    try HookSignature.verify(headers, body: body, keys: [verifying], seconds: seconds)
    #expect(throws: HookRefusal.wrongSignature) {
      try HookSignature.verify(
        headers, body: body + [32], keys: [verifying], seconds: seconds)
    }
  }

  @Test("while a secret is changed both sign, and a receiver with either believes it")
  func rotation() throws {
    var random = RandomSource.seeded(1)
    let keys = [HookKey.makeSymmetric(&random), HookKey.makeSymmetric(&random)]
    let headers = HookSignature.sign(id: "a", seconds: 5, body: body, keys: keys)
    #expect(headers.signature.split(separator: " ").count == 2)
    for key in keys { try HookSignature.verify(headers, body: body, keys: [key], seconds: 5) }
    let other = HookKey.makeSymmetric(&random)
    #expect(throws: HookRefusal.wrongSignature) {
      try HookSignature.verify(headers, body: body, keys: [other], seconds: 5)
    }
    try HookSignature.verify(headers, body: body, keys: [other, keys[1]], seconds: 5)
  }

  @Test("what is changed, old, new, missing or of another version is refused by name")
  func refusals() throws {
    let key = try #require(HookKey(secret))
    let good = HookSignature.sign(id: id, seconds: seconds, body: body, keys: [key])
    func refusal(_ headers: HookHeaders, at now: Int64? = nil) -> HookRefusal? {
      do throws(HookRefusal) {
        try HookSignature.verify(headers, body: body, keys: [key], seconds: now ?? seconds)
        return nil
      } catch {
        return error
      }
    }
    #expect(refusal(good) == nil)
    #expect(refusal(good, at: seconds + 300) == nil)
    #expect(refusal(good, at: seconds + 301) == .tooOld)
    #expect(refusal(good, at: seconds - 300) == nil)
    #expect(refusal(good, at: seconds - 301) == .tooNew)
    var headers = good
    headers.id += "x"
    #expect(refusal(headers) == .wrongSignature)
    headers = good
    headers.id = ""
    #expect(refusal(headers) == .missingHeader)
    headers = good
    headers.signature = ""
    #expect(refusal(headers) == .missingHeader)
    for timestamp in ["", "x", "-5", "1614265330.0", " 1614265330", "99999999999999999999"] {
      headers = good
      headers.timestamp = timestamp
      #expect(refusal(headers) == .badTimestamp, "\(timestamp)")
    }
    headers = good
    headers.timestamp = "1614265331"
    #expect(refusal(headers) == .wrongSignature)
    for version in ["v2", "v1a", "", "V1"] {
      headers = good
      headers.signature = version + good.signature.dropFirst(2)
      #expect(refusal(headers) == .wrongSignature, "\(version)")
    }
    headers.signature = "v1,bad v3,x " + good.signature
    #expect(refusal(headers) == nil)
    headers.signature = String(repeating: "v1,AAAA ", count: 8) + good.signature
    #expect(refusal(headers) == .wrongSignature, "more signatures than are looked at")
  }

  @Test("no way of printing a key, or what holds it, shows the secret")
  func printing() throws {
    var random = RandomSource.seeded(3)
    for key in [HookKey.makeSymmetric(&random), try #require(HookKey.makeAsymmetric(&random))] {
      let row = HookEndpointRow(
        merchant: "m", url: "https://x.example/hidden", keys: [key.text], topics: [],
        deadlineMs: 1, createdMs: 1)
      var dumped = ""
      dump(key, to: &dumped)
      dump(row, to: &dumped)
      let secret = key.text.drop { $0 != "_" }.dropFirst().prefix(16)
      for text in ["\(key)", String(reflecting: [key]), "\(row)", String(reflecting: row), dumped] {
        #expect(!text.contains(secret) && !text.contains("hidden"), "\(text)")
      }
    }
  }

  @Test("a key is 24 to 64 bytes of strict base64 with its prefix")
  func keys() {
    for count in [0, 23, 65, 100] {
      let text = "whsec_" + Base64.encode([UInt8](repeating: 1, count: count))
      #expect(HookKey(text) == nil, "\(count)")
    }
    for count in [24, 32, 64] {
      let text = "whsec_" + Base64.encode([UInt8](repeating: 1, count: count))
      #expect(HookKey(text)?.text == text)
    }
    #expect(HookKey("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") == nil)
    #expect(HookKey("whsec_****") == nil)
    // A public half that is not the seed's.
    let seed = [UInt8](repeating: 1, count: 32)
    #expect(HookKey("whsk_" + Base64.encode(seed + seed)) == nil)
    #expect(HookKey("whsk_" + Base64.encode(seed)) != nil)
    #expect(HookKey("whpk_" + Base64.encode(seed.dropLast() + [])) == nil)
  }
}
