// Answers from the shelf, over real sockets: who gets them, who does not, and for how long.

import HTTP
import Testing
import Wire

@testable import Loop
@testable import Web

@Suite("The shelf of answers", .timeLimit(.minutes(1)))
struct AnswerShelfTests {
  private let shelf = AnswerShelf()

  private func application(_ more: (inout WebConfig) -> Void = { _ in }) throws -> TestApplication {
    let shelf = shelf
    return try TestApplication {
      $0.shelf = shelf
      more(&$0)
    }
  }

  private func put(
    _ path: String, _ body: [UInt8], coding: String? = nil, owner: UInt64 = 1,
    status: Int = 200, method: HTTPMethod = .get, headers: HTTPHeaders = HTTPHeaders(),
    at now: Instant = SystemClock.now()
  ) throws {
    var request = HTTPRequest(method, try HTTPTarget(path), headers: headers)
    if let coding { request.headers.set("Accept-Encoding", coding) }
    var response = HTTPResponse(status, mediaType: "a/b", body: Array(body.prefix(10)))
    response.rest = [Array(body.dropFirst(10))]
    shelf.put(request, response, owner: owner, at: now, date: WallTime(nanoseconds: 0))
  }

  /// Far enough ahead that a test on a busy machine is over before.
  private var ahead: Instant { SystemClock.now() + .seconds(30) }

  @Test("who asks for what is there gets it without the application, in the coding asked for")
  func served() throws {
    let application = try application()
    try put("/a?x=1", Array("plain".utf8), at: ahead)
    try put("/a?x=1", Array("small".utf8), coding: "gzip", at: ahead)
    let client = try application.connect()
    for _ in 0..<3 {
      try client.write("GET /a?x=1 HTTP/1.1\r\nHost: test\r\n\r\n")
      let response = try client.response()
      #expect(response.text == "plain" && response.headers["content-type"] == "a/b")
      #expect(response.headers["date"] != nil && response.headers["connection"] == nil)
      try client.write("GET /a?x=1 HTTP/1.1\r\nHost: other\r\naccept-encoding:gzip\r\n\r\n")
      #expect(try client.response().text == "small")
    }
    #expect(application.waitUntil { $0.requests == 6 && $0.answers[1] == 6 })
    // Everything else is asked.
    for (line, fields) in [
      ("GET /a", ""), ("GET /a?x=2", ""), ("GET /a?x=1", "Accept-Encoding: br\r\n"),
      ("GET /a?x=1", "Range: bytes=1-2\r\n"), ("GET /a?x=1", "If-None-Match: \"q\"\r\n"),
      ("HEAD /a?x=1", ""),
    ] {
      try client.write("\(line) HTTP/1.1\r\nHost: test\r\n\(fields)\r\n")
      application.answer(try application.asked(), HTTPResponse(204))
      #expect(try client.response().status == 204, "\(line) \(fields)")
    }
    #expect(application.server.counters.acceptedConnections == 1)
  }

  @Test("what is cleared, expired, another owner's or no plain answer is not given")
  func gone() throws {
    let application = try application()
    let client = try application.connect()
    // Two at once are the parser's, whatever they ask for.
    try put("/a", [1], at: ahead)
    try client.write("GET /a HTTP/1.1\r\nHost: test\r\n\r\nGET /z HTTP/1.1\r\nHost: test\r\n\r\n")
    for path in ["/a", "/z"] {
      let asked = try application.asked()
      #expect(asked.request.target.path == path)
      application.answer(asked, .text(404, "no"))
      #expect(try client.response().status == 404)
    }
    func asks(_ path: String) throws -> Bool {
      try client.write("GET \(path) HTTP/1.1\r\nHost: test\r\n\r\n")
      // A second connection's request shows what became of the first.
      let other = try application.connect()
      try other.write("GET /other HTTP/1.1\r\nHost: test\r\n\r\n")
      let first = try application.asked()
      application.answer(first, .text(404, "no"))
      if first.request.target.path == path {
        application.answer(try application.asked(), .text(404, "no"))
      }
      _ = try other.response()
      return try client.response().status == 404
    }
    var isAsked = try asks("/a")
    #expect(!isAsked)
    try put("/b", [2], owner: 2, at: ahead)
    shelf.clear(1)
    isAsked = try asks("/a")
    #expect(isAsked)
    isAsked = try asks("/b")
    #expect(!isAsked)
    // Whose it is cannot be taken over.
    try put("/b", [3], owner: 1, at: ahead)
    shelf.clear(1)
    isAsked = try asks("/b")
    #expect(!isAsked)
    try put("/c", [1], at: SystemClock.now() - AnswerShelf.lifetime)
    try put("/d", [1], status: 404, at: ahead)
    try put("/e", [1], method: .head, at: ahead)
    try put("/f", [1], headers: ["Range": "bytes=0-0"], at: ahead)
    try put("/g", [1], headers: ["If-None-Match": "\"a\""], at: ahead)
    try put("/h", [UInt8](repeating: 0, count: 600_000), at: ahead)
    for path in ["/c", "/d", "/e", "/f", "/g", "/h"] {
      isAsked = try asks(path)
      #expect(isAsked, "\(path)")
    }
  }

  @Test("a slow reader gets every byte in order, and holds what it has not taken once")
  func slow() throws {
    let application = try application { $0.limits.sentPerTurnBytesMax = 64 * 1024 }
    let body = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }
    try put("/part", body, at: ahead)
    let client = try application.connect(receiveBuffer: 4096)
    for _ in 0..<5 {
      try client.write("GET /part HTTP/1.1\r\nHost: test\r\n\r\n")
      #expect(try client.response().body == body)
    }
    // Asked for while it does not read: in order, too, whoever answers.
    let text = "GET /part HTTP/1.1\r\nHost: test\r\n\r\n"
    try client.write(text)
    #expect(application.waitUntil { $0.requests == 6 })
    try client.write(text + text)
    #expect(try client.response().body == body)
    for number in 0..<2 { application.answer(try application.asked(), .text(200, "\(number)")) }
    for number in 0..<2 { #expect(try client.response().text == "\(number)\n") }
  }

  @Test("a connection that is only served from the shelf is not idle, and then it is")
  func idle() throws {
    let application = try application { $0.limits.idleTimeout = .milliseconds(700) }
    try put("/a", [1, 2, 3], at: ahead)
    let client = try application.connect()
    let end = SystemClock.now() + .milliseconds(1500)
    var count = 0
    while SystemClock.now() < end {
      try client.write("GET /a HTTP/1.1\r\nHost: test\r\n\r\n")
      #expect(try client.response().status == 200)
      count += 1
      _ = application.waitUntil { $0.requests >= UInt64(count) }
    }
    #expect(try client.read().isEmpty)
    #expect(application.server.counters.requests == UInt64(count))
  }

  @Test("a drain ends connections that are served from the shelf")
  func drain() throws {
    let application = try application()
    try put("/a", [1], at: ahead)
    let client = try application.connect()
    try client.write("GET /a HTTP/1.1\r\nHost: test\r\n\r\n")
    #expect(try client.response().status == 200)
    application.server.drain()
    #expect(try client.read().isEmpty)
    application.server.join()
  }
}
