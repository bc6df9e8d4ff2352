// A bound UDP socket that knows which of our addresses each datagram came to.

import CLinux
package import Wire

/// A bound, non-blocking UDP socket of one family. A value that threads may share and hand over.
package struct UDPSocket: Sendable {
  /// For `EventLoop.add`.
  package let descriptor: FileDescriptor
  /// The address it is bound to, with the port the kernel chose.
  package let address: SocketAddress

  /// Binds to `address`; port 0 lets the kernel choose.
  ///
  /// - Parameter shared: whether other shared sockets may have the same port (SO_REUSEPORT); the
  ///   kernel then spreads remote addresses over them.
  package init(binding address: SocketAddress, shared: Bool = false) throws(SystemError) {
    let isIPv4 = address.ip.isIPv4
    descriptor = try FileDescriptor.socket(like: address.ip, stream: false)
    if shared { try descriptor.set(CLINUX_REUSE_PORT) }
    if !isIPv4 { try descriptor.set(CLINUX_IPV6_ONLY) }
    try descriptor.set(isIPv4 ? CLINUX_IPV4_PACKET_INFO : CLINUX_IPV6_PACKET_INFO)
    // Forged ICMP must not shrink the path: ignore what the kernel learnt, let large datagrams fragment.
    try descriptor.set(isIPv4 ? CLINUX_IPV4_MTU_DISCOVER_OMIT : CLINUX_IPV6_MTU_DISCOVER_OMIT)
    try descriptor.set(CLINUX_RECEIVE_BUFFER, Limits.udpBufferBytes)
    try descriptor.set(CLINUX_SEND_BUFFER, Limits.udpBufferBytes)
    try descriptor.bind(address)
    self.address = try descriptor.localAddress()
  }

  /// Takes a socket as it is, options and all; tests pass ones that behave as UDP rarely does.
  package init(descriptor: FileDescriptor, address: SocketAddress) {
    self.descriptor = descriptor
    self.address = address
  }

  /// From now on each datagram tells when the kernel took it: `UDPReceiver.arrival`.
  package func noteArrivals() throws(SystemError) { try descriptor.set(CLINUX_ARRIVAL_TIMES) }

  /// Whether a datagram on `path` leaves by this socket.
  @inline(__always)
  func carries(_ path: TransportPath) -> Bool {
    path.channel == .udp && path.remote.ip.isIPv4 == address.ip.isIPv4
  }
}
