// UDP over loopback: batches, merging, local addresses, sharing, refusals, the backlog.

import CLinux
import Loop
import Testing
import Wire

// `#expect` cannot take apart what is not copyable.
extension UDPSender {
  fileprivate var state: (isBlocked: Bool, mergesDatagrams: Bool) { (isBlocked, mergesDatagrams) }
}

extension DatagramBatch {
  fileprivate mutating func append(_ bytes: [UInt8], to path: TransportPath) {
    append(bytes.span, to: path)
  }
}

@Suite("UDP sockets")
struct UDPTests {
  @Test("a batch over IPv4 arrives whole, in order, with both ends of its path")
  func roundTripIPv4() throws {
    try roundTrip(loopback)
  }

  @Test(
    "a batch over IPv6 arrives whole, in order, with both ends of its path", .enabled(if: hasIPv6))
  func roundTripIPv6() throws {
    try roundTrip(loopbackIPv6)
  }

  private func roundTrip(_ ip: IPAddress) throws {
    let a = try UDPSocket(binding: SocketAddress(ip: ip, port: 0))
    let b = try UDPSocket(binding: SocketAddress(ip: ip, port: 0))
    #expect(a.address.port != 0 && a.address.port != b.address.port)
    var sender = UDPSender(socket: a)
    var batch = DatagramBatch(entriesMax: 200)
    // Growing sizes never merge; 150 exceed both a sending and two receiving calls.
    let sent = (0..<150).map { payload(100 + $0, seed: $0) }
    for bytes in sent { batch.append(bytes, to: udpPath(to: b.address)) }
    sender.send(batch)
    let received = try receive(sent.count, at: b)
    #expect(received.map(\.bytes) == sent)
    #expect(
      received.allSatisfy { $0.path == TransportPath(channel: .udp, local: ip, remote: a.address) })
    #expect(sender.counters.sentCount == 150)
    #expect(sender.counters.unsentCount == 0)
    #expect(sender.counters.mergedMessageCount == 0)
    #expect(sender.counters.callCount == 3)
  }

  @Test("runs of equal size to one path leave as one message each and arrive as they were")
  func merges() throws {
    let a = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    let b = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    let c = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    var sender = UDPSender(socket: a)
    var batch = DatagramBatch(entriesMax: 300)
    var toB: [[UInt8]] = []
    var toC: [[UInt8]] = []
    // One run of ten with a shorter last; then one to c alone; then 130 of a size: 64, 64 (or fewer by bytes) and a rest.
    for index in 0..<10 { toB.append(payload(index == 9 ? 333 : 1000, seed: index)) }
    for bytes in toB { batch.append(bytes, to: udpPath(to: b.address)) }
    toC.append(payload(500, seed: 77))
    batch.append(toC[0], to: udpPath(to: c.address))
    for index in 0..<130 {
      toB.append(payload(500, seed: index))
      batch.append(toB[10 + index], to: udpPath(to: b.address))
    }
    sender.send(batch)
    #expect(try receive(toB.count, at: b).map(\.bytes) == toB)
    #expect(try receive(1, at: c).map(\.bytes) == toC)
    #expect(sender.state.mergesDatagrams)
    #expect(sender.counters.mergedMessageCount == 4)  // 10, 64, 64, 2
    #expect(sender.counters.sentCount == 141)
    #expect(sender.counters.callCount == 1)
  }

  @Test("a merged message never exceeds the bytes a datagram may have")
  func mergesWithinBytes() throws {
    let a = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    let b = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    var sender = UDPSender(socket: a)
    var batch = DatagramBatch(entriesMax: 60)
    let sent = (0..<60).map { payload(1500, seed: $0) }
    for bytes in sent { batch.append(bytes, to: udpPath(to: b.address)) }
    sender.send(batch)
    #expect(try receive(60, at: b).map(\.bytes) == sent)
    #expect(sender.counters.mergedMessageCount == 2)  // 43 of 1500 bytes are 64,500.
  }

  @Test("a datagram longer than the one before it starts a new message")
  func longerDatagramEndsRun() throws {
    let a = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    let b = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    var sender = UDPSender(socket: a)
    var batch = DatagramBatch(entriesMax: 8)
    let sent = [400, 400, 200, 400, 400, 401].enumerated().map { payload($1, seed: $0) }
    for bytes in sent { batch.append(bytes, to: udpPath(to: b.address)) }
    sender.send(batch)
    #expect(try receive(6, at: b).map(\.bytes) == sent)
    #expect(sender.counters.mergedMessageCount == 2)
  }

  @Test("an answer leaves from the address the question came to")
  func answersFromSameAddress() throws {
    let server = try UDPSocket(binding: SocketAddress(ip: .anyIPv4, port: 0))
    let asker = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    var askerSender = UDPSender(socket: asker)
    var serverSender = UDPSender(socket: server)
    var batch = DatagramBatch(entriesMax: 2)
    for ip in [loopback, loopback2] {
      batch.removeAll()
      batch.append(
        [1, 2, 3], to: udpPath(to: SocketAddress(ip: ip, port: server.address.port)))
      askerSender.send(batch)
      let question = try #require(try receive(1, at: server).first)
      #expect(question.path.local == ip)
      batch.removeAll()
      batch.append([4, 5], to: question.path)
      serverSender.send(batch)
      let answer = try #require(try receive(1, at: asker).first)
      #expect(answer.path.remote == SocketAddress(ip: ip, port: server.address.port))
      #expect(answer.bytes == [4, 5])
    }
  }

  @Test("sockets that share a port share its senders, each sender staying with one")
  func sharing() throws {
    let first = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0), shared: true)
    let second = try UDPSocket(binding: first.address, shared: true)
    #expect(throws: SystemError.self) { try UDPSocket(binding: first.address) }
    var batch = DatagramBatch(entriesMax: 2)
    for index in 0..<2 {
      batch.append([UInt8(index), 9, UInt8(index)], to: udpPath(to: first.address))
    }
    let sources = try (0..<64).map { _ in
      try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    }
    for source in sources {
      var sender = UDPSender(socket: source)
      sender.send(batch)
    }
    // Loopback delivers within the sending call: all have come.
    var receiver = UDPReceiver()
    let atFirst = try receiver.receiveWaiting(at: first)
    let atSecond = try receiver.receiveWaiting(at: second)
    #expect(atFirst.count + atSecond.count == 128)
    #expect(!atFirst.isEmpty && !atSecond.isEmpty)
    let remotes = Set(atFirst.map(\.path.remote)).intersection(atSecond.map(\.path.remote))
    #expect(remotes.isEmpty)
  }

  @Test("a destination the kernel refuses loses its own datagrams and nobody else's")
  func refusedDestination() throws {
    let a = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    let b = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    var sender = UDPSender(socket: a)
    var batch = DatagramBatch(entriesMax: 16)
    let nowhere = udpPath(to: SocketAddress(ip: loopback, port: 0))
    let notOurs = udpPath(to: b.address, from: IPAddress(ipv4: 0xC000_0201))
    let sent = (0..<6).map { payload(100, seed: $0) }
    batch.append(sent[0], to: udpPath(to: b.address))
    for index in 0..<3 { batch.append(sent[index], to: nowhere) }
    batch.append(sent[1], to: udpPath(to: b.address))
    batch.append(sent[2], to: notOurs)
    for index in 2..<6 { batch.append(sent[index], to: udpPath(to: b.address)) }
    sender.send(batch)
    #expect(try receive(6, at: b).map(\.bytes) == sent)
    #expect(sender.counters.unsentCount == 4)
    #expect(sender.counters.sentCount == 6)
    // Three datagrams to port 0 were one message; refusing it says nothing about merging.
    #expect(sender.state.mergesDatagrams)
    #expect(sender.counters.mergedMessageCount == 1)
  }

  @Test("where the kernel refuses merged messages their parts are sent singly from then on")
  func refusedMerging() throws {
    let a = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    let b = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    // The kernel cannot cut up datagrams of a socket that sends no checksums.
    #expect(clinux_set_option(a.descriptor.rawValue, CLINUX_NO_CHECKSUM, 1) == 0)
    var sender = UDPSender(socket: a)
    var batch = DatagramBatch(entriesMax: 16)
    let sent = (0..<12).map { payload(200, seed: $0) }
    for bytes in sent { batch.append(bytes, to: udpPath(to: b.address)) }
    sender.send(batch)
    #expect(try receive(12, at: b).map(\.bytes) == sent)
    #expect(!sender.state.mergesDatagrams)
    #expect(sender.counters.sentCount == 12)
    #expect(sender.counters.mergedMessageCount == 0)
    let calls = sender.counters.callCount
    sender.send(batch)
    #expect(try receive(12, at: b).map(\.bytes) == sent)
    #expect(sender.counters.callCount == calls + 1)
  }

  @Test("datagrams of the other family or of a TCP connection are left to others")
  func leavesOthers() throws {
    let a = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    let b = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    var sender = UDPSender(socket: a)
    var batch = DatagramBatch(entriesMax: 8)
    batch.append([1], to: udpPath(to: SocketAddress(ip: loopbackIPv6, port: b.address.port)))
    batch.append(
      [2],
      to: TransportPath(channel: .tcp(connection: 1), local: loopback, remote: b.address))
    batch.append([3], to: udpPath(to: b.address))
    sender.send(batch)
    #expect(try receive(1, at: b).map(\.bytes) == [[3]])
    #expect(sender.counters.sentCount == 1)
    #expect(sender.counters.unsentCount == 0)
  }

  @Test("a datagram longer than a slot is discarded and counted, an empty one has length 0")
  func truncated() throws {
    let a = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    let b = try UDPSocket(binding: SocketAddress(ip: loopback, port: 0))
    // A connected socket sends plain bytes of any length.
    try #require(connect(a, to: b.address))
    for length in [2048, 2049, 0, 5] {
      let bytes = payload(max(1, length), seed: 1)
      #expect(unsafe clinux_send(a.descriptor.rawValue, bytes, length) == length)
    }
    var receiver = UDPReceiver()
    let received = try receiver.receiveWaiting(at: b)
    #expect(received.map(\.bytes.count) == [2048, 0, 0, 5])
    #expect(receiver.truncatedCount == 1)
  }

  private func connect(_ socket: UDPSocket, to remote: SocketAddress) -> Bool {
    var raw = clinux_address(
      high: remote.ip.high, low: remote.ip.low, port: remote.port, is_ipv4: 1)
    return unsafe clinux_connect(socket.descriptor.rawValue, &raw) == 0
  }

  @Test("while the kernel's buffer is full a bounded rest waits, and leaves when there is room")
  func backlog() throws {
    // A TCP connection takes the same calls and, unlike UDP on loopback, has a buffer that fills.
    let (near, far) = try connectedPair()
    let socket = UDPSocket(
      descriptor: near.descriptor, address: SocketAddress(ip: loopback, port: 0))
    var sender = UDPSender(socket: socket)
    var batch = DatagramBatch(entriesMax: 64)
    let remote = udpPath(to: SocketAddress(ip: loopback, port: 9))
    // Growing sizes: nothing to merge.
    for index in 0..<64 { batch.append(payload(1300 + index, seed: index), to: remote) }
    var batches = 0
    while !sender.isBlocked && batches < 10_000 {
      sender.send(batch)
      batches += 1
    }
    try #require(sender.state.isBlocked)
    #expect(sender.counters.unsentCount == 0)
    for _ in 0..<(Limits.sendBacklogMax / 64 + 1) { sender.send(batch) }
    batches += Limits.sendBacklogMax / 64 + 1
    let given = UInt64(batches * 64)
    let waiting = UInt64(Limits.sendBacklogMax)
    #expect(sender.counters.unsentCount > 0)
    #expect(sender.counters.sentCount + sender.counters.unsentCount + waiting == given)

    let loop = try EventLoop()
    try loop.add(near.descriptor, token: 1, interest: .writing)
    try loop.add(far.descriptor, token: 2, interest: .reading)
    let deadline = patience()
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while sender.isBlocked && loop.now < deadline {
      loop.wait(until: deadline)
      for readiness in loop.readiness {
        if readiness.token == 1 { sender.resume() }
        var span = buffer.mutableSpan
        if readiness.token == 2 { _ = far.read(into: &span) }
      }
    }
    #expect(!sender.state.isBlocked)
    #expect(sender.counters.sentCount + sender.counters.unsentCount == given)
    let unsent = sender.counters.unsentCount
    sender.send(batch)
    #expect(sender.counters.unsentCount == unsent)
  }
}
