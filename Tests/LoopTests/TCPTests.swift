// TCP over loopback: streams, queues, shared listeners, the media sockets, frames.

import Loop
import Testing
import Wire

/// Two ends of one connection over loopback.
func connectedPair(queuedBytesMax: Int = 1 << 20) throws -> (near: TCPStream, far: TCPStream) {
  let listener = try TCPListener(binding: SocketAddress(ip: loopback, port: 0))
  let near = try TCPStream(connectingTo: listener.address, queuedBytesMax: queuedBytesMax)
  let arrival = try #require(try accept(listener))
  try near.finishConnecting()
  #expect(arrival.local == listener.address)
  #expect(arrival.remote.ip == loopback)
  return (near, TCPStream(arrival.descriptor, queuedBytesMax: queuedBytesMax))
}

func accept(_ listener: TCPListener) throws -> TCPListener.Arrival? {
  let loop = try EventLoop()
  try loop.add(listener.descriptor, token: 1, interest: .reading)
  let deadline = patience()
  while loop.now < deadline {
    if let arrival = try listener.accept() { return arrival }
    loop.wait(until: deadline)
  }
  return nil
}

// `#expect` cannot take spans apart.
extension TCPStream {
  func write(_ bytes: [UInt8]) -> WriteOutcome { write(bytes.span) }
}

extension FrameWriter {
  mutating func write(_ packet: [UInt8], to stream: TCPStream) -> TCPStream.WriteOutcome {
    write(packet.span, to: stream)
  }
}

extension TCPStream {
  /// Reads until `count` bytes, the end or the test's patience.
  func readAll(_ count: Int) throws -> (bytes: [UInt8], last: ReadOutcome) {
    let loop = try EventLoop()
    try loop.add(descriptor, token: 1, interest: .reading)
    var buffer = [UInt8](repeating: 0, count: 4096)
    var all: [UInt8] = []
    var last = ReadOutcome.wouldBlock
    let deadline = patience()
    while all.count < count && loop.now < deadline {
      var span = buffer.mutableSpan
      last = read(into: &span)
      switch last {
      case .bytes(let got): all += buffer[0..<got]
      case .wouldBlock: loop.wait(until: deadline)
      case .endOfStream, .failed: return (all, last)
      }
    }
    return (all, last)
  }
}

@Suite("TCP connections")
struct TCPTests {
  @Test("bytes go both ways and the end of the stream is told apart from nothing yet")
  func echo() throws {
    let (near, far) = try connectedPair()
    var one = [UInt8](repeating: 0, count: 1)
    var span = one.mutableSpan
    #expect(far.read(into: &span) == .wouldBlock)
    let text = payload(3000, seed: 3)
    #expect(near.write(text) == .accepted)
    #expect(try far.readAll(3000).bytes == text)
    #expect(far.write(text) == .accepted)
    #expect(try near.readAll(3000).bytes == text)
    try near.shutdownWriting()
    #expect(try far.readAll(1).last == .endOfStream)
  }

  @Test("what the kernel does not take waits in the queue, in order, and the queue is bounded")
  func queue() throws {
    let (near, far) = try connectedPair(queuedBytesMax: 50_000)
    var sent: [UInt8] = []
    var seed = 0
    while near.queuedBytes < 40_000 && seed < 10_000 {
      let bytes = payload(10_000, seed: seed)
      #expect(near.write(bytes) == .accepted)
      sent += bytes
      seed += 1
    }
    let queued = near.queuedBytes
    try #require(queued >= 40_000 && queued <= 50_000)
    let tooMuch = payload(50_001 - queued, seed: 1)
    #expect(near.write(tooMuch) == .refused)
    #expect(near.queuedBytes == queued)

    let loop = try EventLoop()
    try loop.add(near.descriptor, token: 1, interest: .writing)
    try loop.add(far.descriptor, token: 2, interest: .reading)
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let deadline = patience()
    while received.count < sent.count && loop.now < deadline {
      loop.wait(until: deadline)
      for readiness in loop.readiness {
        if readiness.token == 1 {
          try near.flush()
          if near.queuedBytes == 0 { try loop.modify(near.descriptor, token: 1, interest: []) }
        } else {
          var span = buffer.mutableSpan
          if case .bytes(let got) = far.read(into: &span) { received += buffer[0..<got] }
        }
      }
    }
    #expect(received == sent)
    #expect(near.queuedBytes == 0)
  }

  @Test("a connection to a port nobody listens on is reported as refused")
  func refused() throws {
    // Our listener has the port at 127.0.0.1, so nobody listens on the wildcard address.
    let listener = try TCPListener(binding: SocketAddress(ip: loopback, port: 0))
    let stream = try TCPStream(
      connectingTo: SocketAddress(ip: loopback2, port: listener.address.port), queuedBytesMax: 10)
    let loop = try EventLoop()
    try loop.add(stream.descriptor, token: 1, interest: .writing)
    loop.wait(until: patience())
    let error = #expect(throws: SystemError.self) { try stream.finishConnecting() }
    #expect(error?.description == "connect: Connection refused")
  }

  @Test("a reset connection is a failure, not an end, and its descriptor is closed once released")
  func reset() throws {
    let far: TCPStream
    do {
      let pair = try connectedPair()
      far = pair.far
      #expect(far.write([1, 2, 3]) == .accepted)
      // Waits until the bytes are there; closing with unread bytes resets the connection.
      let loop = try EventLoop()
      try loop.add(pair.near.descriptor, token: 1, interest: .reading)
      loop.wait(until: patience())
    }
    let last = try far.readAll(1).last
    guard case .failed(let error) = last else {
      Issue.record("not a failure: \(last)")
      return
    }
    #expect(error.description == "receive: Connection reset by peer")
    let loop = try EventLoop()
    try loop.add(far.descriptor, token: 3, interest: [])
    loop.wait(until: patience())
    #expect(loop.readiness.map(\.hangup) == [true])
  }

  @Test("UDP and TCP, IPv4 and IPv6, and all workers have one port number")
  func mediaSockets() throws {
    let sets = try MediaSockets.open(port: 0, workers: 3)
    #expect(sets.count == 3)
    let ports = Set(
      sets.flatMap { set in
        [
          set.udpIPv4.address.port, set.tcpIPv4.address.port, set.udpIPv6?.address.port,
          set.tcpIPv6?.address.port,
        ].compactMap { $0 }
      })
    #expect(ports == [sets[0].port])
    #expect(sets[0].port != 0)
    #expect(sets.allSatisfy { ($0.udpIPv6 != nil) == hasIPv6 })
  }

  @Test("a second server on the same port is refused though both would share")
  func portTaken() throws {
    let sets = try MediaSockets.open(port: 0, workers: 2)
    let error = #expect(throws: SystemError.self) {
      try MediaSockets.open(port: sets[0].port, workers: 2)
    }
    #expect(error?.isAddressInUse == true)
  }

  @Test(
    "a port whose TCP side is taken is refused, and another is chosen when the kernel may choose")
  func tcpSideTaken() throws {
    let tcp = try TCPListener(binding: SocketAddress(ip: loopback, port: 0))
    let error = #expect(throws: SystemError.self) {
      try MediaSockets.open(port: tcp.address.port, workers: 1)
    }
    #expect(error?.isAddressInUse == true)
    #expect(try MediaSockets.open(port: 0, workers: 1)[0].port != tcp.address.port)
  }

  @Test("connections to a shared port are spread over its listeners")
  func sharedListeners() throws {
    let sets = try MediaSockets.open(port: 0, workers: 2)
    let target = SocketAddress(ip: loopback, port: sets[0].port)
    let streams = try (0..<32).map { _ in try TCPStream(connectingTo: target, queuedBytesMax: 10) }
    var counts = [0, 0]
    for (index, set) in sets.enumerated() {
      while try set.tcpIPv4.accept() != nil { counts[index] += 1 }
    }
    #expect(counts[0] + counts[1] == streams.count)
    #expect(counts[0] > 0 && counts[1] > 0)
  }

  @Test("frames written to a connection are read as they were")
  func frames() throws {
    let (near, far) = try connectedPair()
    var writer = FrameWriter()
    let packets = (1...200).map { payload($0 * 7, seed: $0) }
    for packet in packets { #expect(writer.write(packet, to: near) == .accepted) }
    #expect(writer.write([UInt8](), to: near) == .refused)
    #expect(writer.write(payload(Limits.frameBytesMax + 1, seed: 0), to: near) == .refused)
    let total = packets.reduce(0) { $0 + $1.count + 2 }
    let bytes = try far.readAll(total).bytes
    var reader = FrameReader()
    #expect(try reader.frames(of: bytes) == packets)
  }
}
