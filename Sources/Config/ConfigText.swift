// The table of keys as text: the help of `hawker serve` and the sample file.

/// Renders the table of keys.
package enum ConfigText {
  /// Columns of a line.
  static let width = 96

  /// The sample configuration: every key, commented out, with its meaning.
  package static var sample: String {
    var text =
      "# Hawker's configuration. Every key is also a flag (--key) and a variable (HAWKER_KEY);\n"
    text +=
      "# flags win over variables, variables over this file. Lists take commas, or the key again.\n"
    text += "# `hawker config sample` writes this file, `hawker config check FILE` checks one.\n"
    for key in ConfigKey.allCases {
      text += "\n"
      for line in wrapped(key.meaning, prefix: "# ") { text += line + "\n" }
      let kind = key.fallback == nil ? "Example" : "Default"
      text += "# Form: \(key.form). Variable: \(key.environmentName). \(kind):\n"
      text += "#\(key.rawValue) = \(key.example)\n"
    }
    return text
  }

  /// The flags of `hawker serve`.
  package static var help: String {
    var text = ""
    for key in ConfigKey.allCases {
      let fallback = key.fallback.map { " (default \($0))" } ?? ""
      text += "  --\(key.rawValue) \(key.form)\(fallback)\n"
      for line in wrapped(key.meaning, prefix: "      ") { text += line + "\n" }
    }
    return text
  }

  private static func wrapped(_ text: String, prefix: String) -> [String] {
    var lines: [String] = []
    var line = prefix
    for word in text.split(separator: " ") {
      if line.count + word.count + 1 > width && line != prefix {
        lines.append(line)
        line = prefix
      }
      line += (line == prefix ? "" : " ") + word
    }
    lines.append(line)
    return lines
  }
}
