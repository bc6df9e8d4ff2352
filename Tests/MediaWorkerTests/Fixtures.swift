// One worker with a port that records, and peers at its other end who hold the keys.

import Crypto
import DTLS
import Forwarding
import ICE
import MediaControl
import Peer
import RTP
import SRTP
import STUN
import Wire

@testable import MediaWorker

/// Everything a worker did to the world.
final class Recording {
  var sent: [(bytes: [UInt8], path: TransportPath)] = []
  var handOffs: [(kind: HandOff, bytes: [UInt8], worker: WorkerIndex)] = []
  var effects: [WorkerEffect] = []

  var events: [MediaEvent] {
    effects.compactMap { if case .event(let event) = $0 { event } else { nil } }
  }
  var handshakes: [HandshakeOrder] {
    effects.compactMap { if case .handshake(let order) = $0 { order } else { nil } }
  }

  /// Whether nothing at all was done.
  var isEmpty: Bool { sent.isEmpty && handOffs.isEmpty && effects.isEmpty }

  func clear() {
    sent = []
    handOffs = []
    effects = []
  }
}

struct RecordingPort: WorkerPort {
  let recording = Recording()

  mutating func send(_ batch: borrowing DatagramBatch) {
    for index in batch.entries.indices {
      recording.sent.append((batch.bytes(at: index).toArray(), batch.entries[index].path))
    }
  }

  mutating func handOff(_ kind: HandOff, _ bytes: borrowing Span<UInt8>, to worker: WorkerIndex)
    -> Bool
  {
    // As the ring in the shell: nothing to carry is not carried.
    guard !bytes.isEmpty else { return false }
    recording.handOffs.append((kind, bytes.toArray(), worker))
    return true
  }

  mutating func perform(_ effect: WorkerEffect) { recording.effects.append(effect) }
}

func path(_ host: UInt32, port: UInt16 = 5000, local: UInt32 = 1) -> TransportPath {
  TransportPath(
    channel: .udp, local: IPAddress(ipv4: 0x0A00_0000 + local),
    remote: SocketAddress(ip: IPAddress(ipv4: 0x0A00_0100 + host), port: port))
}

/// A browser as the tests need it: credentials, keys, an address.
final class Far {
  let id: PeerID
  var path: TransportPath
  var local: ICECredentials
  let remote: ICECredentials
  let keys: KeyingMaterial
  var sender: SRTPSender?
  var receiver: SRTPReceiver?

  init(_ number: UInt32, owner: Int = 0) {
    id = PeerID(number)
    path = MediaWorkerTests.path(number)
    let name = String(1000 + number) + "abc"
    local = ICECredentials(ufrag: "\(owner)\(name)", password: "serverPassword0123456789")
    remote = ICECredentials(ufrag: "far\(name)", password: "peerPassword0123456789\(name)")
    func master(_ seed: UInt8) -> MasterKey {
      MasterKey(
        key: [UInt8](repeating: seed, count: 16), salt: [UInt8](repeating: seed &+ 1, count: 12))
    }
    keys = KeyingMaterial(
      profile: .aeadAES128GCM, local: master(UInt8(number)), remote: master(UInt8(number) &+ 100))
    sender = try? SRTPSender(profile: .aeadAES128GCM, key: keys.remote)
    receiver = try? SRTPReceiver(profile: .aeadAES128GCM, key: keys.local)
  }

  var transport: TransportParameters {
    TransportParameters(
      local: local, remote: remote, iceRole: .lite, dtlsRole: .server, fingerprints: [])
  }

  /// A connectivity check to us.
  func check(nominate: Bool = true, password: String? = nil, ufrag: String? = nil, id: UInt64 = 1)
    -> [UInt8]
  {
    var buffer = WireBuffer(capacity: STUNWriter.messageBytesMax)
    let request = STUNWriter.BindingRequest(
      transactionID: STUNTransactionID(high: 0, low: id), priority: 1, role: .controlling(1),
      useCandidate: nominate)
    try? STUNWriter.write(
      request, username: Array("\(ufrag ?? local.ufrag):\(remote.ufrag)".utf8).span,
      key: HMACSHA1(key: Array((password ?? local.password).utf8).span), into: &buffer)
    return buffer.array
  }

  func protect(_ packet: [UInt8], isRTCP: Bool = false, rolloverCounter: UInt32 = 0) -> [UInt8] {
    var bytes = packet + [UInt8](repeating: 0, count: 64)
    var span = bytes.mutableSpan
    let header = (try? RTPHeader(parsing: packet.span))?.headerLength ?? 12
    let length =
      isRTCP
      ? try? sender?.protectRTCP(&span, length: packet.count)
      : try? sender?.protectRTP(
        &span, length: packet.count, headerLength: header, rolloverCounter: rolloverCounter)
    return Array(bytes[0..<(length ?? 0)])
  }

  /// The packets of `sent` in clear, those that come to this peer and are authentic.
  func open(_ sent: [(bytes: [UInt8], path: TransportPath)]) -> [RTPPacket] {
    sent.compactMap { bytes, path in
      guard path == self.path, bytes.count > 12, bytes[0] >> 6 == 2,
        !(192...223).contains(bytes[1])
      else { return nil }
      var copy = bytes
      var span = copy.mutableSpan
      guard let length = try? receiver?.unprotectRTP(&span, length: bytes.count) else { return nil }
      let clear = Array(copy[0..<length])
      guard let header = try? RTPHeader(parsing: clear.span) else { return nil }
      return RTPPacket(header: header, payload: Array(clear[header.payload]))
    }
  }

  /// The RTCP packet types of `sent` that come to this peer.
  func openRTCP(_ sent: [(bytes: [UInt8], path: TransportPath)]) -> [RTCPKind] {
    openCompounds(sent).flatMap { $0.items.map(\.kind) }
  }

  /// The RTCP datagrams of `sent` that come to this peer, in clear, and the packets in each.
  func openCompounds(_ sent: [(bytes: [UInt8], path: TransportPath)])
    -> [(items: [RTCPItem], clear: [UInt8])]
  {
    sent.compactMap { bytes, path in
      guard path == self.path, bytes.count > 8, (192...223).contains(bytes[1]) else { return nil }
      var copy = bytes
      var span = copy.mutableSpan
      guard let length = try? receiver?.unprotectRTCP(&span, length: bytes.count) else {
        return nil
      }
      let clear = Array(copy[0..<length])
      var items: [RTCPItem] = []
      var compound = RTCPCompound()
      while let item = try? compound.next(in: clear.span) { items.append(item) }
      return (items, clear)
    }
  }
}

struct RTPPacket {
  var header: RTPHeader
  var payload: [UInt8]
}

/// A VP8 frame in one packet: 15-bit picture id, then a keyframe or an interframe.
func vp8(_ picture: UInt16, keyframe: Bool, count: Int = 60) -> [UInt8] {
  var payload: [UInt8] = [0x90, 0x80, 0x80 | UInt8(picture >> 8 & 0x7F), UInt8(picture & 0xFF)]
  payload += keyframe ? [0, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01] : [1, 0, 0]
  return payload + [UInt8](repeating: 7, count: count)
}

func rtp(
  _ sequence: UInt16, ssrc: SSRC = 5000, payloadType: UInt8 = 96, timestamp: UInt32 = 0,
  payload: [UInt8], padding: UInt8 = 0
) -> [UInt8] {
  var packet: [UInt8] = [padding > 0 ? 0xA0 : 0x80, 0x80 | payloadType]
  packet += [UInt8(sequence >> 8), UInt8(sequence & 0xFF)]
  for shift in stride(from: 24, through: 0, by: -8) {
    packet.append(UInt8(timestamp >> shift & 0xFF))
  }
  for shift in stride(from: 24, through: 0, by: -8) { packet.append(UInt8(ssrc >> shift & 0xFF)) }
  packet += payload
  if padding > 0 { packet += [UInt8](repeating: 0, count: Int(padding) - 1) + [padding] }
  return packet
}

let vp8Format = PayloadFormat(payloadType: 96, codec: .vp8, rtxPayloadType: 97)

func publisherMedia(_ track: UInt32, formats: [PayloadFormat] = [vp8Format]) -> MediaParameters {
  MediaParameters(
    receives: [
      ReceiveSection(
        index: 0, mid: "0", kind: .video, track: TrackID(track), formats: formats,
        encodings: [AnnouncedEncoding()], feedback: [.nack, .pli, .transportWide])
    ], sends: [], extensions: ExtensionMap(), reducedSizeRTCP: true, cname: "us")
}

func sendSection(
  _ index: Int, ssrc: SSRC = 9000, formats: [PayloadFormat] = [vp8Format]
) -> SendSection {
  SendSection(
    index: index, mid: String(index), kind: .video, ssrc: ssrc, rtxSSRC: ssrc + 1,
    formats: formats, feedback: [.nack, .pli])
}

func viewerMedia(_ sections: [SendSection]) -> MediaParameters {
  MediaParameters(
    receives: [], sends: sections, extensions: ExtensionMap(), reducedSizeRTCP: true, cname: "us")
}

/// A worker and its time.
struct World {
  var core: WorkerCore<RecordingPort>
  let recording: Recording
  var now = Instant.zero + .seconds(100)
  var wall = WallTime(nanoseconds: 1_800_000_000_000_000_000)
  var workers: Int

  init(index: UInt8 = 0, workers: Int = 1) {
    let port = RecordingPort()
    recording = port.recording
    core = WorkerCore(WorkerConfig(index: WorkerIndex(index), seed: 4711), port: port)
    self.workers = workers
  }

  mutating func pass(milliseconds: Int64) {
    for _ in 0..<(milliseconds / 5) {
      now = now + .milliseconds(5)
      wall = wall + .milliseconds(5)
      core.advance(at: now, wall: wall)
    }
  }

  mutating func receive(_ datagram: [UInt8], on path: TransportPath, isHandedOver: Bool = false) {
    var slot = datagram + [UInt8](repeating: 0, count: max(0, 2048 - datagram.count))
    var span = slot.mutableSpan
    core.receive(
      &span, length: datagram.count, on: path, workers: workers, isHandedOver: isHandedOver,
      at: now, wall: wall)
    core.finishTurn(at: now, wall: wall)
  }

  mutating func execute(_ command: MediaCommand) {
    core.execute(command, at: now, wall: wall)
    core.finishTurn(at: now, wall: wall)
  }

  mutating func take(_ news: HandshakeNews) {
    core.take(news, at: now)
    core.finishTurn(at: now, wall: wall)
  }

  /// A peer with a selected path and keys.
  mutating func connect(_ far: Far, _ media: MediaParameters) {
    execute(.addPeer(far.id, far.transport, media))
    receive(far.check(), on: far.path)
    take(.established(far.id, far.keys))
  }

  /// Sends frames from a publisher, 33 ms apart; the first is a keyframe if so wished.
  mutating func publish(
    _ far: Far, _ sequences: Range<Int>, keyframe: Bool = false, ssrc: SSRC = 5000
  ) {
    for sequence in sequences {
      let payload = vp8(
        UInt16(sequence & 0x7FFF), keyframe: keyframe && sequence == sequences.lowerBound)
      receive(
        far.protect(
          rtp(
            UInt16(sequence & 0xFFFF), ssrc: ssrc, timestamp: UInt32(sequence) &* 2970,
            payload: payload), rolloverCounter: UInt32(sequence >> 16)), on: far.path)
      pass(milliseconds: 35)
    }
  }

  mutating func keepAlive(_ fars: [Far]) {
    for far in fars { receive(far.check(), on: far.path) }
  }

  func discards(_ reason: DiscardReason) -> UInt64 {
    core.statistics.discards[Int(reason.rawValue)]
  }
}
