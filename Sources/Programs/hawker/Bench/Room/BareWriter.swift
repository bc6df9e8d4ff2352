// The floor of any fan-out over TCP: an epoll loop that writes the same bytes to every connection.

import Glibc
import Loop
import Wire

/// `hawker bench writer`, a child of `hawker bench room fanout`: the first connection orders, every byte
/// that comes on it is one round to all the others.
enum BareWriter {
  /// Bytes of a text frame with a payload of 300 bytes.
  static let frameBytes = 304

  static func run() throws -> Int32 {
    let listener = try TCPListener(
      binding: SocketAddress(ip: IPAddress(ipv4: 0x7F00_0001), port: 0))
    Terminal.write("ready http=\(listener.address)\n", to: 2)
    let loop = try EventLoop()
    try loop.add(listener.descriptor, token: 0, interest: .reading)
    var streams: [TCPStream] = []
    let frame = [UInt8](repeating: 0x61, count: frameBytes)
    var orders = [UInt8](repeating: 0, count: 64)
    while true {
      loop.wait(until: .distantFuture)
      for readiness in loop.readiness {
        if readiness.token == 0 {
          while let arrival = try listener.accept() {
            streams.append(TCPStream(arrival.descriptor, queuedBytesMax: 1 << 20))
            try loop.add(
              arrival.descriptor, token: UInt64(streams.count), interest: .reading)
          }
        } else if readiness.token == 1 {
          var buffer = orders.mutableSpan
          guard case .bytes(let count) = streams[0].read(into: &buffer) else { return 0 }
          for _ in 0..<count {
            for stream in streams.dropFirst() { _ = stream.write(frame.span) }
          }
        }
      }
    }
  }
}
