// Reading an object's members with the types one expects, and errors that name the key path.

/// A member that is missing, of another type or out of range.
package struct JSONMismatch: Error, Hashable, Sendable {
  /// The way to the member: `offer.sections[2].mid`. Keys are ours, never the client's.
  package let path: String
  /// What was expected: "a string".
  package let expected: String
  /// What was found: "an integer", or "nothing".
  package let found: String

  package init(path: String, expected: String, found: String) {
    self.path = path
    self.expected = expected
    self.found = found
  }

  /// A sentence for the client.
  package var text: String { "\(path): expected \(expected), found \(found)" }
}

/// An object and where it stands in the document.
///
/// Members that are `null` count as absent. `optional…` returns nil for an absent member and still
/// throws for one of the wrong type.
package struct JSONFields: Sendable {
  package let object: JSONObject
  private let path: String

  /// The document's outermost object.
  package init(_ object: JSONObject) {
    self.object = object
    path = ""
  }

  /// The document's outermost value, which must be an object.
  package init(document value: JSONValue) throws(JSONMismatch) {
    guard case .object(let object) = value else {
      throw JSONMismatch(path: "document", expected: "an object", found: value.typeName)
    }
    self.init(object)
  }

  private init(_ object: JSONObject, path: String) {
    self.object = object
    self.path = path
  }

  // MARK: Required members

  /// A string that must be there.
  package func string(_ key: String) throws(JSONMismatch) -> String {
    try required(optionalString(key), key, "a string")
  }

  /// An integer that must be there.
  package func int(_ key: String) throws(JSONMismatch) -> Int64 {
    try required(optionalInt(key), key, "an integer")
  }

  /// An integer within `range` that must be there.
  package func int(_ key: String, in range: ClosedRange<Int64>) throws(JSONMismatch) -> Int64 {
    try required(optionalInt(key, in: range), key, "an integer")
  }

  /// A number; an integer is one too.
  package func double(_ key: String) throws(JSONMismatch) -> Double {
    try required(optionalDouble(key), key, "a number")
  }

  /// A boolean that must be there.
  package func bool(_ key: String) throws(JSONMismatch) -> Bool {
    try required(optionalBool(key), key, "a boolean")
  }

  /// An object that must be there; its errors name the path through `key`.
  package func fields(_ key: String) throws(JSONMismatch) -> JSONFields {
    try required(optionalFields(key), key, "an object")
  }

  /// An array that must be there.
  package func array(_ key: String) throws(JSONMismatch) -> [JSONValue] {
    try required(optionalArray(key), key, "an array")
  }

  /// An array of strings.
  package func strings(_ key: String) throws(JSONMismatch) -> [String] {
    var result: [String] = []
    for (index, item) in try array(key).enumerated() {
      guard case .string(let text) = item else {
        throw mismatch("\(key)[\(index)]", "a string", item)
      }
      result.append(text)
    }
    return result
  }

  /// An array of objects.
  package func fieldsArray(_ key: String) throws(JSONMismatch) -> [JSONFields] {
    var result: [JSONFields] = []
    for (index, item) in try array(key).enumerated() {
      guard case .object(let object) = item else {
        throw mismatch("\(key)[\(index)]", "an object", item)
      }
      result.append(JSONFields(object, path: join("\(key)[\(index)]")))
    }
    return result
  }

  // MARK: Optional members

  /// A string, or nil when absent.
  package func optionalString(_ key: String) throws(JSONMismatch) -> String? {
    guard let value = present(key) else { return nil }
    guard case .string(let text) = value else { throw mismatch(key, "a string", value) }
    return text
  }

  /// An integer, or nil when absent.
  package func optionalInt(_ key: String) throws(JSONMismatch) -> Int64? {
    guard let value = present(key) else { return nil }
    guard case .integer(let number) = value else { throw mismatch(key, "an integer", value) }
    return number
  }

  /// An integer within `range`.
  package func optionalInt(
    _ key: String, in range: ClosedRange<Int64>
  ) throws(JSONMismatch) -> Int64? {
    guard let number = try optionalInt(key) else { return nil }
    guard range.contains(number) else {
      let expected = "an integer from \(range.lowerBound) to \(range.upperBound)"
      throw JSONMismatch(path: join(key), expected: expected, found: String(number))
    }
    return number
  }

  /// A number, or nil when absent.
  package func optionalDouble(_ key: String) throws(JSONMismatch) -> Double? {
    guard let value = present(key) else { return nil }
    switch value {
    case .double(let number): return number
    case .integer(let number): return Double(number)
    case .null, .bool, .string, .array, .object: throw mismatch(key, "a number", value)
    }
  }

  /// A boolean, or nil when absent.
  package func optionalBool(_ key: String) throws(JSONMismatch) -> Bool? {
    guard let value = present(key) else { return nil }
    guard case .bool(let flag) = value else { throw mismatch(key, "a boolean", value) }
    return flag
  }

  /// An object, or nil when absent.
  package func optionalFields(_ key: String) throws(JSONMismatch) -> JSONFields? {
    guard let value = present(key) else { return nil }
    guard case .object(let object) = value else { throw mismatch(key, "an object", value) }
    return JSONFields(object, path: join(key))
  }

  /// An array, or nil when absent.
  package func optionalArray(_ key: String) throws(JSONMismatch) -> [JSONValue]? {
    guard let value = present(key) else { return nil }
    guard case .array(let items) = value else { throw mismatch(key, "an array", value) }
    return items
  }

  /// A mismatch at `key` for a value that has the right type and the wrong content.
  package func refusal(_ key: String, expected: String, found: String) -> JSONMismatch {
    JSONMismatch(path: join(key), expected: expected, found: found)
  }

  // MARK: Paths

  private func present(_ key: String) -> JSONValue? {
    guard let value = object[key], value != .null else { return nil }
    return value
  }

  private func required<T>(
    _ value: T?, _ key: String, _ expected: String
  ) throws(JSONMismatch) -> T {
    guard let value else {
      throw JSONMismatch(path: join(key), expected: expected, found: "nothing")
    }
    return value
  }

  private func mismatch(_ key: String, _ expected: String, _ value: JSONValue) -> JSONMismatch {
    JSONMismatch(path: join(key), expected: expected, found: value.typeName)
  }

  private func join(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}
