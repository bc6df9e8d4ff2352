// What a glance sees of a request, and what it leaves to the parser.

import HTTP
import Testing
import Wire

@Suite("A glance at a request")
struct GlanceTests {
  private func seen(_ text: String) -> (target: String, coding: String)? {
    let bytes = text.bytes
    guard let glance = HTTPGlance(bytes.span) else { return nil }
    return (
      String(decoding: bytes[glance.target], as: UTF8.self),
      String(decoding: bytes[glance.acceptEncoding], as: UTF8.self)
    )
  }

  private static let browser = """
    GET /hls/demo/~1.a/high/index.m3u8?_HLS_msn=7&_HLS_part=2 HTTP/1.1\r
    Host: live.example:8443\r
    Connection: keep-alive\r
    sec-ch-ua: "Chromium";v="140"\r
    User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r
    Accept: */*\r
    Referer: https://live.example/watch/demo\r
    ACCEPT-encoding: \t gzip, deflate, br \r
    Accept-Language: en\r
    \r

    """

  @Test("target and coding of a browser's request are where they are")
  func browser() throws {
    let found = try #require(seen(Self.browser))
    #expect(found.target == "/hls/demo/~1.a/high/index.m3u8?_HLS_msn=7&_HLS_part=2")
    #expect(found.coding == "gzip, deflate, br")
    let bare = try #require(seen("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
    #expect(bare.target == "/" && bare.coding.isEmpty)
  }

  @Test("half a request, and one with anything behind it, is the parser's")
  func truncated() {
    let whole = Self.browser.bytes
    for count in 0..<whole.count {
      #expect(HTTPGlance(whole.span.extracting(0..<count)) == nil, "\(count)")
    }
    #expect(seen(Self.browser + "G") == nil && seen(Self.browser + Self.browser) == nil)
    #expect(seen("\r\n" + Self.browser) == nil)
  }

  @Test(
    "whatever the answer may depend on besides is the parser's",
    arguments: [
      "Range: bytes=0-1", "range: x", "If-Range: \"a\"", "If-None-Match: \"a\"", "IF-x: 1",
      "Connection: close", "Connection: keep-alive, upgrade", "Upgrade: websocket",
      "Expect: 100-continue", "Content-Length: 0", "Transfer-Encoding: chunked",
      "Accept-Encoding: gzip", "Host: b", "Host: a/b", " folded: 1", "no colon", "bad name: 1",
      "bell: \u{7}", ": empty",
    ])
  func decisive(_ field: String) {
    let start = "GET /a HTTP/1.1\r\n"
    let common = "Host: a\r\nAccept-Encoding: gzip\r\n"
    #expect(seen(start + common + "X-Other: 1\r\n\r\n") != nil)
    #expect(seen(start + common + field + "\r\n\r\n") == nil)
    #expect(seen(start + field + "\r\n" + common + "\r\n") == nil)
  }

  @Test(
    "other methods, versions and targets are the parser's",
    arguments: [
      "HEAD / HTTP/1.1", "POST / HTTP/1.1", "get / HTTP/1.1", "GET / HTTP/1.0", "GET  / HTTP/1.1",
      "GET /  HTTP/1.1", "GET * HTTP/1.1", "GET http://a/ HTTP/1.1", "GET /a#b HTTP/1.1",
      "GET /\u{e9} HTTP/1.1", "GET / HTTP/1.1 ", "GET /",
    ])
  func lines(_ line: String) {
    #expect(seen(line + "\r\nHost: a\r\n\r\n") == nil)
  }

  @Test("no Host, a bare line ending, or more than is usual is the parser's")
  func others() {
    #expect(seen("GET / HTTP/1.1\r\n\r\n") == nil)
    #expect(seen("GET / HTTP/1.1\nHost: a\r\n\r\n") == nil)
    #expect(seen("GET / HTTP/1.1\r\nHost: a\n\r\n") == nil)
    #expect(seen("GET / HTTP/1.1\r\nHost: a\r\n\n") == nil)
    let many = (0..<64).map { "X-\($0): 1\r\n" }.joined()
    #expect(seen("GET / HTTP/1.1\r\nHost: a\r\n\(many)\r\n") == nil)
    let long = String(repeating: "a", count: HTTPGlance.bytesMax)
    #expect(seen("GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n") == nil)
  }

  @Test("what is seen of changed requests is what the parser reads")
  func mutations() {
    var random = SeededNumbers(state: 7)
    let letters = "GEThH:/ \r\n\tax1.?%-,;=\u{0}".bytes
    for _ in 0..<3000 {
      var bytes = Self.browser.bytes
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let letter = letters[Int.random(in: 0..<letters.count, using: &random)]
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = letter
        case 1: bytes.insert(letter, at: place)
        case _: bytes.remove(at: place)
        }
      }
      // Traps when the two differ.
      HTTPFuzzBody.glance(bytes.span)
    }
  }
}

/// splitmix64.
private struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
