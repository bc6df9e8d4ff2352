// WebSockets over real sockets: echo, limits, clients that stop reading.

import HTTP
import Testing
import Web
import Wire

@Suite("WebSockets on the loopback", .timeLimit(.minutes(1)))
struct WebSocketTests {
  @Test("messages go both ways, and the end is told once")
  func echo() throws {
    let application = try TestApplication()
    let client = try application.connect()
    #expect(try client.openWebSocket("/ws?hello=1").status == 101)
    guard case .opened(let id, let request) = try application.event() else {
      throw ClientFailure.malformed
    }
    #expect(request.target.parameter("hello") == "1")
    for text in ["one", "", String(repeating: "ü", count: 30_000)] {
      try client.send(text)
      guard case .message(id, let bytes) = try application.event() else {
        throw ClientFailure.malformed
      }
      #expect(bytes == Array(text.utf8))
      application.server.post(.send(id, bytes))
      #expect(try client.message() == text)
    }
    #expect(application.server.counters.webSockets == 1)
    try client.closeWebSocket()
    guard case .closed(id) = try application.event() else { throw ClientFailure.malformed }
    #expect(try client.message() == nil)
    #expect(client.closeCode == .normal)
    #expect(try client.read().isEmpty)
    #expect(application.waitUntil { $0.webSockets == 0 && $0.connections == 0 })
  }

  @Test("frames sent together with the handshake are not lost")
  func earlyFrames() throws {
    let application = try TestApplication()
    let client = try application.connect()
    var bytes: [UInt8] = []
    let key = [UInt8](repeating: 1, count: 16)
    try WebSocketHandshake.request(HTTPTarget("/ws"), key: key).write(into: &bytes, host: "test")
    WebSocketFrameWriter.write(.text, Array("early".utf8).span, maskingKey: 3, into: &bytes)
    try client.write(bytes)
    let id = try application.opened()
    guard case .message(id, let text) = try application.event() else {
      throw ClientFailure.malformed
    }
    #expect(text == Array("early".utf8))
  }

  @Test("the application closes with its code and reason, and hears of the end")
  func closedByApplication() throws {
    let application = try TestApplication()
    let client = try application.connect()
    try client.openWebSocket()
    let id = try application.opened()
    application.server.post(.send(id, Array("bye".utf8)))
    application.server.post(.close(id, WebSocketCloseCode(rawValue: 4001), "replaced"))
    application.server.post(.send(id, Array("never".utf8)))
    #expect(try client.message() == "bye")
    #expect(try client.message() == nil)
    #expect(client.closeCode?.rawValue == 4001)
    guard case .closed(id) = try application.event() else { throw ClientFailure.malformed }
  }

  @Test("a client that never answers the close frame is cut off")
  func closeUnanswered() throws {
    let application = try TestApplication { $0.limits.webSocketCloseTimeout = .milliseconds(30) }
    let client = try application.connect()
    try client.openWebSocket()
    let id = try application.opened()
    application.server.post(.close(id, .normal, ""))
    guard case .closed(id) = try application.event() else { throw ClientFailure.malformed }
    #expect(application.waitUntil { $0.connections == 0 })
  }

  @Test("foreign pages, other versions and other paths get no WebSocket")
  func refusals() throws {
    let application = try TestApplication()
    let client = try application.connect()
    #expect(try client.openWebSocket(origin: "https://elsewhere.example").status == 403)
    #expect(try client.get("/ws").status == 426)
    #expect(try client.openWebSocket(origin: "http://test").status == 101)
    let id = try application.opened()
    let other = try application.connect()
    let key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    try other.write(
      "GET /nothing HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\n\(key)\r\n")
    application.answer(try application.asked(), .text(404, "nothing"))
    #expect(try other.response().status == 404)
    application.server.post(.close(id, .normal, ""))
  }

  @Test("messages too long and binary messages are refused with their codes")
  func refusedMessages() throws {
    let application = try TestApplication { $0.limits.webSocket.messageBytesMax = 1000 }
    for (message, code) in [
      (
        WebSocketMessage.text([UInt8](repeating: 0x61, count: 1001)),
        WebSocketCloseCode.messageTooBig
      ),
      (.binary([1, 2, 3]), .unsupportedData),
    ] {
      let client = try application.connect()
      try client.openWebSocket()
      let id = try application.opened()
      try client.send(message)
      #expect(try client.message() == nil)
      #expect(client.closeCode == code)
      guard case .closed(id) = try application.event() else { throw ClientFailure.malformed }
    }
    #expect(application.waitUntil { $0.faultyWebSockets == 2 })
  }

  @Test("a client that stops reading is closed at its bound, and the others get every message")
  func slowReader() throws {
    let application = try TestApplication { $0.limits.webSocketQueuedBytesMax = 200_000 }
    let stuck = try application.connect(receiveBuffer: 4096)
    try stuck.openWebSocket()
    let stuckID = try application.opened()
    let reader = try application.connect()
    try reader.openWebSocket()
    let readerID = try application.opened()
    // More than the kernel's buffers and ours together can hold.
    var sent = 0
    var isStuckClosed = false
    while !isStuckClosed && sent < 4000 {
      let text = "\(sent):" + String(repeating: "x", count: 20_000)
      application.server.post(.sendAll([stuckID, readerID], Array(text.utf8)))
      #expect(try reader.message() == text)
      sent += 1
      isStuckClosed = application.server.counters.slowReaders == 1
    }
    #expect(isStuckClosed)
    guard case .behind(stuckID) = try application.event() else { throw ClientFailure.malformed }
    guard case .closed(stuckID) = try application.event() else { throw ClientFailure.malformed }
    application.server.post(.sendAll([stuckID, readerID], Array("after".utf8)))
    #expect(try reader.message() == "after")
    #expect(application.server.counters.webSockets == 1)
  }

  @Test("the application hears once that a client is behind, and once that it has caught up")
  func behind() throws {
    let application = try TestApplication {
      $0.limits.webSocketHighWater = 50_000
      $0.limits.webSocketUnsentMax = 16 * 1024
    }
    let client = try application.connect(receiveBuffer: 4096)
    try client.openWebSocket()
    let id = try application.opened()
    let text = String(repeating: "x", count: 20_000)
    // The kernel's buffers and the high water together, and well below where it is closed.
    for _ in 0..<40 { application.server.post(.send(id, Array(text.utf8))) }
    guard case .behind(id) = try application.event() else { throw ClientFailure.malformed }
    for _ in 0..<40 { #expect(try client.message() == text) }
    guard case .drained(id) = try application.event() else { throw ClientFailure.malformed }
    application.server.post(.send(id, Array("after".utf8)))
    #expect(try client.message() == "after")
  }

  @Test("a crowd's messages keep their order, also with another one in the same turn")
  func crowd() throws {
    let application = try TestApplication()
    let clients = try (0..<80).map { _ in try application.connect() }
    var ids: [UInt64] = []
    for client in clients {
      try client.openWebSocket()
      ids.append(try application.opened())
    }
    for round in 0..<5 {
      application.server.post(.sendAll(ids, Array("all \(round)".utf8)))
      application.server.post(.send(ids[7], Array("own \(round)".utf8)))
    }
    for (number, client) in clients.enumerated() {
      for round in 0..<5 {
        #expect(try client.message() == "all \(round)")
        if number == 7 { #expect(try client.message() == "own \(round)") }
      }
    }
  }

  @Test(
    "a client that asks and does not read is not read either: nothing piles up, nothing is lost")
  func unreadAnswers() throws {
    let application = try TestApplication {
      $0.limits.webSocketAnswersHighWater = 20_000
      $0.limits.webSocketQueuedBytesMax = 60_000
    }
    let client = try application.connect(receiveBuffer: 4096)
    try client.openWebSocket()
    _ = try application.opened()
    var ping: [UInt8] = []
    let payload = [UInt8](repeating: 7, count: 100)
    WebSocketFrameWriter.write(.ping, payload.span, maskingKey: 9, into: &ping)
    // More than the kernel's buffers of both sides hold.
    let pings = Array(repeatElement(ping, count: 200_000).joined())
    let taken = client.writeWhileTaken(pings, patienceMs: 500)
    #expect(taken < pings.count)
    var answered = 0
    while answered < taken / ping.count * (payload.count + 2) {
      let bytes = try client.read()
      guard !bytes.isEmpty else { throw ClientFailure.closed }
      answered += bytes.count
    }
    #expect(application.server.counters.slowReaders == 0)
  }

  @Test("a silent WebSocket is pinged, and closed when nothing comes back")
  func silence() throws {
    let application = try TestApplication {
      $0.limits.webSocketPingInterval = .milliseconds(20)
      $0.limits.webSocketSilenceMax = .milliseconds(2000)
    }
    let client = try application.connect()
    try client.openWebSocket()
    let id = try application.opened()
    // The client answers no ping, as it does not read.
    guard case .closed(id) = try application.event() else { throw ClientFailure.malformed }
    let bytes = try client.readToEnd()
    #expect(bytes.starts(with: [0x89, 0]))
  }

  @Test("a WebSocket that answers pings is pinged again, not closed")
  func pings() throws {
    let application = try TestApplication { $0.limits.webSocketPingInterval = .milliseconds(5) }
    let client = try application.connect()
    try client.openWebSocket()
    _ = try application.opened()
    for _ in 0..<4 {
      #expect(try client.read() == [0x89, 0])
      var pong: [UInt8] = []
      WebSocketFrameWriter.write(.pong, [UInt8]().span, maskingKey: 9, into: &pong)
      try client.write(pong)
    }
    #expect(application.server.counters.webSockets == 1)
  }
}
