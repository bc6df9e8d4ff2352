// Runs any number of clients on one thread: sockets, timers and the clock for their machines.

package import Client
import DTLS
package import MediaControl
import ICE
package import Wire

import Crypto
package import Loop

/// What happened to a client in a turn.
package enum ClientEvent: Hashable, Sendable {
  case connected(ClientID)
  /// Ask the client's `takeKeyframeRequest`.
  case keyframeRequested(ClientID)
  /// The client is over and has left the loop.
  case ended(ClientID, ClientEnd)
}

/// The clients of one thread. Each has its own UDP socket: a server knows its peers by address.
///
/// A turn: `turn`, then look at `events`. A class because its event loop is one.
package final class ClientLoop {
  package let loop: EventLoop
  /// What happened in the last turn.
  package private(set) var events: [ClientEvent] = []

  private var clients: [ClientID: LoopClient] = [:]
  private var owners: [UInt64: (client: ClientID, connection: UInt32?)] = [:]
  private var timers = TimerQueue()
  private var receiver = UDPReceiver()
  private var batch = DatagramBatch(entriesMax: ClientLimits.batchEntries)
  private var writer = FrameWriter()
  private var buffer = [UInt8](repeating: 0, count: 4 * Limits.frameBytesMax)
  /// Tokens, client and connection numbers: never used again.
  private var next: UInt64 = 0

  /// Lends a media packet of a player; the payload lies in the span. Over UDP its arrival is when the
  /// kernel took it, however long it then waited for this loop.
  package typealias MediaBody = (
    ClientID, PlayedPacket, _ datagram: borrowing Span<UInt8>, _ arrival: Instant
  ) -> Void

  /// A loop for the calling thread.
  ///
  /// - Parameter waker: for `Mailbox`es that other threads post to.
  package init(waker: Waker? = nil) throws(ClientFault) {
    do {
      loop = try EventLoop(waker: waker)
    } catch {
      throw ClientFault(error)
    }
  }

  // MARK: Clients

  package var count: Int { clients.count }

  /// The client, if it lives.
  package func role(of id: ClientID) -> ClientRole? { clients[id]?.role }

  /// When the server was last heard; nil for a client that is over.
  package func lastHeard(_ id: ClientID) -> Instant? { clients[id]?.lastHeard }

  /// Adds a client with a transport of its own, which starts its checks now.
  ///
  /// - Parameter make: makes the client of its transport.
  package func add(
    _ parameters: TransportParameters, identity: ClientIdentity, channel: ClientChannel = .any,
    _ make: (ClientTransport) -> ClientRole
  ) throws(ClientFault) -> ClientID {
    let parameters = parameters.restricted(to: channel)
    guard let candidate = parameters.candidates.first else {
      throw .answer("it has no candidate that can be used")
    }
    guard clients.count < ClientLimits.clientsMax else {
      throw .connection("too many clients in one process")
    }
    next += 1
    let (id, now) = (ClientID(rawValue: next), SystemClock.now())
    do {
      let transport = try ClientTransport(
        parameters, identity: identity.certificate, random: .system, at: now)
      let client = try LoopClient(
        id, make(transport), isIPv4: candidate.address.ip.isIPv4, at: now)
      try loop.add(client.socket.descriptor, token: id.rawValue, interest: .reading)
      owners[id.rawValue] = (id, nil)
      clients[id] = client
      settle(client)
      return id
    } catch let error as SystemError {
      throw ClientFault(error)
    } catch {
      throw .connection("no DTLS: \(error)")
    }
  }

  /// Lends a publisher and the batch that leaves when the call ends; not for clients of other kinds.
  package func withPublisher(
    _ id: ClientID, _ body: (PublishingClient, inout DatagramBatch) -> Void
  ) {
    guard let client = clients[id], case .publishing(let publisher) = client.role else { return }
    body(publisher, &batch)
    settle(client)
  }

  /// Asks for a keyframe of a player's section; not for clients of other kinds. At most one in 500 ms.
  package func requestKeyframe(_ id: ClientID, section: Int) {
    guard let client = clients[id], case .playing(let player) = client.role else { return }
    player.requestKeyframe(section: section, at: SystemClock.now(), into: &batch)
    settle(client)
  }

  /// Says close_notify and forgets the client; no event comes of it.
  package func close(_ id: ClientID) {
    guard let client = clients[id] else { return }
    client.role.transport.close(into: &batch)
    flush(client)
    remove(client)
  }

  private func remove(_ client: LoopClient) {
    clients[client.id] = nil
    timers.cancel(client.id.rawValue)
    owners = owners.filter { $0.value.client != client.id }
    try? loop.remove(client.socket.descriptor)
    for connection in client.connections.values { try? loop.remove(connection.stream.descriptor) }
    client.connections.removeAll()
  }

  // MARK: Turns

  /// Waits until something comes, a client has something to do, or `deadline`; does all of it.
  ///
  /// - Parameter media: gets every media packet of every player.
  package func turn(until deadline: Instant, _ media: MediaBody) {
    events.removeAll(keepingCapacity: true)
    loop.wait(until: min(deadline, timers.nextDeadline))
    for readiness in loop.readiness {
      guard let owner = owners[readiness.token], let client = clients[owner.client] else {
        continue
      }
      if let connection = owner.connection {
        serve(client, connection, readiness, media)
      } else {
        if readiness.writable { client.sender.resume() }
        if readiness.readable || readiness.hangup { receive(client, media) }
      }
      settle(client)
    }
    let now = SystemClock.now()
    while let token = timers.popExpired(at: now) {
      guard let client = clients[ClientID(rawValue: token)] else { continue }
      advance(client, at: now)
      settle(client)
    }
  }

  private func receive(_ client: LoopClient, _ media: MediaBody) {
    for _ in 0..<ClientLimits.readsPerTurn {
      guard let count = try? receiver.receive(from: client.socket), count > 0 else { return }
      let now = SystemClock.now()
      let wall = SystemClock.wallTime()
      for index in 0..<count {
        // From the wall clock to ours, by how long ago it was.
        let age = receiver.arrival(at: index).map { wall - $0 } ?? .zero
        let arrival = age > .zero && age < ClientLimits.arrivalAgeMax ? now - age : now
        receiver.withDatagram(at: index) { slot, length, path in
          deliver(&slot, length, path, client, now, wall, arrival, media)
        }
      }
      if count < Limits.receiveBatchMax { return }
    }
  }

  private func deliver(
    _ slot: inout MutableSpan<UInt8>, _ length: Int, _ path: TransportPath, _ client: LoopClient,
    _ now: Instant, _ wall: WallTime, _ arrival: Instant, _ media: MediaBody
  ) {
    client.lastHeard = now
    switch client.role {
    case .publishing(let publisher):
      let outcome = publisher.receive(
        &slot, length: length, on: path, at: now, wall: wall, into: &batch)
      note(outcome, client)
    case .playing(let player):
      let outcome = player.receive(&slot, length: length, on: path, at: now, into: &batch)
      switch outcome {
      case .nothing: break
      case .media(let packet): media(client.id, packet, slot.span, arrival)
      case .connected: events.append(.connected(client.id))
      case .ended(let end): finish(client, end)
      }
    }
  }

  private func note(_ outcome: OnPublishing, _ client: LoopClient) {
    switch outcome {
    case .nothing: break
    case .connected: events.append(.connected(client.id))
    case .keyframeRequested: events.append(.keyframeRequested(client.id))
    case .ended(let end): finish(client, end)
    }
  }

  private func advance(_ client: LoopClient, at now: Instant) {
    switch client.role {
    case .publishing(let publisher):
      note(publisher.advance(at: now, wall: SystemClock.wallTime(), into: &batch), client)
    case .playing(let player):
      if case .ended(let end) = player.advance(at: now, into: &batch) { finish(client, end) }
    }
  }

  private func finish(_ client: LoopClient, _ end: ClientEnd) {
    events.append(.ended(client.id, end))
    flush(client)
    remove(client)
  }

  /// After any input: what was queued leaves, connections are opened, the timer is set.
  private func settle(_ client: LoopClient) {
    guard clients[client.id] != nil else {
      batch.removeAll()
      return
    }
    while let remote = client.role.transport.nextConnection() { connect(client, to: remote) }
    flush(client)
    timers.schedule(client.id.rawValue, at: client.role.nextDeadline)
  }

  // MARK: Sending

  private func flush(_ client: LoopClient) {
    guard !batch.isEmpty else { return }
    let wasBlocked = client.sender.isBlocked
    client.sender.send(batch)
    if client.sender.isBlocked != wasBlocked {
      let interest: Interest = wasBlocked ? .reading : [.reading, .writing]
      try? loop.modify(client.socket.descriptor, token: client.id.rawValue, interest: interest)
    }
    if !client.connections.isEmpty { sendFrames(client) }
    batch.removeAll()
  }

  private func sendFrames(_ client: LoopClient) {
    for index in batch.entries.indices {
      guard case .tcp(let number) = batch.entries[index].path.channel,
        let connection = client.connections[number], connection.isOpen
      else { continue }
      // A full queue loses the datagram, as a network would.
      _ = writer.write(batch.bytes(at: index), to: connection.stream)
    }
    for (number, connection) in client.connections where connection.isOpen {
      watch(connection, number)
    }
  }

  private func watch(_ connection: LoopClient.Connection, _ number: UInt32) {
    let interest: Interest =
      connection.stream.queuedBytes > 0 ? [.reading, .writing] : .reading
    try? loop.modify(
      connection.stream.descriptor, token: UInt64(number), interest: interest)
  }

  // MARK: ICE-TCP (RFC 6544), framed by RFC 4571

  private func connect(_ client: LoopClient, to remote: SocketAddress) {
    guard
      let stream = try? TCPStream(
        connectingTo: remote, queuedBytesMax: ClientLimits.connectionQueueBytes)
    else { return client.role.transport.closed(remote) }
    next += 1
    let number = UInt32(truncatingIfNeeded: next)
    let path = TransportPath(
      channel: .tcp(connection: number), local: remote.ip.isIPv4 ? .anyIPv4 : .anyIPv6,
      remote: remote)
    client.connections[number] = LoopClient.Connection(stream: stream, path: path)
    owners[next] = (client.id, number)
    try? loop.add(stream.descriptor, token: next, interest: .writing)
  }

  private func serve(
    _ client: LoopClient, _ number: UInt32, _ readiness: Readiness, _ media: MediaBody
  ) {
    guard var connection = client.connections[number] else { return }
    if !connection.isOpen {
      do {
        try connection.stream.finishConnecting()
      } catch {
        return close(client, number)
      }
      connection.isOpen = true
      client.connections[number] = connection
      client.role.transport.opened(connection.path)
      advance(client, at: SystemClock.now())
      return watch(connection, number)
    }
    if readiness.writable {
      guard (try? connection.stream.flush()) != nil else { return close(client, number) }
      watch(connection, number)
    }
    guard readiness.readable || readiness.hangup else { return }
    for _ in 0..<ClientLimits.readsPerTurn {
      var span = buffer.mutableSpan
      switch connection.stream.read(into: &span) {
      case .wouldBlock: return
      case .endOfStream, .failed: return close(client, number)
      case .bytes(let count):
        guard takeFrames(client, number, count, media) else { return close(client, number) }
      }
      if clients[client.id] == nil { return }
    }
  }

  /// Cuts what was read into frames; false when the stream is out of step.
  private func takeFrames(
    _ client: LoopClient, _ number: UInt32, _ count: Int, _ media: MediaBody
  ) -> Bool {
    guard var connection = client.connections.removeValue(forKey: number) else { return false }
    defer { if clients[client.id] != nil { client.connections[number] = connection } }
    let (now, wall) = (SystemClock.now(), SystemClock.wallTime())
    var offset = 0
    while true {
      let isComplete: Bool
      do {
        isComplete = try connection.reader.advance(
          buffer.span.extracting(0..<count), from: &offset)
      } catch {
        return false
      }
      guard isComplete else { return true }
      connection.reader.withFrame { frame in
        let length = frame.count
        deliver(&frame, length, connection.path, client, now, wall, now, media)
      }
    }
  }

  private func close(_ client: LoopClient, _ number: UInt32) {
    guard let connection = client.connections.removeValue(forKey: number) else { return }
    owners[UInt64(number)] = nil
    client.role.transport.closed(connection.path.remote)
  }
}
