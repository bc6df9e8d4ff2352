// One HTTP/1.1 request after the other, each on its own connection, blocking until its deadline.

package import HTTP
import Loop
package import Wire

/// A blocking HTTP client for the thread that made it. A class because its loop is one.
package final class HTTPClient {
  private let loop: EventLoop
  private var nextToken: UInt64 = 0
  private var buffer = [UInt8](repeating: 0, count: ClientLimits.readBytes)

  private let limits: HTTPLimits

  /// - Parameter limits: of responses.
  package init(limits: HTTPLimits = HTTPLimits()) throws(ClientFault) {
    self.limits = limits
    do {
      loop = try EventLoop()
    } catch {
      throw ClientFault(error)
    }
  }

  /// Sends one request and waits for its response, at most `within`.
  package func perform(
    _ request: HTTPRequest, to url: ServerURL, within span: TimeSpan = ClientLimits.exchangeTime
  ) throws(ClientFault) -> HTTPResponse {
    let deadline = SystemClock.now() + span
    do {
      return try exchange(request, to: url, until: deadline)
    } catch let error as SystemError {
      throw ClientFault(error)
    } catch let fault as ClientFault {
      throw fault
    } catch {
      throw .connection("\(error)")
    }
  }

  private func exchange(_ request: HTTPRequest, to url: ServerURL, until deadline: Instant) throws
    -> HTTPResponse
  {
    let stream = try TCPStream(
      connectingTo: url.address, queuedBytesMax: ClientLimits.requestBytesMax)
    nextToken += 1
    try loop.add(stream.descriptor, token: nextToken, interest: .writing)
    try wait(until: deadline) { $0.writable || $0.hangup }
    try stream.finishConnecting()
    var bytes: [UInt8] = []
    request.write(into: &bytes, host: url.authority)
    guard stream.write(bytes.span) == .accepted else {
      throw ClientFault.connection("the request could not be sent")
    }
    while stream.queuedBytes > 0 {
      try wait(until: deadline) { $0.writable || $0.hangup }
      try stream.flush()
    }
    try loop.modify(stream.descriptor, token: nextToken, interest: .reading)
    return try readResponse(to: request.method, stream, until: deadline)
  }

  private func readResponse(
    to method: HTTPMethod, _ stream: TCPStream, until deadline: Instant
  ) throws -> HTTPResponse {
    var parser = HTTPResponseParser(answering: method, limits: limits)
    while true {
      try wait(until: deadline) { $0.readable || $0.hangup }
      var span = buffer.mutableSpan
      var output = HTTPResponseParser.Output.needsMore
      switch stream.read(into: &span) {
      case .bytes(let count):
        parser.receive(buffer.span.extracting(0..<count))
        output = parser.next()
      case .wouldBlock: continue
      case .endOfStream:
        output = parser.finish()
        if output == .needsMore { throw ClientFault.connection("the server hung up") }
      case .failed(let error): throw error
      }
      switch output {
      case .needsMore: continue
      case .response(let response): return response
      case .refused(let refusal): throw ClientFault.malformedResponse(refusal.reason)
      }
    }
  }

  /// Waits until the newest connection is ready for what is wanted.
  private func wait(until deadline: Instant, _ isWanted: (Readiness) -> Bool) throws {
    while SystemClock.now() < deadline {
      loop.wait(until: deadline)
      if loop.readiness.contains(where: { $0.token == nextToken && isWanted($0) }) { return }
    }
    throw ClientFault.timeout
  }
}
