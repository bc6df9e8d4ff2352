// Requests and answers over real sockets, and the conversation machine by itself.

import HTTP
import Testing
import Web
import Wire

@Suite("HTTP on the loopback", .timeLimit(.minutes(1)))
struct HTTPTests {
  @Test("a request reaches the application, and its answer the client, on a kept connection")
  func exchange() throws {
    let application = try TestApplication()
    let client = try application.connect()
    for round in 0..<3 {
      try client.write(
        "POST /whip/shop?x=1 HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello")
      let asked = try application.asked()
      #expect(asked.request.method == .post)
      #expect(asked.request.target.path == "/whip/shop")
      #expect(asked.request.body == Array("hello".utf8))
      application.answer(asked, .text(201, "round \(round)"))
      let response = try client.response()
      #expect(response.status == 201)
      #expect(response.text == "round \(round)\n")
      #expect(response.headers["date"] != nil)
    }
    #expect(application.server.counters.acceptedConnections == 1)
  }

  @Test("one answer for many reaches each of them, whatever they wait for besides")
  func answerToMany() throws {
    let application = try TestApplication()
    let body = (0..<30_000).map { UInt8(truncatingIfNeeded: $0) }
    for shared in [Array(body.prefix(900)), body + body + body] {
      let plain = try application.connect()
      let head = try application.connect()
      let last = try application.connect()
      let piped = try application.connect()
      try plain.write("GET /a HTTP/1.1\r\nHost: test\r\n\r\n")
      var asked = [try application.asked()]
      try head.write("HEAD /b HTTP/1.1\r\nHost: test\r\n\r\n")
      asked.append(try application.asked())
      try last.write("GET /c HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
      asked.append(try application.asked())
      try piped.write(
        "GET /d HTTP/1.1\r\nHost: test\r\n\r\nGET /e HTTP/1.1\r\nHost: test\r\n\r\n")
      let first = try application.asked()
      asked.append(try application.asked())
      var response = HTTPResponse(200, body: Array(shared.prefix(100)))
      response.rest = [Array(shared.dropFirst(100))]
      let ids = asked.map { WebRequestID(connection: $0.connection, request: $0.id) }
      // What is gone, and what is answered already, is passed over.
      let gone = [WebRequestID(connection: 99_999, request: 1), ids[0]]
      application.server.post(.respondAll(ids + gone, response))
      application.answer(first, .text(200, "first"))
      #expect(try plain.response().body == shared)
      #expect(try last.response().body == shared)
      #expect(try piped.response().text == "first\n")
      #expect(try piped.response().body == shared)
      // The connections go on.
      try plain.write("GET /f HTTP/1.1\r\nHost: test\r\n\r\n")
      application.answer(try application.asked(), .text(200, "next"))
      #expect(try plain.response().text == "next\n")
      let bare = try head.response(to: .head)
      #expect(bare.body.isEmpty && bare.headers["content-length"] == "\(shared.count)")
    }
    #expect(application.server.counters.unansweredRequests == 0)
  }

  @Test("answers are counted by the class of their status, whoever gave them")
  func answerClasses() throws {
    let application = try TestApplication()
    let client = try application.connect()
    for status in [200, 204, 404, 404, 503] {
      try client.write("GET /x HTTP/1.1\r\nHost: test\r\n\r\n")
      application.answer(try application.asked(), HTTPResponse(status))
      _ = try client.response()
    }
    try client.write("GET /ws HTTP/1.1\r\nHost: test\r\n\r\n")
    #expect(try client.response().status == 426)
    try client.write("nonsense\r\n\r\n")
    #expect(try client.response().status == 400)
    #expect(application.waitUntil { $0.answers == [0, 2, 0, 4, 1] })
    #expect(application.server.counters.malformedRequests == 1)
  }

  @Test("pipelined requests are answered in their order, whatever order the answers come in")
  func pipelining() throws {
    let application = try TestApplication()
    let client = try application.connect()
    let count = 6
    try client.write(
      (0..<count).map { "GET /\($0) HTTP/1.1\r\nHost: test\r\n\r\n" }.joined())
    let asked = try (0..<count).map { _ in try application.asked() }
    #expect(asked.map(\.request.target.path) == (0..<count).map { "/\($0)" })
    for asked in asked.reversed() {
      application.answer(asked, .text(200, "answer to \(asked.request.target.path)"))
    }
    for number in 0..<count {
      #expect(try client.response().text == "answer to /\(number)\n")
    }
  }

  @Test("no more requests are taken than may wait, and the rest follow as answers go out")
  func pipelineLimit() throws {
    let application = try TestApplication { $0.limits.pipelinedRequestsMax = 2 }
    let client = try application.connect()
    try client.write(
      (0..<5).map { "GET /\($0) HTTP/1.1\r\nHost: test\r\n\r\n" }.joined())
    let first = [try application.asked(), try application.asked()]
    #expect(application.waitUntil { $0.requests >= 2 })
    // The round trip of another connection shows that the loop has been through its turn.
    let other = try application.connect()
    try other.write("GET /other HTTP/1.1\r\nHost: test\r\n\r\n")
    let asked = try application.asked()
    #expect(asked.request.target.path == "/other")
    for asked in first { application.answer(asked, .text(200, "early")) }
    for number in 2..<5 {
      let asked = try application.asked()
      #expect(asked.request.target.path == "/\(number)")
      application.answer(asked, .text(200, "late"))
    }
    for _ in 0..<5 { #expect(try client.response().status == 200) }
  }

  @Test("HEAD gets the headers of GET and no body")
  func head() throws {
    let application = try TestApplication()
    let client = try application.connect()
    try client.write("HEAD /a HTTP/1.1\r\nHost: test\r\n\r\nGET /b HTTP/1.1\r\nHost: test\r\n\r\n")
    application.answer(try application.asked(), .text(200, "four"))
    application.answer(try application.asked(), .text(200, "more"))
    let head = try client.response(to: .head)
    #expect(head.headers["content-length"] == "5")
    #expect(head.body.isEmpty)
    #expect(try client.response().text == "more\n")
  }

  @Test("Connection: close is honoured: the answer comes whole, then the end")
  func close() throws {
    let application = try TestApplication()
    let client = try application.connect()
    try client.write("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
    let body = [UInt8](repeating: 0x61, count: 3_000_000)
    application.answer(
      try application.asked(), HTTPResponse(200, mediaType: "text/plain", body: body))
    let response = try client.response()
    #expect(response.headers["connection"] == "close")
    #expect(response.body == body)
    #expect(try client.read().isEmpty)
  }

  @Test("a client that ends its output still gets what it asked for")
  func halfClose() throws {
    let application = try TestApplication()
    let client = try application.connect()
    try client.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    client.endOutput()
    application.answer(try application.asked(), .text(200, "still here"))
    #expect(try client.response().text == "still here\n")
    #expect(try client.read().isEmpty)
  }

  @Test("100 (Continue) is sent when the client waits for it")
  func continueExpected() throws {
    let application = try TestApplication()
    let client = try application.connect()
    try client.write(
      "POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    #expect(String(decoding: try client.read(), as: UTF8.self).hasPrefix("HTTP/1.1 100 "))
    try client.write("ok")
    application.answer(try application.asked(), .text(200, "done"))
    #expect(try client.response().status == 200)
  }

  @Test("a malformed request gets its refusal and the end, and nobody else notices")
  func malformed() throws {
    let application = try TestApplication()
    let neighbour = try application.connect()
    let client = try application.connect()
    try client.write("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\nGET /next HTTP/1.1\r\n")
    let response = try client.response()
    #expect(response.status == 400)
    #expect(response.headers["connection"] == "close")
    #expect(try client.read().isEmpty)
    try neighbour.write("GET /fine HTTP/1.1\r\nHost: test\r\n\r\n")
    application.answer(try application.asked(), .text(404, "nothing"))
    #expect(try neighbour.response().status == 404)
    #expect(application.waitUntil { $0.malformedRequests == 1 })
  }

  @Test("answers to connections and requests that are gone are passed over")
  func lateAnswers() throws {
    let application = try TestApplication()
    var client: TestClient? = try application.connect()
    try client?.write("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
    let asked = try application.asked()
    client = nil
    application.answer(asked, .text(200, "too late"))
    #expect(application.waitUntil { $0.connections == 0 })
    application.answer(asked, .text(200, "far too late"))
    application.server.post(.send(asked.connection, Array("x".utf8)))
    application.server.post(.close(77, .normal, ""))
    let next = try application.connect()
    try next.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    let again = try application.asked()
    application.server.post(.respond(again.connection, 99, .text(200, "of no request")))
    application.answer(again, .text(200, "right"))
    application.answer(again, .text(200, "twice"))
    #expect(try next.response().text == "right\n")
  }

  @Test("an unanswered request gets 503 when its time is over")
  func unanswered() throws {
    let application = try TestApplication { $0.limits.answerTimeout = .milliseconds(30) }
    let client = try application.connect()
    #expect(try client.get("/slow").status == 503)
    #expect(try client.read().isEmpty)
    #expect(application.waitUntil { $0.unansweredRequests == 1 })
  }

  @Test("half a request gets 408 when its time is over, an idle connection just ends")
  func slowRequest() throws {
    let application = try TestApplication {
      $0.limits.requestTimeout = .milliseconds(50)
      $0.limits.idleTimeout = .milliseconds(50)
    }
    let silent = try application.connect()
    let slow = try application.connect()
    try slow.write("GET / HTTP/1.1\r\nHost: te")
    let response = try slow.response()
    #expect(response.status == 408)
    #expect(try slow.read().isEmpty)
    #expect(try silent.read().isEmpty)
    #expect(application.waitUntil { $0.slowRequests == 2 })
  }

  @Test("one connection too many gets 503, in all and by address; others are served")
  func connectionLimit() throws {
    for isByAddress in [true, false] {
      let application = try TestApplication {
        $0.limits.countsLoopback = true
        if isByAddress {
          $0.limits.connectionsPerAddressMax = 2
        } else {
          $0.limits.connectionsMax = 2
        }
      }
      var kept: TestClient? = try application.connect()
      // Served once, so that it is known to have been admitted before the others.
      try kept?.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
      #expect(try kept?.response(answering: application) == 200)
      let other = try application.connect()
      var third: TestClient? = try application.connect()
      let refusal = try third?.response()
      #expect(refusal?.status == 503)
      #expect(refusal?.headers["retry-after"] != nil)
      #expect(try third?.read().isEmpty == true)
      try other.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
      #expect(try other.response(answering: application) == 200)
      // A place that is given back can be taken again.
      kept = nil
      third = nil
      #expect(application.waitUntil { $0.connections == 1 && $0.refusedConnections == 1 })
      let fourth = try application.connect()
      try fourth.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
      let status = try fourth.response(answering: application)
      #expect(status == 200)
    }
  }

  @Test("a drain ends idle connections, finishes requests under way, and then the server ends")
  func drain() throws {
    let application = try TestApplication()
    let idle = try application.connect()
    let busy = try application.connect()
    try busy.write(
      "GET /busy HTTP/1.1\r\nHost: test\r\n\r\nGET /never HTTP/1.1\r\nHost: test\r\n\r\n")
    let first = try application.asked()
    _ = try application.asked()
    let socket = try application.connect()
    try socket.openWebSocket()
    let id = try application.opened()
    application.server.drain()
    #expect(try idle.read().isEmpty)
    #expect(try socket.message() == nil)
    #expect(socket.closeCode == .goingAway)
    guard case .closed(id) = try application.event() else { throw ClientFailure.malformed }
    #expect(throws: ClientFailure.self) { try application.connect().get("/") }
    application.answer(first, .text(200, "finished"))
    application.server.post(.respond(first.connection, first.id + 1, .text(200, "too")))
    #expect(try busy.response().text == "finished\n")
    #expect(try busy.response().headers["connection"] == "close")
    #expect(try busy.read().isEmpty)
    application.server.join()
  }

  @Test("random bytes never stop the server")
  func randomBytes() throws {
    let application = try TestApplication { $0.limits.requestTimeout = .milliseconds(200) }
    var random = SeededGenerator(state: 11)
    let seeds = [
      "GET / HTTP/1.1\r\nHost: test\r\n\r\n",
      "GET /ws HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ]
    for round in 0..<150 {
      var bytes = Array(seeds[round % seeds.count].utf8)
      for _ in 0..<Int.random(in: 0..<4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      bytes += (0..<Int.random(in: 0..<40, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      let client = try application.connect()
      try? client.write(bytes)
    }
    let client = try application.connect()
    try client.write("GET /alive HTTP/1.1\r\nHost: test\r\n\r\n")
    while true {
      guard case .request(let connection, let id, let request, _) = try application.event() else {
        continue
      }
      application.server.post(.respond(connection, id, .text(200, "ok")))
      if request.target.path == "/alive" { break }
    }
    #expect(try client.response().status == 200)
  }
}

extension TestClient {
  /// The status of the response once `application` has answered the request with 200.
  fileprivate func response(answering application: TestApplication) throws -> Int {
    application.answer(try application.asked(), .text(200, "served"))
    return try response().status
  }
}

/// SplitMix64: the same numbers on every run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
