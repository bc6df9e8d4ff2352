// What is a token and what is not: signatures, algorithms, claims, times, hostile bytes.

import Crypto
import JSON
import Testing
import Wire

@testable import Access

@Suite("Tokens, RFC 7519 and RFC 7515")
struct JSONWebTokenTests {
  @Test("the example of RFC 7515 appendix A.1 has the signature the RFC gives it")
  func rfcVector() throws {
    // Its key is 64 raw bytes, so only our HMAC and our base64url can be held against it.
    let signed =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
      + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    let key = try #require(
      Base64.decode(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        .url))
    let tag = HMACSHA256(key: key.span).tag(over: Array(signed.utf8).span)
    #expect(Base64.encode(tag, .url) == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
  }

  @Test("what is minted is verified, claim by claim")
  func roundTrip() throws {
    let credential = Credential(
      issuer: "first", subject: "ann", name: "Ann \u{1F600}", room: "show", role: .cohost,
      expires: WallTime(nanoseconds: (noonSeconds + 60) * 1_000_000_000))
    let token = JSONWebToken.mint(credential, key: try makeKey())
    #expect(try JSONWebToken.verify(token, keys: [makeKey()], at: noon) == credential)
    #expect(
      try refusal(
        forge(claims: #"{"iss":"first","sub":"a","room":"r","role":"host","exp":9000000000}"#))
        == .malformed)
  }

  @Test(
    "any algorithm but HS256 is refused, even with a signature that would be right",
    arguments: [
      #"{"alg":"none"}"#, #"{"alg":"None"}"#, #"{"alg":""}"#, #"{"alg":"hs256"}"#,
      #"{"alg":"HS384"}"#, #"{"alg":"HS512"}"#, #"{"alg":"RS256"}"#, #"{"alg":"ES256"}"#,
      #"{"alg":null}"#, #"{"alg":["HS256"]}"#, #"{"alg":1}"#, #"{"typ":"JWT"}"#, "{}", "[]", "",
      #"{"alg":"none","alg":"HS256"}"#, #"{"alg":"HS256","alg":"none"}"#,
    ])
  func algorithms(header: String) throws {
    let claims = String(decoding: JSONValue.object(goodClaims()).write(), as: UTF8.self)
    let token = forge(header: header, claims: claims)
    #expect(try refusal(token) == .malformed)
    let unsigned = token.split(separator: ".").prefix(2).joined(separator: ".") + "."
    #expect(try refusal(unsigned) == .malformed)
  }

  @Test("a header with an extension that must be understood is refused, RFC 7515 section 4.1.11")
  func critical() throws {
    let claims = String(decoding: JSONValue.object(goodClaims()).write(), as: UTF8.self)
    #expect(
      try refusal(forge(header: #"{"alg":"HS256","crit":["b64"],"b64":false}"#, claims: claims))
        == .malformed)
    #expect(try refusal(forge(header: #"{"alg":"HS256","kid":"other"}"#, claims: claims)) == nil)
  }

  @Test("a token whose header, claims or signature differ by one bit is refused")
  func tampering() throws {
    let token = Array(forge("name", "Ann").utf8)
    #expect(try refusal(String(decoding: token, as: UTF8.self)) == nil)
    for index in token.indices {
      for bit in 0..<8 {
        var changed = token
        changed[index] ^= 1 << bit
        // Bytes beyond ASCII would come back as a replacement character: that is refused as well.
        #expect(try refusal(String(decoding: changed, as: UTF8.self)) != nil, "\(index) \(bit)")
      }
    }
  }

  @Test("claims of one token with the signature of another are refused")
  func transplant() throws {
    let viewer = forge("role", "viewer").split(separator: ".")
    let host = forge("role", "host").split(separator: ".")
    #expect(try refusal("\(viewer[0]).\(host[1]).\(viewer[2])") == .badSignature)
  }

  @Test("an issuer that is not a live key is refused, another key's signature too")
  func issuers() throws {
    #expect(try refusal(forge("iss", "third")) == .unknownKey)
    #expect(try refusal(forge("iss", "")) == .unknownKey)
    #expect(try refusal(forge("iss", nil)) == .malformed)
    #expect(try refusal(forge("iss", .integer(1))) == .malformed)
    #expect(try refusal(forge("sub", "ann"), keys: []) == .unknownKey)
    let other = try makeKey("first", secret: "fedcba9876543210")
    #expect(try refusal(forge("sub", "ann"), keys: [other]) == .badSignature)
  }

  @Test("while a key is replaced both sign good tokens, each only under its own name")
  func twoLiveKeys() throws {
    let new = try makeKey("second", secret: "fedcba9876543210")
    let keys = [new, try makeKey()]
    #expect(try refusal(forge("iss", "first"), keys: keys) == nil)
    #expect(try refusal(forge("iss", "second"), keys: keys) == .badSignature)
    #expect(try refusal(forge("iss", "first"), keys: [new]) == .unknownKey)
  }

  @Test("a token ends 30 s after exp, to the nanosecond, RFC 7519 section 4.1.4")
  func expiry() throws {
    let token = forge("exp", .integer(noonSeconds))
    let end = noon + JSONWebToken.leeway
    #expect(try refusal(token, at: WallTime(nanoseconds: end.nanoseconds - 1)) == nil)
    #expect(try refusal(token, at: end) == .expired)
    #expect(try refusal(token, at: WallTime(nanoseconds: end.nanoseconds + 1)) == .expired)
    #expect(JSONWebToken.leeway == .seconds(30))
  }

  @Test("a token begins 30 s before nbf, to the nanosecond, RFC 7519 section 4.1.5")
  func notBefore() throws {
    let token = forge("nbf", .integer(noonSeconds))
    let start = noon - JSONWebToken.leeway
    #expect(try refusal(token, at: start) == nil)
    #expect(try refusal(token, at: WallTime(nanoseconds: start.nanoseconds - 1)) == .notYetValid)
  }

  @Test("a NumericDate may have a fraction; text, nothing, and dates beyond belief are refused")
  func dates() throws {
    let half = forge("exp", .double(Double(noonSeconds) + 0.5))
    #expect(try refusal(half, at: noon + .seconds(30)) == nil)
    #expect(try refusal(half, at: noon + .seconds(31)) == .expired)
    for value: JSONValue? in [
      nil, "1793534460", true, .integer(-1), .integer(8_589_934_592), .integer(.max),
      .double(1e300), .double(-0.5), [], .null,
    ] {
      #expect(try refusal(forge("exp", value)) == .malformed)
    }
    for value: JSONValue in ["0", true, .integer(-1), .double(1e300)] {
      #expect(try refusal(forge("nbf", value)) == .malformed, "an nbf that says nothing is no nbf")
    }
  }

  @Test("every claim has one type and its bounds")
  func claims() throws {
    for claim in ["sub", "room", "role"] {
      for value: JSONValue? in [nil, .null, .integer(1), true, [], ""] {
        #expect(try refusal(forge(claim, value)) == .malformed, "\(claim)")
      }
    }
    #expect(try refusal(forge("role", "admin")) == .malformed)
    #expect(try refusal(forge("role", "Host")) == .malformed)
    #expect(try refusal(forge("name", .integer(1))) == .malformed)
    #expect(try refusal(forge("name", .null)) == nil)
    #expect(try refusal(forge("extra", .integer(1))) == nil)
  }

  @Test("subjects and names are any text up to 128 scalars, without control characters")
  func subjects() throws {
    for claim in ["sub", "name"] {
      for good in ["ж", "日本語", "👩‍👩‍👧", "a b", "e\u{301}", String(repeating: "é", count: 128)] {
        #expect(try refusal(forge(claim, .string(good))) == nil, "\(claim) \(good)")
      }
      for bad in [
        "\n", "a\u{0}", "\u{7F}", "\u{85}", "\u{9B}31m", "\u{1B}[2J",
        String(repeating: "a", count: 129), "e" + String(repeating: "\u{301}", count: 128),
      ] {
        #expect(try refusal(forge(claim, .string(bad))) == .malformed, "\(claim)")
      }
    }
  }

  @Test("a room is a room's name; all rooms are a service's only")
  func rooms() throws {
    let longest = String(repeating: "r", count: 64)
    for good in ["a", "A-z_09", longest] {
      #expect(try refusal(forge("room", .string(good))) == nil)
    }
    for bad in ["", "*", "**", "a b", "a/b", "é", "..", "\u{212A}", longest + "r"] {
      #expect(try refusal(forge("room", .string(bad))) == .malformed, "\(bad)")
    }
    for role in Role.allCases {
      let claims =
        #"{"iss":"first","sub":"a","room":"*","role":"\#(role.rawValue)","exp":\#(noonSeconds)}"#
      #expect(try refusal(forge(claims: claims)) == (role == .service ? nil : .malformed))
    }
  }

  @Test("claims with a key twice are refused: readers would disagree about which counts")
  func duplicates() throws {
    let claims =
      #"{"iss":"first","sub":"ann","room":"show","role":"viewer","role":"host","exp":\#(noonSeconds)}"#
    #expect(try refusal(forge(claims: claims)) == .malformed)
    let escaped =
      #"{"iss":"first","sub":"ann","room":"show","role":"viewer","r\u006fle":"host","exp":\#(noonSeconds)}"#
    #expect(try refusal(forge(claims: escaped)) == .malformed)
  }

  @Test("every truncation and every lengthening of a token is refused")
  func truncations() throws {
    let token = forge("name", "Ann")
    for length in 0..<token.utf8.count {
      #expect(try refusal(String(token.prefix(length))) != nil, "\(length)")
    }
    for tail in [".", "A", "=", " ", "\n", ".e30", "\u{0}"] {
      #expect(try refusal(token + tail) != nil)
      #expect(try refusal(tail + token) != nil)
    }
  }

  @Test("a token of 4096 bytes is looked at, a longer one is not")
  func oversized() throws {
    // Padding in a claim nobody reads; four characters stand for three bytes.
    let base = forge("pad", "").utf8.count
    var accepted = 0
    for count in (4096 - base) * 3 / 4 - 8...(4096 - base) * 3 / 4 + 8 {
      let token = forge("pad", .string(String(repeating: "a", count: count)))
      #expect(try refusal(token) == (token.utf8.count <= 4096 ? nil : .malformed))
      if token.utf8.count <= 4096 { accepted += 1 }
    }
    #expect((1..<17).contains(accepted), "both sides of the limit were tried")
    #expect(try refusal(String(repeating: ".", count: 1 << 20)) == .malformed)
  }

  @Test("random mutations of a token never trap and are never accepted")
  func mutations() throws {
    var random = RandomSource.seeded(7)
    let token = Array(forge("name", "Ann").utf8)
    for _ in 0..<2000 {
      var changed = token
      for _ in 0...Int.random(in: 0..<4, using: &random) {
        let index = Int.random(in: 0..<changed.count, using: &random)
        let byte = UInt8.random(in: 0...255, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: changed[index] = byte
        case 1: changed.insert(byte, at: index)
        default: changed.remove(at: index)
        }
      }
      guard changed != token else { continue }
      #expect(try refusal(String(decoding: changed, as: UTF8.self)) != nil)
    }
  }

  @Test("the fuzz body holds for every length from 0 to 64, for tokens cut short and for key files")
  func fuzzBody() throws {
    var random = RandomSource.seeded(11)
    for length in 0...64 { AccessFuzzBody.run(random.bytes(length).span) }
    let token = Array(forge("name", "Ann").utf8)
    for length in token.indices { AccessFuzzBody.run(Array(token[..<length]).span) }
    let file = Array("# Keys.\r\nfirst 0123456789abcdef\nsecond fedcba9876543210\n".utf8)
    for length in 0...file.count { AccessFuzzBody.run(Array(file[..<length]).span) }
    for _ in 0..<500 {
      var changed = file
      changed[Int.random(in: 0..<changed.count, using: &random)] = UInt8.random(
        in: 0...255, using: &random)
      AccessFuzzBody.run(changed.span)
    }
  }
}
