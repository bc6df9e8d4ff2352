// As much of JSON Schema 2020-12 as our own schemas use: unknown keywords are faults.

import JSON

@testable import Endpoints

/// Checks values against schemas of the description.
struct SchemaCheck {
  /// What is wrong, with the way to it.
  private(set) var faults: [String] = []

  static func faults(of value: JSONValue, _ schema: JSONValue) -> [String] {
    var check = SchemaCheck()
    check.check(value, schema, "$")
    return check.faults
  }

  private mutating func check(_ value: JSONValue, _ schema: JSONValue, _ path: String) {
    guard case .object(let rules) = schema else {
      if schema == false { faults.append("\(path): nothing may be here") }
      return
    }
    for rule in rules.members { apply(rule.key, rule.value, rules, to: value, path) }
  }

  private mutating func apply(
    _ keyword: String, _ rule: JSONValue, _ rules: JSONObject, to value: JSONValue, _ path: String
  ) {
    switch (keyword, rule, value) {
    case ("$ref", .string(let name), _):
      guard let schema = APIDescription.schemas.first(where: { $0.reference == ["$ref": rule] })
      else { return faults.append("\(path): \(name) is no schema") }
      check(value, schema.schema, path)
    case ("anyOf", .array(let schemas), _):
      if !schemas.contains(where: { SchemaCheck.faults(of: value, $0).isEmpty }) {
        faults.append("\(path): is none of anyOf: \(value)")
      }
    case ("type", _, _): expect(SchemaCheck.types(rule).contains { is_(value, $0) }, path, "type")
    case ("const", _, _): expect(value == rule, path, "const")
    case ("enum", .array(let values), _): expect(values.contains(value), path, "enum")
    case ("required", .array(let names), .object(let object)):
      for case .string(let name) in names where object[name] == nil {
        faults.append("\(path).\(name) is missing")
      }
    case ("properties", .object(let properties), .object(let object)):
      for member in object.members {
        if let schema = properties[member.key] {
          check(member.value, schema, "\(path).\(member.key)")
        } else if rules["additionalProperties"] == false {
          faults.append("\(path).\(member.key) is not described")
        }
      }
    case ("items", _, .array(let items)):
      var first = 0
      if case .array(let prefix)? = rules["prefixItems"] { first = prefix.count }
      for (index, item) in items.enumerated().dropFirst(first) {
        check(item, rule, "\(path)[\(index)]")
      }
    case ("prefixItems", .array(let schemas), .array(let items)):
      for (index, (item, schema)) in zip(items, schemas).enumerated() {
        check(item, schema, "\(path)[\(index)]")
      }
    case ("minItems", .integer(let min), .array(let items)):
      expect(items.count >= min, path, keyword)
    case ("maxItems", .integer(let max), .array(let items)):
      expect(items.count <= max, path, keyword)
    case ("minimum", .integer(let min), .integer(let number)): expect(number >= min, path, keyword)
    case ("maximum", .integer(let max), .integer(let number)): expect(number <= max, path, keyword)
    case ("minLength", .integer(let min), .string(let text)):
      expect(text.unicodeScalars.count >= min, path, keyword)
    case ("maxLength", .integer(let max), .string(let text)):
      expect(text.unicodeScalars.count <= max, path, keyword)
    case ("pattern", _, .string(let text)):
      expect(
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 32 && $0 < 127 }, path,
        keyword)
    case ("description", _, _), ("additionalProperties", _, _): break
    case ("required", _, _), ("properties", _, _), ("items", _, _), ("prefixItems", _, _),
      ("minItems", _, _), ("maxItems", _, _), ("minimum", _, _), ("maximum", _, _),
      ("minLength", _, _), ("maxLength", _, _), ("pattern", _, _):
      break
    default: faults.append("\(path): \(keyword) is not known here")
    }
  }

  private mutating func expect(_ holds: Bool, _ path: String, _ keyword: String) {
    if !holds { faults.append("\(path): \(keyword)") }
  }

  private static func types(_ rule: JSONValue) -> [String] {
    switch rule {
    case .string(let name): return [name]
    case .array(let names):
      return names.compactMap { if case .string(let name) = $0 { name } else { nil } }
    default: return []
    }
  }

  private func is_(_ value: JSONValue, _ type: String) -> Bool {
    switch value {
    case .null: type == "null"
    case .bool: type == "boolean"
    case .integer: type == "integer" || type == "number"
    case .double: type == "number"
    case .string: type == "string"
    case .array: type == "array"
    case .object: type == "object"
    }
  }
}
