// What two servers could read differently is refused by us.

import HTTP
import Testing

@Suite("Request smuggling and malformed requests")
struct RequestSmugglingTests {
  /// Headers with an ambiguous body, and the status they get.
  static let framings: [(headers: String, status: Int)] = [
    ("Content-Length: 5\r\nContent-Length: 6\r\n", 400),
    ("Content-Length: 5\r\nContent-Length: 5\r\n", 400),
    ("Content-Length: 5, 5\r\n", 400),
    ("Content-Length: +5\r\n", 400),
    ("Content-Length: -1\r\n", 400),
    ("Content-Length: 0x5\r\n", 400),
    ("Content-Length: 5 5\r\n", 400),
    ("Content-Length:\r\n", 400),
    ("Content-Length: 99999999999999999999\r\n", 400),
    ("Content-Length: \u{665}\r\n", 400),
    ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400),
    ("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", 400),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
    ("Transfer-Encoding: chunked, chunked\r\n", 400),
    ("Transfer-Encoding: chunked, identity\r\n", 400),
    ("Transfer-Encoding: xchunked\r\n", 400),
    ("Transfer-Encoding: \u{b}chunked\r\n", 400),
    ("Transfer-Encoding:\r\n", 400),
    ("Transfer-Encoding: gzip, chunked\r\n", 501),
    ("Transfer-Encoding : chunked\r\n", 400),
    (" Transfer-Encoding: chunked\r\n", 400),
    ("X: y\r\n Transfer-Encoding: chunked\r\n", 400),
    ("X: y\r\n\tfolded\r\n", 400),
    ("X: y\rTransfer-Encoding: chunked\r\n", 400),
    ("X: y\nTransfer-Encoding: chunked\r\n", 400),
    ("X: \0\r\n", 400),
    ("X\r\n", 400),
    (": y\r\n", 400),
    ("X(): y\r\n", 400),
    ("Host: other\r\n", 400),
  ]

  @Test("ambiguous framing is refused", arguments: framings)
  func framing(_ item: (headers: String, status: Int)) {
    let text = "POST / HTTP/1.1\r\nHost: h\r\n\(item.headers)\r\n0\r\n\r\n"
    #expect(refusal(text) == item.status, "\(item.headers)")
  }

  /// Request lines and the status they get.
  static let lines: [(line: String, status: Int)] = [
    ("GET / HTTP/1.1", 0), ("GET  / HTTP/1.1", 400), ("GET / HTTP/1.1 ", 400),
    (" GET / HTTP/1.1", 400),
    ("GET /", 400), ("GET / HTTP/2.0", 505), ("GET / HTTP/0.9", 505), ("GET / HTTP/11", 400),
    ("GET / http/1.1", 400), ("GET / HTTP/1.10", 400), ("get / HTTP/1.1", 501),
    ("BREW / HTTP/1.1", 501),
    ("CONNECT a:1 HTTP/1.1", 501), ("G@T / HTTP/1.1", 400), ("GET\t/ HTTP/1.1", 400),
    ("GET a HTTP/1.1", 400), ("GET * HTTP/1.1", 400), ("OPTIONS * HTTP/1.1", 0),
    ("GET /a#b HTTP/1.1", 400), ("GET /\u{e9} HTTP/1.1", 400), ("GET /%zz HTTP/1.1", 400),
    ("GET /%00 HTTP/1.1", 400), ("GET /%2 HTTP/1.1", 400), ("GET /%ff HTTP/1.1", 400),
    ("GET /a/../b HTTP/1.1", 400), ("GET /%2e%2e/b HTTP/1.1", 400), ("GET /./b HTTP/1.1", 400),
    ("GET /?a=%zz HTTP/1.1", 400), ("GET http://other/x HTTP/1.1", 0),
    ("GET ftp://a/ HTTP/1.1", 400),
    ("GET http://u@other/x HTTP/1.1", 400), ("GET / HTTP/1.1\nX: y", 400),
  ]

  @Test("request lines are read strictly", arguments: lines)
  func requestLine(_ item: (line: String, status: Int)) {
    #expect(refusal("\(item.line)\r\nHost: h\r\n\r\n") == item.status, "\(item.line)")
  }

  @Test("HTTP/1.1 needs one Host, HTTP/1.0 none")
  func host() {
    #expect(refusal("GET / HTTP/1.1\r\n\r\n") == 400)
    #expect(refusal("GET / HTTP/1.0\r\n\r\n") == 0)
    #expect(refusal("GET / HTTP/1.1\r\nHost: a b\r\n\r\n") == 400)
    #expect(refusal("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n") == 400)
    #expect(refusal("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n") == 0)
    #expect(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400)
  }

  @Test("an absolute target replaces Host")
  func absoluteForm() throws {
    let request = try #require(requests("GET HTTP://Real:81/x?y HTTP/1.1\r\nHost: h\r\n\r\n").first)
    #expect(request.headers["host"] == "Real:81")
    #expect(request.target.path == "/x")
    #expect(requests("GET http://a?b=c HTTP/1.1\r\nHost: h\r\n\r\n").first?.target.path == "/")
  }

  /// Chunked bodies that are not.
  static let chunks = [
    "g\r\n", "-1\r\n", " 1\r\n", "1 \r\n", "0x1\r\n", "\r\n", "100000000\r\n",
    "ffffffffffffffff\r\n",
    "1\na\r\n", "1\r\nab\r\n", "1\r\na\n", "1;\u{1}\r\n", "0\r\nX\r\n\r\n", "0\r\n X: y\r\n\r\n",
  ]

  @Test("malformed chunks are refused", arguments: chunks)
  func chunk(_ body: String) {
    let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    let status = refusal(head + body)
    #expect(status == 400 || status == 413, "\(body)")
  }

  @Test("nothing is read after a refusal")
  func afterRefusal() {
    var parser = HTTPRequestParser()
    parser.receive("BAD\r\n\r\n".bytes.span)
    let first = parser.next()
    parser.receive("GET / HTTP/1.1\r\nHost: h\r\n\r\n".bytes.span)
    #expect(parser.next() == first)
    #expect(parser.bufferedBytes <= 7)
  }
}
