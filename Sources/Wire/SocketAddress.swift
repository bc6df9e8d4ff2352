// Addresses and paths as plain values: fixed size, hashable, no allocation.

/// An IPv4 or IPv6 address. IPv4-mapped IPv6 addresses are folded to IPv4 on creation.
package struct IPAddress: Hashable, Sendable, BitwiseCopyable {
  /// The first and last eight bytes in network order; an IPv4 address is the low 32 bits of `low`.
  package let high: UInt64
  package let low: UInt64
  package let isIPv4: Bool

  /// An IPv4 address from its 32 bits in host order: 127.0.0.1 is 0x7F000001.
  package init(ipv4: UInt32) {
    high = 0
    low = UInt64(ipv4)
    isIPv4 = true
  }

  /// An IPv6 address from its halves in host order; `::ffff:a.b.c.d` becomes IPv4.
  package init(high: UInt64, low: UInt64) {
    isIPv4 = high == 0 && low >> 32 == 0xFFFF
    self.high = isIPv4 ? 0 : high
    self.low = isIPv4 ? low & 0xFFFF_FFFF : low
  }

  /// Whether this is 0.0.0.0 or ::.
  package var isUnspecified: Bool { high == 0 && low == 0 }
  /// Whether this is 127.0.0.0/8 or ::1.
  package var isLoopback: Bool { isIPv4 ? low >> 24 == 127 : high == 0 && low == 1 }
  /// Whether this is link-local: 169.254.0.0/16 or fe80::/10.
  package var isLinkLocal: Bool { isIPv4 ? low >> 16 == 0xA9FE : high >> 54 == 0x3FA }
}

/// An IP address and a port: one end of a UDP or TCP path.
package struct SocketAddress: Hashable, Sendable, BitwiseCopyable {
  package let ip: IPAddress
  package let port: UInt16
  package init(ip: IPAddress, port: UInt16) {
    self.ip = ip
    self.port = port
  }
}

/// How a datagram travels: over the UDP socket, or framed (RFC 4571) on one TCP connection.
package enum PathChannel: Hashable, Sendable, BitwiseCopyable {
  case udp
  /// The number the worker gave the accepted (or opened) connection; never reused in a process.
  case tcp(connection: UInt32)
}

/// The two ends of a transport path as this host sees it. Datagrams are answered from `local`.
package struct TransportPath: Hashable, Sendable, BitwiseCopyable {
  package let channel: PathChannel
  /// Our address the datagram came to; unspecified where the kernel may choose.
  package let local: IPAddress
  package let remote: SocketAddress
  package init(channel: PathChannel, local: IPAddress, remote: SocketAddress) {
    self.channel = channel
    self.local = local
    self.remote = remote
  }
}

extension IPAddress: CustomStringConvertible {
  /// Parses dotted IPv4 or RFC 4291 IPv6 text (no zone, no brackets); nil for anything else.
  package init?(_ text: some StringProtocol) {
    if let value = IPAddress.parseIPv4(text) {
      self.init(ipv4: value)
    } else if let halves = IPAddress.parseIPv6(text) {
      self.init(high: halves.high, low: halves.low)
    } else {
      return nil
    }
  }

  private static func parseIPv4(_ text: some StringProtocol) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var value: UInt32 = 0
    for part in parts {
      guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }),
        part.utf8.count == 1 || part.first != "0", let byte = UInt8(part)
      else { return nil }
      value = value << 8 | UInt32(byte)
    }
    return value
  }

  private static func parseIPv6(_ text: some StringProtocol) -> (high: UInt64, low: UInt64)? {
    guard text.utf8.count >= 2, text.utf8.count <= 45 else { return nil }
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2 else { return nil }
    guard let head = groups(halves[0], last: halves.count == 1) else { return nil }
    guard let tail = halves.count == 2 ? groups(halves[1], last: true) : [] else { return nil }
    let zeros = 8 - head.count - tail.count
    guard halves.count == 2 ? zeros >= 1 : zeros == 0 else { return nil }
    let all = head + [UInt16](repeating: 0, count: zeros) + tail
    var high: UInt64 = 0
    var low: UInt64 = 0
    for group in all[0..<4] { high = high << 16 | UInt64(group) }
    for group in all[4..<8] { low = low << 16 | UInt64(group) }
    return (high, low)
  }

  /// The 16-bit groups of one side of "::"; the last may be dotted IPv4.
  private static func groups(_ text: some StringProtocol, last: Bool) -> [UInt16]? {
    if text.isEmpty { return [] }
    var result: [UInt16] = []
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if last && index == parts.count - 1, let dotted = parseIPv4(part) {
        result.append(UInt16(dotted >> 16))
        result.append(UInt16(dotted & 0xFFFF))
      } else {
        guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexDigit),
          let group = UInt16(part, radix: 16)
        else { return nil }
        result.append(group)
      }
    }
    return result.count <= 8 ? result : nil
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
  }

  /// The canonical text: dotted IPv4, or RFC 5952 IPv6.
  package var description: String {
    if isIPv4 {
      return (0..<4).map { String(low >> (24 - 8 * UInt64($0)) & 0xFF) }.joined(separator: ".")
    }
    let groups = (0..<8).map { index -> UInt64 in
      (index < 4 ? high : low) >> (48 - 16 * UInt64(index % 4)) & 0xFFFF
    }
    guard let run = IPAddress.longestZeroRun(groups) else {
      return groups.map { String($0, radix: 16) }.joined(separator: ":")
    }
    let head = groups[..<run.lowerBound].map { String($0, radix: 16) }.joined(separator: ":")
    let tail = groups[run.upperBound...].map { String($0, radix: 16) }.joined(separator: ":")
    return head + "::" + tail
  }

  /// The leftmost longest run of at least two zero groups (RFC 5952 section 4.2).
  private static func longestZeroRun(_ groups: [UInt64]) -> Range<Int>? {
    var best: Range<Int>?
    var start = 0
    while start < groups.count {
      var end = start
      while end < groups.count && groups[end] == 0 { end += 1 }
      if end - start >= 2 && end - start > (best?.count ?? 0) { best = start..<end }
      start = max(end, start + 1)
    }
    return best
  }
}

extension SocketAddress: CustomStringConvertible {
  /// Parses `ADDR:PORT`, IPv6 in brackets.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    // Digits only: the standard library would take a sign as well.
    guard digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let port = UInt16(digits) else {
      return nil
    }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard host.contains(":") else { return nil }
    } else if host.contains(":") {
      return nil
    }
    guard let ip = IPAddress(host) else { return nil }
    self.init(ip: ip, port: port)
  }

  /// `ADDR:PORT`, IPv6 in brackets.
  package var description: String { ip.isIPv4 ? "\(ip):\(port)" : "[\(ip)]:\(port)" }
}
