// Ranges of addresses (RFC 4632 CIDR notation), and who is counted together.

/// All addresses with one prefix: `10.0.0.0/8`, `2001:db8::/32`, or a single address.
package struct AddressRange: Hashable, Sendable, CustomStringConvertible {
  /// The first address of the range.
  package let base: IPAddress
  /// The bits all addresses share: 0...32 or 0...128.
  package let prefixLength: Int

  /// Reads `ADDR/BITS` or `ADDR`; nil for anything else, and when bits beyond the prefix are set:
  /// then either the address or the length is a mistake.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let base = IPAddress(first) else { return nil }
    // An IPv4-mapped address reads as IPv4; a prefix written for 128 bits would mean another range.
    guard base.isIPv4 != first.contains(":") else { return nil }
    let bits = base.isIPv4 ? 32 : 128
    var length = bits
    if parts.count == 2 {
      guard (1...3).contains(parts[1].utf8.count),
        parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let value = Int(parts[1]),
        value <= bits
      else { return nil }
      length = value
    }
    guard base == base.prefix(length) else { return nil }
    self.base = base
    prefixLength = length
  }

  /// Whether `address` is of the range; an IPv4 address is of no IPv6 range.
  package func contains(_ address: IPAddress) -> Bool {
    address.isIPv4 == base.isIPv4 && address.prefix(prefixLength) == base
  }

  package var description: String { "\(base)/\(prefixLength)" }
}

extension IPAddress {
  /// The address with all but its first `length` bits cleared.
  fileprivate func prefix(_ length: Int) -> IPAddress {
    if isIPv4 {
      // A shift by 32 or more gives 0 in Swift, which is what an empty prefix is.
      return IPAddress(ipv4: UInt32(truncatingIfNeeded: low) & (UInt32.max << (32 - length)))
    }
    let high = self.high & (UInt64.max << max(0, 64 - length))
    return IPAddress(high: high, low: low & (UInt64.max << min(64, 128 - length)))
  }

  /// Whom the address is counted with when clients are limited: itself, or its IPv6 /64, which one
  /// host has to choose from.
  package var countedNetwork: IPAddress { isIPv4 ? self : IPAddress(high: high, low: 0) }
}
