// The loop of the pushing thread: orders to connections, answers to the desk.

import ClientTLS
import Crypto
import HLS
import HTTP
import Loop
import ObjectStore
import Synchronization
import Wire

/// Lives on its thread, which made it.
final class PushLoop {
  private let target: PushTarget
  private let requests: StoreRequests
  private let context: TLSClientContext
  private let mailbox: Mailbox<StorePusher.Message>
  private let loop: EventLoop
  private let note: @Sendable ([OnPush], Int) -> Void
  private var desk = PushDesk(inFlightMax: PushLoop.linksMax, random: .system)
  private var links: [StoreLink] = []
  private var lastToken: UInt64 = 0
  private var found: (address: SocketAddress, at: Instant)?
  private var credentials: (read: StoreCredentials, at: Instant)?
  private var messages: [StorePusher.Message] = []
  private var buffer = [UInt8](repeating: 0, count: 16 << 10)
  private var stopAt: Instant?
  private var advancedAt = Instant.zero

  /// Connections at once: the segments of four renditions are complete at the same time.
  private static let linksMax = 4
  /// How long an address of the store's name is believed.
  private static let addressLifetime = TimeSpan.seconds(60)
  /// How long credentials are believed: a file that changes is heard of soon.
  private static let credentialsLifetime = TimeSpan.seconds(5)
  /// How often time is let pass for shows that are over.
  private static let tick = TimeSpan.seconds(1)

  init(
    _ target: PushTarget, _ context: TLSClientContext, _ mailbox: Mailbox<StorePusher.Message>,
    _ loop: EventLoop, _ note: @escaping @Sendable ([OnPush], Int) -> Void
  ) {
    self.target = target
    requests = StoreRequests(target.address)
    self.context = context
    self.mailbox = mailbox
    self.loop = loop
    self.note = note
  }

  func run() {
    while true {
      loop.wait(until: deadline)
      mailbox.drain(into: &messages)
      for message in messages { take(message) }
      for ready in loop.readiness { advance(ready) }
      for link in links where link.deadline <= loop.now {
        if let order = link.order { end(order, link.expire()) }
      }
      if loop.now - advancedAt >= PushLoop.tick {
        advancedAt = loop.now
        tell(desk.advance(to: loop.now))
      }
      pump()
      links.removeAll { !$0.isUsable }
      if let stopAt, desk.isSettled || loop.now >= stopAt { return }
    }
  }

  private var deadline: Instant {
    let links = links.map(\.deadline).min() ?? .distantFuture
    let next = min(links, desk.nextDeadline(after: loop.now), stopAt ?? .distantFuture)
    return min(next, loop.now + PushLoop.tick)
  }

  private func take(_ message: StorePusher.Message) {
    switch message {
    case .show(let room, let presentation, let slot):
      slot.isFree.store(true, ordering: .releasing)
      tell(desk.take(presentation, of: room, at: loop.now))
    case .stop(let until): stopAt = until
    }
  }

  private func tell(_ news: [OnPush]) {
    if !news.isEmpty { note(news, desk.waitingBytes) }
  }

  // MARK: Orders

  private func pump() {
    while let order = desk.next(at: loop.now) { send(order) }
  }

  /// On a connection that is free, or a new one.
  private func send(_ order: PushOrder) {
    guard let credentials = currentCredentials() else {
      return take(.failed("there are no credentials"), for: order)
    }
    let time = SystemClock.wallTime()
    let head =
      switch order {
      case .put(let object):
        requests.put(
          object.key, object.chunks, mediaType: object.mediaType,
          cacheControl: object.lifetime.headerValue, credentials, at: time)
      case .delete(let key): requests.delete(key, credentials, at: time)
      }
    do {
      let link = try links.first { $0.order == nil && $0.isUsable } ?? connect()
      if let event = link.send(order, head: head, at: loop.now) { return end(order, event) }
      try loop.modify(link.descriptor, token: link.token, interest: link.interest)
    } catch let fault as ServerStreamFault {
      take(.failed(fault.description), for: order)
    } catch {
      take(.failed("\(error)"), for: order)
    }
  }

  private func connect() throws -> StoreLink {
    let place = target.address
    if found.map({ loop.now - $0.at > PushLoop.addressLifetime }) ?? true {
      guard let ip = HostName.resolve(place.host) else {
        throw ServerStreamFault("cannot find the address of \(place.host)")
      }
      found = (SocketAddress(ip: ip, port: place.port), loop.now)
    }
    guard let address = found?.address else { throw ServerStreamFault("no address") }
    lastToken += 1
    let link = try StoreLink(
      address, tls: place.isSecure ? (context, TLSHost(place.host)) : nil, token: lastToken)
    try loop.add(link.descriptor, token: link.token, interest: link.interest)
    links.append(link)
    return link
  }

  private func currentCredentials() -> StoreCredentials? {
    if let credentials, loop.now - credentials.at < PushLoop.credentialsLifetime {
      return credentials.read
    }
    credentials = target.credentials().map { ($0, loop.now) }
    return credentials?.read
  }

  // MARK: Answers

  private func advance(_ ready: Readiness) {
    guard let link = links.first(where: { $0.token == ready.token }), link.isUsable else { return }
    let order = link.order
    let event = link.advance(ready, buffer: &buffer)
    if link.isUsable {
      try? loop.modify(link.descriptor, token: link.token, interest: link.interest)
    }
    // One that was kept and is closed now has told nobody anything.
    if let event, let order { end(order, event) }
  }

  private func end(_ order: PushOrder, _ event: StoreLink.Event) {
    switch event {
    case .stale: send(order)
    case .failed(let text):
      found = nil
      take(.failed(text), for: order)
    case .answered(let response):
      let isDelete = if case .delete = order { true } else { false }
      let answer = StoreAnswer(
        status: response.status, code: StoreRequests.code(of: response.body), isDelete: isDelete)
      // Whoever we said to be is not believed: the next request asks again who we are.
      if response.status == 401 || response.status == 403 { credentials = nil }
      take(answer, for: order)
    }
  }

  private func take(_ answer: StoreAnswer, for order: PushOrder) {
    tell(desk.end(order, answer, at: loop.now))
  }
}
