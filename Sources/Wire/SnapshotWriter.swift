// A state to bytes: numbers as LEB128, everything in one order, so equal states are equal bytes.

/// The bytes of a snapshot as they are written.
package struct SnapshotWriter {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func write(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// Numbers of a state are never negative.
  package mutating func write(_ value: Int64) { write(UInt64(clamping: value)) }
  package mutating func write(_ value: Int) { write(UInt64(clamping: value)) }
  package mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }
  package mutating func write<T: RawRepresentable<String>>(_ value: T) { write(value.rawValue) }

  package mutating func write(_ text: String) {
    write(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  package mutating func write(_ data: [UInt8]) {
    write(data.count)
    bytes.append(contentsOf: data)
  }

  package mutating func optional<T>(_ value: T?, _ write: (inout SnapshotWriter, T) -> Void) {
    self.write(value != nil)
    if let value { write(&self, value) }
  }

  package mutating func list<T>(_ items: [T], _ write: (inout SnapshotWriter, T) -> Void) {
    self.write(items.count)
    for item in items { write(&self, item) }
  }

  /// A table in the order of its keys.
  package mutating func table<K: Comparable, V>(
    _ table: [K: V], _ write: (inout SnapshotWriter, K, V) -> Void
  ) {
    self.write(table.count)
    for (key, value) in table.sorted(by: { $0.key < $1.key }) { write(&self, key, value) }
  }
}
