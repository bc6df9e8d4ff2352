// Who may have how many connections. Sans-IO.

package import Wire

/// Counts connections by address and in all.
package struct ConnectionBudget {
  private let limits: WebLimits
  private var counts: [IPAddress: Int] = [:]
  /// The connections admitted and not yet released.
  package private(set) var total = 0

  /// No connections yet.
  package init(limits: WebLimits) { self.limits = limits }

  /// Whether one more connection from `ip` fits; counts it if so.
  package mutating func admit(_ ip: IPAddress) -> Bool {
    guard total < limits.connectionsMax else { return false }
    if let key = key(ip) {
      let count = counts[key, default: 0]
      guard count < limits.connectionsPerAddressMax else { return false }
      counts[key] = count + 1
    }
    total += 1
    return true
  }

  /// Gives an admitted connection back.
  package mutating func release(_ ip: IPAddress) {
    total -= 1
    guard let key = key(ip), let count = counts[key] else { return }
    counts[key] = count > 1 ? count - 1 : nil
  }

  /// Who is counted together; nil for who is not counted. An IPv6 host has a whole /64 to choose from.
  private func key(_ ip: IPAddress) -> IPAddress? {
    if ip.isLoopback && !limits.countsLoopback { return nil }
    return ip.isIPv4 ? ip : IPAddress(high: ip.high, low: 0)
  }
}
