// What the tests of sockets share: loopback addresses, payloads, waiting with a deadline.

import Loop
import Testing
import Wire

let loopback = IPAddress(ipv4: 0x7F00_0001)
let loopback2 = IPAddress(ipv4: 0x7F00_0002)
let loopbackIPv6 = IPAddress(high: 0, low: 1)

/// Whether this machine has IPv6 on its loopback; containers often have not.
let hasIPv6 = (try? UDPSocket(binding: SocketAddress(ip: loopbackIPv6, port: 0))) != nil

/// Far enough for any loaded machine; a test that works never waits for it.
func patience() -> Instant { SystemClock.now() + .seconds(20 as Int64) }

/// One datagram as it arrived.
struct Received: Equatable {
  var bytes: [UInt8]
  var path: TransportPath
}

/// `length` bytes that differ between values of `seed`.
func payload(_ length: Int, seed: Int) -> [UInt8] {
  (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ seed &* 31) }
}

extension UDPReceiver {
  /// Everything that waits at `socket` now.
  mutating func receiveWaiting(at socket: UDPSocket) throws -> [Received] {
    var all: [Received] = []
    while try receive(from: socket) > 0 {
      for index in 0..<count {
        all.append(
          withDatagram(at: index) { slot, length, path in
            Received(bytes: (0..<length).map { slot[$0] }, path: path)
          })
      }
    }
    return all
  }
}

/// Waits until `count` datagrams have come to `socket`, or the test's patience ends.
func receive(_ count: Int, at socket: UDPSocket) throws -> [Received] {
  let loop = try EventLoop()
  try loop.add(socket.descriptor, token: 1, interest: .reading)
  var receiver = UDPReceiver()
  var all: [Received] = []
  let deadline = patience()
  while all.count < count && loop.now < deadline {
    loop.wait(until: deadline)
    all += try receiver.receiveWaiting(at: socket)
  }
  return all
}

func udpPath(to remote: SocketAddress, from local: IPAddress? = nil) -> TransportPath {
  TransportPath(
    channel: .udp, local: local ?? (remote.ip.isIPv4 ? .anyIPv4 : .anyIPv6), remote: remote)
}
