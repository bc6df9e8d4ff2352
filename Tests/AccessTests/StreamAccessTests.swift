// Tokens for HLS: bound to a room, until a time, under a key of the file.

import Crypto
import Testing
import Wire

@testable import Access

@Suite("Access to HLS")
struct StreamAccessTests {
  private let first = "first-secret-of-thirty-two-bytes"
  private let second = "second-secret-of-thirty-two-byte"

  private func access(_ file: String) throws -> StreamAccess {
    try #require(StreamAccess(keyFile: file))
  }

  @Test("a token is good for its room until it ends, and not a moment longer")
  func bounds() throws {
    let access = try access(first)
    let token = access.token(room: "show", for: .seconds(90), at: noon)
    let end = noon + .seconds(120)
    #expect(token.hasPrefix("\(noonSeconds + 120)."))
    #expect(access.allows(token[...], room: "show", at: noon))
    #expect(access.allows(token[...], room: "show", at: end - .milliseconds(1)))
    #expect(!access.allows(token[...], room: "show", at: end))
    #expect(!access.allows(token[...], room: "other", at: noon))
    #expect(access.token(room: "show", for: .seconds(61), at: noon) == token)
  }

  @Test("a token with any character changed, added or left out is none")
  func forged() throws {
    let access = try access(first)
    let token = access.token(room: "show", at: noon)
    for index in token.indices {
      var changed = token
      let other: Character = token[index] == "1" ? "2" : "1"
      changed.replaceSubrange(index...index, with: [other])
      #expect(!access.allows(changed[...], room: "show", at: noon), "\(changed)")
      #expect(!access.allows(token[..<index], room: "show", at: noon))
    }
    for changed in ["0" + token, token + "A", token + ".", "+" + token, "~" + token, "-" + token] {
      #expect(!access.allows(changed[...], room: "show", at: noon), "\(changed)")
    }
    let later = "\(noonSeconds + 999_999)" + token.drop { $0 != "." }
    #expect(!access.allows(later[...], room: "show", at: noon))
    for end in ["9999999999", "99999999999999999999", ""] {
      #expect(!access.allows((end + token.drop { $0 != "." })[...], room: "show", at: noon))
    }
    // A room and a time must not read as another room and another time.
    let moved = access.token(room: "show\n1", at: noon)
    #expect(!access.allows(moved[...], room: "show", at: noon))
  }

  @Test("a new first key signs while the old one is still believed; others are not")
  func rotation() throws {
    let old = try access(first)
    let both = try access("# new\n\(second)\r\n\(first)\n")
    let token = old.token(room: "show", at: noon)
    #expect(both.allows(token[...], room: "show", at: noon))
    let new = both.token(room: "show", at: noon)
    #expect(!old.allows(new[...], room: "show", at: noon))
    #expect(try access(second).allows(new[...], room: "show", at: noon))
  }

  @Test("a key file without a long secret, with words, or with more than two keys is refused")
  func files() {
    let bad = [
      "", "# none", "short", String(first.dropLast()), first + " x", "é" + first,
      [first, second, first].joined(separator: "\n"),
    ]
    for text in bad { #expect(StreamAccess(keyFile: text) == nil, "\(text)") }
    #expect(StreamAccess(keyFile: "\n  \(first)  \n") != nil)
  }

  @Test(
    "the signature is HMAC-SHA256 over purpose, room and time, so that other programs can make it")
  func vector() throws {
    let token = try access(first).token(room: "show", for: .seconds(60), at: noon)
    let signed = Array("hawker-hls\nshow\n\(noonSeconds + 60)".utf8)
    let tag = HMACSHA256(key: Array(first.utf8).span).tag(over: signed.span)
    #expect(token == "\(noonSeconds + 60).\(Base64.encode(tag, .url))")
  }

  @Test("a token is put before the last segment of an address")
  func addresses() {
    #expect(StreamAccess.path(room: "show", token: "1.a") == "/hls/show/~1.a/index.m3u8")
    let address = "https://cdn.example:8443/hls/show/index.m3u8?a=/b"
    #expect(
      StreamAccess.address(address, token: "1.a")
        == "https://cdn.example:8443/hls/show/~1.a/index.m3u8?a=/b")
  }

  @Test("a key is never printed")
  func secrecy() throws {
    let access = try access(first)
    var text = "\(access)"
    dump(access, to: &text)
    #expect(!text.contains("key") && !text.contains(first))
  }
}
