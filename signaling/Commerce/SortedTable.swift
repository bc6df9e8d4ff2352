// A table in the order of its keys whose copies are cheap to change: for states that a decision tries things on.

/// Values by key, in the order of the keys. A copy shares everything with its original; a change to one
/// copies a leaf and the list of leaves, so neither a look-up nor a change ever costs the whole table.
package struct SortedTable<Key: Comparable & Hashable & Sendable, Value: Hashable & Sendable>:
  Sendable
{
  package struct Entry: Hashable, Sendable {
    package let key: Key
    package var value: Value
  }

  /// Entries of a leaf: a hundred thousand entries are a thousand leaves, so both copies stay small.
  private static var leafMax: Int { 128 }

  /// None is empty; keys rise within and across them.
  private var leaves: [[Entry]] = []
  package private(set) var count = 0

  package init() {}

  package var isEmpty: Bool { count == 0 }

  package var first: Entry? { leaves.first?.first }

  package var last: Entry? { leaves.last?.last }

  /// O(log n) to read; a change copies at most one leaf.
  package subscript(key: Key) -> Value? {
    get {
      guard let place = place(of: key), place.isThere else { return nil }
      return leaves[place.leaf][place.index].value
    }
    set {
      guard let newValue else {
        remove(key)
        return
      }
      insert(key, newValue)
    }
  }

  /// Changes the value in place; false when there is none.
  @discardableResult
  package mutating func update(_ key: Key, _ change: (inout Value) -> Void) -> Bool {
    guard let place = place(of: key), place.isThere else { return false }
    change(&leaves[place.leaf][place.index].value)
    return true
  }

  /// How many keys come before this one; nil when it is not there.
  package func rank(of key: Key) -> Int? {
    guard let place = place(of: key), place.isThere else { return nil }
    return leaves[..<place.leaf].reduce(place.index) { $0 + $1.count }
  }

  /// The last `count` entries, the last one first.
  package func suffix(_ count: Int) -> [Entry] {
    var entries: [Entry] = []
    for leaf in leaves.reversed() {
      for entry in leaf.reversed() {
        guard entries.count < count else { return entries }
        entries.append(entry)
      }
    }
    return entries
  }

  private mutating func insert(_ key: Key, _ value: Value) {
    guard let place = place(of: key) else {
      leaves.append([Entry(key: key, value: value)])
      count = 1
      return
    }
    if place.isThere {
      leaves[place.leaf][place.index].value = value
      return
    }
    count += 1
    let entry = Entry(key: key, value: value)
    guard leaves[place.leaf].count >= SortedTable.leafMax else {
      leaves[place.leaf].insert(entry, at: place.index)
      return
    }
    split(place, entry)
  }

  /// A full leaf becomes two; at the very end a new one begins, so that rising keys leave full leaves.
  private mutating func split(_ place: Place, _ entry: Entry) {
    let leaf = leaves[place.leaf]
    if place.leaf == leaves.count - 1, place.index == leaf.count {
      leaves.append([entry])
      return
    }
    let middle = leaf.count / 2
    var low = Array(leaf[..<middle])
    var high = Array(leaf[middle...])
    if place.index <= middle {
      low.insert(entry, at: place.index)
    } else {
      high.insert(entry, at: place.index - middle)
    }
    leaves[place.leaf] = low
    leaves.insert(high, at: place.leaf + 1)
  }

  private mutating func remove(_ key: Key) {
    guard let place = place(of: key), place.isThere else { return }
    count -= 1
    leaves[place.leaf].remove(at: place.index)
    if leaves[place.leaf].isEmpty { leaves.remove(at: place.leaf) }
  }

  private struct Place {
    var leaf: Int
    var index: Int
    var isThere: Bool
  }

  /// Where the key is or belongs; nil in an empty table.
  private func place(of key: Key) -> Place? {
    guard !leaves.isEmpty else { return nil }
    var low = 0
    var high = leaves.count
    // The last leaf that does not begin after the key, else the first.
    while high - low > 1 {
      let middle = (low + high) / 2
      if leaves[middle][0].key <= key { low = middle } else { high = middle }
    }
    let leaf = low
    low = 0
    high = leaves[leaf].count
    while low < high {
      let middle = (low + high) / 2
      if leaves[leaf][middle].key < key { low = middle + 1 } else { high = middle }
    }
    let isThere = low < leaves[leaf].count && leaves[leaf][low].key == key
    return Place(leaf: leaf, index: low, isThere: isThere)
  }
}

extension SortedTable: Sequence {
  package func makeIterator() -> FlattenSequence<[[Entry]]>.Iterator {
    leaves.joined().makeIterator()
  }
}

extension SortedTable: Hashable {
  /// Equal by what is in it, however it came there.
  package static func == (a: SortedTable, b: SortedTable) -> Bool {
    a.count == b.count && a.elementsEqual(b)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    for entry in self { hasher.combine(entry) }
  }
}
