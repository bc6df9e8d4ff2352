// Values as they were found: on the command line, in the environment, in a file.

/// The raw values of one source.
package struct ConfigSource: Hashable, Sendable {
  /// One value and where it stood, for error messages.
  package struct Value: Hashable, Sendable {
    package let text: String
    package let place: String
  }

  package private(set) var values: [ConfigKey: Value] = [:]

  /// Lines of a file: bounded, a configuration has a few dozen.
  static let linesMax = 10_000

  /// Nothing set.
  package init() {}

  /// Reads `--key value` and `--key=value`; a repeated key adds to a list, else the last one counts.
  ///
  /// - Returns: the arguments that are not keys of the table, in order.
  package static func flags(_ arguments: [String]) throws(ConfigError) -> (
    ConfigSource, rest: [String]
  ) {
    var source = ConfigSource()
    var rest: [String] = []
    var index = 0
    while index < arguments.count {
      let parts = arguments[index].split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts[0].hasPrefix("--"), let key = ConfigKey(rawValue: String(parts[0].dropFirst(2)))
      else {
        rest.append(arguments[index])
        index += 1
        continue
      }
      if parts.count == 2 {
        source.add(key, String(parts[1]), "--\(key.rawValue)")
      } else {
        // A value that begins with dashes is a forgotten one; `--key=--value` says it is meant.
        guard index + 1 < arguments.count, !arguments[index + 1].hasPrefix("--") else {
          throw ConfigError("--\(key.rawValue) needs a value: \(key.form)")
        }
        index += 1
        source.add(key, arguments[index], "--\(key.rawValue)")
      }
      index += 1
    }
    return (source, rest)
  }

  /// Reads `HAWKER_…` variables.
  package static func environment(_ variables: [String: String]) -> ConfigSource {
    var source = ConfigSource()
    for key in ConfigKey.allCases {
      if let text = variables[key.environmentName], !text.isEmpty {
        source.set(key, text, key.environmentName)
      }
    }
    return source
  }

  /// Reads `key = value` lines; `#` starts a comment line; a repeated key adds to a list.
  package static func file(_ text: String, name: String) throws(ConfigError) -> ConfigSource {
    var source = ConfigSource()
    // Swift takes "\r\n" for one character that is not "\n".
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    guard lines.count <= linesMax else { throw ConfigError("\(name): too many lines") }
    for (number, line) in lines.enumerated() {
      let place = "\(name):\(number + 1)"
      let trimmed = line.trimmed
      if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
      guard let equals = trimmed.firstIndex(of: "=") else {
        throw ConfigError("\(place): expected key = value")
      }
      let name = String(trimmed[..<equals].trimmed)
      guard let key = ConfigKey(rawValue: name) else {
        throw ConfigError(
          "\(place): unknown key \"\(name)\"" + NearestName.hint(name, among: ConfigKey.names))
      }
      let value = String(trimmed[trimmed.index(after: equals)...].trimmed)
      if let old = source.values[key], !key.isList {
        throw ConfigError("\(place): \(key.rawValue) was set before, at \(old.place)")
      }
      source.add(key, value, place)
    }
    return source
  }

  /// Sets a value, or adds it to those a list has.
  private mutating func add(_ key: ConfigKey, _ text: String, _ place: String) {
    let old = key.isList ? values[key].map { $0.text + "," } : nil
    set(key, (old ?? "") + text, place)
  }

  private mutating func set(_ key: ConfigKey, _ text: String, _ place: String) {
    values[key] = Value(text: text, place: place)
  }

  /// These values, and those of `other` where these have none.
  package func over(_ other: ConfigSource) -> ConfigSource {
    var merged = other
    for (key, value) in values { merged.values[key] = value }
    return merged
  }
}

extension Substring {
  /// Without spaces and tabs at both ends.
  fileprivate var trimmed: Substring {
    var view = self
    while let first = view.first, first == " " || first == "\t" || first == "\r" {
      view.removeFirst()
    }
    while let last = view.last, last == " " || last == "\t" || last == "\r" { view.removeLast() }
    return view
  }
}
