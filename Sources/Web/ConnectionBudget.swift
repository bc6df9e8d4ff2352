// Who may have how many connections. Sans-IO.

package import Wire

/// Counts connections by address and in all.
package struct ConnectionBudget {
  private let limits: WebLimits
  private let proxies: [AddressRange]
  private var counts: [IPAddress: Int] = [:]
  /// The connections admitted and not yet released.
  package private(set) var total = 0

  /// No connections yet.
  ///
  /// - Parameter proxies: they speak for everyone, so their connections are counted in all only.
  package init(limits: WebLimits, proxies: [AddressRange] = []) {
    self.limits = limits
    self.proxies = proxies
  }

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

  /// Who is counted together; nil for who is not counted.
  private func key(_ ip: IPAddress) -> IPAddress? {
    if ip.isLoopback && !limits.countsLoopback { return nil }
    return proxies.contains { $0.contains(ip) } ? nil : ip.countedNetwork
  }
}
