// Character classes and small text operations of RFC 9110 section 5.6, on bytes and ASCII text.

/// The lexical rules shared by all HTTP parsers.
package enum HTTPSyntax {
  static let tab: UInt8 = 0x09
  static let lf: UInt8 = 0x0A
  static let cr: UInt8 = 0x0D
  static let space: UInt8 = 0x20

  /// Whether `byte` may stand in a token (RFC 9110 section 5.6.2).
  package static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
    default: false
    }
  }

  /// Whether `byte` may stand in a field value: visible, space, tab or obs-text.
  package static func isFieldValue(_ byte: UInt8) -> Bool {
    byte == tab || (byte >= space && byte != 0x7F)
  }

  static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  /// The value of a hexadecimal digit, nil for anything else.
  static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }

  static func lowercase(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }

  /// Whether two texts are equal when ASCII letters of either case count as the same.
  package static func equalIgnoringCase(_ a: some StringProtocol, _ b: some StringProtocol) -> Bool
  {
    a.utf8.count == b.utf8.count
      && zip(a.utf8, b.utf8).allSatisfy { lowercase($0) == lowercase($1) }
  }

  /// `text` with ASCII letters in lower case.
  package static func lowercased(_ text: some StringProtocol) -> String {
    String(decoding: text.utf8.map(lowercase), as: UTF8.self)
  }

  /// `text` without spaces and tabs at either end.
  package static func trimmed(_ text: some StringProtocol) -> String {
    let isBlank = { (byte: UInt8) in byte == space || byte == tab }
    let bytes = text.utf8.drop(while: isBlank).reversed().drop(while: isBlank)
    return String(decoding: bytes.reversed(), as: UTF8.self)
  }

  /// The elements of a list value: split at commas outside quotes, trimmed, empty ones left out.
  package static func listElements(_ value: String) -> [String] {
    split(value, at: 0x2C).map { trimmed($0) }.filter { !$0.isEmpty }
  }

  /// Splits at `separator` outside of quoted strings (RFC 9110 section 5.6.4).
  static func split(_ value: some StringProtocol, at separator: UInt8) -> [String] {
    var parts: [String] = []
    var current: [UInt8] = []
    var quoted = false
    var escaped = false
    for byte in value.utf8 {
      if byte == separator && !quoted {
        parts.append(String(decoding: current, as: UTF8.self))
        current.removeAll(keepingCapacity: true)
        continue
      }
      if byte == 0x22 && !escaped { quoted.toggle() }
      escaped = quoted && byte == 0x5C && !escaped
      current.append(byte)
    }
    parts.append(String(decoding: current, as: UTF8.self))
    return parts
  }

  /// Whether every quoted string of `value` ends.
  static func hasClosedQuotes(_ value: String) -> Bool {
    var quoted = false
    var escaped = false
    for byte in value.utf8 {
      if byte == 0x22 && !escaped { quoted.toggle() }
      escaped = quoted && byte == 0x5C && !escaped
    }
    return !quoted
  }

  /// The text of a quoted string without its quotes and escapes; other text unchanged.
  static func unquoted(_ value: String) -> String {
    let bytes = Array(value.utf8)
    guard bytes.count >= 2, bytes.first == 0x22, bytes.last == 0x22 else { return value }
    var result: [UInt8] = []
    var escaped = false
    for byte in bytes.dropFirst().dropLast() {
      if byte == 0x5C && !escaped {
        escaped = true
      } else {
        result.append(byte)
        escaped = false
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Reads 1...`digitsMax` decimal digits and nothing else; nil otherwise.
  static func decimal(_ text: some StringProtocol, digitsMax: Int = 15) -> Int? {
    guard (1...digitsMax).contains(text.utf8.count), text.utf8.allSatisfy(isDigit) else {
      return nil
    }
    return Int(text)
  }
}
