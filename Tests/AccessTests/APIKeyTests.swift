// Keys and the keys file; secrets stay out of everything that is printed.

import Crypto
import Testing

@testable import Access

@Suite("API keys and their file")
struct APIKeyTests {
  private let secret = "0123456789abcdef"

  @Test("a key is a short name and at least 16 printable characters")
  func forms() {
    #expect(APIKey(key: "a", secret: secret) != nil)
    #expect(APIKey(key: String(repeating: "a", count: 64), secret: secret) != nil)
    for name in ["", "a b", "a.b", "é", "*", "#a", String(repeating: "a", count: 65)] {
      #expect(APIKey(key: name, secret: secret) == nil, "\(name)")
    }
    for bad in [
      "", "0123456789abcde", secret + " ", secret + "\n", secret + "é", secret + "\u{7F}",
    ] {
      #expect(APIKey(key: "a", secret: bad) == nil)
    }
  }

  @Test("the file is a key and its secret a line, with comments and blank lines, in LF or CRLF")
  func file() throws {
    let first = try makeKey("first"), second = try makeKey("second")
    for end in ["\n", "\r\n"] {
      let lines = ["# Keys.", "", "first \(secret)", "  \t", "  # more", "second\t \(secret) ", ""]
      #expect(APIKey.parse(file: lines.joined(separator: end)) == [first, second])
      #expect(APIKey.parse(file: "first \(secret)" + end) == [first])
    }
    #expect(APIKey.parse(file: "first \(secret)") == [first])
    #expect(APIKey.parse(file: "") == [])
    #expect(APIKey.parse(file: "# nothing\n") == [])
  }

  @Test("a file with a line that is no key, three keys, or one key twice is refused")
  func brokenFiles() {
    for text in [
      "first", "first \(secret) third", "first short", "fi/rst \(secret)",
      "\u{FEFF}first \(secret)",
      "first \(secret) # comment", "first \(secret)\nnonsense",
      "a \(secret)\nb \(secret)\nc \(secret)", "a \(secret)\na \(secret)x",
    ] {
      #expect(APIKey.parse(file: text) == nil, "\(text)")
    }
  }

  @Test("a new key is random, of its form, and reads back from its line")
  func random() throws {
    var source = RandomSource.seeded(1)
    let first = try #require(APIKey.random(from: &source))
    let second = try #require(APIKey.random(from: &source))
    #expect(first.key != second.key && first.secret != second.secret)
    #expect(Base64.decode(first.secret, .url)?.count == 32)
    #expect(APIKey.parse(file: first.line) == [first])
  }

  @Test("no way of printing a key, or what holds it, shows the secret")
  func printing() throws {
    let key = try makeKey()
    let access = AccessControl(keys: [key])
    var texts = [
      "\(key)", key.description, String(describing: key), String(reflecting: key),
      "\([key])", "\(Optional(key) as Any)", "\(access)", String(reflecting: access),
    ]
    var dumped = ""
    dump(key, to: &dumped)
    dump(access, to: &dumped)
    texts.append(dumped)
    for text in texts { #expect(!text.contains(secret), "\(text)") }
    #expect(key.description == "first:(redacted)")
  }

  @Test("no refusal quotes anything of the token")
  func refusals() {
    let every: [AccessRefusal] = [
      .missing, .malformed, .unknownKey, .badSignature, .expired, .notYetValid, .wrongRoom,
      .wrongRole, .revoked,
    ]
    #expect(Set(every.map(\.text)).count == every.count, "each has its own sentence")
    for refusal in every { #expect(!refusal.text.contains(secret)) }
  }
}
