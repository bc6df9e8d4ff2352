// The floor of any SFU's cost: encrypt each packet for each viewer, and send it.

import JSON
import Loop
import SRTP
import Wire

/// What each packet costs here, and no more: a copy into the batch, AES-128-GCM by OpenSSL under the
/// viewer's own key, its share of one sendmmsg per 64 datagrams without segmentation offload, and the
/// kernel's delivery to a loopback port that another thread reads. The packets are those of
/// `SyntheticMedia` at 1.5 Mbit/s, which `hawker load` publishes: six of video to a frame, fifty of
/// sound a second. Nothing is received, parsed, decided or remembered. The time of the sending thread
/// counts.
enum FanOutBench {
  /// Bytes of packets in clear: header and extensions, and 1041 bytes of video or 120 of sound.
  private static let videoBytes = headerBytes + 1041
  private static let audioBytes = headerBytes + 120
  private static let headerBytes = 28
  /// Packets of one frame at 1.5 Mbit/s and 30 frames per second.
  private static let packetsPerFrame = 6
  private static let audioPerSecond = 50

  private static let framesPerSecond: Int64 = 30

  /// - Parameters:
  ///   - rounds: frames sent.
  ///   - isPaced: sends a frame when it is due, as a server does, with caches as cold as a server's;
  ///     else one after the other.
  static func run(viewers: Int, rounds: Int, isPaced: Bool) throws -> JSONValue {
    let socket = try UDPSocket(binding: SocketAddress(ip: .anyIPv4, port: 0))
    var sender = UDPSender(socket: socket)
    var ports: [UDPSocket] = []
    for _ in 0..<viewers {
      ports.append(
        try UDPSocket(binding: SocketAddress(ip: IPAddress(ipv4: 0x7F00_0001), port: 0)))
    }
    var bench = try FanOut(ports: ports, headerBytes: headerBytes)
    let readers = try FanOutReaders(ports)
    let pause = try EventLoop()
    let start = SystemClock.now()
    var nanoseconds: Int64 = 0
    for round in 0..<rounds {
      let due = start + TimeSpan.seconds(1) * Int64(round) / framesPerSecond
      while isPaced, SystemClock.now() < due { pause.wait(until: due) }
      let before = ThreadClock.nanoseconds()
      for _ in 0..<packetsPerFrame { bench.send(videoBytes, &sender) }
      for _ in audioDue(by: round)..<audioDue(by: round + 1) { bench.send(audioBytes, &sender) }
      nanoseconds += ThreadClock.nanoseconds() - before
    }
    readers.stop()
    let sent = sender.counters.sentCount
    return [
      "benchmark": "fanout", "viewers": .integer(Int64(viewers)), "is_paced": .bool(isPaced),
      "packets": .integer(Int64(sent)),
      "unsent": .integer(Int64(sender.counters.unsentCount)),
      "cpu_us_per_packet": .double((Double(nanoseconds) / Double(max(1, sent))).rounded() / 1000),
    ]
  }

  /// Packets of sound due before frame `round`.
  private static func audioDue(by round: Int) -> Int {
    round * audioPerSecond / Int(framesPerSecond)
  }
}

/// The other end: a thread that reads what comes, as players do. Without one the buffers fill, and what
/// is thrown away costs the sender less than what is delivered.
private struct FanOutReaders {
  private let thread: WorkerThread
  private let stopping: Mailbox<Bool>

  private struct Config: Sendable {
    let ports: [UDPSocket]
    let waker: Waker
    let stopping: Mailbox<Bool>
  }

  init(_ ports: [UDPSocket]) throws {
    let waker = try Waker()
    stopping = Mailbox(capacity: 1, waker: waker)
    let config = Config(ports: ports, waker: waker, stopping: stopping)
    thread = try WorkerThread(name: "readers", config: config, body: FanOutReaders.run)
  }

  func stop() {
    _ = stopping.post(true)
    thread.join()
  }

  private static func run(_ config: Config) {
    guard let loop = try? EventLoop(waker: config.waker) else { return }
    for (index, port) in config.ports.enumerated() {
      try? loop.add(port.descriptor, token: UInt64(index), interest: .reading)
    }
    var receiver = UDPReceiver()
    var orders: [Bool] = []
    while true {
      loop.wait(until: .distantFuture)
      config.stopping.drain(into: &orders)
      if !orders.isEmpty { return }
      for readiness in loop.readiness {
        _ = try? receiver.receive(from: config.ports[Int(readiness.token)])
      }
    }
  }
}

/// One stream's viewers: a key, a path and a packet number.
private struct FanOut: ~Copyable {
  private let paths: [TransportPath]
  private let senders: [Viewer]
  private var batch: DatagramBatch
  private let packet: [UInt8]
  private let headerBytes: Int
  private var number: UInt32 = 0

  /// A class only because an array can't hold what can't be copied.
  private final class Viewer {
    var sender: SRTPSender
    init(_ sender: consuming SRTPSender) { self.sender = sender }
  }

  init(ports: [UDPSocket], headerBytes: Int) throws {
    // From the address a peer knows, as a server must that is bound to the wildcard.
    let local = IPAddress(ipv4: 0x7F00_0001)
    paths = ports.map { TransportPath(channel: .udp, local: local, remote: $0.address) }
    senders = try ports.indices.map { index in
      let key = MasterKey(
        key: [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 16),
        salt: [UInt8](repeating: 1, count: 12))
      return Viewer(try SRTPSender(profile: .aeadAES128GCM, key: key))
    }
    var packet = [UInt8](repeating: 0x5A, count: DatagramBatch.datagramBytesMax)
    packet[0] = 0x80
    self.packet = packet
    self.headerBytes = headerBytes
    batch = DatagramBatch(entriesMax: Limits.sendMessagesMax)
  }

  /// One packet of `bytes` bytes in clear to every viewer.
  mutating func send(_ bytes: Int, _ sender: inout UDPSender) {
    number += 1
    let (number, headerBytes, packet) = (number, headerBytes, packet)
    for index in senders.indices {
      let viewer = senders[index]
      batch.append(to: paths[index]) { slot in
        guard slot.copy(packet.span.extracting(0..<bytes), at: 0) else { return 0 }
        slot.store(u16: UInt16(truncatingIfNeeded: number), at: 2)
        return
          (try? viewer.sender.protectRTP(
            &slot, length: bytes, headerLength: headerBytes,
            rolloverCounter: number >> 16)) ?? 0
      }
      if !batch.hasRoom { flush(&sender) }
    }
    flush(&sender)
  }

  private mutating func flush(_ sender: inout UDPSender) {
    sender.send(batch)
    batch.removeAll()
  }
}
