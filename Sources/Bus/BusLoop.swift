// The loop of the bus: two connections, hints that wait, and coming back when Redis has gone.

import Crypto
import HookDelivery
import Hooks
import Loop
import Nodes
import Synchronization
import Wire

/// Lives on its thread, which made it.
final class BusLoop {
  /// One of the two connections: there, being made, or to be tried again.
  private struct Side {
    let role: RedisConversation.Role
    var link: RedisLink?
    var isReady = false
    /// The name is looked up until then.
    var resolvesUntil: Instant?
    var nextTry = Instant.zero
    var pause = BusLimits.pauseMin
  }

  private let parts: Bus.Parts
  private let loop: EventLoop
  private let sender: UInt64
  private var random = RandomSource.system
  private var sides = [Side(role: .listening), Side(role: .speaking)]
  private var outgoing = BusGathering()
  private var incoming = BusGathering()
  private var lastToken: UInt64 = 0
  private var isConnected = false
  /// Messages that may still be looked at in this second.
  private var allowance = BusLimits.messagesPerSecond
  private var allowanceEnds = Instant.zero
  private var countedDiscards: UInt64 = 0
  private var messages: [Bus.Message] = []
  private var buffer = [UInt8](repeating: 0, count: 16 * 1024)
  private var isStopped = false

  init(_ parts: Bus.Parts, loop: EventLoop) {
    self.parts = parts
    self.loop = loop
    sender = random.next()
  }

  func run() {
    while !isStopped {
      loop.wait(until: nextDeadline)
      let ready = loop.readiness
      parts.mailbox.drain(into: &messages)
      for message in messages { take(message) }
      for entry in ready { advance(entry) }
      for index in sides.indices { keepUp(index) }
      speak()
      let heard = incoming.take(at: loop.now)
      if !heard.isEmpty { parts.heard(heard) }
      tellChange()
    }
  }

  private var nextDeadline: Instant {
    var next = incoming.nextTake ?? .distantFuture
    for side in sides {
      next = min(next, side.link?.deadline ?? side.resolvesUntil ?? side.nextTry)
    }
    return next
  }

  private func take(_ message: Bus.Message) {
    switch message {
    case .tell(let hint): outgoing.add(hint)
    case .resolved(let index, let addresses): connect(index, addresses)
    case .stop: isStopped = true
    }
  }

  // MARK: Connections

  private func keepUp(_ index: Int) {
    if let link = sides[index].link {
      if let why = link.expire(loop) { fail(index, why) }
    } else if let until = sides[index].resolvesUntil {
      if loop.now >= until { fail(index, "the name was not found in time") }
    } else if loop.now >= sides[index].nextTry {
      begin(index)
    }
  }

  private func begin(_ index: Int) {
    let server = parts.address.server
    sides[index].resolvesUntil = loop.now + BusLimits.connectLimit
    switch server.host {
    case .address(let ip): connect(index, [SocketAddress(ip: ip, port: server.port)])
    case .name(let name):
      let mailbox = parts.mailbox
      parts.resolver.resolve(name, lane: Int64(index)) { addresses in
        let found = addresses.map { SocketAddress(ip: $0, port: server.port) }
        _ = mailbox.post(.resolved(index, found), reserve: 16)
      }
    }
  }

  /// The first address is taken; who has several has the next one looked up at the next try.
  private func connect(_ index: Int, _ addresses: [SocketAddress]) {
    guard sides[index].resolvesUntil != nil, sides[index].link == nil else { return }
    sides[index].resolvesUntil = nil
    guard let address = addresses.randomElement(using: &random) else {
      return fail(index, "the name was not found")
    }
    lastToken += 1
    sides[index].link = RedisLink(
      sides[index].role, to: address, parts.address, channel: parts.channel,
      context: parts.context, loop, token: lastToken)
    if sides[index].link == nil { fail(index, "no connection can be made") }
  }

  private func fail(_ index: Int, _ why: String) {
    let pause = sides[index].pause
    let shortened =
      pause.nanoseconds / 2 + Int64.random(in: 0...pause.nanoseconds / 2, using: &random)
    sides[index].link = nil
    sides[index].isReady = false
    sides[index].resolvesUntil = nil
    sides[index].nextTry = loop.now + TimeSpan(nanoseconds: shortened)
    sides[index].pause = min(pause + pause, BusLimits.pauseMax)
    lastFailure = why
    parts.counters.value.withLock { $0.failures += 1 }
  }

  private var lastFailure = ""
  private var toldChange: BusChange?

  /// Both connections or none: one of them alone is of no use to anybody.
  private func tellChange() {
    let isUp = sides.allSatisfy(\.isReady)
    let change: BusChange? =
      isUp ? .connected : lastFailure.isEmpty ? nil : .disconnected(lastFailure)
    defer {
      let discarded = outgoing.discarded + incoming.discarded
      parts.counters.value.withLock { counters in
        counters.isConnected = isUp
        counters.discarded += discarded - countedDiscards
      }
      countedDiscards = discarded
    }
    guard let change, isUp != isConnected || toldChange == nil else { return }
    isConnected = isUp
    toldChange = change
    parts.changed(change)
    guard isUp else { return }
    parts.counters.value.withLock { $0.connections += 1 }
    // What was said meanwhile was not heard.
    for hint in BusHint.all { incoming.add(hint) }
  }

  private func advance(_ ready: Readiness) {
    guard let index = sides.firstIndex(where: { $0.link?.token == ready.token }),
      let link = sides[index].link
    else { return }
    for event in link.advance(ready, loop, buffer: &buffer) {
      switch event {
      case .ready:
        sides[index].isReady = true
        sides[index].pause = BusLimits.pauseMin
      case .message(let bytes): hear(bytes)
      case .failed(let why): return fail(index, why)
      }
    }
  }

  // MARK: Words

  private func hear(_ bytes: [UInt8]) {
    if loop.now >= allowanceEnds {
      allowanceEnds = loop.now + .seconds(1)
      allowance = BusLimits.messagesPerSecond
    }
    guard allowance > 0 else {
      // Whatever it was: looking is enough, once.
      for hint in BusHint.all { incoming.add(hint) }
      return parts.counters.value.withLock { $0.discarded += 1 }
    }
    allowance -= 1
    guard let message = BusMessage(bytes) else {
      return parts.counters.value.withLock { $0.garbage += 1 }
    }
    guard message.sender != sender else { return }
    parts.counters.value.withLock { $0.received += 1 }
    incoming.add(message.hint)
  }

  private func speak() {
    guard sides[1].isReady else { return }
    while let link = sides[1].link, link.conversation.isTaking, let hint = outgoing.popFirst() {
      guard let bytes = BusMessage(sender: sender, hint: hint).bytes else { continue }
      let (isTaken, failure) = link.publish(bytes, loop)
      if let failure { return fail(1, failure) }
      if isTaken { parts.counters.value.withLock { $0.sent += 1 } }
    }
  }
}
