// One room socket of a bench: handshake, join, frames in and out.

import Crypto
import HTTP
import Loop
import Wire

/// A client's WebSocket. A class: the loop and the bench both name it.
final class BenchSocket {
  /// Who it is.
  let room: String
  let number: Int
  let stream: TCPStream
  /// Frames that came since the bench last cleared this.
  var frames = 0
  /// Whether the room was told whole.
  var isJoined = false
  var isClosed = false
  /// Of its own messages, for pins and votes.
  var lastMessage: Int?
  var lastChoice = 0
  private var web: WebSocketConnection
  /// The answer to the handshake so far; nil once it is complete.
  private var head: [UInt8]? = []
  private let token: String

  init(
    _ number: Int, room: String, token: String, at address: SocketAddress
  ) throws {
    self.number = number
    self.room = room
    self.token = token
    stream = try TCPStream(connectingTo: address, queuedBytesMax: 1 << 20)
    web = WebSocketConnection(
      clientMaskingKeys: .seeded(UInt64(number)), limits: WebSocketLimits())
  }

  /// The connection is made.
  func begin(host: String) throws {
    try stream.finishConnecting()
    let target = try HTTPTarget("/ws")
    let key = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 16)
    var bytes: [UInt8] = []
    WebSocketHandshake.request(target, key: key).write(into: &bytes, host: host)
    _ = stream.write(bytes.span)
  }

  /// Sends a message.
  func send(_ text: String) {
    var bytes: [UInt8] = []
    web.send(.text(Array(text.utf8)), into: &bytes)
    _ = stream.write(bytes.span)
  }

  /// Takes what has come; calls `body` with each message.
  func receive(_ bytes: borrowing Span<UInt8>, _ body: ([UInt8]) -> Void) throws {
    var start = 0
    if head != nil {
      while start < bytes.count, head != nil {
        head?.append(bytes[start])
        start += 1
        if head?.suffix(4) == [13, 10, 13, 10] { try join() }
      }
      guard start < bytes.count else { return }
    }
    var output = WebSocketConnection.Output()
    web.receive(bytes.extracting(start..<bytes.count), output: &output)
    let answer = output.bytes
    if !answer.isEmpty { _ = stream.write(answer.span) }
    for message in output.messages {
      guard case .text(let text) = message else { continue }
      frames += 1
      body(text)
    }
    if output.closure != nil { isClosed = true }
  }

  private func join() throws {
    guard let head, head.starts(with: Array("HTTP/1.1 101".utf8)) else {
      throw UsageError(text: "no WebSocket: \(String(decoding: head ?? [], as: UTF8.self))")
    }
    self.head = nil
    send(
      "{\"type\":\"join\",\"id\":\"j\",\"version\":1,\"room\":\"\(room)\",\"token\":\"\(token)\"}")
  }
}
