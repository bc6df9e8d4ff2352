// The loop of the thread that passes requests on: names, connections, deadlines.

import HookDelivery
import HTTP
import Hooks
import Loop
import Nodes
import Wire

/// Lives on its thread, which made it.
final class CourierLoop {
  /// One request under way.
  private struct Errand {
    let order: ForwardOrder
    let url: HookURL
    let connectUntil: Instant
    let until: Instant
    /// Nil while the name is looked up.
    var exchange: HTTPExchange?
  }

  private let parts: Courier.Parts
  private let loop: EventLoop
  private var errands: [UInt64: Errand] = [:]
  private var errandOfToken: [UInt64: UInt64] = [:]
  private var lastToken: UInt64 = 0
  private var messages: [Courier.Message] = []
  private var buffer = [UInt8](repeating: 0, count: 64 * 1024)
  private var isStopped = false

  /// Room for the head of a request, and a handshake, beside its body.
  private static let queuedBytesBeside = 128 * 1024

  init(_ parts: Courier.Parts, loop: EventLoop) {
    self.parts = parts
    self.loop = loop
  }

  func run() {
    while !isStopped {
      loop.wait(until: errands.values.lazy.map(deadline).min() ?? .distantFuture)
      let ready = loop.readiness
      parts.mailbox.drain(into: &messages)
      for message in messages { take(message) }
      for entry in ready { advance(entry) }
      expire()
    }
  }

  private func deadline(_ errand: Errand) -> Instant {
    errand.exchange?.deadline ?? errand.connectUntil
  }

  private func take(_ message: Courier.Message) {
    switch message {
    case .carry(let order): begin(order)
    case .resolved(let number, let addresses): connect(number, addresses)
    case .stop: isStopped = true
    }
  }

  private func begin(_ order: ForwardOrder) {
    guard let url = HookURL(order.url) else {
      return parts.answered(order.number, .unreached("the server's node-url can't be used"))
    }
    errands[order.number] = Errand(
      order: order, url: url, connectUntil: loop.now + ForwardLimits.connectLimit,
      until: loop.now + ForwardLimits.totalLimit)
    switch url.host {
    case .address(let ip): connect(order.number, [SocketAddress(ip: ip, port: url.port)])
    case .name(let name):
      let (mailbox, number, port) = (parts.mailbox, order.number, url.port)
      parts.resolver.resolve(name, lane: Int64(truncatingIfNeeded: number)) { addresses in
        let found = addresses.map { SocketAddress(ip: $0, port: port) }
        _ = mailbox.post(
          .resolved(number: number, found), reserve: ForwardLimits.concurrentMax)
      }
    }
  }

  private func connect(_ number: UInt64, _ addresses: [SocketAddress]) {
    guard var errand = errands[number], errand.exchange == nil else { return }
    var bytes: [UInt8] = []
    var request = errand.order.request
    request.headers.set("Connection", "close")
    request.write(into: &bytes, host: errand.url.authority)
    var limits = HTTPLimits()
    limits.headerBytesMax = ForwardLimits.answerHeadMax
    limits.bodyBytesMax = ForwardLimits.answerMax
    let exchange = HTTPExchange(
      errand.url, addresses, pieces: [bytes], context: parts.context,
      connectUntil: errand.connectUntil, until: errand.until, answering: request.method,
      limits: limits, queuedBytesMax: bytes.count + CourierLoop.queuedBytesBeside)
    errand.exchange = exchange
    errands[number] = errand
    if let result = exchange.connect(loop, token: { nextToken(of: number) }) {
      end(number, result)
    }
  }

  private func nextToken(of number: UInt64) -> UInt64 {
    lastToken += 1
    errandOfToken[lastToken] = number
    return lastToken
  }

  private func advance(_ ready: Readiness) {
    guard let number = errandOfToken[ready.token], let exchange = errands[number]?.exchange,
      exchange.token == ready.token
    else { return }
    let result = exchange.advance(
      ready, loop, buffer: &buffer, token: { nextToken(of: number) })
    if exchange.token != ready.token { errandOfToken[ready.token] = nil }
    if let result { end(number, result) }
  }

  private func expire() {
    for (number, errand) in errands where deadline(errand) <= loop.now {
      end(number, .failed(errand.exchange?.timeoutText ?? "the name was not found in time"))
    }
  }

  private func end(_ number: UInt64, _ result: ExchangeResult) {
    guard let errand = errands.removeValue(forKey: number) else { return }
    if let exchange = errand.exchange { errandOfToken[exchange.token] = nil }
    switch result {
    case .answered(let response): parts.answered(number, .answered(response))
    case .failed(let text):
      let hasBegun = errand.exchange?.hasBegun ?? false
      parts.answered(number, hasBegun ? .unanswered(text) : .unreached(text))
    }
  }
}
