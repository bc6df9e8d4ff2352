// The hashes and HMACs against published vectors.

import Testing

@testable import Crypto

func bytes(hex: String) -> [UInt8] {
  var digits: [UInt8] = []
  for character in hex where character != " " && character != "\n" {
    digits.append(UInt8(character.hexDigitValue ?? 0))
  }
  return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// Spans cannot be arguments inside `#expect`: these take arrays.
private func isValid(_ key: HMACSHA1, _ tag: [UInt8], _ message: [UInt8]) -> Bool {
  key.isValid(tag: tag.span, over: message.span)
}
private func isValid(_ key: HMACSHA256, _ tag: [UInt8], _ message: [UInt8]) -> Bool {
  key.isValid(tag: tag.span, over: message.span)
}
private func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool { ConstantTime.equal(a.span, b.span) }

@Suite("SHA-1 and SHA-256, FIPS 180-4; HMAC, RFC 2202 and RFC 4231")
struct HashTests {
  @Test("the digests of abc and of nothing are the published ones")
  func digests() {
    #expect(
      SHA1.digest(Array("abc".utf8).span) == bytes(hex: "a9993e364706816aba3e25717850c26c9cd0d89d"))
    #expect(
      SHA1.digest([UInt8]().span) == bytes(hex: "da39a3ee5e6b4b0d3255bfef95601890afd80709"))
    #expect(
      SHA256.digest(Array("abc".utf8).span)
        == bytes(hex: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
  }

  @Test("copying a computation forks it")
  func copying() {
    var a = SHA1()
    a.update(Array("ab".utf8).span)
    let fork = a
    a.update(Array("c".utf8).span)
    var digests = [[UInt8]](repeating: [UInt8](repeating: 0, count: 20), count: 2)
    var first = digests[0].mutableSpan
    a.finish(into: &first)
    var second = digests[1].mutableSpan
    fork.finish(into: &second)
    #expect(digests[0] == SHA1.digest(Array("abc".utf8).span))
    #expect(digests[1] == SHA1.digest(Array("ab".utf8).span))
  }

  func sha1Tag(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    var tag = [UInt8](repeating: 0, count: 20)
    var span = tag.mutableSpan
    HMACSHA1(key: key.span).write(over: message.span, into: &span)
    return tag
  }

  @Test("HMAC-SHA1 gives the tags of RFC 2202, short and long keys")
  func hmacSHA1() {
    #expect(
      sha1Tag([UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8))
        == bytes(hex: "b617318655057264e28bc0b6fb378c8ef146be00"))
    #expect(
      sha1Tag(Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
        == bytes(hex: "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"))
    #expect(
      sha1Tag(
        [UInt8](repeating: 0xAA, count: 80),
        Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
        == bytes(hex: "aa4ae5e15272d00e95705637ce8a3b55ed402112"))
  }

  @Test("HMAC-SHA256 gives the tags of RFC 4231, short and long keys")
  func hmacSHA256() {
    let short = HMACSHA256(key: Array("Jefe".utf8).span)
    let message = Array("what do ya want for nothing?".utf8)
    let tag = bytes(hex: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(short.tag(over: message.span) == tag)
    #expect(isValid(short, tag, message))
    #expect(!isValid(short, Array(tag.prefix(31)), message))
    let long = HMACSHA256(key: [UInt8](repeating: 0xAA, count: 131).span)
    #expect(
      long.tag(over: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8).span)
        == bytes(hex: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"))
  }

  @Test("a key is reusable, pieces equal the whole, and one wrong bit anywhere is refused")
  func verification() {
    let key = HMACSHA1(key: Array("secret".utf8).span)
    let message = [UInt8](0..<100)
    for round in 0..<3 {
      var tag = [UInt8](repeating: 0, count: 20)
      var span = tag.mutableSpan
      var pieces = key.begin()
      pieces.update(message.span.extracting(first: 33))
      pieces.update(message.span.extracting(droppingFirst: 33))
      pieces.finish(into: &span)
      #expect(tag == sha1Tag(Array("secret".utf8), message), "round \(round)")
      #expect(isValid(key, tag, message))
      #expect(isValid(key, Array(tag.prefix(10)), message))
      #expect(!isValid(key, Array(tag.prefix(9)), message))
      for bit in 0..<160 {
        var wrong = tag
        wrong[bit / 8] ^= 1 << UInt8(bit % 8)
        #expect(!isValid(key, wrong, message))
      }
    }
  }

  @Test("constant-time comparison agrees with ==, lengths included")
  func comparison() {
    #expect(equal([UInt8](), [UInt8]()))
    #expect(equal([1, 2, 3], [1, 2, 3]))
    #expect(!equal([1, 2, 3], [1, 2, 4]))
    #expect(!equal([1, 2, 3], [1, 2]))
  }
}
