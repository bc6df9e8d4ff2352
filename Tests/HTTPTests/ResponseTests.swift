// Responses: writing, and reading what we and others wrote.

import HTTP
import Testing
import Wire

@Suite("HTTP responses, RFC 9112")
struct ResponseTests {
  func read(_ text: String, answering method: HTTPMethod = .get, step: Int = .max)
    -> HTTPResponseParser.Output
  {
    var parser = HTTPResponseParser(answering: method)
    let bytes = text.bytes
    var offset = 0
    var output = HTTPResponseParser.Output.needsMore
    while offset < bytes.count && output == .needsMore {
      let end = step < bytes.count - offset ? offset + step : bytes.count
      parser.receive(bytes.span.extracting(offset..<end))
      offset = end
      output = parser.next()
    }
    return output
  }

  @Test("a response is written with its length and read again")
  func roundTrip() {
    let response = HTTPResponse(201, headers: ["Location": "/whip/s/1"], body: "v=0".bytes)
    var bytes: [UInt8] = []
    response.write(
      into: &bytes, keepsAlive: false, date: WallTime(nanoseconds: 784_111_777_000_000_000))
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(
      text == "HTTP/1.1 201 Created\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        + "Location: /whip/s/1\r\nContent-Length: 3\r\nConnection: close\r\n\r\nv=0")
    for step in [1, 5, .max] {
      guard case .response(let again) = read(text, step: step) else {
        Issue.record("not read")
        return
      }
      #expect(again.status == 201 && again.body == response.body)
      #expect(again.headers["location"] == "/whip/s/1")
    }
  }

  @Test("HEAD has the length of GET and no body; 204 and 304 have neither")
  func bodiless() {
    var bytes: [UInt8] = []
    HTTPResponse(200, body: "abc".bytes).write(into: &bytes, answering: .head)
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("Content-Length: 3\r\n") && text.hasSuffix("\r\n\r\n"))
    guard case .response(let head) = read(text, answering: .head) else {
      Issue.record("not read")
      return
    }
    #expect(head.body.isEmpty)
    for status in [204, 304] {
      var bytes: [UInt8] = []
      HTTPResponse(status, body: "abc".bytes).write(into: &bytes)
      #expect(!String(decoding: bytes, as: UTF8.self).contains("ontent-Length"))
      #expect(bytes.suffix(4) == "\r\n\r\n".bytes[...])
    }
  }

  @Test("a header value cannot end its line")
  func injection() {
    let response = HTTPResponse(200, headers: ["X": "a\r\nSet-Cookie: b\u{0}"])
    var bytes: [UInt8] = []
    response.write(into: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self).contains("X: a  Set-Cookie: b \r\n"))
  }

  @Test("chunked, counted and closed-off bodies are read")
  func bodies() {
    let chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    for step in [1, .max] {
      guard case .response(let response) = read(chunked, step: step) else {
        Issue.record("not read")
        return
      }
      #expect(response.body == "abc".bytes)
    }
    var parser = HTTPResponseParser()
    parser.receive("HTTP/1.0 200 OK\r\n\r\nabc".bytes.span)
    #expect(parser.next() == .needsMore)
    #expect(parser.finish() == .response(HTTPResponse(200, body: "abc".bytes)))
    var cut = HTTPResponseParser()
    cut.receive("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc".bytes.span)
    #expect(cut.finish() == .needsMore)
  }

  @Test("interim responses are passed over, 101 is not")
  func interim() {
    guard
      case .response(let final) = read(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"),
      case .response(let switching) = read("HTTP/1.1 101 \r\nUpgrade: websocket\r\n\r\n")
    else {
      Issue.record("not read")
      return
    }
    #expect(final.status == 204)
    #expect(switching.status == 101)
  }

  @Test(
    "malformed responses are refused",
    arguments: [
      "HTTP/2 200\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 999 x\r\n\r\n", "ICY 200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n",
    ])
  func malformed(text: String) {
    guard case .refused = read(text) else {
      Issue.record("read: \(text)")
      return
    }
  }

  @Test("our own requests are read by our own parser")
  func ownRequest() throws {
    let target = try HTTPTarget("/a%20b?x=1%262&y=+")
    var bytes: [UInt8] = []
    HTTPRequest(.post, target, headers: ["X": "y"], body: "abc".bytes).write(
      into: &bytes, host: "h:1")
    let request = try #require(requests(String(decoding: bytes, as: UTF8.self)).first)
    #expect(request.target == target)
    #expect(request.target.segments == ["a b"])
    #expect(request.target.query.map(\.value) == ["1&2", " "])
    #expect(request.body == "abc".bytes && request.headers["x"] == "y")
  }

  @Test(
    "dates are right across leap years and before 1970",
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
      (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
      (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
      (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
    ] as [(Int64, String)])
  func dates(seconds: Int64, text: String) {
    #expect(HTTPDate.text(WallTime(nanoseconds: seconds * 1_000_000_000)) == text)
  }
}
