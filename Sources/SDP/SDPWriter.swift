// The output of one writing: lines that end in CRLF and cannot be broken by a value.

/// Collects the lines of a description.
struct SDPWriter {
  private(set) var text = ""

  /// Appends a line. Control characters in a value become spaces: no value can start a line.
  mutating func line(_ letter: Character, _ value: String) {
    text.append(letter)
    text.append("=")
    for scalar in value.unicodeScalars {
      let isControl = scalar.value < 0x20 && scalar.value != 0x09 || scalar.value == 0x7F
      text.unicodeScalars.append(isControl ? " " : scalar)
    }
    text.append("\r\n")
  }

  mutating func attribute(_ name: String, _ value: String? = nil) {
    line("a", value.map { "\(name):\($0)" } ?? name)
  }
}
