// Header fields in the order they came, looked up without regard to case (RFC 9110 section 5).

/// An ordered list of header fields.
package struct HTTPHeaders: Hashable, Sendable {
  /// One field: a token and a value without line breaks.
  package struct Field: Hashable, Sendable {
    package let name: String
    package let value: String
  }

  /// The fields in order.
  package private(set) var fields: [Field] = []

  /// No fields.
  package init() {}

  /// The given fields in order.
  package init(_ pairs: KeyValuePairs<String, String>) {
    for (name, value) in pairs { append(name, value) }
  }

  /// Appends a field; control characters in the value become spaces, so that no value can end its line.
  package mutating func append(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: HTTPHeaders.withoutControls(value)))
  }

  /// Replaces all fields called `name` by one.
  package mutating func set(_ name: String, _ value: String) {
    remove(name)
    append(name, value)
  }

  /// Removes all fields called `name`.
  package mutating func remove(_ name: String) {
    fields.removeAll { HTTPSyntax.equalIgnoringCase($0.name, name) }
  }

  /// The value of the first field called `name`.
  package subscript(name: String) -> String? {
    fields.first { HTTPSyntax.equalIgnoringCase($0.name, name) }?.value
  }

  /// The values of all fields called `name`, in order.
  package func values(_ name: String) -> [String] {
    fields.filter { HTTPSyntax.equalIgnoringCase($0.name, name) }.map(\.value)
  }

  /// The elements of all list values called `name`, in lower case: for `Connection` and its kind.
  package func tokens(_ name: String) -> [String] {
    values(name).flatMap { HTTPSyntax.listElements($0) }.map { HTTPSyntax.lowercased($0) }
  }

  package var count: Int { fields.count }

  private static func withoutControls(_ value: String) -> String {
    if value.utf8.allSatisfy(HTTPSyntax.isFieldValue) { return value }
    return String(
      decoding: value.utf8.map { HTTPSyntax.isFieldValue($0) ? $0 : HTTPSyntax.space },
      as: UTF8.self)
  }
}
