// The machine's own addresses, for the candidates we advertise.

import Glibc
package import Wire

/// Reads the machine's network interfaces.
package enum NetworkInterfaces {
  /// The addresses of all interfaces that are up, without link-local ones; loopback last, IPv4 before
  /// IPv6 otherwise. Empty when the kernel does not tell.
  package static func addresses() -> [IPAddress] {
    var first: UnsafeMutablePointer<ifaddrs>?
    guard unsafe getifaddrs(&first) == 0 else { return [] }
    defer { unsafe freeifaddrs(first) }
    var found: [IPAddress] = []
    var next = unsafe first
    while let entry = unsafe next {
      if let ip = unsafe address(of: entry.pointee), !ip.isLinkLocal, !found.contains(ip) {
        found.append(ip)
      }
      unsafe next = entry.pointee.ifa_next
    }
    return found.sorted { order($0) < order($1) }
  }

  private static func order(_ ip: IPAddress) -> Int {
    (ip.isLoopback ? 2 : 0) + (ip.isIPv4 ? 0 : 1)
  }

  private static func address(of entry: ifaddrs) -> IPAddress? {
    guard unsafe entry.ifa_flags & UInt32(IFF_UP) != 0, let raw = unsafe entry.ifa_addr else {
      return nil
    }
    switch unsafe Int32(raw.pointee.sa_family) {
    case AF_INET:
      return unsafe raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        unsafe IPAddress(ipv4: UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
      }
    case AF_INET6:
      return unsafe raw.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
        unsafe withUnsafeBytes(of: pointer.pointee.sin6_addr) { bytes in
          var high: UInt64 = 0
          var low: UInt64 = 0
          for index in 0..<8 {
            high = unsafe high << 8 | UInt64(bytes[index])
            low = unsafe low << 8 | UInt64(bytes[index + 8])
          }
          return IPAddress(high: high, low: low)
        }
      }
    default: return nil
    }
  }
}
