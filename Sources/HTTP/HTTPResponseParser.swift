// The client's side of an HTTP/1.x connection: bytes in, responses out (RFC 9112), for our own clients.

/// Reads the responses to requests sent on one connection, in order.
package struct HTTPResponseParser: Sendable {
  /// What the bytes received so far amount to.
  package enum Output: Equatable, Sendable {
    case needsMore
    /// A final response, or 101; other 1xx are passed over.
    case response(HTTPResponse)
    /// What came is no response Hawker understands; close. The refusal's status means nothing here.
    case refused(HTTPRefusal)
  }

  private enum State {
    case idle
    case headers(status: Int, HTTPHeaderSection)
    case body(HTTPResponse, HTTPBodyDecoder)
    case refused(HTTPRefusal)
  }

  private var state = State.idle
  private var buffer = HTTPInputBuffer()
  private let limits: HTTPLimits
  /// The method of the request the next response answers: a HEAD has no body. Set it before each request.
  package var answering: HTTPMethod

  /// A parser for the response to a request of `method`.
  package init(answering method: HTTPMethod = .get, limits: HTTPLimits = HTTPLimits()) {
    answering = method
    self.limits = limits
  }

  /// Takes bytes as they came from the connection; call `next` until it says `.needsMore`.
  package mutating func receive(_ bytes: borrowing Span<UInt8>) {
    if case .refused = state { return }
    buffer.append(bytes)
  }

  /// The bytes after the last response, for the protocol the connection switched to.
  package mutating func takeRemaining() -> [UInt8] { buffer.takeAll() }

  /// The next response, as far as it has come.
  package mutating func next() -> Output {
    do {
      return try advance()
    } catch {
      state = .refused(error)
      return .refused(error)
    }
  }

  /// Says that the server closed the connection, which ends a body without a length.
  package mutating func finish() -> Output {
    let output = next()
    guard output == .needsMore, case .body(var response, let body) = state, body.endsAtClose else {
      return output
    }
    response.body = body.body
    state = .idle
    return .response(response)
  }

  private mutating func advance() throws(HTTPRefusal) -> Output {
    while true {
      switch state {
      case .refused(let refusal):
        throw refusal
      case .idle:
        guard let line = try takeStartLine() else { return .needsMore }
        state = .headers(status: try HTTPResponseParser.status(line), HTTPHeaderSection())
      case .headers(let status, var section):
        let done = try section.advance(&buffer, limits: limits)
        guard done else {
          state = .headers(status: status, section)
          return .needsMore
        }
        try receive(status: status, headers: section.headers)
      case .body(var response, var body):
        state = .idle  // Else the body has two owners and is copied on every read.
        let done = try body.advance(&buffer, limits: limits)
        state = done ? .idle : .body(response, body)
        if !done { return .needsMore }
        response.body = body.body
        return .response(response)
      }
    }
  }

  private mutating func receive(status: Int, headers: HTTPHeaders) throws(HTTPRefusal) {
    if (100..<200).contains(status) && status != 101 {
      state = .idle
      return
    }
    let body = try decoder(status: status, headers: headers)
    state = .body(HTTPResponse(status, headers: headers), body)
  }

  private mutating func takeStartLine() throws(HTTPRefusal) -> ArraySlice<UInt8>? {
    do {
      return try buffer.takeLine(limit: limits.startLineBytesMax)
    } catch {
      throw .bad("malformed status line")
    }
  }

  /// Parses `HTTP/1.y SP status [SP reason]`.
  private static func status(_ line: ArraySlice<UInt8>) throws(HTTPRefusal) -> Int {
    let parts = line.split(
      separator: HTTPSyntax.space, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, parts[0].count == 8, parts[0].starts(with: "HTTP/1.".utf8),
      let status = HTTPSyntax.decimal(String(decoding: parts[1], as: UTF8.self), digitsMax: 3),
      (100...599).contains(status)
    else { throw .bad("malformed status line") }
    return status
  }

  private func decoder(status: Int, headers: HTTPHeaders) throws(HTTPRefusal) -> HTTPBodyDecoder {
    let bytesMax = limits.bodyBytesMax
    if answering == .head || HTTPStatus.isBodiless(status) {
      return try HTTPBodyDecoder(byteCount: 0, bytesMax: bytesMax)
    }
    if let coding = headers["transfer-encoding"] {
      guard HTTPSyntax.equalIgnoringCase(coding, "chunked"), headers["content-length"] == nil else {
        throw .bad("transfer coding not supported")
      }
      return HTTPBodyDecoder(chunkedBytesMax: bytesMax)
    }
    let lengths = Set(headers.values("content-length"))
    guard let text = lengths.first else { return HTTPBodyDecoder(untilCloseBytesMax: bytesMax) }
    guard lengths.count == 1, let count = HTTPSyntax.decimal(text) else {
      throw .bad("malformed Content-Length")
    }
    return try HTTPBodyDecoder(byteCount: count, bytesMax: bytesMax)
  }
}
