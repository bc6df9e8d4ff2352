// The server's side of an HTTP/1.x connection: bytes in, requests out, in order (RFC 9112).

/// Reads requests from the bytes of one connection. Total: every input ends in a request, a refusal or a wait.
///
/// | state   | input             | result                                  |
/// |---------|-------------------|-----------------------------------------|
/// | idle    | start line        | headers, or 400/414/501/505             |
/// | headers | empty line        | body, or 400/413/417/431/501            |
/// | body    | last byte         | idle, `.request`                        |
/// | refused | anything          | the same refusal                        |
package struct HTTPRequestParser: Sendable {
  /// What the bytes received so far amount to.
  package enum Output: Equatable, Sendable {
    case needsMore
    /// The client waits for 100 (Continue); told once per request.
    case continueExpected
    case request(HTTPRequest)
    case refused(HTTPRefusal)
  }

  private enum State {
    case idle(emptyLines: Int)
    case headers(HTTPRequestHead, HTTPHeaderSection)
    case body(HTTPRequestHead, HTTPBodyDecoder, continueDue: Bool)
    case refused(HTTPRefusal)
  }

  private var state = State.idle(emptyLines: 0)
  private var buffer = HTTPInputBuffer()
  private let limits: HTTPLimits

  /// A parser at the start of a connection.
  package init(limits: HTTPLimits = HTTPLimits()) { self.limits = limits }

  /// The bytes received and not yet part of a request: bounded only by what the owner goes on feeding.
  package var bufferedBytes: Int { buffer.count }

  /// Whether no request has been begun: the connection may be closed without cutting one off.
  package var isIdle: Bool {
    if case .idle = state { return buffer.count == 0 }
    return false
  }

  /// Takes bytes as they came from the connection; call `next` until it says `.needsMore`.
  package mutating func receive(_ bytes: borrowing Span<UInt8>) {
    if case .refused = state { return }
    buffer.append(bytes)
  }

  /// The bytes after the last request, for the protocol the connection switches to.
  package mutating func takeRemaining() -> [UInt8] { buffer.takeAll() }

  /// The next request, as far as it has come.
  ///
  /// - Parameter bodyBytesMax: the longest body of this request; nil for the limit of `limits`.
  package mutating func next(
    bodyBytesMax: (HTTPRequestHead) -> Int? = { _ in nil }
  ) -> Output {
    do {
      return try advance(bodyBytesMax)
    } catch {
      state = .refused(error)
      return .refused(error)
    }
  }

  private mutating func advance(
    _ bodyBytesMax: (HTTPRequestHead) -> Int?
  ) throws(HTTPRefusal) -> Output {
    while true {
      switch state {
      case .refused(let refusal):
        throw refusal
      case .idle(let emptyLines):
        guard let line = try takeStartLine() else { return .needsMore }
        if line.isEmpty {
          guard emptyLines < limits.leadingEmptyLinesMax else { throw .bad("empty request line") }
          state = .idle(emptyLines: emptyLines + 1)
        } else {
          state = .headers(try HTTPRequestHead(startLine: line), HTTPHeaderSection())
        }
      case .headers(var head, var section):
        let done = try section.advance(&buffer, limits: limits)
        guard done else {
          state = .headers(head, section)
          return .needsMore
        }
        try head.receive(section.headers)
        let body = try decoder(for: head, bytesMax: bodyBytesMax(head) ?? limits.bodyBytesMax)
        state = .body(head, body, continueDue: head.expectsContinue)
      case .body(let head, var body, let continueDue):
        state = .idle(emptyLines: 0)  // Else the body has two owners and is copied on every read.
        let done = try body.advance(&buffer, limits: limits)
        guard done else {
          state = .body(head, body, continueDue: false)
          return continueDue ? .continueExpected : .needsMore
        }
        state = .idle(emptyLines: 0)
        return .request(
          HTTPRequest(
            head.method, head.target, headers: head.headers, body: body.body,
            minorVersion: head.minorVersion))
      }
    }
  }

  private mutating func takeStartLine() throws(HTTPRefusal) -> ArraySlice<UInt8>? {
    do {
      return try buffer.takeLine(limit: limits.startLineBytesMax)
    } catch {
      switch error {
      case .tooLong: throw .startLineTooLong
      case .bareLineEnd: throw .bad("bare line ending in the request line")
      }
    }
  }

  private func decoder(
    for head: HTTPRequestHead, bytesMax: Int
  ) throws(HTTPRefusal) -> HTTPBodyDecoder {
    switch head.framing {
    case .none: try HTTPBodyDecoder(byteCount: 0, bytesMax: bytesMax)
    case .counted(let count): try HTTPBodyDecoder(byteCount: count, bytesMax: bytesMax)
    case .chunked: HTTPBodyDecoder(chunkedBytesMax: bytesMax)
    }
  }
}
