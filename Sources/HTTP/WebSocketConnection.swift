// One end of an established WebSocket: frames, pongs and the closing handshake (RFC 6455 sections 5.5 and 7).

package import Crypto
import Wire

/// The machine of a WebSocket after its handshake, for either end.
///
/// | state   | input        | action, next state                                      |
/// |---------|--------------|---------------------------------------------------------|
/// | open    | message      | handed out                                              |
/// | open    | ping         | pong with the same payload                              |
/// | open    | close frame  | echoed, closed                                          |
/// | open    | fault        | close frame with its code, closed                       |
/// | open    | `close`      | close frame, closing                                    |
/// | closing | message      | discarded: the application said it is done              |
/// | closing | close frame  | closed                                                  |
/// | closed  | anything     | discarded                                               |
package struct WebSocketConnection: Sendable {
  /// What received bytes lead to. The owner empties it after use.
  package struct Output: Sendable {
    /// Complete messages in order.
    package var messages: [WebSocketMessage] = []
    /// Bytes to send.
    package var bytes: [UInt8] = []
    /// Set once, when the WebSocket is over: after sending `bytes`, close the connection.
    package var closure: Closure?

    /// Nothing.
    package init() {}
  }

  /// How a WebSocket ended.
  package struct Closure: Hashable, Sendable {
    /// The peer's code, or that of its fault.
    package let code: WebSocketCloseCode
    /// The peer's words, at most 123 bytes; untrusted.
    package let reason: String
    /// What the peer did wrong; nil for an orderly close.
    package let fault: WebSocketFault?
  }

  private enum State { case open, closing, closed }

  private let role: WebSocketRole
  private var state = State.open
  private var reader: WebSocketFrameReader
  private var maskingKeys: RandomSource?
  private var inputs: [WebSocketInput] = []

  /// The server's end.
  package init(limits: WebSocketLimits = WebSocketLimits()) {
    role = .server
    reader = WebSocketFrameReader(from: .client, limits: limits)
  }

  /// The client's end; `maskingKeys` must be `.system` where a proxy could listen (RFC 6455 section 10.3).
  package init(clientMaskingKeys maskingKeys: RandomSource, limits: WebSocketLimits) {
    role = .client
    self.maskingKeys = maskingKeys
    reader = WebSocketFrameReader(from: .server, limits: limits)
  }

  /// Whether messages may still be sent.
  package var isOpen: Bool { state == .open }

  /// Takes received bytes and adds what they lead to to `output`.
  package mutating func receive(_ bytes: borrowing Span<UInt8>, output: inout Output) {
    guard state != .closed else { return }
    inputs.removeAll(keepingCapacity: true)
    var fault: WebSocketFault?
    do {
      try reader.receive(bytes, into: &inputs)
    } catch {
      fault = error
    }
    for index in inputs.indices where state != .closed { apply(inputs[index], output: &output) }
    if let fault, state != .closed { fail(fault, output: &output) }
  }

  private mutating func apply(_ input: WebSocketInput, output: inout Output) {
    switch input {
    case .message(let message):
      if state == .open { output.messages.append(message) }
    case .ping(let payload):
      if state == .open { write(.pong, payload, into: &output.bytes) }
    case .pong:
      break
    case .close(let code, let reason):
      if state == .open {
        writeClose(code == .noStatus ? nil : code, "", into: &output.bytes)
      }
      state = .closed
      output.closure = Closure(code: code, reason: reason, fault: nil)
    }
  }

  private mutating func fail(_ fault: WebSocketFault, output: inout Output) {
    if state == .open { writeClose(fault.closeCode, "", into: &output.bytes) }
    state = .closed
    output.closure = Closure(code: fault.closeCode, reason: "", fault: fault)
  }

  /// Appends a message to `output`; nothing once closing has begun.
  package mutating func send(_ message: WebSocketMessage, into output: inout [UInt8]) {
    guard state == .open else { return }
    switch message {
    case .text(let bytes): write(.text, bytes, into: &output)
    case .binary(let bytes): write(.binary, bytes, into: &output)
    }
  }

  /// Appends an empty ping; any answer shows that the peer is there.
  package mutating func ping(into output: inout [UInt8]) {
    if state == .open { write(.ping, [], into: &output) }
  }

  /// Begins the closing handshake; the owner closes the connection when the peer takes too long.
  package mutating func close(
    _ code: WebSocketCloseCode, reason: String = "", into output: inout [UInt8]
  ) {
    guard state == .open else { return }
    writeClose(code, reason, into: &output)
    state = .closing
  }

  private mutating func writeClose(
    _ code: WebSocketCloseCode?, _ reason: String, into output: inout [UInt8]
  ) {
    guard let code else { return write(.close, [], into: &output) }
    var payload = [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)]
    // 123 bytes are left for the reason; whole characters only.
    for character in reason where payload.count + character.utf8.count <= 125 {
      payload += character.utf8
    }
    write(.close, payload, into: &output)
  }

  private mutating func write(
    _ opcode: WebSocketOpcode, _ payload: [UInt8], into output: inout [UInt8]
  ) {
    let key = maskingKeys.map { source in
      var source = source
      let key = UInt32(truncatingIfNeeded: source.next())
      maskingKeys = source
      return key
    }
    WebSocketFrameWriter.write(opcode, payload.span, maskingKey: key, into: &output)
  }
}
