// Keys of gifts and purchases that were lately ordered of the ledger.

/// The last keys, so that who repeats one is not refused for asking often. Forgotten with the house: what
/// they were answered is the ledger's to know.
struct TransferKeys: Sendable {
  struct Key: Hashable, Sendable {
    let identity: String
    let key: String
  }

  private var keys: Set<Key> = []
  /// Oldest first from `next` on, round and round.
  private var order: [Key] = []
  private var next = 0

  func contains(_ key: Key?) -> Bool { key.map { keys.contains($0) } ?? false }

  mutating func add(_ key: Key?) {
    guard let key, keys.insert(key).inserted else { return }
    guard order.count == HouseLimits.transferKeysMax else { return order.append(key) }
    keys.remove(order[next])
    order[next] = key
    next = (next + 1) % order.count
  }

  mutating func remove(_ key: Key) { keys.remove(key) }
}
