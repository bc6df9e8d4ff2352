// Splitting text into lines, RFC 8866 section 5: the first pass over a description.

/// One `<letter>=<value>` line.
struct SDPLine {
  /// Counted from 1.
  let number: Int
  let letter: Character
  let value: Substring

  /// The name and value of an `a=` line.
  var attribute: (name: Substring, value: Substring?) {
    let (name, rest) = value.cut(UInt8(ascii: ":"))
    return (name, rest)
  }

  /// Splits at CRLF or LF; blank lines are allowed at the end only.
  ///
  /// - Throws: for size, encoding, control characters and lines that are not lines.
  static func split(_ bytes: borrowing Span<UInt8>) throws(SDPError) -> [SDPLine] {
    guard bytes.count <= SDPLimits.bytesMax else { throw SDPError(.tooLarge, line: 1) }
    var lines: [SDPLine] = []
    var number = 0
    var blank: Int?
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count && bytes[end] != 0x0A { end += 1 }
      let next = end + 1
      if end > start && bytes[end - 1] == 0x0D { end -= 1 }
      number += 1
      guard number <= SDPLimits.linesMax else { throw SDPError(.tooManyLines, line: number) }
      if end == start {
        blank = blank ?? number
      } else {
        if let blank { throw SDPError(.notALine, line: blank) }
        lines.append(try line(bytes.extracting(start..<end), number))
      }
      start = next
    }
    return lines
  }

  private static func line(
    _ bytes: Span<UInt8>, _ number: Int
  ) throws(SDPError) -> SDPLine {
    guard bytes.count <= SDPLimits.lineBytesMax else { throw SDPError(.lineTooLong, line: number) }
    var units: [UInt8] = []
    units.reserveCapacity(bytes.count)
    for index in 0..<bytes.count {
      let byte = bytes[index]
      guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else {
        throw SDPError(.controlCharacter, line: number)
      }
      units.append(byte)
    }
    guard let text = String(validating: units, as: UTF8.self) else {
      throw SDPError(.notUTF8, line: number)
    }
    guard units.count >= 2, units[1] == UInt8(ascii: "="),
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(units[0])
    else { throw SDPError(.notALine, line: number) }
    return SDPLine(
      number: number, letter: Character(Unicode.Scalar(units[0])),
      value: Substring(text.utf8.dropFirst(2)))
  }
}
