// The loop of the sending thread: the queue's effects, exchanges, deadlines.

import Crypto
import HTTP
import Hooks
import Loop
import RoomLog
import Wire

/// Lives on its thread, which made it.
final class HookLoop {
  private enum Purpose {
    case delivery(HookDeliveryRow)
    case call(SyncCall)

    var endpoint: Int64 {
      switch self {
      case .delivery(let row): row.endpoint
      case .call(let call): call.endpoint
      }
    }
  }

  /// One try, by its own number.
  private struct Try {
    let purpose: Purpose
    let url: HookURL
    let request: [UInt8]
    let connectUntil: Instant
    let until: Instant
    /// Nil while the name is looked up.
    var exchange: HTTPExchange?
  }

  private let parts: HookDispatcher.Parts
  private let loop: EventLoop
  private var queue: DeliveryQueue
  private var endpoints: [Int64: HookEndpointRow] = [:]
  private var tries: [UInt64: Try] = [:]
  private var tryOfToken: [UInt64: UInt64] = [:]
  private var lastNumber: UInt64 = 0
  private var lastToken: UInt64 = 0
  private var callCount = 0
  private var messages: [HookDispatcher.Message] = []
  private var buffer = [UInt8](repeating: 0, count: 16 * 1024)
  private var isStopped = false

  init(_ parts: HookDispatcher.Parts, loop: EventLoop) {
    self.parts = parts
    self.loop = loop
    queue = DeliveryQueue(random: parts.random)
  }

  func run() {
    while !isStopped {
      loop.wait(until: nextDeadline)
      let ready = loop.readiness
      parts.mailbox.drain(into: &messages)
      for message in messages { take(message) }
      for entry in ready { advance(entry) }
      expire()
      for effect in queue.advance(atMs: nowMs) { carryOut(effect) }
    }
  }

  private var nowMs: Int64 { SystemClock.wallTime().milliseconds }

  /// The wall clock may jump: a due time is looked at again each second.
  private var nextDeadline: Instant {
    var next =
      tries.values.lazy.map { $0.exchange?.deadline ?? $0.connectUntil }.min()
      ?? .distantFuture
    if let dueMs = queue.nextDueMs {
      let wait = max(0, min(1000, dueMs - nowMs))
      next = min(next, loop.now + .milliseconds(wait))
    }
    return next
  }

  private func take(_ message: HookDispatcher.Message) {
    switch message {
    case .endpoints(let rows):
      endpoints = Dictionary(rows.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
      queue.set(rows)
    case .notice(let ids): queue.notice(ids)
    case .call(let call): ask(call)
    case .loaded(let endpoint, let rows): queue.found(rows, of: endpoint)
    case .recorded(let delivery, let endpoint): queue.recorded(delivery, of: endpoint)
    case .resolved(let number, let addresses): resolved(number, addresses)
    case .stop: isStopped = true
    }
  }

  // MARK: The queue

  private func carryOut(_ effect: DeliveryQueue.Effect) {
    let mailbox = parts.mailbox
    switch effect {
    case .load(let endpoint):
      parts.ports.load(endpoint, HookLimits.laneMax) { rows in
        _ = mailbox.post(
          .loaded(endpoint: endpoint, rows), reserve: HookDispatcher.answersMax)
      }
    case .send(let row):
      begin(.delivery(row), id: row.message, body: row.body, within: HookLimits.totalLimit)
    case .record(let attempt, let endpoint):
      count(attempt)
      parts.ports.change(.attempted(attempt)) { _ in
        _ = mailbox.post(
          .recorded(delivery: attempt.delivery, endpoint: endpoint),
          reserve: HookDispatcher.answersMax)
      }
    case .disable(let endpoint, let why):
      parts.ports.change(.disable(endpoint: endpoint, why: why, atMs: nowMs)) { _ in }
      parts.ports.disabled(endpoint, why)
    }
  }

  private func count(_ attempt: HookAttemptRow) {
    parts.counters.add { counters in
      switch attempt.state {
      case .delivered: counters.delivered += 1
      case .waiting: counters.failedTries += 1
      case .dead:
        counters.failedTries += 1
        counters.dead += 1
      }
    }
  }

  // MARK: Questions

  private func ask(_ call: SyncCall) {
    guard callCount < HookLimits.syncMax else {
      return parts.ports.answered(call.number, .failed("too many questions wait"))
    }
    callCount += 1
    let range = HookLimits.syncDeadlineMsRange
    let limit = min(max(call.deadlineMs, range.lowerBound), range.upperBound)
    begin(.call(call), id: call.id, body: call.body, within: .milliseconds(limit))
  }

  // MARK: Tries

  private func begin(_ purpose: Purpose, id: String, body: [UInt8], within limit: TimeSpan) {
    lastNumber += 1
    let number = lastNumber
    guard let endpoint = endpoints[purpose.endpoint], let url = HookURL(endpoint.url) else {
      return finish(purpose, .failed("the endpoint's URL can't be used"))
    }
    let headers = HookSignature.sign(
      id: id, seconds: nowMs / 1000, body: body, keys: endpoint.keys.compactMap { HookKey($0) })
    guard !headers.signature.isEmpty else {
      return finish(purpose, .failed("the endpoint has no key to sign with"))
    }
    tries[number] = Try(
      purpose: purpose, url: url, request: HookRequest.bytes(to: url, headers, body: body),
      connectUntil: loop.now + min(limit, HookLimits.connectLimit), until: loop.now + limit)
    switch url.host {
    case .address(let ip): resolved(number, [ip])
    case .name(let name):
      let mailbox = parts.mailbox
      parts.resolver.resolve(name, lane: endpoint.id) { addresses in
        _ = mailbox.post(
          .resolved(number: number, addresses), reserve: HookDispatcher.answersMax)
      }
    }
  }

  /// The name is looked up, this once: these addresses are judged, and no others are contacted.
  private func resolved(_ number: UInt64, _ found: [IPAddress]) {
    guard var current = tries[number], current.exchange == nil else { return }
    let addresses = found.map { SocketAddress(ip: $0, port: current.url.port) }
    if let refusal = parts.rules.refusal(of: addresses, isSecure: current.url.isSecure) {
      return end(number, .failed(refusal))
    }
    let exchange = HTTPExchange(
      current.url, addresses, pieces: [current.request], context: parts.context,
      connectUntil: current.connectUntil, until: current.until)
    current.exchange = exchange
    tries[number] = current
    if let result = exchange.connect(loop, token: { nextToken(of: number) }) {
      end(number, result)
    }
  }

  private func nextToken(of number: UInt64) -> UInt64 {
    lastToken += 1
    tryOfToken[lastToken] = number
    return lastToken
  }

  private func advance(_ ready: Readiness) {
    guard let number = tryOfToken[ready.token], let exchange = tries[number]?.exchange,
      exchange.token == ready.token
    else { return }
    let result = exchange.advance(
      ready, loop, buffer: &buffer, token: { nextToken(of: number) })
    if exchange.token != ready.token { tryOfToken[ready.token] = nil }
    if let result { end(number, result) }
  }

  private func expire() {
    for (number, current) in tries {
      let deadline = current.exchange?.deadline ?? current.connectUntil
      guard deadline <= loop.now else { continue }
      end(number, .failed(current.exchange?.timeoutText ?? "the name was not found in time"))
    }
  }

  private func end(_ number: UInt64, _ result: ExchangeResult) {
    guard let current = tries.removeValue(forKey: number) else { return }
    if let exchange = current.exchange { tryOfToken[exchange.token] = nil }
    finish(current.purpose, result)
  }

  private func finish(_ purpose: Purpose, _ result: ExchangeResult) {
    switch purpose {
    case .delivery(let row):
      let effects = queue.take(
        outcome(result), of: row.id, to: row.endpoint, atMs: nowMs)
      for effect in effects { carryOut(effect) }
    case .call(let call):
      callCount -= 1
      let answer: SyncAnswer =
        switch result {
        case .answered(let response):
          SyncAnswer(status: response.status, body: response.body)
        case .failed(let text): .failed(text)
        }
      parts.counters.add { counters in
        if case .answered = answer {
          counters.answeredCalls += 1
        } else {
          counters.failedCalls += 1
        }
      }
      parts.ports.answered(call.number, answer)
    }
  }

  private func outcome(_ result: ExchangeResult) -> HookOutcome {
    switch result {
    case .answered(let response):
      .answered(
        status: response.status,
        retryAfterMs: response.headers["Retry-After"].flatMap {
          RetryAfter.milliseconds($0, nowMs: nowMs)
        })
    case .failed(let text): .failed(text)
    }
  }
}
