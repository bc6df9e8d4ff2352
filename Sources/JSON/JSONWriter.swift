// Values to JSON text: compact, members in their order, always valid.

extension JSONValue {
  /// The value as compact JSON, UTF-8.
  ///
  /// U+2028 and U+2029 are escaped, so the text is also a JavaScript expression.
  /// - Parameter escapingHTML: also escape `<`, for text that goes into a page's script element.
  package func write(escapingHTML: Bool = false) -> [UInt8] {
    var writer = JSONWriter(escapingHTML: escapingHTML)
    writer.write(self)
    return writer.bytes
  }

  /// The value as compact JSON text.
  package var text: String { String(decoding: write(), as: UTF8.self) }
}

/// The output of one writing.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  private let escapingHTML: Bool

  init(escapingHTML: Bool) { self.escapingHTML = escapingHTML }

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: append("null")
    case .bool(let flag): append(flag ? "true" : "false")
    case .integer(let number): append(String(number))
    case .double(let number): append(number.isFinite ? number.description : "null")
    case .string(let text): write(text)
    case .array(let items): write(items)
    case .object(let object): write(object)
    }
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func write(_ items: [JSONValue]) {
    bytes.append(UInt8(ascii: "["))
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      write(item)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private mutating func write(_ object: JSONObject) {
    bytes.append(UInt8(ascii: "{"))
    for (index, member) in object.members.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      write(member.key)
      bytes.append(UInt8(ascii: ":"))
      write(member.value)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars { write(scalar) }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func write(_ scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x22: append("\\\"")
    case 0x5C: append("\\\\")
    case 0x08: append("\\b")
    case 0x09: append("\\t")
    case 0x0A: append("\\n")
    case 0x0C: append("\\f")
    case 0x0D: append("\\r")
    case 0x3C where escapingHTML: append("\\u003c")
    case 0..<0x10: append("\\u000" + String(scalar.value, radix: 16))
    case 0x10..<0x20: append("\\u00" + String(scalar.value, radix: 16))
    case 0x2028, 0x2029: append("\\u" + String(scalar.value, radix: 16))
    default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
  }
}
