// One message after the other to a receiver under test, waiting for each answer.

import ClientTLS
import HTTP
package import Hooks
package import Loop
package import Wire

/// Sends what the conformance kit wants sent, good or bad. A class because its loop is one.
package final class HookProbe {
  package enum Result: Hashable, Sendable {
    case answered(Int)
    case failed(String)
  }

  private let loop: EventLoop
  private let rules: AddressRules
  private let context: TLSClientContext
  private var lastToken: UInt64 = 0
  private var buffer = [UInt8](repeating: 0, count: 16 * 1024)

  /// Nil when TLS can't be set up.
  package init?(rules: AddressRules, authorities: String?) throws(SystemError) {
    guard let context = TLSClientContext(authorities: authorities) else { return nil }
    self.context = context
    self.rules = rules
    loop = try EventLoop()
  }

  /// Sends one message and waits for the answer.
  ///
  /// - Parameters:
  ///   - headers: nil: none of the three.
  ///   - pieces: in how many writes the body goes.
  package func send(
    to url: HookURL, _ headers: HookHeaders?, body: [UInt8], pieces: Int, within limit: TimeSpan
  ) -> Result {
    let found: [IPAddress] =
      switch url.host {
      case .address(let ip): [ip]
      case .name(let name): NameResolver.addresses(of: name)
      }
    let addresses = found.map { SocketAddress(ip: $0, port: url.port) }
    if let refusal = rules.refusal(of: addresses, isSecure: url.isSecure) {
      return .failed(refusal)
    }
    let request = HookRequest.bytes(to: url, headers, body: body)
    // The head, and then the body bit by bit.
    let head = request.count - body.count
    let step = max(1, body.count / max(1, pieces))
    let parts =
      pieces > 1
      ? [Array(request[..<head])]
        + stride(from: head, to: request.count, by: step).map {
          Array(request[$0..<min($0 + step, request.count)])
        } : [request]
    let start = SystemClock.now()
    let exchange = HTTPExchange(
      url, addresses, pieces: parts, context: context,
      connectUntil: start + min(limit, HookLimits.connectLimit), until: start + limit)
    return run(exchange)
  }

  private func run(_ exchange: HTTPExchange) -> Result {
    if let result = exchange.connect(loop, token: nextToken) { return shown(result) }
    while true {
      let now = SystemClock.now()
      guard now < exchange.deadline else { return .failed(exchange.timeoutText) }
      // A piece goes every 100 ms.
      loop.wait(until: min(exchange.deadline, now + .milliseconds(100)))
      if let result = exchange.sendNextPiece(loop) { return shown(result) }
      for ready in loop.readiness where ready.token == exchange.token {
        if let result = exchange.advance(ready, loop, buffer: &buffer, token: nextToken) {
          return shown(result)
        }
      }
    }
  }

  private func nextToken() -> UInt64 {
    lastToken += 1
    return lastToken
  }

  private func shown(_ result: ExchangeResult) -> Result {
    switch result {
    case .answered(let response): .answered(response.status)
    case .failed(let text): .failed(text)
    }
  }
}
