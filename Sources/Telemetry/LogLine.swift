// One line of the log: a JSON object, written whole into a byte buffer.

package import Wire

/// How much a line matters.
package enum LogLevel: String, Comparable, Sendable, CaseIterable {
  case debug, info, warning, error

  /// Whether `a` matters less than `b`.
  package static func < (a: LogLevel, b: LogLevel) -> Bool { a.rank < b.rank }

  private var rank: Int {
    switch self {
    case .debug: 0
    case .info: 1
    case .warning: 2
    case .error: 3
    }
  }
}

/// The value of a field.
package enum LogValue: Hashable, Sendable {
  case string(String)
  case integer(Int64)
  case double(Double)
  case boolean(Bool)

  /// A secret, as "[redacted]".
  package init<Value>(_ secret: Redacted<Value>) { self = .string(secret.description) }
}

/// A line to be logged: when, how much it matters, a fixed sentence, and what is special this time.
package struct LogLine: Hashable, Sendable {
  /// One field.
  package struct Field: Hashable, Sendable {
    package let name: String
    package let value: LogValue
  }

  package let time: WallTime
  package let level: LogLevel
  /// A constant: what varies goes into fields, so that lines can be counted and limited by message.
  package let message: String
  package private(set) var fields: [Field] = []

  /// The longest text value in bytes: enough for an error of ours; a peer's longer words are cut.
  package static let valueBytesMax = 1024
  /// The most fields: more would be a dump, not a line; the rest is left out.
  package static let fieldsMax = 32

  /// A line without fields.
  package init(_ time: WallTime, _ level: LogLevel, _ message: StaticString) {
    self.time = time
    self.level = level
    self.message = message.description
  }

  /// A line with fields.
  package init(
    _ time: WallTime, _ level: LogLevel, _ message: StaticString,
    _ fields: KeyValuePairs<StaticString, LogValue>
  ) {
    self.init(time, level, message)
    for (name, value) in fields { append(name, value) }
  }

  /// Adds a field.
  package mutating func append(_ name: StaticString, _ value: LogValue) {
    guard fields.count < LogLine.fieldsMax else { return }
    fields.append(Field(name: name.description, value: value))
  }

  /// Appends the line as one JSON object and a line feed. Control characters never get out as they are.
  package func write(into output: inout [UInt8]) {
    output += "{\"time\":\"\(CalendarDate(time).rfc3339)\",\"level\":\"\(level.rawValue)\"".utf8
    output += ",\"message\":".utf8
    LogLine.writeString(message, into: &output)
    for field in fields {
      output.append(0x2C)
      LogLine.writeString(field.name, into: &output)
      output.append(0x3A)
      LogLine.write(field.value, into: &output)
    }
    output += [0x7D, 0x0A]
  }

  private static func write(_ value: LogValue, into output: inout [UInt8]) {
    switch value {
    case .string(let text): writeString(text, into: &output)
    case .integer(let number): output += String(number).utf8
    // JSON has no words for infinity and not-a-number.
    case .double(let number): output += (number.isFinite ? "\(number)" : "null").utf8
    case .boolean(let flag): output += (flag ? "true" : "false").utf8
    }
  }

  private static func writeString(_ text: String, into output: inout [UInt8]) {
    let hex = Array("0123456789abcdef".utf8)
    output.append(0x22)
    var written = 0
    for scalar in text.unicodeScalars {
      let width = UTF8.width(scalar)
      guard written + width <= valueBytesMax else {
        output += "…".utf8
        break
      }
      written += width
      switch scalar.value {
      case 0x22, 0x5C: output += [0x5C, UInt8(scalar.value)]
      case 0x0A: output += "\\n".utf8
      // Controls of both ranges, and the line separators some viewers break lines at.
      case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029:
        let code = Int(scalar.value)
        output += "\\u".utf8
        output += [hex[code >> 12], hex[code >> 8 & 15], hex[code >> 4 & 15], hex[code & 15]]
      default: output += scalar.utf8
      }
    }
    output.append(0x22)
  }
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral
{
  /// A text.
  package init(stringLiteral value: String) { self = .string(value) }
  /// A number.
  package init(integerLiteral value: Int64) { self = .integer(value) }
  /// A truth value.
  package init(booleanLiteral value: Bool) { self = .boolean(value) }
}

extension Unicode.Scalar {
  fileprivate var utf8: String.UTF8View { String(self).utf8 }
}
