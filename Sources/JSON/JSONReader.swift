// JSON text to values, RFC 8259 strictly: total, bounded, never trapping.

extension JSONValue {
  /// Reads exactly one document: UTF-8 without byte order mark, white space allowed around it.
  ///
  /// - Throws: the first fault and its byte offset.
  package static func parse(
    _ bytes: borrowing Span<UInt8>, limits: JSONLimits = .standard
  ) throws(JSONError) -> JSONValue {
    guard bytes.count <= limits.bytesMax else { throw JSONError(.tooLarge, at: limits.bytesMax) }
    var reader = JSONReader(copy bytes, limits: limits)
    return try reader.document()
  }

  /// Reads one document from an array of bytes.
  package static func parse(
    _ bytes: [UInt8], limits: JSONLimits = .standard
  ) throws(JSONError) -> JSONValue {
    try parse(bytes.span, limits: limits)
  }
}

/// The cursor of one reading.
@safe
struct JSONReader: ~Escapable {
  private let bytes: Span<UInt8>
  private let limits: JSONLimits
  private var offset = 0
  private var elementCount = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func document() throws(JSONError) -> JSONValue {
    let value = try value(depth: 0)
    skipWhiteSpace()
    guard offset >= bytes.count else { throw JSONError(.trailingBytes, at: offset) }
    return value
  }

  private func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func next() throws(JSONError) -> UInt8 {
    guard let byte = peek() else { throw JSONError(.unexpectedEnd, at: offset) }
    offset += 1
    return byte
  }

  private mutating func skipWhiteSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      offset += 1
    }
  }

  private mutating func countElement() throws(JSONError) {
    elementCount += 1
    guard elementCount <= limits.elementsMax else { throw JSONError(.tooManyElements, at: offset) }
  }

  // MARK: Values

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    skipWhiteSpace()
    try countElement()
    guard let byte = peek() else { throw JSONError(.unexpectedEnd, at: offset) }
    switch byte {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw JSONError(.unexpectedByte, at: offset)
    }
  }

  private mutating func literal(
    _ word: StaticString, _ value: JSONValue
  ) throws(JSONError) -> JSONValue {
    for expected in word.description.utf8 {
      guard try next() == expected else { throw JSONError(.unexpectedByte, at: offset - 1) }
    }
    return value
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    guard depth <= limits.depthMax else { throw JSONError(.tooDeep, at: offset) }
    offset += 1
    skipWhiteSpace()
    if peek() == UInt8(ascii: "]") {
      offset += 1
      return .array([])
    }
    var items: [JSONValue] = []
    repeat { items.append(try value(depth: depth)) } while try more(until: UInt8(ascii: "]"))
    return .array(items)
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    guard depth <= limits.depthMax else { throw JSONError(.tooDeep, at: offset) }
    offset += 1
    skipWhiteSpace()
    if peek() == UInt8(ascii: "}") {
      offset += 1
      return .object(JSONObject())
    }
    var members: [JSONObject.Member] = []
    var keys: Set<String> = []
    repeat {
      members.append(try member(depth: depth, &keys))
    } while try more(until: UInt8(ascii: "}"))
    return .object(JSONObject(uniqueMembers: members))
  }

  private mutating func member(
    depth: Int, _ keys: inout Set<String>
  ) throws(JSONError) -> JSONObject.Member {
    skipWhiteSpace()
    let start = offset
    guard keys.count < limits.membersMax else { throw JSONError(.tooManyMembers, at: start) }
    try countElement()
    guard let quote = peek() else { throw JSONError(.unexpectedEnd, at: start) }
    guard quote == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: start) }
    let key = try string()
    // Keys that differ in Unicode normalisation only count as equal: they would look the same.
    guard keys.insert(key).inserted else { throw JSONError(.duplicateKey, at: start) }
    skipWhiteSpace()
    guard try next() == UInt8(ascii: ":") else { throw JSONError(.unexpectedByte, at: offset - 1) }
    return JSONObject.Member(key: key, value: try value(depth: depth))
  }

  /// Passes over the comma or the closing byte; whether another item follows.
  private mutating func more(until close: UInt8) throws(JSONError) -> Bool {
    skipWhiteSpace()
    let byte = try next()
    if byte == close { return false }
    guard byte == UInt8(ascii: ",") else { throw JSONError(.unexpectedByte, at: offset - 1) }
    return true
  }

  // MARK: Numbers

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = offset
    if peek() == UInt8(ascii: "-") { offset += 1 }
    let integerStart = offset
    try digits(from: start)
    if bytes[integerStart] == UInt8(ascii: "0"), offset - integerStart > 1 {
      throw JSONError(.badNumber, at: start)
    }
    var isInteger = true
    if peek() == UInt8(ascii: ".") {
      isInteger = false
      offset += 1
      try digits(from: start)
    }
    if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      offset += 1
      if let sign = peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { offset += 1 }
      try digits(from: start)
    }
    return try number(from: start, isInteger: isInteger)
  }

  /// Passes over one or more digits of the number that began at `start`.
  private mutating func digits(from start: Int) throws(JSONError) {
    let first = offset
    while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
    guard offset > first else {
      throw JSONError(offset < bytes.count ? .badNumber : .unexpectedEnd, at: start)
    }
    guard offset - start <= JSONLimits.numberBytesMax else {
      throw JSONError(.numberTooLong, at: start)
    }
  }

  private func number(from start: Int, isInteger: Bool) throws(JSONError) -> JSONValue {
    var text = ""
    for index in start..<offset { text.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
    if isInteger {
      guard let value = Int64(text) else { throw JSONError(.integerOutOfRange, at: start) }
      return .integer(value)
    }
    guard let value = Double(text) else { throw JSONError(.badNumber, at: start) }
    guard value.isFinite else { throw JSONError(.numberOutOfRange, at: start) }
    return .double(value)
  }

  // MARK: Strings

  private mutating func string() throws(JSONError) -> String {
    let start = offset
    offset += 1
    var units: [UInt8] = []
    while true {
      let byte = try next()
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: units, as: UTF8.self) else {
          throw JSONError(.invalidUTF8, at: start)
        }
        return text
      case UInt8(ascii: "\\"): try escape(&units)
      case 0..<0x20: throw JSONError(.controlCharacter, at: offset - 1)
      default: units.append(byte)
      }
    }
  }

  private mutating func escape(_ units: inout [UInt8]) throws(JSONError) {
    let start = offset - 1
    switch try next() {
    case UInt8(ascii: "\""): units.append(0x22)
    case UInt8(ascii: "\\"): units.append(0x5C)
    case UInt8(ascii: "/"): units.append(0x2F)
    case UInt8(ascii: "b"): units.append(0x08)
    case UInt8(ascii: "f"): units.append(0x0C)
    case UInt8(ascii: "n"): units.append(0x0A)
    case UInt8(ascii: "r"): units.append(0x0D)
    case UInt8(ascii: "t"): units.append(0x09)
    case UInt8(ascii: "u"): try scalar(from: start, &units)
    default: throw JSONError(.badEscape, at: start)
    }
  }

  /// The rest of a `\u` escape, with its second half where the first is a high surrogate.
  private mutating func scalar(from start: Int, _ units: inout [UInt8]) throws(JSONError) {
    var value = try hexQuad(from: start)
    if (0xD800..<0xDC00).contains(value) {
      guard peek() != nil else { throw JSONError(.unexpectedEnd, at: offset) }
      guard try next() == UInt8(ascii: "\\"), try next() == UInt8(ascii: "u") else {
        throw JSONError(.loneSurrogate, at: start)
      }
      let low = try hexQuad(from: start)
      guard (0xDC00..<0xE000).contains(low) else { throw JSONError(.loneSurrogate, at: start) }
      value = 0x1_0000 + (value - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else { throw JSONError(.loneSurrogate, at: start) }
    units.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }

  private mutating func hexQuad(from start: Int) throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      let byte = try next()
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 48)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - 87)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - 55)
      default: throw JSONError(.badEscape, at: start)
      }
    }
    return value
  }
}
