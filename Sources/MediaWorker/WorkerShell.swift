// One media worker's thread: sockets, rings and mailbox around a `WorkerCore`.

import Forwarding
import Loop
import MediaControl
import Wire

/// What a worker's thread is made of; everything else it makes itself.
struct WorkerShellConfig: Sendable {
  var core: WorkerConfig
  var sockets: MediaSockets
  /// All workers' inboxes, this one's among them.
  var inboxes: [WorkerInbox]
  var pool: HandshakePool
  var report: @Sendable (MediaEvent) -> Void
}

/// The loop of one worker. Lives and dies on its thread.
final class WorkerShell {
  private let config: WorkerShellConfig
  private let loop: EventLoop
  private let port: WorkerSocketPort
  private var core: WorkerCore<WorkerSocketPort>
  private var receiver = UDPReceiver()
  private var messages: [WorkerMessage] = []
  private var isStopped = false

  private var inbox: WorkerInbox { config.inboxes[Int(config.core.index.rawValue)] }
  private var workers: Int { config.inboxes.count }

  /// Reads of one socket in a turn: with 64 datagrams each a turn stays under 5 ms.
  static let readsPerTurn = 4
  /// Packets taken from one ring in a turn.
  static let ringPacketsPerTurn = 256

  static func run(_ config: WorkerShellConfig) {
    do {
      let shell = try WorkerShell(config)
      shell.run()
    } catch {
      config.report(.workerFailed(config.core.index, String(describing: error)))
    }
  }

  private init(_ config: WorkerShellConfig) throws(SystemError) {
    self.config = config
    loop = try EventLoop(waker: config.inboxes[Int(config.core.index.rawValue)].waker)
    port = WorkerSocketPort(config, loop: loop)
    core = WorkerCore(config.core, port: port)
    try port.register()
  }

  private func run() {
    while !isStopped {
      loop.wait(until: core.nextDeadline)
      turn(at: loop.now, wall: SystemClock.wallTime())
    }
    core.execute(.stop, at: loop.now, wall: SystemClock.wallTime())
    core.finishTurn(at: loop.now, wall: SystemClock.wallTime())
    sayFarewells()
  }

  /// Goes on until all peers have been told that this is the end: without it they would see silence,
  /// and wait.
  private func sayFarewells() {
    let end = loop.now + WorkerLimits.farewellLimit
    while core.awaitsFarewells && loop.now < end {
      loop.wait(until: min(end, core.nextDeadline))
      turn(at: loop.now, wall: SystemClock.wallTime())
    }
  }

  private func turn(at now: Instant, wall: WallTime) {
    takeMessages(at: now, wall: wall)
    takeHandOffs(at: now, wall: wall)
    for readiness in loop.readiness {
      switch WorkerSocketPort.Source(readiness.token) {
      case .udp(let isIPv4):
        if readiness.writable { port.resume(isIPv4: isIPv4) }
        if readiness.readable { receive(isIPv4: isIPv4, at: now, wall: wall) }
      case .listener(let isIPv4): port.accept(isIPv4: isIPv4, at: now)
      case .connection(let number): readConnection(number, readiness, at: now, wall: wall)
      }
    }
    core.finishTurn(at: now, wall: wall)
    core.advance(at: now, wall: wall)
    closeConnections(at: now)
    port.finishTurn()
  }

  // MARK: From other threads

  private func takeMessages(at now: Instant, wall: WallTime) {
    inbox.mailbox.drain(into: &messages)
    for message in messages {
      switch message {
      case .command(.stop): isStopped = true
      case .command(let command): core.execute(command, at: now, wall: wall)
      case .note(let note): core.take(note, at: now)
      case .news(let news): core.take(news, at: now)
      case .connection(let moved): take(moved, at: now, wall: wall)
      }
    }
  }

  private func take(_ moved: MovedConnection, at now: Instant, wall: WallTime) {
    let path = port.adopt(moved.descriptor, local: moved.local, remote: moved.remote, at: now)
    guard let path else { return }
    let workers = self.workers
    port.takeMoved(moved, on: path) { frame, path in
      core.receive(&frame, length: frame.count, on: path, workers: workers, at: now, wall: wall)
    }
  }

  private func takeHandOffs(at now: Instant, wall: WallTime) {
    let workers = self.workers
    for ring in inbox.rings {
      for _ in 0..<WorkerShell.ringPacketsPerTurn {
        let isTaken = ring.consume { header, bytes in
          switch header {
          case .datagram(let path):
            core.receive(
              &bytes, length: bytes.count, on: path, workers: workers, isHandedOver: true, at: now,
              wall: wall)
          case .packet(let track, let info):
            core.takePacket(track, info, bytes.span, at: now, wall: wall)
          case .chainsPassed(let track): core.takeChainsPassed(track, at: now)
          }
        }
        if !isTaken { break }
      }
      // What is left over is taken in the next turn, which must then come at once.
      if !ring.isEmpty { inbox.waker.wake() }
    }
  }

  // MARK: Sockets

  private func receive(isIPv4: Bool, at now: Instant, wall: WallTime) {
    guard let socket = port.udp(isIPv4: isIPv4) else { return }
    let workers = self.workers
    for _ in 0..<WorkerShell.readsPerTurn {
      guard let count = try? receiver.receive(from: socket), count > 0 else { return }
      for index in 0..<count {
        receiver.withDatagram(at: index) { slot, length, path in
          guard length > 0 else { return core.countOversized() }
          core.receive(&slot, length: length, on: path, workers: workers, at: now, wall: wall)
        }
      }
      core.finishTurn(at: now, wall: wall)
      if count < Limits.receiveBatchMax { return }
    }
  }

  private func readConnection(
    _ number: UInt32, _ readiness: Readiness, at now: Instant, wall: WallTime
  ) {
    let workers = self.workers
    port.readConnection(number, readiness) { frame, path in
      core.receive(&frame, length: frame.count, on: path, workers: workers, at: now, wall: wall)
    }
  }

  private func closeConnections(at now: Instant) {
    for path in port.takeClosed(at: now) { core.connectionClosed(path) }
    for path in port.takeCongested() { core.connectionCongested(path, at: now) }
  }
}
