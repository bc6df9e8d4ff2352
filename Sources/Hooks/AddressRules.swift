// Which addresses a webhook may be sent to: the public ones, and those an operator names exactly.

package import Wire

/// Judges addresses after names were looked up, so that no name leads into the operator's own network.
package struct AddressRules: Hashable, Sendable {
  /// Addresses and ports that may be contacted whatever they are, and without TLS.
  package let allowed: Set<SocketAddress>

  /// - Parameter allowed: what `--hook-allow` names.
  package init(allowing allowed: Set<SocketAddress> = []) { self.allowed = allowed }

  /// Whether plain HTTP may be spoken to `address`: only where the operator named it.
  package func mayBePlain(_ address: SocketAddress) -> Bool { allowed.contains(address) }

  /// Whether `address` may be contacted.
  package func mayContact(_ address: SocketAddress) -> Bool {
    address.port != 0 && (allowed.contains(address) || AddressRules.isPublic(address.ip))
  }

  /// Why a message is not sent to the addresses a name was found to have; nil when it may be.
  ///
  /// One address that is refused speaks against the name, not only against that address.
  package func refusal(of addresses: [SocketAddress], isSecure: Bool) -> String? {
    if addresses.isEmpty { return "the name has no address" }
    guard addresses.allSatisfy(mayContact) else {
      return "the address is not public: allow it with --hook-allow"
    }
    guard isSecure || addresses.allSatisfy(mayBePlain) else {
      return "http is only for addresses that --hook-allow names"
    }
    return nil
  }

  /// Whether `ip` is one that anybody in the Internet could contact as well.
  package static func isPublic(_ ip: IPAddress) -> Bool {
    if ip.isIPv4 { return !refusedIPv4.contains { $0.contains(ip) } }
    // NAT64 (RFC 6052) is how networks without IPv4 reach public IPv4 hosts: what it wraps counts.
    if ip.high == 0x0064_FF9B_0000_0000, ip.low >> 32 == 0 {
      return isPublic(IPAddress(ipv4: UInt32(truncatingIfNeeded: ip.low)))
    }
    // Global unicast alone: all else (loopback, ULA, link-local, multicast, v4-compatible) is not.
    guard ip.high >> 61 == 1 else { return false }
    return !refusedIPv6.contains { $0.contains(ip) }
  }

  /// IANA's special-purpose registry, whatever is not globally reachable.
  private static let refusedIPv4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
  ].compactMap { AddressRange($0) }

  /// Within global unicast: protocol assignments with Teredo (whose tunnel ends anywhere), 6to4 (which
  /// wraps any IPv4 address), and documentation.
  private static let refusedIPv6 = [
    "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
  ].compactMap { AddressRange($0) }
}
