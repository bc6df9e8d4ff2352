// A candidate of the other side, as far as we use it (RFC 8839 section 5.1).

package import Wire

/// A remote candidate. A lite agent only remembers it; the controlling side checks it.
package struct RemoteCandidate: Hashable, Sendable {
  package enum Transport: Hashable, Sendable { case udp, tcpPassive }
  package let transport: Transport
  package let address: SocketAddress
  package let priority: UInt32
  package init(transport: Transport, address: SocketAddress, priority: UInt32) {
    self.transport = transport
    self.address = address
    self.priority = priority
  }
}
