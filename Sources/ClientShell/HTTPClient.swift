// One HTTP/1.1 request after the other, each on its own connection, blocking until its deadline.

package import ClientTLS
package import HTTP
import Loop
package import Wire

/// A blocking HTTP client for the thread that made it. A class because its loop is one.
package final class HTTPClient {
  private let loop: EventLoop
  private var nextToken: UInt64 = 0
  private var buffer = [UInt8](repeating: 0, count: ClientLimits.readBytes)

  private let limits: HTTPLimits
  private let tls: TLSClientContext?

  /// - Parameters:
  ///   - limits: of responses.
  ///   - tls: who is believed to be a server of https; nil for a client that asks none.
  package init(
    limits: HTTPLimits = HTTPLimits(), tls: TLSClientContext? = nil
  ) throws(ClientFault) {
    self.limits = limits
    self.tls = tls
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
    } catch let fault as ServerStreamFault {
      throw fault.isRefused ? .nobodyListens : .connection(fault.description)
    } catch let fault as ClientFault {
      throw fault
    } catch {
      throw .connection("\(error)")
    }
  }

  private func exchange(_ request: HTTPRequest, to url: ServerURL, until deadline: Instant) throws
    -> HTTPResponse
  {
    guard tls != nil || !url.isSecure else { throw ClientFault.secureURL }
    let stream = try ServerStream(
      connectingTo: url.address, tls: url.isSecure ? tls.map { ($0, url.host) } : nil,
      queuedBytesMax: ClientLimits.requestBytesMax)
    nextToken += 1
    try loop.add(stream.descriptor, token: nextToken, interest: stream.interest)
    while !stream.isOpen { try wait(for: stream, until: deadline) }
    var bytes: [UInt8] = []
    request.write(into: &bytes, host: url.authority)
    try stream.write(bytes)
    var parser = HTTPResponseParser(answering: request.method, limits: limits)
    while true {
      try wait(for: stream, until: deadline)
      while let output = try HTTPClient.read(stream, &parser, &buffer) {
        switch output {
        case .needsMore: continue
        case .response(let response): return response
        case .refused(let refusal): throw ClientFault.malformedResponse(refusal.reason)
        }
      }
    }
  }

  /// Nil when nothing has come.
  private static func read(
    _ stream: ServerStream, _ parser: inout HTTPResponseParser, _ buffer: inout [UInt8]
  ) throws -> HTTPResponseParser.Output? {
    var span = buffer.mutableSpan
    switch try stream.read(into: &span) {
    case .bytes(let count):
      parser.receive(buffer.span.extracting(0..<count))
      return parser.next()
    case .wouldBlock: return nil
    case .endOfStream:
      let output = parser.finish()
      if output == .needsMore { throw ClientFault.connection("the server hung up") }
      return output
    }
  }

  /// Waits until the newest connection is ready for something, and lets it go on.
  private func wait(for stream: ServerStream, until deadline: Instant) throws {
    try loop.modify(stream.descriptor, token: nextToken, interest: stream.interest)
    while SystemClock.now() < deadline {
      loop.wait(until: deadline)
      for ready in loop.readiness where ready.token == nextToken {
        try stream.advance(ready)
        return
      }
    }
    throw ClientFault.timeout
  }
}
