// From where an address can be reached (RFC 6890 and its registries).

import Wire

/// Who can send to an address.
enum Reach: Hashable, Sendable {
  /// Nobody: unspecified, multicast, broadcast or reserved.
  case nowhere
  /// This machine, its link or its own network: RFC 1918, RFC 6598, RFC 4193.
  case nearby
  case everywhere
}

extension IPAddress {
  /// From where this address can be reached, by its range alone.
  var reach: Reach {
    if isUnspecified { return .nowhere }
    if isLoopback || isLinkLocal { return .nearby }
    return isIPv4 ? ipv4Reach : ipv6Reach
  }

  private var ipv4Reach: Reach {
    switch low >> 24 {
    case 0, 224...: .nowhere
    case 10: .nearby
    // 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10.
    case 172 where low >> 20 == 0xAC1: .nearby
    case 192 where low >> 16 == 0xC0A8: .nearby
    case 100 where low >> 22 == 0x191: .nearby
    default: .everywhere
    }
  }

  private var ipv6Reach: Reach {
    switch high >> 56 {
    case 0xFF: .nowhere
    // fc00::/7.
    case 0xFC, 0xFD: .nearby
    // 2000::/3 is all that is allocated.
    case 0x20...0x3F: .everywhere
    default: .nowhere
    }
  }
}
