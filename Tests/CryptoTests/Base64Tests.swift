// Base64 both ways, and the texts it refuses.

import Testing

@testable import Crypto

@Suite("Base64 and base64url, RFC 4648")
struct Base64Tests {
  @Test(
    "the vectors of RFC 4648 section 10 hold both ways",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
  func vectors(plain: String, text: String) {
    #expect(Base64.encode(Array(plain.utf8)) == text)
    #expect(Base64.decode(text) == Array(plain.utf8))
    let unpadded = String(text.prefix { $0 != "=" })
    #expect(Base64.encode(Array(plain.utf8), .url) == unpadded)
    #expect(Base64.decode(unpadded, .url) == Array(plain.utf8))
  }

  @Test("every byte survives both variants")
  func allBytes() {
    let all = [UInt8](0...255)
    #expect(Base64.decode(Base64.encode(all)) == all)
    #expect(Base64.decode(Base64.encode(all, .url), .url) == all)
    #expect(Base64.encode([0xFB, 0xFF], .url) == "-_8")
    #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
  }

  @Test(
    "malformed text is refused",
    arguments: [
      "A", "AA", "AAA", "A===", "====", "=AAA", "AA=A", "Zh==", "Zm9=", "Zm9v\n", "Zm 9",
      "Zm9v====",
      "-_8=", "Zé==",
    ])
  func refusals(text: String) { #expect(Base64.decode(text) == nil) }

  @Test(
    "malformed url text is refused", arguments: ["A", "AAAAA", "Zg==", "Zh", "+/8", "Zm9v=", "a.b"])
  func urlRefusals(text: String) { #expect(Base64.decode(text, .url) == nil) }
}

@Suite("Random sources")
struct RandomSourceTests {
  @Test("a seed gives one sequence, two seeds two")
  func seeds() {
    var a = RandomSource.seeded(7)
    var b = RandomSource.seeded(7)
    var c = RandomSource.seeded(8)
    let first = a.bytes(37)
    #expect(first == b.bytes(37))
    #expect(first != c.bytes(37))
    #expect(first != a.bytes(37))
  }

  @Test("SplitMix64 gives its published first numbers for seed 1234567")
  func splitMix() {
    var source = RandomSource.seeded(1_234_567)
    #expect(source.next() == 6_457_827_717_110_365_317)
    #expect(source.next() == 3_203_168_211_198_807_973)
  }

  @Test("the system source fills every length and does not repeat itself")
  func system() {
    var source = RandomSource.system
    for count in 0...64 { #expect(source.bytes(count).count == count) }
    #expect(source.bytes(32) != source.bytes(32))
    #expect(source.next() != source.next())
    for _ in 0..<100 { #expect((0..<1).contains(source.unitInterval())) }
  }

  @Test("ICE characters are as many as asked for and all in the alphabet")
  func iceCharacters() {
    var source = RandomSource.seeded(1)
    let text = source.iceCharacters(256)
    #expect(text.utf8.count == 256)
    #expect(
      text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "+" || $0 == "/") })
    #expect(Set(text).count > 50)
  }
}
