// One request to a server, from connecting to the answer, without ever waiting.

package import ClientTLS
package import HTTP
package import Hooks
package import Loop
package import Wire

/// How a request ended.
package enum ExchangeResult {
  case answered(HTTPResponse)
  /// For the operator.
  case failed(String)
}

/// One request on a connection of its own. For the thread of its loop.
package final class HTTPExchange {
  private enum Stage {
    case connecting
    case handshaking
    case open
  }

  /// The loop's token of the connection it has now.
  package private(set) var token: UInt64
  /// When it is given up, and why then.
  package var deadline: Instant {
    stage == .connecting ? min(connectDeadline, totalDeadline) : totalDeadline
  }

  private let url: HookURL
  /// What is still to be sent, piece by piece: one, but for tests of receivers.
  private var pieces: ArraySlice<[UInt8]>
  private let context: TLSClientContext
  private let connectDeadline: Instant
  private let totalDeadline: Instant
  private var addresses: ArraySlice<SocketAddress>
  private var stage = Stage.connecting
  private var stream: TCPStream?
  private var tls: TLSClientSession?
  private var parser: HTTPResponseParser
  private let queuedBytesMax: Int

  /// Room for the records of one webhook: its body and the handshake.
  package static let queuedBytesMax = 4 * HookLimits.bodyMax
  /// The bounds of a receiver's answer.
  static let answerLimits = {
    var limits = HTTPLimits()
    limits.headerBytesMax = HookLimits.answerHeadMax
    limits.bodyBytesMax = HookLimits.answerBodyMax
    return limits
  }()

  /// - Parameters:
  ///   - addresses: checked, in the order they are tried.
  ///   - pieces: the request; the first goes by itself, others by `sendNextPiece`.
  ///   - method: the request's.
  ///   - limits: the bounds of the answer.
  ///   - queuedBytesMax: room for all of the request, and a handshake.
  package init(
    _ url: HookURL, _ addresses: [SocketAddress], pieces: [[UInt8]], context: TLSClientContext,
    connectUntil: Instant, until: Instant, answering method: HTTPMethod = .post,
    limits: HTTPLimits = answerLimits, queuedBytesMax: Int = queuedBytesMax
  ) {
    self.url = url
    self.addresses = addresses[...]
    self.pieces = pieces[...]
    self.context = context
    connectDeadline = connectUntil
    totalDeadline = until
    token = 0
    self.queuedBytesMax = queuedBytesMax
    parser = HTTPResponseParser(answering: method, limits: limits)
  }

  /// Whether anything of the request may have been sent.
  package var hasBegun: Bool { stage == .open }

  /// Begins to connect to the next address.
  ///
  /// - Returns: the result when there is none left.
  package func connect(_ loop: EventLoop, token next: () -> UInt64) -> ExchangeResult? {
    var last = "there is no address to connect to"
    while let address = addresses.popFirst() {
      token = next()
      do throws(SystemError) {
        let stream = try TCPStream(
          connectingTo: address, queuedBytesMax: queuedBytesMax)
        try loop.add(stream.descriptor, token: token, interest: .writing)
        self.stream = stream
        stage = .connecting
        return nil
      } catch {
        last = error.description
      }
    }
    return .failed(last)
  }

  /// Goes on with what the connection is ready for.
  package func advance(
    _ ready: Readiness, _ loop: EventLoop, buffer: inout [UInt8], token next: () -> UInt64
  ) -> ExchangeResult? {
    guard let stream else { return .failed("no connection") }
    do throws(SystemError) {
      if stage == .connecting {
        do throws(SystemError) {
          try stream.finishConnecting()
        } catch {
          self.stream = nil
          return addresses.isEmpty ? .failed(error.description) : connect(loop, token: next)
        }
        if let result = begin() { return result }
      } else if ready.writable {
        try stream.flush()
      }
      if ready.readable || ready.hangup, let result = read(stream, &buffer) { return result }
      if let result = flushRecords(stream) { return result }
      try loop.modify(
        stream.descriptor, token: token,
        interest: stream.queuedBytes > 0 ? [.reading, .writing] : .reading)
      return nil
    } catch {
      return .failed(error.description)
    }
  }

  /// The connection is there: TLS says hello, or the request goes at once.
  private func begin() -> ExchangeResult? {
    guard url.isSecure else {
      stage = .open
      return sendPiece()
    }
    guard let session = TLSClientSession(context, host: url.host.expected) else {
      return .failed("TLS could not be set up")
    }
    tls = session
    stage = .handshaking
    return nil
  }

  private func read(_ stream: TCPStream, _ buffer: inout [UInt8]) -> ExchangeResult? {
    while true {
      var span = buffer.mutableSpan
      switch stream.read(into: &span) {
      case .bytes(let count):
        if let tls {
          tls.receive(buffer.span.extracting(0..<count))
          if let result = readPlaintext(tls, &buffer) { return result }
        } else {
          parser.receive(buffer.span.extracting(0..<count))
          if let result = answer(parser.next()) { return result }
        }
      case .wouldBlock: return nil
      case .endOfStream:
        // Over TLS an end without close_notify may be somebody else's cut.
        if tls == nil, let result = answer(parser.finish()) { return result }
        return .failed("the receiver hung up")
      case .failed(let error): return .failed(error.description)
      }
    }
  }

  private func readPlaintext(
    _ tls: TLSClientSession, _ buffer: inout [UInt8]
  ) -> ExchangeResult? {
    while true {
      var span = buffer.mutableSpan
      let outcome = tls.read(into: &span)
      if stage == .handshaking, tls.isEstablished {
        stage = .open
        if let result = sendPiece() { return result }
      }
      switch outcome {
      case .bytes(let count):
        parser.receive(buffer.span.extracting(0..<count))
        if let result = answer(parser.next()) { return result }
      case .needsMore: return nil
      case .closed:
        return answer(parser.finish()) ?? .failed("the receiver hung up")
      case .failed: return .failed(tls.failureText)
      }
    }
  }

  private func sendPiece() -> ExchangeResult? {
    guard let piece = pieces.popFirst() else { return nil }
    guard let tls else { return send(piece) }
    return tls.write(piece) ? nil : .failed(tls.failureText)
  }

  /// Sends one more piece of a request that is sent slowly.
  package func sendNextPiece(_ loop: EventLoop) -> ExchangeResult? {
    guard stage == .open, !pieces.isEmpty, let stream else { return nil }
    if let result = sendPiece() ?? flushRecords(stream) { return result }
    guard stream.queuedBytes > 0 else { return nil }
    try? loop.modify(stream.descriptor, token: token, interest: [.reading, .writing])
    return nil
  }

  private func flushRecords(_ stream: TCPStream) -> ExchangeResult? {
    guard let tls else { return nil }
    if stage == .handshaking, !tls.isEstablished {
      // The first call makes the hello; later ones find nothing to do.
      var nothing: [UInt8] = [0]
      var span = nothing.mutableSpan
      if tls.read(into: &span) == .failed { return .failed(tls.failureText) }
    }
    return send(tls.takeOutput())
  }

  private func send(_ bytes: [UInt8]) -> ExchangeResult? {
    guard !bytes.isEmpty, let stream else { return nil }
    switch stream.write(bytes.span) {
    case .accepted: return nil
    case .refused: return .failed("the request does not fit")
    case .failed(let error): return .failed(error.description)
    }
  }

  private func answer(_ output: HTTPResponseParser.Output) -> ExchangeResult? {
    switch output {
    case .needsMore: nil
    case .response(let response): .answered(response)
    case .refused(let refusal): .failed("not an answer we understand: \(refusal.reason)")
    }
  }

  /// Why a deadline ended it.
  package var timeoutText: String {
    switch stage {
    case .connecting: "no connection within the time"
    case .handshaking: "no TLS within the time"
    case .open: "no answer within the time"
    }
  }
}

extension HookURL.Host {
  /// As TLS expects it.
  package var expected: TLSHost {
    switch self {
    case .name(let name): .name(name)
    case .address(let ip): .address(ip)
    }
  }
}
