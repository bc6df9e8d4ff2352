// What each client address may still ask for: bounded, the oldest forgotten first.

import Wire

/// A budget for each IPv4 address and IPv6 /64.
struct AddressBudgets: Sendable {
  private let perSecond: Int
  private let burst: Int
  private let addressesMax: Int
  private var budgets: [IPAddress: Budget] = [:]
  /// The addresses in the order they came, as a ring: `next` is the oldest once it is full.
  private var order: [IPAddress] = []
  private var next = 0

  /// - Parameter addressesMax: at least 1. Beyond it the oldest is forgotten, never all: who fills
  ///   the table with addresses of its own frees only those.
  init(perSecond: Int, burst: Int, addressesMax: Int) {
    self.perSecond = perSecond
    self.burst = burst
    self.addressesMax = addressesMax
  }

  /// Takes one from the budget of `address`; false when there is none.
  mutating func take(_ address: IPAddress, at now: Instant) -> Bool {
    let key = address.countedNetwork
    if budgets[key] == nil { remember(key, at: now) }
    return budgets[key]?.take(at: now) ?? false
  }

  private mutating func remember(_ key: IPAddress, at now: Instant) {
    if order.count < addressesMax {
      order.append(key)
    } else {
      budgets[order[next]] = nil
      order[next] = key
      next = (next + 1) % addressesMax
    }
    budgets[key] = Budget(perSecond: perSecond, burst: burst, at: now)
  }

  /// How many addresses are remembered.
  var count: Int { budgets.count }
}
