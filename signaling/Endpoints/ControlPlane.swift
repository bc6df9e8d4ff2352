// The control plane's thread: it owns the rooms, between the web server and the media workers.

package import Access
import Commerce
import Crypto
import HTTP
package import Hooks
package import Loop
package import MediaControl
package import MediaWorker
import Messages
package import Nodes
import Room
package import RoomLog
import Synchronization
package import Web
package import Wire

/// What reaches the control plane from other threads.
package enum ControlMessage: Sendable {
  /// With when the web thread had it: claims and bids are put in order by that, however long they
  /// waited here.
  case web(WebEvent, at: Instant)
  case media(MediaEvent)
  /// A change of the revocations is on the disk.
  case recorded(UInt64)
  /// It is not, and won't be.
  case unrecorded(UInt64)
  /// Other processes have said something.
  case hinted([BusHint])
  /// The store has an answer.
  case house(HouseAnswer)
  /// A shop has answered a question.
  case hookAnswered(UInt64, SyncAnswer)
  /// What came of a request that was passed on.
  case passedOn(UInt64, ForwardResult)
  /// A receiver of webhooks wants no more.
  case hookDisabled(Int64, why: String)
  /// Take no new sessions; answer when told to stop.
  case drain
  case stop
}

/// What the control plane wants of the thread that sends webhooks.
package enum HookOrder: Sendable {
  case endpoints([HookEndpointRow])
  case call(SyncCall)
}

/// The shell around `ControlCore`. Made in two steps, because the media plane and the web server
/// report to its mailbox and it commands them.
package final class ControlPlane: Sendable {
  private let waker: Waker
  private let mailbox: Mailbox<ControlMessage>
  private let thread = Mutex<WorkerThread?>(nil)

  /// Messages waiting: a second of statistics of ten thousand tracks, and a burst of joins.
  static let mailboxCapacity = 262_144
  /// How often workers are asked for their counters.
  static let statisticsInterval = TimeSpan.seconds(2)

  package init() throws(SystemError) {
    waker = try Waker()
    mailbox = Mailbox(capacity: ControlPlane.mailboxCapacity, waker: waker)
  }

  /// Leaves a message; false when the mailbox is full, which only a stuck process can bring about.
  @discardableResult
  package func post(_ message: ControlMessage) -> Bool { mailbox.post(message) }

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - record: has a change written to the disk and posts `.recorded` with its number when it is
  ///     there; false when it can't be taken. Called on the control thread, must not wait.
  ///   - store: carries out an order of the rooms and posts `.house` with its answer. As `record`.
  ///   - hooks: sends webhooks: is told the endpoints, and what to ask. As `record`.
  ///   - hookCounters: what became of them so far.
  ///   - busCounters: what became of hints so far; nil without Redis.
  ///   - forward: passes a request on and posts `.passedOn`. As `record`.
  ///   - clockSet: is told when the machine's clock was set, and by how much.
  package func start(
    _ config: ControlConfig, access: AccessControl, media: MediaPlane, web: WebServer,
    record: @escaping @Sendable (RevocationChange, UInt64) -> Bool,
    store: @escaping @Sendable (HouseOrder) -> Void,
    hooks: @escaping @Sendable (HookOrder) -> Void,
    hookCounters: @escaping @Sendable () -> HookCounters,
    forward: @escaping @Sendable (ForwardOrder) -> Void = { _ in },
    busCounters: @escaping @Sendable () -> BusCounters? = { nil },
    clockSet: @escaping @Sendable (TimeSpan) -> Void
  ) throws(SystemError) {
    let parts = Parts(
      waker: waker, mailbox: mailbox, config: config, access: access, media: media, web: web,
      record: record, store: store, hooks: hooks, hookCounters: hookCounters, forward: forward,
      busCounters: busCounters, clockSet: clockSet)
    let thread = try WorkerThread(name: "control", config: parts) { parts in
      guard let loop = try? EventLoop(waker: parts.waker) else { return }
      ControlLoop(parts, loop: loop).run()
    }
    let handed = UncheckedThread(thread)
    self.thread.withLock { $0 = handed.thread }
  }

  /// When something came, by the wall clock: what claims and bids are put in order by. However long it has
  /// waited for the control thread, it counts from then.
  static func receiveTime(of cameAt: Instant, at now: Instant, wall: WallTime) -> WallTime {
    wall - (now - cameAt)
  }

  /// Ends the thread and waits for it.
  package func stop() {
    post(.stop)
    let taken = thread.withLock { thread -> UncheckedThread? in
      defer { thread = nil }
      return thread.map { UncheckedThread($0) }
    }
    taken?.thread.join()
  }

  struct Parts: Sendable {
    var waker: Waker
    var mailbox: Mailbox<ControlMessage>
    var config: ControlConfig
    var access: AccessControl
    var media: MediaPlane
    var web: WebServer
    var record: @Sendable (RevocationChange, UInt64) -> Bool
    var store: @Sendable (HouseOrder) -> Void
    var hooks: @Sendable (HookOrder) -> Void
    var hookCounters: @Sendable () -> HookCounters
    var forward: @Sendable (ForwardOrder) -> Void
    var busCounters: @Sendable () -> BusCounters?
    var clockSet: @Sendable (TimeSpan) -> Void
  }
}

/// Carries a thread's handle into and out of the mutex that is its only home.
///
/// `@unchecked Sendable`: a value is made and taken apart within one call, by one thread.
private struct UncheckedThread: @unchecked Sendable {
  let thread: WorkerThread
  init(_ thread: WorkerThread) { self.thread = thread }
}

/// The loop of the control thread.
private final class ControlLoop {
  private let parts: ControlPlane.Parts
  private let loop: EventLoop
  private var core: ControlCore
  private var sockets = RoomSockets()
  private var messages: [ControlMessage] = []
  private var clock = SteadyClock(at: SystemClock.sinceBoot(), wall: SystemClock.wallTime())
  private var nextStatistics = Instant.zero
  private var isStopped = false

  init(_ parts: ControlPlane.Parts, loop: EventLoop) {
    self.parts = parts
    self.loop = loop
    core = ControlCore(parts.config, access: parts.access)
  }

  func run() {
    while !isStopped {
      let due = min(nextStatistics, sockets.nextFlush)
      let tick = core.nextTick(at: loop.now, wall: wallTime()) ?? .distantFuture
      loop.wait(until: min(due, tick, loop.now + .milliseconds(200)))
      parts.mailbox.drain(into: &messages)
      let now = loop.now
      let wall = wallTime()
      for message in messages { take(message, at: now, wall: wall) }
      if now >= nextStatistics { askForStatistics(at: now) }
      core.advance(at: now, wall: wall)
      sockets.advance(&core, at: now, wall: wall)
      carryOut(at: now, wall: wall)
    }
  }

  private func wallTime() -> WallTime {
    let base = SystemClock.sinceBoot()
    if let step = clock.follow(SystemClock.wallTime(), at: base) { parts.clockSet(step) }
    return clock.wall(at: base)
  }

  private func take(_ message: ControlMessage, at now: Instant, wall: WallTime) {
    switch message {
    case .web(.request(let connection, let request, let body, remote: let remote), let cameAt):
      core.metrics.web = parts.web.counters
      core.metrics.hooks = parts.hookCounters()
      core.metrics.bus = parts.busCounters()
      core.answer(
        body, RequestTicket(connection: connection, request: request), from: remote, at: now,
        wall: ControlPlane.receiveTime(of: cameAt, at: SystemClock.now(), wall: wall))
    case .web(let event, let cameAt):
      sockets.take(
        event, &core, at: now,
        wall: ControlPlane.receiveTime(of: cameAt, at: SystemClock.now(), wall: wall))
    case .media(let event): core.take(event, at: now)
    case .house(let answer): core.take(answer, at: now, wall: wall)
    case .hookAnswered(let number, let answer): core.answered(number, answer, wall: wall)
    case .hookDisabled(let endpoint, let why): core.disabledHook(endpoint, why: why, wall: wall)
    case .passedOn(let number, let result): core.passedOn(number, result, wall: wall)
    case .unrecorded(let number): core.refusedRecord(number)
    case .hinted(let hints): core.hinted(hints)
    case .recorded(let number): core.recorded(number, at: now, wall: wall)
    case .drain: core.drain()
    case .stop: isStopped = true
    }
    // Effects go out after each message, so that answers keep the order of requests.
    carryOut(at: now, wall: wall)
  }

  private func askForStatistics(at now: Instant) {
    nextStatistics = now + ControlPlane.statisticsInterval
    core.askForStatistics()
  }

  private func carryOut(at now: Instant, wall: WallTime) {
    // An effect may have effects of its own: a revocation ends sessions.
    while true {
      let effects = core.takeEffects()
      guard !effects.isEmpty else { break }
      for effect in effects { carryOut(effect, at: now, wall: wall) }
    }
    for command in sockets.takeCommands() { parts.web.post(command) }
  }

  private func carryOut(_ effect: ControlEffect, at now: Instant, wall: WallTime) {
    switch effect {
    case .media(let command, let worker): _ = parts.media.post(command, to: worker)
    case .respond(let ticket, let response):
      parts.web.post(.respond(ticket.connection, ticket.request, response))
    case .news(let room, let change): sockets.take(change, in: room, core, at: now, wall: wall)
    case .transport(let peer, let news): sockets.take(news, of: peer, core, at: now, wall: wall)
    case .record(let change, let number):
      if !parts.record(change, number) { core.refusedRecord(number) }
    case .revoked(let room, let identity):
      sockets.expel(identity, from: room, saying: .revoked, &core, at: now)
    case .expelled(let room, let identity):
      sockets.expel(identity, from: room, saying: .banned, &core, at: now)
    case .house(let order): parts.store(order)
    case .forward(let order): parts.forward(order)
    case .callMerchant(let call):
      core.ask(call, at: now, wall: wall)
    case .tellMember(let room, let identity, let message):
      sockets.tell(identity, in: room, message)
    case .tellEverywhere(let identity, let message): sockets.tell(identity, message)
    case .hookEndpoints(let rows): parts.hooks(.endpoints(rows))
    case .hookCall(let call): parts.hooks(.call(call))
    case .houseNews(let news): sockets.take(news, &core, at: now, wall: wall)
    case .delivery(let session, let delivery):
      sockets.send(.delivery(delivery), toSession: session)
    case .readRefused(let waiter, let refusal): sockets.refuse(waiter, refusal)
    case .permissionsChanged(let room, let identity, let hasNewRole):
      sockets.tellPermissions(
        of: identity, hasNewRole: hasNewRole, in: room, &core, wall: wall)
    }
  }
}
