// Wire addresses to and from the form the C shims take.

import CLinux
package import Wire

extension clinux_address {
  init(_ ip: IPAddress, port: UInt16 = 0) {
    self.init(high: ip.high, low: ip.low, port: port, is_ipv4: ip.isIPv4 ? 1 : 0)
  }

  init(_ address: SocketAddress) { self.init(address.ip, port: address.port) }

  var ip: IPAddress {
    is_ipv4 != 0
      ? IPAddress(ipv4: UInt32(truncatingIfNeeded: low)) : IPAddress(high: high, low: low)
  }

  var socketAddress: SocketAddress { SocketAddress(ip: ip, port: port) }
}

extension FileDescriptor {
  /// A new non-blocking socket of the family of `ip`.
  static func socket(like ip: IPAddress, stream: Bool) throws(SystemError) -> FileDescriptor {
    FileDescriptor(
      owning: try checked(.socket) { clinux_socket(ip.isIPv4 ? 1 : 0, stream ? 1 : 0) })
  }

  func set(_ option: clinux_option, _ value: Int = 1) throws(SystemError) {
    let value = Int32(clamping: value)
    try checked(.setsockopt) { clinux_set_option(rawValue, option, value) }
  }

  func bind(_ address: SocketAddress) throws(SystemError) {
    var raw = clinux_address(address)
    try checked(.bind) { unsafe clinux_bind(rawValue, &raw) }
  }

  /// The address the socket is bound to, with the port the kernel chose.
  func localAddress() throws(SystemError) -> SocketAddress {
    var raw = clinux_address()
    try checked(.getsockname) { unsafe clinux_local_address(rawValue, &raw) }
    return raw.socketAddress
  }
}

extension IPAddress {
  /// 0.0.0.0, every IPv4 address of the machine.
  package static let anyIPv4 = IPAddress(ipv4: 0)
  /// ::, every IPv6 address of the machine.
  package static let anyIPv6 = IPAddress(high: 0, low: 0)
}
