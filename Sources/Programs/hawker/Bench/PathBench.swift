// One worker between one publisher and many viewers, all in memory: what its own code costs.

import Client
import ClientShell
import Crypto
import DTLS
import ICE
import JSON
import Loop
import MediaControl
import MediaWorker
import RTP
import Wire

/// Forwarding by a `WorkerCore` whose port throws everything away.
enum PathBench {
  private static let bitrate = Bitrate.kilobits(1500)
  /// Frames forwarded before measuring: first keyframes, chains, arrays that grow once.
  private static let warmUpFrames = 60

  /// - Parameter rounds: frames forwarded, six packets each.
  static func run(viewers: Int, rounds: Int) throws -> JSONValue {
    var world = try PathWorld(viewers: viewers)
    try world.connect()
    var media = SyntheticMedia(publisher: 0, bitrate: bitrate, startingAt: world.now)
    var total = PathCost()
    for round in 0..<(rounds + warmUpFrames) {
      let cost = world.forward(&media)
      if round >= warmUpFrames { total.add(cost) }
    }
    let packets = Double(max(1, total.packets))
    return [
      "benchmark": "path", "viewers": .integer(Int64(viewers)),
      "packets": .integer(Int64(total.packets)),
      "ns_per_packet": .double((Double(total.nanoseconds) / packets).rounded()),
      "allocations_per_packet": total.allocations.map { .double(Double($0) / packets) } ?? .null,
    ]
  }
}

/// What forwarding took.
private struct PathCost {
  var nanoseconds: Int64 = 0
  /// Nil when nobody counts them.
  var allocations: UInt64? = 0
  /// Datagrams sent to viewers.
  var packets: UInt64 = 0

  mutating func add(_ other: PathCost) {
    nanoseconds += other.nanoseconds
    packets += other.packets
    guard let more = other.allocations else { return allocations = nil }
    allocations? += more
  }
}

/// The port of the measured worker: keeps datagrams while people connect, and counts them afterwards.
private struct PathPort: WorkerPort {
  var isKeeping = true
  var kept: [(bytes: [UInt8], path: TransportPath)] = []
  var orders: [HandshakeOrder] = []
  var sent: UInt64 = 0

  mutating func send(_ batch: borrowing DatagramBatch) {
    sent += UInt64(batch.entries.count)
    guard isKeeping else { return }
    for index in batch.entries.indices {
      kept.append((batch.bytes(at: index).toArray(), batch.entries[index].path))
    }
  }

  mutating func handOff(
    _ kind: HandOff, _ bytes: borrowing Span<UInt8>, to worker: WorkerIndex
  ) -> Bool { false }

  mutating func perform(_ effect: WorkerEffect) {
    if case .handshake(let order) = effect { orders.append(order) }
  }
}

/// A worker, its publisher and its viewers, and the wires between them.
private struct PathWorld {
  private var core: WorkerCore<PathPort>
  private var endpoints: [PeerID: DTLSEndpoint] = [:]
  private let publisher: PublishingClient
  private var clients: [(address: SocketAddress, role: ClientRole)] = []
  private let identity: ClientIdentity
  private(set) var now = Instant(nanoseconds: 1_000_000_000)
  private var batch = DatagramBatch(entriesMax: 512)
  private var nextUpkeep = Instant.zero

  private static let server = SocketAddress(ip: IPAddress(ipv4: 0x7F00_0001), port: 7000)
  private static let audio = PayloadFormat(payloadType: 111, codec: .opus)
  private static let video = PayloadFormat(payloadType: 96, codec: .vp8, rtxPayloadType: 97)
  private static let tracks = (audio: TrackID(1), video: TrackID(2))
  private static let slotBytes = 2048

  private var wall: WallTime { WallTime(nanoseconds: now.nanoseconds + 1_700_000_000_000_000_000) }

  // MARK: Making

  init(viewers: Int) throws {
    identity = try ClientIdentity()
    core = WorkerCore(WorkerConfig(index: WorkerIndex(0), seed: 1), port: PathPort())
    let parameters = PathWorld.publishing
    let fingerprint = [identity.certificate.fingerprint]
    let side = PathWorld.credentials(0)
    let transport = try ClientTransport(
      PathWorld.transport(side, isClient: true, fingerprint), identity: identity.certificate,
      random: .seeded(1), at: now)
    publisher = PublishingClient(parameters, transport: transport, random: .seeded(2))
    clients.append((PathWorld.address(0), .publishing(publisher)))
    core.execute(
      .addPeer(
        PeerID(0), PathWorld.transport(side, isClient: false, fingerprint), PathWorld.receiving),
      at: now, wall: wall)
    for number in 1...viewers { try addViewer(number, fingerprint) }
  }

  private mutating func addViewer(
    _ number: Int, _ fingerprint: [CertificateFingerprint]
  ) throws {
    let side = PathWorld.credentials(number)
    let transport = try ClientTransport(
      PathWorld.transport(side, isClient: true, fingerprint), identity: identity.certificate,
      random: .seeded(UInt64(number) * 7), at: now)
    let media = PathWorld.sending(number)
    let sections = media.sends.map {
      PlayingSection(
        index: $0.index, mid: $0.mid, kind: $0.kind, formats: $0.formats, ssrc: $0.ssrc,
        rtxSSRC: $0.rtxSSRC, feedback: $0.feedback)
    }
    let player = PlayingClient(
      PlayingParameters(
        sections: sections, extensions: media.extensions, reducedSizeRTCP: true, cname: "viewer"),
      transport: transport, random: .seeded(UInt64(number)))
    clients.append((PathWorld.address(number), .playing(player)))
    let peer = PeerID(UInt32(number))
    core.execute(
      .addPeer(peer, PathWorld.transport(side, isClient: false, fingerprint), media), at: now,
      wall: wall)
    for (section, track) in [(0, PathWorld.tracks.audio), (1, PathWorld.tracks.video)] {
      core.execute(.attach(peer, section: section, track: track, .automatic), at: now, wall: wall)
    }
  }

  private static func address(_ number: Int) -> SocketAddress {
    SocketAddress(ip: IPAddress(ipv4: 0x7F00_0001), port: UInt16(20_000 + number))
  }

  /// Both sides' credentials: the worker's ufrag names its owner, worker 0.
  private static func credentials(_ number: Int) -> (server: ICECredentials, client: ICECredentials)
  {
    let text = String(100_000 + number)
    let password = String(repeating: "p", count: 24)
    return (
      ICECredentials(
        ufrag: WorkerUfrag.make(owner: WorkerIndex(0), random: "0" + text), password: password),
      ICECredentials(ufrag: "c" + text, password: password)
    )
  }

  private static func transport(
    _ side: (server: ICECredentials, client: ICECredentials), isClient: Bool,
    _ fingerprints: [CertificateFingerprint]
  ) -> TransportParameters {
    TransportParameters(
      local: isClient ? side.client : side.server, remote: isClient ? side.server : side.client,
      iceRole: isClient ? .controlling : .lite, dtlsRole: isClient ? .client : .server,
      fingerprints: fingerprints,
      candidates: isClient
        ? [RemoteCandidate(transport: .udp, address: server, priority: 1)] : [])
  }

  private static var extensions: ExtensionMap {
    var map = ExtensionMap()
    map[.mid] = 1
    map[.absSendTime] = 2
    map[.transportSequence] = 3
    return map
  }

  private static let feedback: FeedbackSet = [.nack, .pli, .transportWide]

  private static var publishing: PublishingParameters {
    PublishingParameters(
      sections: [
        PublishingSection(
          index: 0, mid: "0", kind: .audio, format: audio,
          encodings: [PublishingEncoding(ssrc: 1001)], feedback: .transportWide),
        PublishingSection(
          index: 1, mid: "1", kind: .video, format: video,
          encodings: [PublishingEncoding(ssrc: 1002, rtxSSRC: 1003)], feedback: feedback),
      ], extensions: extensions, cname: "publisher")
  }

  private static var receiving: MediaParameters {
    MediaParameters(
      receives: [
        ReceiveSection(
          index: 0, mid: "0", kind: .audio, track: tracks.audio, formats: [audio],
          encodings: [AnnouncedEncoding(ssrc: 1001)], feedback: .transportWide),
        ReceiveSection(
          index: 1, mid: "1", kind: .video, track: tracks.video, formats: [video],
          encodings: [AnnouncedEncoding(ssrc: 1002, rtxSSRC: 1003)], feedback: feedback),
      ], sends: [], extensions: extensions, reducedSizeRTCP: true, cname: "server")
  }

  private static func sending(_ number: Int) -> MediaParameters {
    let first = SSRC(number) * 10 + 100_000
    return MediaParameters(
      receives: [],
      sends: [
        SendSection(
          index: 0, mid: "0", kind: .audio, ssrc: first, rtxSSRC: nil, formats: [audio],
          feedback: .transportWide),
        SendSection(
          index: 1, mid: "1", kind: .video, ssrc: first + 1, rtxSSRC: first + 2, formats: [video],
          feedback: feedback),
      ], extensions: extensions, reducedSizeRTCP: true, cname: "server")
  }

  // MARK: Connecting

  /// Lets checks and handshakes happen.
  ///
  /// - Throws: when someone is not connected after five seconds of virtual time.
  mutating func connect() throws {
    for _ in 0..<500 {
      now = now + .milliseconds(10)
      keepUp()
      if clients.allSatisfy({ PathWorld.transport(of: $0.role).isConnected }) { return }
    }
    throw UsageError(text: "the clients could not connect to the worker")
  }

  private static func transport(of role: ClientRole) -> ClientTransport {
    switch role {
    case .publishing(let client): client.transport
    case .playing(let client): client.transport
    }
  }

  /// Everything but media: checks, handshakes, reports, in both directions.
  private mutating func keepUp() {
    core.port.isKeeping = true
    for index in clients.indices {
      switch clients[index].role {
      case .publishing(let client): _ = client.advance(at: now, wall: wall, into: &batch)
      case .playing(let client): _ = client.advance(at: now, into: &batch)
      }
      deliver(from: clients[index].address)
    }
    core.finishTurn(at: now, wall: wall)
    core.advance(at: now, wall: wall)
    shakeHands()
    core.finishTurn(at: now, wall: wall)
    let kept = core.port.kept
    core.port.kept.removeAll(keepingCapacity: true)
    for item in kept { deliver(item.bytes, to: item.path.remote) }
    core.port.isKeeping = false
  }

  /// From the batch to the worker.
  private mutating func deliver(from address: SocketAddress) {
    let path = TransportPath(channel: .udp, local: PathWorld.server.ip, remote: address)
    for index in batch.entries.indices {
      var slot = batch.bytes(at: index).toArray()
      let length = slot.count
      slot += [UInt8](repeating: 0, count: PathWorld.slotBytes - length)
      var span = slot.mutableSpan
      core.receive(&span, length: length, on: path, workers: 1, at: now, wall: wall)
    }
    batch.removeAll()
  }

  /// From the worker to a client, whose answers go back at once.
  private mutating func deliver(_ bytes: [UInt8], to address: SocketAddress) {
    let number = Int(address.port) - 20_000
    guard clients.indices.contains(number) else { return }
    let path = TransportPath(channel: .udp, local: address.ip, remote: PathWorld.server)
    var slot = bytes + [UInt8](repeating: 0, count: PathWorld.slotBytes - bytes.count)
    var span = slot.mutableSpan
    switch clients[number].role {
    case .publishing(let client):
      _ = client.receive(
        &span, length: bytes.count, on: path, at: now, wall: wall, into: &batch)
    case .playing(let client):
      _ = client.receive(&span, length: bytes.count, on: path, at: now, into: &batch)
    }
    deliver(from: address)
  }

  /// What the handshake threads do in a server.
  private mutating func shakeHands() {
    let orders = core.port.orders
    core.port.orders.removeAll()
    for order in orders {
      switch order {
      case .open(let peer, let role, let fingerprints):
        guard
          let endpoint = try? DTLSEndpoint(
            identity: identity.certificate, role: role, fingerprints: fingerprints)
        else { continue }
        endpoints[peer] = endpoint
        settle(endpoint.start(at: now), peer)
      case .datagram(let peer, let bytes):
        guard let endpoint = endpoints[peer] else { continue }
        settle(endpoint.receive(bytes.span, at: now), peer)
      case .close(let peer):
        endpoints[peer] = nil
      }
    }
  }

  private mutating func settle(_ outcome: OnDTLS, _ peer: PeerID) {
    for datagram in endpoints[peer]?.takeDatagrams() ?? [] {
      core.take(.send(peer, datagram), at: now)
    }
    if case .established(let keys) = outcome { core.take(.established(peer, keys), at: now) }
  }

  // MARK: Forwarding

  /// A thirtieth of a second: upkeep now and then, then one frame and its sound, measured.
  mutating func forward(_ media: inout SyntheticMedia) -> PathCost {
    now = now + TimeSpan(nanoseconds: 33_333_334)
    if now >= nextUpkeep {
      nextUpkeep = now + .milliseconds(100)
      keepUp()
    }
    if publisher.takeKeyframeRequest(stream: 1) { media.requestKeyframe() }
    let (now, wall) = (now, wall)
    media.advance(at: now) { packet, payload in
      publisher.send(
        payload,
        PublishingStream.Packet(
          marker: packet.marker, timestamp: packet.timestamp, capturedAt: wall),
        stream: packet.isVideo ? 1 : 0, at: now, into: &batch)
    }
    var slots: [[UInt8]] = []
    for index in batch.entries.indices {
      let bytes = batch.bytes(at: index).toArray()
      slots.append(bytes + [UInt8](repeating: 0, count: PathWorld.slotBytes - bytes.count))
    }
    let lengths = batch.entries.map(\.length)
    batch.removeAll()
    return measure(&slots, lengths)
  }

  private mutating func measure(_ slots: inout [[UInt8]], _ lengths: [Int]) -> PathCost {
    let path = TransportPath(
      channel: .udp, local: PathWorld.server.ip, remote: PathWorld.address(0))
    let (now, wall) = (now, wall)
    let before = (core.port.sent, ThreadClock.allocations(), ThreadClock.nanoseconds())
    for index in slots.indices {
      var span = slots[index].mutableSpan
      core.receive(&span, length: lengths[index], on: path, workers: 1, at: now, wall: wall)
    }
    core.finishTurn(at: now, wall: wall)
    let after = ThreadClock.nanoseconds()
    let allocations = ThreadClock.allocations()
    return PathCost(
      nanoseconds: after - before.2,
      allocations: allocations.flatMap { last in before.1.map { last - $0 } },
      packets: core.port.sent - before.0)
  }
}
