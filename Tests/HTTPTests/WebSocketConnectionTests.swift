// The handshake and the closing handshake, both ends against each other.

import Crypto
import HTTP
import Testing
import Wire

@Suite("WebSocket handshakes, RFC 6455 sections 4 and 7")
struct WebSocketConnectionTests {
  static let upgrade =
    "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
    + "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    + "Sec-WebSocket-Version: 13\r\n"

  func answer(_ extra: String, replacing old: String = "", by new: String = "") throws
    -> WebSocketHandshake.Answer
  {
    var text = WebSocketConnectionTests.upgrade + extra + "\r\n"
    if !old.isEmpty, let range = text.firstRange(of: old) { text.replaceSubrange(range, with: new) }
    let request = try #require(requests(text).first)
    return WebSocketHandshake.answer(
      request, origins: OriginPolicy(allowing: ["http://example.com"]), subprotocols: ["chat"])
  }

  func refusedStatus(_ answer: WebSocketHandshake.Answer) -> Int {
    switch answer {
    case .accepted: 0
    case .refused(let response): response.status
    }
  }

  @Test("the handshake of RFC 6455 section 1.3 is accepted")
  func sample() throws {
    let answer = try answer("Origin: http://example.com\r\nSec-WebSocket-Protocol: x, chat\r\n")
    guard case .accepted(let response) = answer else {
      Issue.record("refused")
      return
    }
    #expect(response.status == 101)
    #expect(response.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    #expect(response.headers["sec-websocket-protocol"] == "chat")
    var bytes: [UInt8] = []
    response.write(into: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self).contains("Connection: Upgrade\r\n"))
  }

  @Test("foreign origins, other versions and bad keys are refused")
  func refusals() throws {
    #expect(refusedStatus(try answer("Origin: http://evil.example\r\n")) == 403)
    #expect(refusedStatus(try answer("Origin: null\r\n")) == 403)
    #expect(
      refusedStatus(
        try answer("Origin: http://example.com\r\nOrigin: http://example.com\r\n")) == 403)
    #expect(refusedStatus(try answer("Origin: http://server.example.com\r\n")) == 0)
    #expect(refusedStatus(try answer("")) == 0)
    #expect(refusedStatus(try answer("", replacing: "Version: 13", by: "Version: 8")) == 426)
    #expect(refusedStatus(try answer("", replacing: "b25jZQ==", by: "")) == 400)
    #expect(refusedStatus(try answer("", replacing: "GET", by: "POST")) == 400)
    #expect(refusedStatus(try answer("", replacing: "keep-alive, Upgrade", by: "close")) == 400)
    #expect(
      refusedStatus(try answer("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")) == 400)
  }

  @Test("our client's handshake is accepted by our server")
  func ownClient() throws {
    let key = [UInt8](0..<16)
    var bytes: [UInt8] = []
    WebSocketHandshake.request(try HTTPTarget("/ws"), key: key, origin: "http://h")
      .write(into: &bytes, host: "h")
    let request = try #require(requests(String(decoding: bytes, as: UTF8.self)).first)
    guard case .accepted(let response) = WebSocketHandshake.answer(request, origins: OriginPolicy())
    else {
      Issue.record("refused")
      return
    }
    #expect(!WebSocketHandshake.isAccepted(response, key: [UInt8](1..<17)))
    var answer: [UInt8] = []
    response.write(into: &answer)
    var parser = HTTPResponseParser()
    parser.receive(answer.span)
    guard case .response(let received) = parser.next() else {
      Issue.record("not read")
      return
    }
    #expect(WebSocketHandshake.isAccepted(received, key: key))
  }

  func pair() -> (client: WebSocketConnection, server: WebSocketConnection) {
    (
      WebSocketConnection(clientMaskingKeys: .seeded(1), limits: WebSocketLimits()),
      WebSocketConnection()
    )
  }

  @Test("messages and pings cross, and a close is answered with its code")
  func conversation() {
    var (client, server) = pair()
    var wire: [UInt8] = []
    client.send(.text("hi".bytes), into: &wire)
    client.ping(into: &wire)
    client.close(.normal, reason: "done", into: &wire)
    client.send(.text("late".bytes), into: &wire)
    var output = WebSocketConnection.Output()
    server.receive(wire.span, output: &output)
    #expect(output.messages == [.text("hi".bytes)])
    #expect(output.closure?.code == .normal && output.closure?.reason == "done")
    #expect(output.bytes == [0x8A, 0, 0x88, 2, 0x03, 0xE8])
    var answer = WebSocketConnection.Output()
    client.receive(output.bytes.span, output: &answer)
    #expect(answer.closure?.code == .normal)
    #expect(answer.bytes.isEmpty)
  }

  @Test("a fault is answered with its close code and nothing after it is read")
  func fault() {
    var (client, server) = pair()
    var output = WebSocketConnection.Output()
    server.receive([0x81, 0x81, 0, 0, 0, 0, 0xFF].span, output: &output)
    #expect(output.bytes == [0x88, 2, 0x03, 0xEF])
    #expect(output.closure?.fault == .invalidUTF8)
    var wire: [UInt8] = []
    client.send(.text("hi".bytes), into: &wire)
    var after = WebSocketConnection.Output()
    server.receive(wire.span, output: &after)
    #expect(after.messages.isEmpty && after.bytes.isEmpty && after.closure == nil)
  }

  @Test("messages before a fault or a close in the same read are handed out")
  func messagesBeforeFault() {
    var (client, server) = pair()
    var wire: [UInt8] = []
    client.send(.text("hi".bytes), into: &wire)
    wire += [0xFF, 0xFF]
    var output = WebSocketConnection.Output()
    server.receive(wire.span, output: &output)
    #expect(output.messages == [.text("hi".bytes)])
    #expect(output.closure?.fault == .reservedBits)
  }

  @Test("after closing began messages are discarded and nothing but the close is sent")
  func closing() {
    var (client, server) = pair()
    var wire: [UInt8] = []
    server.close(.goingAway, reason: String(repeating: "\u{20ac}", count: 100), into: &wire)
    #expect(wire.count <= 127 && wire[0] == 0x88)
    var received = WebSocketConnection.Output()
    var late: [UInt8] = []
    client.send(.text("late".bytes), into: &late)
    client.ping(into: &late)
    client.receive(wire.span, output: &received)
    #expect(received.closure?.code == .goingAway)
    var output = WebSocketConnection.Output()
    server.receive((late + received.bytes).span, output: &output)
    #expect(output.messages.isEmpty && output.bytes.isEmpty)
    #expect(output.closure?.code == .goingAway)
  }

  @Test("an empty close frame is answered with an empty one")
  func emptyClose() {
    var (_, server) = pair()
    var output = WebSocketConnection.Output()
    server.receive([0x88, 0x80, 1, 2, 3, 4].span, output: &output)
    #expect(output.bytes == [0x88, 0])
    #expect(output.closure?.code == .noStatus)
  }

  @Test("mutated conversations never trap")
  func mutations() {
    var (client, _) = pair()
    var wire: [UInt8] = []
    client.send(.text("h\u{e9}llo".bytes), into: &wire)
    client.ping(into: &wire)
    client.send(.binary([UInt8](repeating: 9, count: 200)), into: &wire)
    client.close(.normal, reason: "done", into: &wire)
    var random = SeededGenerator(state: 2)
    for _ in 0..<2000 { HTTPFuzzBody.run(mutated(wire, &random).span) }
  }
}
