// Parameters of a statement in PostgreSQL's binary form.

/// The parameters of one call, in order.
struct PostgresParameters {
  /// Begins with a byte that means nothing: an empty value has an address too.
  private(set) var bytes: [UInt8] = [0]
  /// Where each parameter's bytes are; nil is null.
  private(set) var places: [Range<Int>?] = []
  /// The type of each, 0 where PostgreSQL is to find it out.
  private(set) var types: [UInt32] = []

  init() {}

  init(_ values: [SQLValue]) {
    for value in values {
      switch value {
      case .null: addNull()
      case .integer(let number): add(number)
      case .text(let text): add(text)
      case .bytes(let bytes): add(bytes)
      }
    }
  }

  mutating func addNull() {
    places.append(nil)
    types.append(0)
  }

  mutating func add(_ number: Int64) {
    let start = bytes.count
    bytes.append(bigEndian: number)
    close(start, PostgresType.integer)
  }

  mutating func add(_ text: String) {
    let start = bytes.count
    bytes.append(postgresText: text)
    close(start, PostgresType.text)
  }

  mutating func add(_ content: [UInt8]) {
    let start = bytes.count
    bytes += content
    close(start, PostgresType.bytes)
  }

  mutating func add(_ column: PostgresColumn) {
    let start = bytes.count
    bytes.append(bigEndian: Int32(1))
    bytes.append(bigEndian: Int32(1))
    bytes.append(bigEndian: Int32(bitPattern: column.element))
    bytes.append(bigEndian: Int32(clamping: column.count))
    bytes.append(bigEndian: Int32(1))
    bytes += column.bytes
    close(start, column.array)
  }

  private mutating func close(_ start: Int, _ type: UInt32) {
    places.append(start..<bytes.count)
    types.append(type)
  }
}

/// A column of many rows, sent as one array.
struct PostgresColumn {
  fileprivate let element, array: UInt32
  fileprivate private(set) var bytes: [UInt8] = []
  private(set) var count = 0

  static var integers: PostgresColumn {
    PostgresColumn(element: PostgresType.integer, array: PostgresType.integers)
  }
  static var texts: PostgresColumn {
    PostgresColumn(element: PostgresType.text, array: PostgresType.texts)
  }
  static var byteStrings: PostgresColumn {
    PostgresColumn(element: PostgresType.bytes, array: PostgresType.byteStrings)
  }

  private init(element: UInt32, array: UInt32) {
    self.element = element
    self.array = array
  }

  mutating func addNull() {
    count += 1
    bytes.append(bigEndian: Int32(-1))
  }

  mutating func add(_ number: Int64?) {
    guard let number else { return addNull() }
    count += 1
    bytes.append(bigEndian: Int32(8))
    bytes.append(bigEndian: number)
  }

  mutating func add(_ text: String?) {
    guard let text else { return addNull() }
    count += 1
    let start = bytes.count
    bytes.append(bigEndian: Int32(0))
    bytes.append(postgresText: text)
    bytes.patch(bigEndian: Int32(clamping: bytes.count - start - 4), at: start)
  }

  mutating func add(_ content: [UInt8]) {
    count += 1
    bytes.append(bigEndian: Int32(clamping: content.count))
    bytes += content
  }
}

/// The numbers of the types we use, fixed in PostgreSQL's catalogue (pg_type.dat).
enum PostgresType {
  static let bytes: UInt32 = 17
  static let integer: UInt32 = 20
  static let text: UInt32 = 25
  static let byteStrings: UInt32 = 1001
  static let texts: UInt32 = 1009
  static let integers: UInt32 = 1016
}

extension [UInt8] {
  fileprivate mutating func append<Number: FixedWidthInteger>(bigEndian number: Number) {
    for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: number >> Number(shift)))
    }
  }

  fileprivate mutating func patch(bigEndian number: Int32, at place: Int) {
    for index in 0..<4 {
      self[place + index] = UInt8(truncatingIfNeeded: number >> Int32(24 - 8 * index))
    }
  }

  /// PostgreSQL's text can't hold U+0000: it becomes U+FFFD, so that nothing is refused or cut for it.
  fileprivate mutating func append(postgresText text: String) {
    var text = text
    text.withUTF8 { utf8 in
      guard unsafe utf8.contains(0) else { return unsafe append(contentsOf: utf8) }
      for index in utf8.indices {
        let byte = unsafe utf8[index]
        if byte == 0 { append(contentsOf: [0xEF, 0xBF, 0xBD]) } else { append(byte) }
      }
    }
  }
}
