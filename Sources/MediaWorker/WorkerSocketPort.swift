// The real `WorkerPort`: UDP sockets, ICE-TCP connections, rings and mailboxes.

import Forwarding
import Loop
import MediaControl
import STUN
import Wire

/// A worker's way to the kernel and to the other threads.
///
/// A class because the core holds it and the shell feeds it; both live on one thread.
final class WorkerSocketPort: WorkerPort {
  /// What a readiness token stands for.
  enum Source {
    case udp(isIPv4: Bool)
    case listener(isIPv4: Bool)
    case connection(UInt32)

    init(_ token: UInt64) {
      switch token {
      case 0, 1: self = .udp(isIPv4: token == 0)
      case 2, 3: self = .listener(isIPv4: token == 2)
      default: self = .connection(UInt32(truncatingIfNeeded: token - 4))
      }
    }

    var token: UInt64 {
      switch self {
      case .udp(let isIPv4): isIPv4 ? 0 : 1
      case .listener(let isIPv4): isIPv4 ? 2 : 3
      case .connection(let number): UInt64(number) + 4
      }
    }
  }

  private let config: WorkerShellConfig
  private let loop: EventLoop
  private var senderIPv4: UDPSender
  private var senderIPv6: UDPSender?
  private var wantsWritable = (ipv4: false, ipv6: false)
  private var connections: [UInt32: MediaConnection] = [:]
  private var nextConnection: UInt32 = 0
  private var writer = FrameWriter()
  private var readBuffer = [UInt8](repeating: 0, count: 16_384)
  private var closed: [TransportPath] = []
  private var congested: [TransportPath] = []
  private var handedTo: [Bool]
  /// By worker: handed-over datagrams that wait for its next turn.
  private var waitingFor: [Int]

  private var index: Int { Int(config.core.index.rawValue) }

  init(_ config: WorkerShellConfig, loop: EventLoop) {
    self.config = config
    self.loop = loop
    senderIPv4 = UDPSender(socket: config.sockets.udpIPv4)
    senderIPv6 = config.sockets.udpIPv6.map { UDPSender(socket: $0) }
    handedTo = Array(repeating: false, count: config.inboxes.count)
    waitingFor = Array(repeating: 0, count: config.inboxes.count)
  }

  func register() throws(SystemError) {
    let sockets = config.sockets
    try loop.add(
      sockets.udpIPv4.descriptor, token: Source.udp(isIPv4: true).token, interest: .reading)
    try loop.add(
      sockets.tcpIPv4.descriptor, token: Source.listener(isIPv4: true).token, interest: .reading)
    if let udp = sockets.udpIPv6 {
      try loop.add(udp.descriptor, token: Source.udp(isIPv4: false).token, interest: .reading)
    }
    if let tcp = sockets.tcpIPv6 {
      try loop.add(tcp.descriptor, token: Source.listener(isIPv4: false).token, interest: .reading)
    }
  }

  // MARK: WorkerPort

  func send(_ batch: borrowing DatagramBatch) {
    senderIPv4.send(batch)
    senderIPv6?.send(batch)
    for index in batch.entries.indices {
      guard case .tcp(let number) = batch.entries[index].path.channel,
        let connection = connections[number]
      else { continue }
      switch connection.write(batch.bytes(at: index), with: &writer) {
      case .accepted: if connection.wantsWritable(loop) { markForWriting(number) }
      case .refused: congested.append(connection.path)
      case .failed: close(number)
      }
    }
  }

  func handOff(_ kind: HandOff, _ bytes: borrowing Span<UInt8>, to worker: WorkerIndex) -> Bool {
    let target = Int(worker.rawValue)
    guard target < config.inboxes.count else { return false }
    if case .datagram(let path) = kind, case .tcp(let number) = path.channel {
      // Carried out when the read ends: the bytes behind the frame go along.
      guard let connection = connections[number], connection.move == nil else { return false }
      connection.move = (target, bytes.toArray())
      return true
    }
    guard config.inboxes[target].rings[index].push(kind, copying: bytes) else { return false }
    if case .datagram = kind, HandOffUrgency.canWait(bytes),
      waitingFor[target] < HandOffUrgency.waitingMax
    {
      waitingFor[target] += 1
    } else {
      handedTo[target] = true
    }
    return true
  }

  func perform(_ effect: WorkerEffect) {
    switch effect {
    case .event(let event): config.report(event)
    case .handshake(let order): config.pool.post(order, from: index)
    case .note(let note, let worker):
      _ = config.inboxes[Int(worker.rawValue)].mailbox.post(.note(note))
    case .closeConnection(let number): close(number)
    }
  }

  /// Wakes the workers that got packets in this turn, once each, and asks for writability.
  func finishTurn() {
    for target in handedTo.indices where handedTo[target] {
      handedTo[target] = false
      waitingFor[target] = 0
      config.inboxes[target].rings[index].wakeConsumer()
    }
    watchWritable()
  }

  // MARK: UDP

  func udp(isIPv4: Bool) -> UDPSocket? {
    isIPv4 ? config.sockets.udpIPv4 : config.sockets.udpIPv6
  }

  func resume(isIPv4: Bool) {
    if isIPv4 { senderIPv4.resume() } else { senderIPv6?.resume() }
  }

  private func watchWritable() {
    let wanted = (ipv4: senderIPv4.isBlocked, ipv6: senderIPv6?.isBlocked ?? false)
    if wanted.ipv4 != wantsWritable.ipv4 { watch(config.sockets.udpIPv4, true, wanted.ipv4) }
    if wanted.ipv6 != wantsWritable.ipv6, let socket = config.sockets.udpIPv6 {
      watch(socket, false, wanted.ipv6)
    }
    wantsWritable = wanted
  }

  private func watch(_ socket: UDPSocket, _ isIPv4: Bool, _ isBlocked: Bool) {
    // The descriptor was added at the start: a failure here is not one the peer can cause.
    try? loop.modify(
      socket.descriptor, token: Source.udp(isIPv4: isIPv4).token,
      interest: isBlocked ? [.reading, .writing] : .reading)
  }

  // MARK: ICE-TCP (RFC 6544, RFC 4571)

  func accept(isIPv4: Bool, at now: Instant) {
    guard let listener = isIPv4 ? config.sockets.tcpIPv4 : config.sockets.tcpIPv6 else { return }
    while let arrival = try? listener.accept() {
      _ = adopt(arrival.descriptor, local: arrival.local, remote: arrival.remote, at: now)
    }
  }

  /// Takes a connection over; nil when there are too many.
  func adopt(
    _ descriptor: FileDescriptor, local: SocketAddress, remote: SocketAddress, at now: Instant
  ) -> TransportPath? {
    guard connections.count < WorkerLimits.connectionsMax else { return nil }
    let number = nextConnection &* UInt32(config.inboxes.count) &+ UInt32(index)
    nextConnection &+= 1
    let path = TransportPath(channel: .tcp(connection: number), local: local.ip, remote: remote)
    let connection = MediaConnection(
      TCPStream(descriptor, queuedBytesMax: WorkerLimits.connectionQueueBytes), path: path, at: now)
    connection.local = local
    connections[number] = connection
    let added: Void? = try? loop.add(
      descriptor, token: Source.connection(number).token, interest: .reading)
    guard added != nil else {
      connections[number] = nil
      return nil
    }
    return path
  }

  func readConnection(
    _ number: UInt32, _ readiness: Readiness,
    _ body: (inout MutableSpan<UInt8>, TransportPath) -> Void
  ) {
    guard let connection = connections[number] else { return }
    if readiness.writable {
      guard connection.flush() else { return close(number) }
      if !connection.wantsWritable(loop) { unmarkForWriting(number) }
    }
    guard readiness.readable || readiness.hangup else { return }
    settle(connection.read(&readBuffer, body), connection, number)
  }

  /// Passes on the frames that came with a connection from another worker.
  func takeMoved(
    _ moved: MovedConnection, on path: TransportPath,
    _ body: (inout MutableSpan<UInt8>, TransportPath) -> Void
  ) {
    guard case .tcp(let number) = path.channel, let connection = connections[number] else { return }
    var first = moved.firstFrame
    var frame = first.mutableSpan
    body(&frame, path)
    // The first frame may have closed the connection.
    guard connections[number] != nil else { return }
    settle(connection.take(moved.rest.span, body), connection, number)
  }

  private func settle(
    _ outcome: MediaConnection.OnRead, _ connection: MediaConnection, _ number: UInt32
  ) {
    switch outcome {
    case .open: break
    case .ended: close(number)
    case .moved(let rest): moveConnection(connection, number, rest: rest)
    }
  }

  private func markForWriting(_ number: UInt32) {
    guard let connection = connections[number] else { return }
    try? loop.modify(
      connection.stream.descriptor, token: Source.connection(number).token,
      interest: [.reading, .writing])
  }

  private func unmarkForWriting(_ number: UInt32) {
    guard let connection = connections[number] else { return }
    try? loop.modify(
      connection.stream.descriptor, token: Source.connection(number).token, interest: .reading)
  }

  /// A connection goes to the worker its frame named, with that frame and all that was read behind it.
  private func moveConnection(_ connection: MediaConnection, _ number: UInt32, rest: [UInt8]) {
    guard let move = connection.move else { return }
    try? loop.remove(connection.stream.descriptor)
    connections[number] = nil
    // Should a peer here have used it, it does so no more.
    closed.append(connection.path)
    // With its mailbox full the owner serves nobody; the connection closes and the client tries again.
    _ = config.inboxes[move.worker].mailbox.post(
      .connection(
        MovedConnection(
          descriptor: connection.stream.descriptor, local: connection.local,
          remote: connection.path.remote, firstFrame: move.firstFrame, rest: rest)))
  }

  private func close(_ number: UInt32) {
    guard let connection = connections.removeValue(forKey: number) else { return }
    try? loop.remove(connection.stream.descriptor)
    closed.append(connection.path)
  }

  /// The connections that ended since the last call, among them those nobody claimed in time.
  func takeClosed(at now: Instant) -> [TransportPath] {
    if now >= nextSweep {
      nextSweep = now + .seconds(1)
      for (number, connection) in connections
      where !connection.isClaimed && now - connection.openedAt > WorkerLimits.connectionClaim {
        close(number)
      }
    }
    guard !closed.isEmpty else { return [] }
    defer { closed.removeAll() }
    return closed
  }
  private var nextSweep = Instant.zero

  /// The connections whose queue refused a packet since the last call.
  func takeCongested() -> [TransportPath] {
    guard !congested.isEmpty else { return [] }
    defer { congested.removeAll() }
    return congested
  }
}
