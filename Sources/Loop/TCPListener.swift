// Listens for TCP connections.

import CLinux
import Glibc
package import Wire

/// A listening, non-blocking TCP socket of one family. A value that threads may share and hand over.
package struct TCPListener: Sendable {
  /// For `EventLoop.add`.
  package let descriptor: FileDescriptor
  /// The address it listens on, with the port the kernel chose.
  package let address: SocketAddress

  /// A connection that has arrived; any thread may make a `TCPStream` of it.
  package struct Arrival: Sendable {
    package let descriptor: FileDescriptor
    /// Our address the peer connected to.
    package let local: SocketAddress
    package let remote: SocketAddress
  }

  /// Listens on `address`; port 0 lets the kernel choose.
  ///
  /// - Parameter shared: whether other shared listeners may have the same port (SO_REUSEPORT); the
  ///   kernel then spreads connections over them.
  package init(binding address: SocketAddress, shared: Bool = false) throws(SystemError) {
    let socket = try FileDescriptor.socket(like: address.ip, stream: true)
    // Connections of an earlier process in TIME-WAIT must not keep us from starting.
    try socket.set(CLINUX_REUSE_ADDRESS)
    if shared { try socket.set(CLINUX_REUSE_PORT) }
    if !address.ip.isIPv4 { try socket.set(CLINUX_IPV6_ONLY) }
    try socket.bind(address)
    try checked(.listen) { clinux_listen(socket.rawValue, Int32(Limits.listenBacklog)) }
    descriptor = socket
    self.address = try socket.localAddress()
  }

  /// Takes one waiting connection; nil when there is none.
  ///
  /// - Throws: when the process is out of descriptors (`isOutOfDescriptors`) or memory. The connection
  ///   then still waits and the listener stays readable: the owner stops asking for readiness for a while.
  package func accept() throws(SystemError) -> Arrival? {
    var remote = clinux_address()
    var local = clinux_address()
    while true {
      let accepted = uninterrupted {
        unsafe clinux_accept(descriptor.rawValue, &remote, &local)
      }
      if accepted >= 0 {
        return Arrival(
          descriptor: FileDescriptor(owning: accepted), local: local.socketAddress,
          remote: remote.socketAddress)
      }
      if accepted == -EAGAIN || accepted == -EWOULDBLOCK { return nil }
      // Any other error belongs to that one connection, which is gone: accept(2), "Error handling".
      let isOurs = [EMFILE, ENFILE, ENOBUFS, ENOMEM, EBADF, EINVAL, ENOTSOCK].contains(-accepted)
      if isOurs { throw SystemError(code: -accepted, call: .accept) }
    }
  }
}
