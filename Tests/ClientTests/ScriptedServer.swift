// The other end of a client's transport, as a test writes it: ICE lite, DTLS server, SRTP, and nothing by itself.

import Client
import Crypto
import DTLS
import ICE
import MediaControl
import RTP
import SRTP
import STUN
import Wire

/// A client of any kind, as the stage drives it.
protocol StagedClient: AnyObject {
  var transport: ClientTransport { get }
  var deadline: Instant { get }
  func take(_ bytes: inout [UInt8], length: Int, on path: TransportPath, _ stage: Stage)
  func tick(_ stage: Stage)
}

/// Virtual time, one client, one server, and 10 ms of network each way.
final class Stage {
  static let serverAddress = SocketAddress(ip: IPAddress(ipv4: 0xC000_0201), port: 7000)
  static let clientAddress = SocketAddress(ip: IPAddress(ipv4: 0xC633_6402), port: 4000)
  static let serverIdentity = try? DTLSIdentity(
    now: WallTime(nanoseconds: 1_750_000_000_000_000_000))
  static let clientIdentity = try? DTLSIdentity(
    now: WallTime(nanoseconds: 1_750_000_000_000_000_000))
  static let serverSide = ICECredentials(ufrag: "0srv", password: "serverPassword0123456789")
  static let clientSide = ICECredentials(ufrag: "clnt", password: "clientPassword0123456789")
  private static let latency = TimeSpan.milliseconds(10)
  private static let stepsMax = 100_000

  private(set) var now = Instant.zero
  var wall: WallTime { WallTime(nanoseconds: 1_800_000_000_000_000_000 + now.nanoseconds) }
  var batch = DatagramBatch(entriesMax: 64)
  /// Whether what the server sends arrives.
  var isServerHeard = true
  /// What the server understood of the client's media, in clear.
  private(set) var rtp: [[UInt8]] = []
  private(set) var rtcp: [[UInt8]] = []
  /// Every protected packet as it was sent.
  private(set) var protected: [[UInt8]] = []

  private var client: (any StagedClient)?
  private var ice: ICELiteAgent
  private let dtls: DTLSEndpoint
  private var sender: SRTPSender?
  private var receiver: SRTPReceiver?
  private var reply = WireBuffer(capacity: ICELiteAgent.replyBytesMax)
  private var flights: [(at: Instant, isToServer: Bool, bytes: [UInt8])] = []

  init(expecting fingerprint: CertificateFingerprint? = nil) throws {
    guard let server = Stage.serverIdentity, let client = Stage.clientIdentity else {
      throw DTLSFailure.libraryFailure
    }
    ice = ICELiteAgent(local: Stage.serverSide, remote: Stage.clientSide, at: .zero)
    dtls = try DTLSEndpoint(
      identity: server, role: .server, fingerprints: [fingerprint ?? client.fingerprint])
    _ = dtls.start(at: .zero)
  }

  /// A transport to this stage's server, which the client believes to have `fingerprint`.
  func makeTransport(fingerprint: CertificateFingerprint? = nil) throws -> ClientTransport {
    guard let server = Stage.serverIdentity, let identity = Stage.clientIdentity else {
      throw DTLSFailure.libraryFailure
    }
    return try ClientTransport(
      TransportParameters(
        local: Stage.clientSide, remote: Stage.serverSide, iceRole: .controlling, dtlsRole: .client,
        fingerprints: [fingerprint ?? server.fingerprint],
        candidates: [
          RemoteCandidate(transport: .udp, address: Stage.serverAddress, priority: 1)
        ]), identity: identity, random: .seeded(7), at: now)
  }

  func play(_ client: any StagedClient) { self.client = client }

  /// Runs until `span` later.
  func run(for span: TimeSpan) {
    let end = now + span
    for _ in 0..<Stage.stepsMax {
      flush()
      let arrival = flights.map(\.at).min() ?? .distantFuture
      let next = max(now, min(arrival, client?.deadline ?? .distantFuture))
      guard next <= end else { break }
      now = next
      deliver()
      client?.tick(self)
    }
    flush()
    now = end
  }

  /// Puts what the client queued on its way.
  func flush() {
    for index in batch.entries.indices {
      flights.append((now + Stage.latency, true, batch.bytes(at: index).toArray()))
    }
    batch.removeAll()
  }

  private func deliver() {
    let due = flights.filter { $0.at <= now }
    flights.removeAll { $0.at <= now }
    for flight in due {
      if flight.isToServer { receive(flight.bytes) } else { lend(flight.bytes) }
    }
  }

  /// Gives a datagram to the client at once, as if it came from the server's address.
  func lend(_ bytes: [UInt8]) {
    guard isServerHeard else { return }
    var slot = bytes + [UInt8](repeating: 0, count: 2048 - bytes.count)
    let path = TransportPath(
      channel: .udp, local: IPAddress(ipv4: 0), remote: Stage.serverAddress)
    client?.take(&slot, length: bytes.count, on: path, self)
  }

  func send(_ bytes: [UInt8]) { flights.append((now + Stage.latency, false, bytes)) }

  // MARK: The server

  private func receive(_ bytes: [UInt8]) {
    switch DatagramKind(bytes.span) {
    case .stun:
      let path = TransportPath(
        channel: .udp, local: Stage.serverAddress.ip, remote: Stage.clientAddress)
      _ = ice.receive(bytes.span, on: path, at: now, reply: &reply)
      if reply.count > 0 { send(reply.array) }
    case .dtls:
      if case .established(let keys) = dtls.receive(bytes.span, at: now) {
        sender = try? SRTPSender(profile: keys.profile, key: keys.local)
        receiver = try? SRTPReceiver(profile: keys.profile, key: keys.remote)
      }
      for datagram in dtls.takeDatagrams() { send(datagram) }
    case .rtp, .rtcp:
      open(bytes)
    case .zrtp, .turnChannel, .unknown:
      break
    }
  }

  private func open(_ bytes: [UInt8]) {
    protected.append(bytes)
    var copy = bytes
    var span = copy.mutableSpan
    if DatagramKind(bytes.span) == .rtp {
      guard let length = try? receiver?.unprotectRTP(&span, length: bytes.count) else { return }
      rtp.append(Array(copy[..<length]))
    } else {
      guard let length = try? receiver?.unprotectRTCP(&span, length: bytes.count) else { return }
      rtcp.append(Array(copy[..<length]))
    }
  }

  /// Whether the server has keys.
  var isServerReady: Bool { sender != nil }

  func closeServer() {
    dtls.close()
    for datagram in dtls.takeDatagrams() { send(datagram) }
  }

  /// The protected form of a packet in clear.
  func protect(_ packet: [UInt8], headerLength: Int = 12) -> [UInt8] {
    var bytes = packet + [UInt8](repeating: 0, count: 64)
    var span = bytes.mutableSpan
    let length =
      DatagramKind(packet.span) == .rtp
      ? try? sender?.protectRTP(
        &span, length: packet.count, headerLength: headerLength, rolloverCounter: 0)
      : try? sender?.protectRTCP(&span, length: packet.count)
    return Array(bytes[..<(length ?? 0)])
  }

  /// The kinds of RTCP the client has sent, in order.
  var kinds: [RTCPKind] {
    rtcp.flatMap { datagram -> [RTCPKind] in
      var compound = RTCPCompound()
      var kinds: [RTCPKind] = []
      while let item = try? compound.next(in: datagram.span) { kinds.append(item.kind) }
      return kinds
    }
  }

  /// Every number the client has asked for again.
  var nacked: [UInt16] {
    rtcp.flatMap { datagram -> [UInt16] in
      var compound = RTCPCompound()
      var numbers: [UInt16] = []
      while let item = try? compound.next(in: datagram.span) {
        guard item.kind == .genericNACK,
          var nack = try? GenericNACK(parsing: item, in: datagram.span)
        else { continue }
        while let number = nack.next(in: datagram.span) { numbers.append(number.rawValue) }
      }
      return numbers
    }
  }
}

/// A bare transport.
final class StagedTransport: StagedClient {
  let transport: ClientTransport
  private(set) var outcomes: [OnClientDatagram] = []
  init(_ transport: ClientTransport) { self.transport = transport }
  var deadline: Instant { transport.nextDeadline }

  func take(_ bytes: inout [UInt8], length: Int, on path: TransportPath, _ stage: Stage) {
    var span = bytes.mutableSpan
    note(transport.receive(&span, length: length, on: path, at: stage.now, into: &stage.batch))
  }

  func tick(_ stage: Stage) {
    if let end = transport.advance(at: stage.now, into: &stage.batch) { note(.ended(end)) }
  }

  private func note(_ outcome: OnClientDatagram) {
    if outcome != .nothing { outcomes.append(outcome) }
  }
}

/// A publisher.
final class StagedPublisher: StagedClient {
  let client: PublishingClient
  private(set) var outcomes: [OnPublishing] = []
  init(_ client: PublishingClient) { self.client = client }
  var transport: ClientTransport { client.transport }
  var deadline: Instant { client.nextDeadline }

  func take(_ bytes: inout [UInt8], length: Int, on path: TransportPath, _ stage: Stage) {
    var span = bytes.mutableSpan
    note(
      client.receive(
        &span, length: length, on: path, at: stage.now, wall: stage.wall, into: &stage.batch))
  }

  func tick(_ stage: Stage) {
    note(client.advance(at: stage.now, wall: stage.wall, into: &stage.batch))
  }

  private func note(_ outcome: OnPublishing) {
    if outcome != .nothing { outcomes.append(outcome) }
  }
}

/// A player.
final class StagedPlayer: StagedClient {
  let client: PlayingClient
  private(set) var played: [PlayedPacket] = []
  private(set) var ends: [ClientEnd] = []
  init(_ client: PlayingClient) { self.client = client }
  var transport: ClientTransport { client.transport }
  var deadline: Instant { client.nextDeadline }

  func take(_ bytes: inout [UInt8], length: Int, on path: TransportPath, _ stage: Stage) {
    var span = bytes.mutableSpan
    note(client.receive(&span, length: length, on: path, at: stage.now, into: &stage.batch))
  }

  func tick(_ stage: Stage) { note(client.advance(at: stage.now, into: &stage.batch)) }

  private func note(_ outcome: OnPlaying) {
    switch outcome {
    case .nothing, .connected: break
    case .media(let packet): played.append(packet)
    case .ended(let end): ends.append(end)
    }
  }
}
