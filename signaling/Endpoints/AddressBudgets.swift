// What each client address may still ask for.

import Wire

/// A budget for each IPv4 address and IPv6 /64.
struct AddressBudgets: Sendable {
  private var budgets: KeyedBudgets<IPAddress>

  /// - Parameter addressesMax: at least 1.
  init(perSecond: Int, burst: Int, addressesMax: Int) {
    budgets = KeyedBudgets(perSecond: perSecond, burst: burst, keysMax: addressesMax)
  }

  /// Takes one from the budget of `address`; false when there is none.
  mutating func take(_ address: IPAddress, at now: Instant) -> Bool {
    budgets.take(address.countedNetwork, at: now)
  }

  /// How many addresses are remembered.
  var count: Int { budgets.count }
}
