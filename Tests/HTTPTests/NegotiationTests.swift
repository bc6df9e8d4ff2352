// Media types, Accept, entity tags, percent-encoding, origins.

import HTTP
import Testing

@Suite("HTTP content negotiation and conditions, RFC 9110")
struct NegotiationTests {
  @Test("a media type is compared without its parameters")
  func mediaType() {
    let type = MediaType(" Application/SDP ; Charset=\"utf;8\"; x=y")
    #expect(type?.essence == "application/sdp")
    #expect(type?.parameter("charset") == "utf;8")
    #expect(type?.parameter("x") == "y")
    for text in ["", "a", "a/", "/b", "a/b/c", "a b/c", "a/b c"] { #expect(MediaType(text) == nil) }
  }

  @Test("the most specific range of Accept decides")
  func accept() {
    let accept = "text/*;q=0.3, text/html;q=0.7, */*;q=0.5, image/png;q=0"
    #expect(MediaType.quality(of: "text/html", accept: accept) == 700)
    #expect(MediaType.quality(of: "text/plain", accept: accept) == 300)
    #expect(MediaType.quality(of: "image/jpeg", accept: accept) == 500)
    #expect(MediaType.quality(of: "image/png", accept: accept) == 0)
    #expect(MediaType.quality(of: "a/b", accept: nil) == 1000)
    #expect(MediaType.quality(of: "a/b", accept: "c/d") == 0)
    #expect(MediaType.quality(of: "a/b", accept: "a/b;q=1.5") == 0)
  }

  @Test("If-Match compares strongly, If-None-Match weakly")
  func entityTags() throws {
    let strong = EntityTag("x")
    let weak = try #require(EntityTag(parsing: "W/\"x\""))
    #expect(weak.isWeak && weak.text == "W/\"x\"")
    let list = try #require(EntityTagCondition("\"a,b\" , W/\"x\""))
    #expect(!list.matchesStrongly(strong) && list.matchesWeakly(strong))
    #expect(EntityTagCondition("\"x\"")?.matchesStrongly(strong) == true)
    #expect(EntityTagCondition("\"x\"")?.matchesStrongly(weak) == false)
    #expect(EntityTagCondition(" * ") == .any)
    for text in ["", "x", "\"x", "\"x\", y", "W\"x\"", "\"\"\""] {
      #expect(EntityTagCondition(text) == nil, "\(text)")
    }
  }

  @Test("percent-encoding round-trips every character")
  func percent() {
    let text = String(String.UnicodeScalarView((1..<0x300).compactMap { Unicode.Scalar($0) }))
    #expect(PercentCoding.decode(PercentCoding.encode(text).utf8) == text)
    #expect(PercentCoding.decode("a+b".utf8, plusIsSpace: true) == "a b")
    #expect(PercentCoding.decode("a+b".utf8) == "a+b")
    #expect(PercentCoding.decode("%C3%A9".utf8) == "\u{e9}")
    #expect(PercentCoding.decode("%C3".utf8) == nil)
  }

  /// Origin, Host, and whether a server that also allows https://shop.example takes it.
  static let origins: [(origin: String?, host: String, allowed: Bool)] = [
    (nil, "a.example", true), ("https://a.example", "a.example", true),
    ("https://A.example", "a.EXAMPLE", true), ("https://a.example", "a.example:443", true),
    ("http://a.example", "a.example:443", false), ("http://a.example:8080", "a.example:8080", true),
    ("http://a.example:8081", "a.example:8080", false), ("https://shop.example", "a.example", true),
    ("https://shop.example.evil", "a.example", false),
    ("https://evil/a.example", "a.example", false),
    ("http://shop.example", "a.example", false), ("null", "a.example", false),
    ("https://evil", "a.example", false), ("file://", "a.example", false),
    ("http://[::1]:8080", "[::1]:8080", true), ("http://[::1]", "[::1]", true),
    ("http://", "", false), ("https://u@a.example", "a.example", false), ("", "a.example", false),
  ]

  @Test("only the same host and listed origins are allowed", arguments: origins)
  func origin(_ item: (origin: String?, host: String, allowed: Bool)) {
    let policy = OriginPolicy(allowing: ["https://Shop.example"])
    #expect(policy.allows(origin: item.origin, host: item.host) == item.allowed)
  }
}
