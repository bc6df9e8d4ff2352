// Our own candidates as text (RFC 8839 section 5.1, RFC 6544 section 4.5).

package import Wire

/// An address a peer can reach us at.
package struct HostCandidate: Hashable, Sendable {
  package enum Transport: Hashable, Sendable { case udp, tcpPassive }

  package let transport: Transport
  package let address: SocketAddress
  /// 1...2^31-1, larger is better.
  package let priority: UInt32
  /// The same for candidates of one address and transport.
  package let foundation: Int

  package init(transport: Transport, address: SocketAddress, priority: UInt32, foundation: Int) {
    self.transport = transport
    self.address = address
    self.priority = priority
    self.foundation = foundation
  }

  /// The candidates of a host: UDP on every address, and TCP below them where it listens.
  ///
  /// - Parameter addresses: best first, at most 32; further ones are left out.
  package static func all(
    addresses: [IPAddress], udpPort: UInt16, tcpPort: UInt16?
  ) -> [HostCandidate] {
    var candidates: [HostCandidate] = []
    for (index, ip) in addresses.prefix(32).enumerated() {
      candidates.append(
        HostCandidate(
          transport: .udp, address: SocketAddress(ip: ip, port: udpPort),
          priority: priority(type: 126, local: 65_535 - UInt32(index)), foundation: index + 1))
    }
    guard let tcpPort else { return candidates }
    for (index, ip) in addresses.prefix(32).enumerated() {
      // Type 90 and direction 4: RFC 6544 section 4.2 for a passive host candidate.
      candidates.append(
        HostCandidate(
          transport: .tcpPassive, address: SocketAddress(ip: ip, port: tcpPort),
          priority: priority(type: 90, local: 4 << 13 + 8191 - UInt32(index)),
          foundation: 100 + index))
    }
    return candidates
  }

  /// RFC 8445 section 5.1.2.1, component 1.
  private static func priority(type: UInt32, local: UInt32) -> UInt32 {
    type << 24 | local << 8 | 255
  }

  /// The value of the `a=candidate` line.
  package var line: String {
    let name = transport == .udp ? "udp" : "tcp"
    let tail = transport == .udp ? "" : " tcptype passive"
    return "\(foundation) 1 \(name) \(priority) \(address.ip) \(address.port) typ host\(tail)"
  }
}
