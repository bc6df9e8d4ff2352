// The sockets of all media workers: one port number for UDP and TCP, IPv4 and IPv6, shared by all of them.

import Wire

/// One media worker's sockets on the common port. Made by the main thread, handed to the worker.
package struct MediaSockets: Sendable {
  package let udpIPv4: UDPSocket
  /// Nil on a machine without IPv6.
  package let udpIPv6: UDPSocket?
  package let tcpIPv4: TCPListener
  /// Nil on a machine without IPv6.
  package let tcpIPv6: TCPListener?
  /// The common port number.
  package var port: UInt16 { udpIPv4.address.port }

  /// Opens `workers` sets of sockets on one port; port 0 chooses one that is free for all of them.
  ///
  /// - Throws: `isAddressInUse` when another process has the port, be it willing to share or not:
  ///   two servers on one port would steal each other's packets.
  package static func open(port: UInt16, workers: Int) throws(SystemError) -> [MediaSockets] {
    var attempt = 1
    while true {
      do throws(SystemError) {
        let free = try findFree(port)
        var sets: [MediaSockets] = []
        for _ in 0..<workers { sets.append(try MediaSockets(port: free)) }
        return sets
      } catch {
        guard port == 0, error.isAddressInUse, attempt < Limits.portAttemptsMax else { throw error }
        attempt += 1
      }
    }
  }

  /// The port, chosen if 0, after having had it alone for a moment.
  private static func findFree(_ port: UInt16) throws(SystemError) -> UInt16 {
    let udp = try UDPSocket(binding: SocketAddress(ip: .anyIPv4, port: port))
    let chosen = udp.address.port
    let wildcard = SocketAddress(ip: .anyIPv6, port: chosen)
    _ = try unlessUnavailable { () throws(SystemError) in try UDPSocket(binding: wildcard) }
    _ = try TCPListener(binding: SocketAddress(ip: .anyIPv4, port: chosen))
    _ = try unlessUnavailable { () throws(SystemError) in try TCPListener(binding: wildcard) }
    return chosen
  }

  private init(port: UInt16) throws(SystemError) {
    let ipv4 = SocketAddress(ip: .anyIPv4, port: port)
    let ipv6 = SocketAddress(ip: .anyIPv6, port: port)
    udpIPv4 = try UDPSocket(binding: ipv4, shared: true)
    tcpIPv4 = try TCPListener(binding: ipv4, shared: true)
    udpIPv6 = try MediaSockets.unlessUnavailable { () throws(SystemError) in
      try UDPSocket(binding: ipv6, shared: true)
    }
    tcpIPv6 = try MediaSockets.unlessUnavailable { () throws(SystemError) in
      try TCPListener(binding: ipv6, shared: true)
    }
  }

  /// Nil where the machine lacks the address family.
  private static func unlessUnavailable<Socket>(
    _ open: () throws(SystemError) -> Socket
  ) throws(SystemError) -> Socket? {
    do throws(SystemError) {
      return try open()
    } catch {
      if error.isAddressUnavailable { return nil }
      throw error
    }
  }
}
