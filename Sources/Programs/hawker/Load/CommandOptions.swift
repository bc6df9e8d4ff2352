// The options of the commands that are clients: `--name value` and switches, each known by name.

import Wire

/// Why a command line can't be used.
struct UsageError: Error {
  let text: String
}

/// The arguments of one command. What was not asked for when `finish` is called is unknown.
struct CommandOptions {
  private var rest: [String]

  init(_ arguments: [String]) { rest = arguments }

  /// The value of `--name VALUE` or `--name=VALUE`; nil when absent.
  mutating func text(_ name: String) throws(UsageError) -> String? {
    if let index = rest.firstIndex(where: { $0.hasPrefix(name + "=") }) {
      return String(rest.remove(at: index).dropFirst(name.count + 1))
    }
    guard let index = rest.firstIndex(of: name) else { return nil }
    guard index + 1 < rest.count else { throw UsageError(text: "\(name) needs a value") }
    let value = rest[index + 1]
    rest.removeSubrange(index...(index + 1))
    return value
  }

  /// Whether the switch is there.
  mutating func isSet(_ name: String) -> Bool {
    guard let index = rest.firstIndex(of: name) else { return false }
    rest.remove(at: index)
    return true
  }

  /// A whole number within `range`.
  mutating func number(
    _ name: String, in range: ClosedRange<Int>, default value: Int
  ) throws(UsageError) -> Int {
    guard let text = try text(name) else { return value }
    guard let number = Int(text), range.contains(number) else {
      throw UsageError(
        text: "\(name): \(text) is not within \(range.lowerBound)...\(range.upperBound)")
    }
    return number
  }

  /// A number within `range`.
  mutating func fraction(
    _ name: String, in range: ClosedRange<Double>, default value: Double
  ) throws(UsageError) -> Double {
    guard let text = try text(name) else { return value }
    guard let number = Double(text), range.contains(number) else {
      throw UsageError(
        text: "\(name): \(text) is not within \(range.lowerBound)...\(range.upperBound)")
    }
    return number
  }

  /// What is left, for a parser of other options.
  func remaining() -> [String] { rest }

  /// - Throws: for anything that no one asked for.
  func finish() throws(UsageError) {
    if let unknown = rest.first { throw UsageError(text: "unknown argument \(unknown)") }
  }
}
