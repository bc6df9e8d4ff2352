// Bytes of a snapshot to a state: total, every number within a bound.

/// The cursor of one reading. A snapshot is our own, but a damaged disk must not trap either.
package struct SnapshotReader: ~Escapable {
  /// Numbers a state may hold where no other bound is named: sums of two never overflow.
  package static let numberMax: Int64 = 1_000_000_000_000_000
  /// Bytes of a string or of data where no other bound is named.
  package static let byteCountMax = 1024

  private var bytes: ByteReader

  @_lifetime(copy bytes)
  package init(_ bytes: Span<UInt8>) { self.bytes = ByteReader(bytes) }

  package var isAtEnd: Bool { bytes.isAtEnd }

  package mutating func byte() throws(WireError) -> UInt8 { try bytes.u8() }

  package mutating func word() throws(WireError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      let byte = try bytes.u8()
      // The tenth byte holds one bit.
      guard shift < 63 || byte <= 1 else { throw .badValue }
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
    }
    throw .badValue
  }

  /// A number of at most `max`.
  package mutating func int(max: Int64 = SnapshotReader.numberMax) throws(WireError) -> Int64 {
    let value = try word()
    guard value <= UInt64(max) else { throw .badValue }
    return Int64(value)
  }

  /// The length of a list of at most `max` elements, each of at least a byte.
  package mutating func count(max: Int) throws(WireError) -> Int {
    let value = try word()
    guard value <= UInt64(max), value <= UInt64(bytes.remaining) else { throw .tooMany }
    return Int(value)
  }

  package mutating func flag() throws(WireError) -> Bool {
    let value = try byte()
    guard value <= 1 else { throw .badValue }
    return value == 1
  }

  package mutating func string(max: Int = byteCountMax) throws(WireError) -> String {
    let data = try self.data(max: max)
    guard let text = String(validating: data, as: UTF8.self) else { throw .badValue }
    return text
  }

  package mutating func data(max: Int = byteCountMax) throws(WireError) -> [UInt8] {
    let view = try bytes.take(try count(max: max))
    var data: [UInt8] = []
    data.reserveCapacity(view.count)
    for index in 0..<view.count { data.append(view[index]) }
    return data
  }

  package mutating func choice<T: RawRepresentable<String>>() throws(WireError) -> T {
    guard let value = T(rawValue: try string()) else { throw .badValue }
    return value
  }

  package mutating func optional<T>(
    _ read: (inout SnapshotReader) throws(WireError) -> T
  ) throws(WireError) -> T? {
    try flag() ? try read(&self) : nil
  }

  package mutating func list<T>(
    max: Int, _ read: (inout SnapshotReader) throws(WireError) -> T
  ) throws(WireError) -> [T] {
    let count = try count(max: max)
    var items: [T] = []
    items.reserveCapacity(count)
    for _ in 0..<count { items.append(try read(&self)) }
    return items
  }

  /// A table whose keys only grow.
  package mutating func table<K: Comparable & Hashable, V>(
    max: Int, _ read: (inout SnapshotReader) throws(WireError) -> (K, V)
  ) throws(WireError) -> [K: V] {
    let count = try count(max: max)
    var table: [K: V] = [:]
    table.reserveCapacity(count)
    var last: K?
    for _ in 0..<count {
      let (key, value) = try read(&self)
      if let last, key <= last { throw .badValue }
      last = key
      table[key] = value
    }
    return table
  }
}
