// The simulated world: one virtual clock, one server of several workers, its network and its clients.

import Client
import Crypto
import DTLS
package import MediaControl
import MediaWorker
package import Wire

/// Why a run was stopped.
package enum WorldError: Error {
  /// More steps than allowed: something goes round in circles.
  case tooManySteps(at: Instant)
}

/// Everything that happens, as a function of a seed and a script.
///
/// Same seed, same run, but for the bytes OpenSSL makes up in handshakes: nothing depends on them.
package final class World {
  enum Actor: Hashable {
    case worker(Int)
    case host(Int)
    case viewer(Int)
    case handshakes
  }

  enum Event {
    case toServer(TransportPath, [UInt8])
    case toClient(SocketAddress, [UInt8])
    case handOff(to: Int, HandOff, [UInt8])
    case note(WorkerNote, to: Int)
    case order(HandshakeOrder, from: WorkerIndex)
    case news(HandshakeNews, to: Int)
    case wake(Actor)
    case script((World) -> Void)
  }

  /// One event of a worker, and when it came.
  package struct Report: Sendable {
    package var at: Instant
    package var event: MediaEvent
  }

  package let seed: UInt64
  package private(set) var now = Instant(nanoseconds: 1_000_000_000_000)
  /// Where the run began.
  package let origin = Instant(nanoseconds: 1_000_000_000_000)
  package private(set) var hosts: [SimulatedHost] = []
  package private(set) var viewers: [SimulatedViewer] = []
  package private(set) var reports: [Report] = []
  /// The share of client addresses whose datagrams the kernel gives to a worker that does not own
  /// the peer, 0...1. By address: the kernel spreads flows, not datagrams.
  package let misdelivery: Double
  /// What the server sent to addresses where nobody is, by address.
  package private(set) var strays: [SocketAddress: Int] = [:]
  /// Sees every datagram a client sends, before the network has its way with it.
  package var tap: ((SimulatedEndpoint, [UInt8]) -> Void)?

  var workers: [WorkerCore<SimulatedPort>] = []
  var random: RandomSource
  let serverIdentity: DTLSIdentity
  let clientIdentity: DTLSIdentity
  private let handshakes: SimulatedHandshakes
  private var queue = EventQueue<Event>()
  private var deliveryRandom: RandomSource
  private var misdelivered: [SocketAddress: Bool] = [:]
  private var endpoints: [SocketAddress: Actor] = [:]
  private var workerWakes: [Instant]
  private var handshakeWake = Instant.distantFuture
  private var batch = DatagramBatch(entriesMax: 256)
  var nextPeer: UInt32 = 1
  var nextTrack: UInt32 = 1
  var following: Set<Following> = []

  struct Following: Hashable {
    var track: TrackID
    var worker: WorkerIndex
  }

  /// Where the server is.
  package static let serverAddress = SocketAddress(ip: IPAddress(ipv4: 0x0A00_0001), port: 7000)
  /// A hop between two workers: a ring and a wake-up.
  static let hopDelay = TimeSpan.microseconds(50)
  /// One step of a handshake on its thread.
  static let handshakeDelay = TimeSpan.milliseconds(1)

  /// A world with a server and nobody else in it.
  package init(seed: UInt64, workers count: Int = 1, misdelivery: Double = 0) throws {
    self.seed = seed
    self.misdelivery = misdelivery
    random = .seeded(seed)
    deliveryRandom = .seeded(seed ^ 0x5EED)
    serverIdentity = try DTLSIdentity(now: WallTime(nanoseconds: World.epoch))
    clientIdentity = try DTLSIdentity(now: WallTime(nanoseconds: World.epoch))
    handshakes = SimulatedHandshakes(identity: serverIdentity)
    workerWakes = Array(repeating: .distantFuture, count: count)
    for index in 0..<count {
      var worker = WorkerCore(
        WorkerConfig(index: WorkerIndex(UInt8(index)), seed: random.next()), port: SimulatedPort())
      worker.watchesNonces = true
      workers.append(worker)
    }
  }

  /// 2025-01-01T00:00:00Z at the clock's zero.
  private static let epoch: Int64 = 1_735_689_600_000_000_000

  /// The server's wall clock.
  package var wall: WallTime { WallTime(nanoseconds: World.epoch + now.nanoseconds) }

  /// The instant so many seconds after the run began.
  package func instant(_ seconds: Double) -> Instant {
    origin + TimeSpan(fractionalSeconds: seconds)
  }

  /// The counters of all workers together.
  package var statistics: WorkerStatistics {
    var sum = WorkerStatistics()
    for worker in workers { sum.add(worker.statistics) }
    return sum
  }

  /// How many datagrams were discarded for `reason`.
  package func discards(_ reason: DiscardReason) -> UInt64 {
    statistics.discards[Int(reason.rawValue)]
  }

  /// Packet indexes used for two different packets, by anyone: must stay 0 (DESIGN section 3).
  package var nonceViolations: Int {
    var count = 0
    for worker in workers { count += worker.nonceViolations }
    for host in hosts { count += host.client.transport.nonceViolations }
    for viewer in viewers { count += viewer.client.transport.nonceViolations }
    return count
  }

  // MARK: Running

  /// Lets `body` happen at `instant`.
  package func at(_ instant: Instant, _ body: @escaping (World) -> Void) {
    queue.add(.script(body), at: instant)
  }

  /// Lets time pass up to `end`.
  ///
  /// - Throws: `.tooManySteps` beyond `stepsMax`.
  package func run(until end: Instant, stepsMax: Int = 4_000_000) throws(WorldError) {
    var steps = 0
    while let next = queue.nextInstant, next <= end {
      guard let event = queue.takeNext() else { break }
      steps += 1
      guard steps <= stepsMax else { throw .tooManySteps(at: now) }
      now = max(now, next)
      perform(event)
    }
    now = max(now, end)
  }

  /// Lets so many seconds pass.
  package func run(for seconds: Double) throws(WorldError) {
    try run(until: now + TimeSpan(fractionalSeconds: seconds))
  }

  private func perform(_ event: Event) {
    switch event {
    case .toServer(let path, let bytes):
      arrive(path, bytes)
    case .toClient(let address, let bytes):
      deliver(bytes, to: address)
    case .handOff(let worker, let kind, let bytes):
      take(kind, bytes, worker)
    case .note(let note, let worker):
      turn(worker) { $0.take(note, at: now) }
    case .order(let order, let worker):
      answer(handshakes.execute(order, from: worker, at: now))
    case .news(let news, let worker):
      turn(worker) { $0.take(news, at: now) }
    case .wake(let actor):
      wake(actor)
    case .script(let body):
      body(self)
    }
  }

  private func wake(_ actor: Actor) {
    switch actor {
    case .worker(let index):
      workerWakes[index] = .distantFuture
      turn(index) { _ in }
    case .host(let index):
      hosts[index].endpoint.scheduledAt = .distantFuture
      turn(host: index) { _ in }
    case .viewer(let index):
      viewers[index].endpoint.scheduledAt = .distantFuture
      turn(viewer: index) { _ in }
    case .handshakes:
      handshakeWake = .distantFuture
      answer(handshakes.advance(at: now))
    }
  }

  // MARK: Workers

  /// One turn of a worker, and everything that follows from it.
  func turn(_ index: Int, _ body: (inout WorkerCore<SimulatedPort>) -> Void) {
    body(&workers[index])
    workers[index].finishTurn(at: now, wall: wall)
    if workers[index].nextDeadline <= now { workers[index].advance(at: now, wall: wall) }
    carryOut(workers[index].port.outbox, index)
    let deadline = workers[index].nextDeadline
    guard deadline < workerWakes[index] else { return }
    workerWakes[index] = max(deadline, now)
    queue.add(.wake(.worker(index)), at: workerWakes[index])
  }

  private func carryOut(_ outbox: Outbox, _ index: Int) {
    for (path, bytes) in outbox.datagrams { sendDown(bytes, on: path) }
    outbox.datagrams.removeAll(keepingCapacity: true)
    for (to, kind, bytes) in outbox.handOffs {
      queue.add(.handOff(to: Int(to.rawValue), kind, bytes), at: now + World.hopDelay)
    }
    outbox.handOffs.removeAll(keepingCapacity: true)
    for effect in outbox.effects {
      switch effect {
      case .event(let event): reports.append(Report(at: now, event: event))
      case .handshake(let order):
        queue.add(
          .order(order, from: WorkerIndex(UInt8(index))), at: now + World.handshakeDelay)
      case .note(let note, let to):
        queue.add(.note(note, to: Int(to.rawValue)), at: now + World.hopDelay)
      case .closeConnection: break  // The simulated network is UDP only.
      }
    }
    outbox.effects.removeAll(keepingCapacity: true)
  }

  private func take(_ kind: HandOff, _ bytes: [UInt8], _ worker: Int) {
    switch kind {
    case .datagram(let path): receive(bytes, on: path, worker, isHandedOver: true)
    case .packet(let track, let info):
      turn(worker) { $0.takePacket(track, info, bytes.span, at: now, wall: wall) }
    case .chainsPassed(let track): turn(worker) { $0.takeChainsPassed(track, at: now) }
    }
  }

  private func receive(
    _ bytes: [UInt8], on path: TransportPath, _ worker: Int, isHandedOver: Bool = false
  ) {
    var bytes = bytes
    let length = bytes.count
    let count = workers.count
    turn(worker) { core in
      var datagram = bytes.mutableSpan
      core.receive(
        &datagram, length: length, on: path, workers: count, isHandedOver: isHandedOver, at: now,
        wall: wall)
    }
  }

  private func answer(_ news: [(WorkerIndex, HandshakeNews)]) {
    for (worker, news) in news {
      queue.add(.news(news, to: Int(worker.rawValue)), at: now + World.handshakeDelay)
    }
    let deadline = handshakes.nextDeadline
    guard deadline < handshakeWake else { return }
    handshakeWake = max(deadline, now)
    queue.add(.wake(.handshakes), at: handshakeWake)
  }

  // MARK: Network

  /// A datagram reaches the server's port: the kernel gives it to one of the workers.
  private func arrive(_ path: TransportPath, _ bytes: [UInt8]) {
    var worker = Int(path.remote.port) % workers.count
    if let endpoint = endpoint(at: path.remote) {
      worker = Int(endpoint.owner.rawValue)
      if isMisdelivered(path.remote) { worker = (worker + 1) % workers.count }
    }
    receive(bytes, on: path, worker)
  }

  private func isMisdelivered(_ address: SocketAddress) -> Bool {
    guard workers.count > 1 else { return false }
    if let known = misdelivered[address] { return known }
    let isWrong = deliveryRandom.unitInterval() < misdelivery
    misdelivered[address] = isWrong
    return isWrong
  }

  private func endpoint(at address: SocketAddress) -> SimulatedEndpoint? {
    switch endpoints[address] {
    case .host(let index): hosts[index].endpoint
    case .viewer(let index): viewers[index].endpoint
    case .worker, .handshakes, nil: nil
    }
  }

  private func sendDown(_ bytes: [UInt8], on path: TransportPath) {
    guard let endpoint = endpoint(at: path.remote) else {
      strays[path.remote, default: 0] += 1
      return
    }
    let arrivals = endpoint.down.send(bytes.count, at: now)
    for arrival in [arrivals.first, arrivals.second] {
      if let arrival { queue.add(.toClient(path.remote, bytes), at: arrival) }
    }
  }

  private func sendUp(from endpoint: SimulatedEndpoint) {
    for index in 0..<batch.entries.count {
      let bytes = batch.bytes(at: index).toArray()
      tap?(endpoint, bytes)
      let arrivals = endpoint.up.send(bytes.count, at: now)
      for arrival in [arrivals.first, arrivals.second] {
        if let arrival {
          queue.add(.toServer(World.serverPath(from: endpoint.address), bytes), at: arrival)
        }
      }
    }
    batch.removeAll()
  }

  /// Lets `bytes` reach the server from `address` now, whoever is there.
  package func inject(_ bytes: [UInt8], from address: SocketAddress) {
    queue.add(.toServer(World.serverPath(from: address), bytes), at: now)
  }

  /// The path of a datagram from `address`, as the server sees it.
  static func serverPath(from address: SocketAddress) -> TransportPath {
    TransportPath(channel: .udp, local: serverAddress.ip, remote: address)
  }

  /// A NAT gives the client another address; what goes to the old one is lost.
  package func rebind(_ endpoint: SimulatedEndpoint) {
    guard let actor = endpoints.removeValue(forKey: endpoint.address) else { return }
    let port = endpoint.address.port &+ 1
    endpoint.address = SocketAddress(ip: endpoint.address.ip, port: port)
    endpoints[endpoint.address] = actor
  }

  // MARK: Clients

  private func deliver(_ bytes: [UInt8], to address: SocketAddress) {
    var bytes = bytes
    let unspecified = IPAddress(ipv4: 0)
    let path = TransportPath(channel: .udp, local: unspecified, remote: World.serverAddress)
    switch endpoints[address] {
    case .host(let index):
      turn(host: index) { host in
        host.receive(&bytes, on: path, at: now, wall: wall, into: &batch)
      }
    case .viewer(let index):
      turn(viewer: index) { viewer in viewer.receive(&bytes, on: path, at: now, into: &batch) }
    case .worker, .handshakes, nil: break
    }
  }

  private func turn(host index: Int, _ body: (SimulatedHost) -> Void) {
    let host = hosts[index]
    body(host)
    if host.nextDeadline <= now { host.advance(at: now, wall: wall, into: &batch) }
    sendUp(from: host.endpoint)
    schedule(.host(index), host.endpoint, host.nextDeadline)
  }

  private func turn(viewer index: Int, _ body: (SimulatedViewer) -> Void) {
    let viewer = viewers[index]
    body(viewer)
    if viewer.nextDeadline <= now { viewer.advance(at: now, into: &batch) }
    sendUp(from: viewer.endpoint)
    schedule(.viewer(index), viewer.endpoint, viewer.nextDeadline)
  }

  private func schedule(_ actor: Actor, _ endpoint: SimulatedEndpoint, _ deadline: Instant) {
    guard deadline < endpoint.scheduledAt else { return }
    // A deadline that is not moved by `advance` must not stop the clock.
    endpoint.scheduledAt = max(deadline, now + .microseconds(100))
    queue.add(.wake(actor), at: endpoint.scheduledAt)
  }

  func enter(_ host: SimulatedHost) {
    endpoints[host.endpoint.address] = .host(hosts.count)
    hosts.append(host)
    turn(host: hosts.count - 1) { _ in }
  }

  func enter(_ viewer: SimulatedViewer) {
    endpoints[viewer.endpoint.address] = .viewer(viewers.count)
    viewers.append(viewer)
    turn(viewer: viewers.count - 1) { _ in }
  }

  /// The client closes its transport, saying so.
  package func close(_ client: SimulatedViewer) {
    client.client.transport.close(into: &batch)
    sendUp(from: client.endpoint)
  }

  /// The client closes its transport, saying so.
  package func close(_ client: SimulatedHost) {
    client.client.transport.close(into: &batch)
    sendUp(from: client.endpoint)
  }

  /// The client is gone without a word: nothing of it leaves or arrives any more.
  package func vanish(_ endpoint: SimulatedEndpoint) {
    endpoint.up.conditions.outages = [now..<Instant.distantFuture]
    endpoint.down.conditions.outages = [now..<Instant.distantFuture]
  }
}
