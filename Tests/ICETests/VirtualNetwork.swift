// Two agents and a network between them, in virtual time, from a seed.

import Crypto
import STUN
import Testing
import Wire

@testable import ICE

/// A controlling agent, a lite one, and datagrams that take time, get lost and overtake each other.
struct VirtualNetwork {
  private struct Flight {
    let arrival: Instant
    let sequence: Int
    let isToServer: Bool
    let bytes: [UInt8]
    /// As the receiver sees it.
    let path: TransportPath
  }

  var client: ICEControllingAgent
  var server: ICELiteAgent
  /// 0...1 of datagrams are lost, each way; TCP loses nothing.
  var loss = 0.0
  var latency = TimeSpan.milliseconds(10)...TimeSpan.milliseconds(60)
  /// Datagrams on these are lost.
  var isUDPBlocked = false
  var isTCPBlocked = false
  /// Both directions are dead.
  var isCut = false
  /// Where the server sees the client; a NAT may change it.
  var clientAddress = SocketAddress(ip: IPAddress(ipv4: 0xC000_0201), port: 1000)

  private(set) var now = Instant.zero
  private(set) var clientSelections: [(Instant, TransportPath)] = []
  private(set) var serverSelections: [(Instant, TransportPath)] = []
  private(set) var serverOutcomes: [ICELiteAgent.OnCheck] = []
  private(set) var datagramsToServer: [(Instant, [UInt8])] = []
  private var flights: [Flight] = []
  private var sequence = 0
  private var connections: UInt32 = 0
  private var random: RandomSource
  private var batch = DatagramBatch(entriesMax: 8)
  private var reply = WireBuffer(capacity: ICELiteAgent.replyBytesMax)

  init(seed: UInt64, timing: ICETiming = ICETiming()) {
    random = .seeded(seed)
    client = ICEControllingAgent(
      local: peer, remote: liteSide, timing: timing, random: .seeded(seed &+ 1), at: .zero)
    server = ICELiteAgent(local: liteSide, remote: peer, at: .zero)
  }

  /// Runs until `end`, with a bound on steps so that a busy loop fails instead of hanging.
  mutating func run(until end: Instant) {
    for _ in 0..<100_000 {
      let arrival = flights.map(\.arrival).min() ?? .distantFuture
      let deadline = client.isExpired(at: now) ? .distantFuture : client.nextDeadline
      let next = max(now, min(arrival, deadline))
      guard next <= end else {
        now = end
        return
      }
      now = next
      if arrival <= now { deliver() }
      client.advance(at: now, into: &batch)
      sendFromClient()
      connect()
    }
    Issue.record("a busy loop at \(now)")
  }

  private mutating func connect() {
    while let remote = client.nextConnection() {
      guard !isTCPBlocked else { continue }
      connections += 1
      client.opened(
        TransportPath(
          channel: .tcp(connection: connections), local: clientAddress.ip, remote: remote))
    }
  }

  private mutating func sendFromClient() {
    for index in batch.entries.indices {
      let entry = batch.entries[index]
      let bytes = batch.bytes(at: index).toArray()
      datagramsToServer.append((now, bytes))
      let path = TransportPath(
        channel: entry.path.channel, local: entry.path.remote.ip, remote: clientAddress)
      send(bytes, on: path, isToServer: true)
    }
    batch.removeAll()
  }

  private mutating func send(_ bytes: [UInt8], on path: TransportPath, isToServer: Bool) {
    let isUDP = path.channel == .udp
    if isCut || isUDP && (isUDPBlocked || random.unitInterval() < loss) { return }
    let spread = latency.upperBound - latency.lowerBound
    let delay =
      latency.lowerBound + TimeSpan(fractionalSeconds: spread.seconds * random.unitInterval())
    sequence += 1
    flights.append(
      Flight(
        arrival: now + delay, sequence: sequence, isToServer: isToServer, bytes: bytes, path: path))
  }

  private mutating func deliver() {
    let due = flights.filter { $0.arrival <= now }.sorted {
      ($0.arrival, $0.sequence) < ($1.arrival, $1.sequence)
    }
    flights.removeAll { $0.arrival <= now }
    for flight in due {
      if flight.isToServer { deliverToServer(flight) } else { deliverToClient(flight) }
    }
  }

  private mutating func deliverToServer(_ flight: Flight) {
    let outcome = server.receive(flight.bytes.span, on: flight.path, at: now, reply: &reply)
    serverOutcomes.append(outcome)
    if case .selected(let path) = outcome { serverSelections.append((now, path)) }
    guard reply.count > 0 else { return }
    // The reply reaches the client only where the NAT still maps this address to it.
    guard flight.path.remote == clientAddress else { return }
    let source = SocketAddress(ip: flight.path.local, port: 7000)
    let path = TransportPath(
      channel: flight.path.channel, local: clientAddress.ip, remote: source)
    send(reply.array, on: path, isToServer: false)
  }

  private mutating func deliverToClient(_ flight: Flight) {
    let outcome = client.receive(flight.bytes.span, on: flight.path, at: now, into: &batch)
    if case .selected(let path) = outcome { clientSelections.append((now, path)) }
    sendFromClient()
  }
}

/// The lite side's credentials.
private let liteSide = server

/// The server's candidates: UDP on two addresses, TCP on one.
let udp1 = RemoteCandidate(
  transport: .udp, address: SocketAddress(ip: IPAddress(ipv4: 0x0A00_0001), port: 7000),
  priority: ICEPriority.hostUDP(index: 0))
let udp2 = RemoteCandidate(
  transport: .udp, address: SocketAddress(ip: IPAddress(ipv4: 0x0A00_0002), port: 7000),
  priority: ICEPriority.hostUDP(index: 1))
let tcp1 = RemoteCandidate(
  transport: .tcpPassive, address: SocketAddress(ip: IPAddress(ipv4: 0x0A00_0001), port: 7000),
  priority: ICEPriority.hostTCP(index: 0))

// Failures name the agents, they do not print all that is inside them.
extension ICEControllingAgent: CustomTestStringConvertible {
  package var testDescription: String { "controlling agent" }
}
extension ICELiteAgent: CustomTestStringConvertible {
  package var testDescription: String { "lite agent" }
}
extension VirtualNetwork: CustomTestStringConvertible {
  var testDescription: String { "network at \(now.nanoseconds) ns" }
}
