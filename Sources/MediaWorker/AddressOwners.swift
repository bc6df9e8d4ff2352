// Which worker owns the peer behind an address: hints for routing, learnt from unverified checks.

import MediaControl

/// Addresses whose peer another worker owns, bounded, the least used forgotten first.
///
/// A note is only a hint: the owner checks everything, so a forged one costs a hop and nothing else.
/// Anyone can make us note addresses, so notes that are in use must outlive a flood of others: when
/// `recent` is full it becomes `older`, and a look-up brings a note back from there.
struct AddressOwners {
  private var recent: [PathKey: WorkerIndex] = [:]
  private var older: [PathKey: WorkerIndex] = [:]

  /// How many addresses are remembered.
  var count: Int { recent.count + older.count }

  /// The worker that `key` was last noted for; nil when unknown or forgotten.
  mutating func owner(of key: PathKey) -> WorkerIndex? {
    if let owner = recent[key] { return owner }
    guard let owner = older.removeValue(forKey: key) else { return nil }
    remember(key, owner)
    return owner
  }

  mutating func remember(_ key: PathKey, _ owner: WorkerIndex) {
    if recent.count >= WorkerLimits.elsewhereMax / 2, recent[key] == nil {
      swap(&recent, &older)
      recent.removeAll(keepingCapacity: true)
    }
    recent[key] = owner
  }

  mutating func forget(_ key: PathKey) {
    recent[key] = nil
    older[key] = nil
  }
}
