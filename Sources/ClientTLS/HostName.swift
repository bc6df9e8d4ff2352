// Names to addresses, by the system's resolver. Blocks.

import Glibc
package import Wire

/// The system's resolver.
package enum HostName {
  /// The first address of `name`, IPv4 before IPv6; nil when it has none. May block for seconds.
  package static func resolve(_ name: String) -> IPAddress? {
    if let ip = IPAddress(name) { return ip }
    // Not left to the resolver: a machine without a hosts file has localhost all the same.
    if name == "localhost" { return IPAddress(ipv4: 0x7F00_0001) }
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(name, nil, &hints, &list) == 0 else { return nil }
    defer { unsafe freeaddrinfo(list) }
    var ipv6: IPAddress?
    var next = unsafe list
    while let entry = unsafe next {
      if let ip = unsafe address(entry.pointee) {
        if ip.isIPv4 { return ip }
        ipv6 = ipv6 ?? ip
      }
      unsafe next = entry.pointee.ai_next
    }
    return ipv6
  }

  private static func address(_ entry: addrinfo) -> IPAddress? {
    // The text form avoids reading socket addresses field by field.
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard
      unsafe getnameinfo(
        entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
    else { return nil }
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return IPAddress(String(decoding: bytes, as: UTF8.self))
  }
}
