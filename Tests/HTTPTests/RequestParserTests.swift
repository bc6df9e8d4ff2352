// Requests: reading, splitting, pipelining, limits.

import HTTP
import Testing
import Wire

@Suite("HTTP requests, RFC 9112")
struct RequestParserTests {
  static let post =
    "POST /whip/room-1?stream=screen HTTP/1.1\r\nHost: example.com\r\n"
    + "Content-Type: application/sdp\r\nAuthorization: Bearer abc.def\r\nContent-Length: 5\r\n\r\nv=0\r\n"
  static let chunked =
    "PATCH /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    + "4\r\nWiki\r\n6;x=y\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nTrailer: 1\r\n\r\n"

  @Test("a request is read with its target, headers and body")
  func wholeRequest() throws {
    let request = try #require(requests(RequestParserTests.post).first)
    #expect(request.method == .post)
    #expect(request.target.path == "/whip/room-1")
    #expect(request.target.segments == ["whip", "room-1"])
    #expect(request.target.parameter("stream") == "screen")
    #expect(request.headers["content-TYPE"] == "application/sdp")
    #expect(request.bearer == "abc.def")
    #expect(request.body == "v=0\r\n".bytes)
    #expect(request.keepsAlive)
  }

  @Test("a request is the same at every split point", arguments: [post, chunked])
  func everySplit(text: String) throws {
    let whole = requests(text)
    #expect(whole.count == 1)
    for cut in 0...text.utf8.count {
      var parser = HTTPRequestParser()
      var outputs: [HTTPRequestParser.Output] = []
      for part in [text.bytes[..<cut], text.bytes[cut...]] {
        parser.receive(Array(part).span)
        let output = parser.next()
        if output != .needsMore { outputs.append(output) }
      }
      #expect(outputs == whole.map { .request($0) })
    }
    #expect(requests(text, step: 1) == whole)
  }

  @Test("every prefix of a request waits for more")
  func prefixes() {
    for length in 0..<RequestParserTests.chunked.utf8.count {
      #expect(parse(Array(RequestParserTests.chunked.bytes[..<length])).isEmpty)
    }
  }

  @Test("a chunked body is joined and its trailers are dropped")
  func chunkedBody() throws {
    let request = try #require(requests(RequestParserTests.chunked).first)
    #expect(request.body == "Wikipedia in \r\n\r\nchunks.".bytes)
    #expect(request.headers["trailer"] == nil)
  }

  @Test("pipelined requests come out in order")
  func pipelining() {
    let text = (0..<50).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined()
    for step in [1, 7, .max] {
      #expect(requests(text, step: step).map(\.target.path) == (0..<50).map { "/\($0)" })
    }
  }

  @Test("empty lines before a request are passed over, but not for ever")
  func leadingEmptyLines() {
    #expect(refusal("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n") == 0)
    #expect(refusal("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n") == 400)
  }

  @Test("100 (Continue) is asked for once, and only when the body has not come")
  func expectContinue() {
    let head =
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
    var parser = HTTPRequestParser()
    parser.receive(head.bytes.span)
    #expect(parser.next() == .continueExpected)
    #expect(parser.next() == .needsMore)
    parser.receive("abcd".bytes.span)
    guard case .request(let request) = parser.next() else {
      Issue.record("no request")
      return
    }
    #expect(request.body == "abcd".bytes)
    #expect(parse((head + "abcd").bytes).count == 1)
    #expect(refusal("GET / HTTP/1.1\r\nHost: h\r\nExpect: 200-maybe\r\n\r\n") == 417)
  }

  @Test("a body that is too long is refused before 100 (Continue)")
  func expectContinueTooLarge() {
    let text =
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 999999999\r\n\r\n"
    #expect(refusal(text) == 413)
  }

  @Test("the body limit is the route's")
  func bodyLimitByRoute() {
    var parser = HTTPRequestParser()
    parser.receive("POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n".bytes.span)
    let output = parser.next { $0.target.path == "/small" ? 10 : nil }
    #expect(output == .refused(HTTPRefusal(413, "body too large")))
  }

  @Test("keep-alive follows the version and the Connection header")
  func keepAlive() {
    let cases = [
      ("1.1", "", true), ("1.1", "Connection: close\r\n", false),
      ("1.1", "Connection: foo, CLOSE\r\n", false), ("1.0", "", false),
      ("1.0", "Connection: Keep-Alive\r\n", true),
    ]
    for (version, header, expected) in cases {
      let request = requests("GET / HTTP/\(version)\r\nHost: h\r\n\(header)\r\n").first
      #expect(request?.keepsAlive == expected, "\(version) \(header)")
    }
  }

  @Test("what follows the last request is left for the next protocol")
  func remaining() {
    var parser = HTTPRequestParser()
    parser.receive("GET /ws HTTP/1.1\r\nHost: h\r\n\r\n\u{1}\u{2}rest".bytes.span)
    guard case .request = parser.next() else {
      Issue.record("no request")
      return
    }
    #expect(parser.takeRemaining() == "\u{1}\u{2}rest".bytes)
    #expect(parser.isIdle)
  }

  @Test("each limit has its own status")
  func limits() {
    let long = String(repeating: "a", count: 9000)
    #expect(refusal("GET /\(long)") == 414)
    #expect(refusal("GET / HTTP/1.1\r\nHost: h\r\n" + "a: b\r\n".repeated(100)) == 431)
    #expect(refusal("GET / HTTP/1.1\r\nHost: h\r\n" + "a: b\r\n".repeated(99) + "\r\n") == 0)
    #expect(refusal("GET / HTTP/1.1\r\nHost: h\r\nx: " + long.repeated(4)) == 431)
    #expect(refusal("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 262145\r\n\r\n") == 413)
    let chunks = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(refusal(chunks + "40001\r\n") == 413)
    #expect(refusal(chunks + "1;" + String(repeating: "x", count: 300)) == 400)
    let filled = "8000\r\n" + String(repeating: "x", count: 0x8000) + "\r\n"
    #expect(refusal(chunks + filled.repeated(8) + "0\r\n\r\n") == 0)
    #expect(refusal(chunks + filled.repeated(8) + "1\r\n") == 413)
  }

  @Test("random bytes and mutations never trap, and never depend on the split")
  func total() {
    var random = SeededGenerator(state: 1)
    for length in 0...64 {
      for _ in 0..<20 {
        let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
        HTTPFuzzBody.run(bytes.span)
      }
    }
    for seed in [RequestParserTests.post, RequestParserTests.chunked] {
      for _ in 0..<1500 { HTTPFuzzBody.run(mutated(seed.bytes, &random).span) }
    }
  }
}

extension String {
  func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
