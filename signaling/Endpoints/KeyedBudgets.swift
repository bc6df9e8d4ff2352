// What each of many may still ask for: bounded, the oldest forgotten first.

import Wire

/// A budget for each key.
struct KeyedBudgets<Key: Hashable & Sendable>: Sendable {
  private let perSecond: Int
  private let burst: Int
  private let keysMax: Int
  private var budgets: [Key: Budget] = [:]
  /// The keys in the order they came, as a ring: `next` is the oldest once it is full.
  private var order: [Key] = []
  private var next = 0

  /// - Parameter keysMax: at least 1. Beyond it the oldest is forgotten, never all: who fills
  ///   the table with keys of its own frees only those.
  init(perSecond: Int, burst: Int, keysMax: Int) {
    self.perSecond = perSecond
    self.burst = burst
    self.keysMax = keysMax
  }

  /// Takes one from the budget of `key`; false when there is none.
  mutating func take(_ key: Key, at now: Instant) -> Bool {
    if budgets[key] == nil { remember(key, at: now) }
    return budgets[key]?.take(at: now) ?? false
  }

  private mutating func remember(_ key: Key, at now: Instant) {
    if order.count < keysMax {
      order.append(key)
    } else {
      budgets[order[next]] = nil
      order[next] = key
      next = (next + 1) % keysMax
    }
    budgets[key] = Budget(perSecond: perSecond, burst: burst, at: now)
  }

  /// How many keys are remembered.
  var count: Int { budgets.count }
}
