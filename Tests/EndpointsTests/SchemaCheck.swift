// As much of JSON Schema 2020-12 as our own schemas use: unknown keywords are faults.

import JSON

@testable import Endpoints

/// Checks values against schemas of the description and of the room socket's messages.
struct SchemaCheck {
  private static let named = Dictionary(
    (APIDescription.schemas + MessageSchemas.parts).map { (prefix + $0.name, $0.schema) },
    uniquingKeysWith: { first, _ in first })
  private static let client = Dictionary(
    uniqueKeysWithValues: MessageSchemas.client.map { ($0.type, $0.schema) })
  private static let server = Dictionary(
    uniqueKeysWithValues: MessageSchemas.server.map { ($0.type, $0.schema) })
  private static let prefix = "#/components/schemas/"

  /// The way to the value that is looked at.
  private var path = ["$"]

  /// What is wrong, with the way to it.
  private(set) var faults: [String] = []

  static func faults(of value: JSONValue, _ schema: JSONValue) -> [String] {
    var check = SchemaCheck()
    check.check(value, schema)
    return check.faults
  }

  /// What is wrong with a message of the room socket.
  static func faults(ofServerMessage message: JSONValue) -> [String] {
    faults(of: message, by: server)
  }

  /// What is wrong with a message to the room socket.
  static func faults(ofClientMessage message: JSONValue) -> [String] {
    faults(of: message, by: client)
  }

  private static func faults(of message: JSONValue, by schemas: [String: JSONValue]) -> [String] {
    guard case .object(let object) = message, case .string(let type)? = object["type"],
      let schema = schemas[type]
    else { return ["no message of a described type: \(message)"] }
    return faults(of: message, schema).map { "\(type) \($0)" }
  }

  private mutating func check(_ value: JSONValue, _ schema: JSONValue, at place: String? = nil) {
    if let place { path.append(place) }
    defer { if place != nil { path.removeLast() } }
    guard case .object(let rules) = schema else {
      if schema == false { add("nothing may be here") }
      return
    }
    for rule in rules.members { apply(rule.key, rule.value, rules, to: value) }
  }

  private mutating func apply(
    _ keyword: String, _ rule: JSONValue, _ rules: JSONObject, to value: JSONValue
  ) {
    switch (keyword, rule, value) {
    case ("$ref", .string(let name), _):
      if name == SchemaCheck.prefix + "ServerMessage" {
        for fault in SchemaCheck.faults(ofServerMessage: value) { add(fault) }
      } else if let schema = SchemaCheck.named[name] {
        check(value, schema)
      } else {
        add("\(name) is no schema")
      }
    case ("anyOf", .array(let schemas), _):
      if !schemas.contains(where: { SchemaCheck.faults(of: value, $0).isEmpty }) {
        add("is none of anyOf: \(value)")
      }
    case ("type", _, _): expect(SchemaCheck.types(rule).contains { is_(value, $0) }, "type")
    case ("const", _, _): expect(value == rule, "const")
    case ("enum", .array(let values), _): expect(values.contains(value), "enum")
    case ("required", .array(let names), .object(let object)):
      for case .string(let name) in names where object[name] == nil {
        add("\(name) is missing")
      }
    case ("properties", .object(let properties), .object(let object)):
      for member in object.members {
        if let schema = properties[member.key] {
          check(member.value, schema, at: member.key)
        } else if rules["additionalProperties"] == false {
          add("\(member.key) is not described")
        }
      }
    case ("additionalProperties", .object, .object(let object)) where rules["properties"] == nil:
      for member in object.members { check(member.value, rule, at: member.key) }
    case ("propertyNames", _, .object(let object)):
      for member in object.members { check(.string(member.key), rule, at: member.key) }
    case ("maxProperties", .integer(let max), .object(let object)):
      expect(object.count <= max, keyword)
    case ("items", _, .array(let items)):
      var first = 0
      if case .array(let prefix)? = rules["prefixItems"] { first = prefix.count }
      for item in items.dropFirst(first) {
        check(item, rule, at: "[]")
      }
    case ("prefixItems", .array(let schemas), .array(let items)):
      for (item, schema) in zip(items, schemas) {
        check(item, schema, at: "[]")
      }
    case ("minItems", .integer(let min), .array(let items)):
      expect(items.count >= min, keyword)
    case ("maxItems", .integer(let max), .array(let items)):
      expect(items.count <= max, keyword)
    case ("minimum", .integer(let min), .integer(let number)): expect(number >= min, keyword)
    case ("maximum", .integer(let max), .integer(let number)): expect(number <= max, keyword)
    case ("minimum", .integer(let min), .double(let number)):
      expect(number >= Double(min), keyword)
    case ("maximum", .integer(let max), .double(let number)):
      expect(number <= Double(max), keyword)
    case ("minLength", .integer(let min), .string(let text)):
      expect(text.unicodeScalars.count >= min, keyword)
    case ("maxLength", .integer(let max), .string(let text)):
      expect(text.unicodeScalars.count <= max, keyword)
    case ("pattern", .string(let pattern), .string(let text)):
      expect(SchemaCheck.matches(text, pattern), keyword)
    case ("description", _, _), ("additionalProperties", _, _): break
    case ("propertyNames", _, _), ("maxProperties", _, _), ("required", _, _), ("properties", _, _),
      ("items", _, _), ("prefixItems", _, _),
      ("minItems", _, _), ("maxItems", _, _), ("minimum", _, _), ("maximum", _, _),
      ("minLength", _, _), ("maxLength", _, _), ("pattern", _, _):
      break
    default: add("\(keyword) is not known here")
    }
  }

  private mutating func add(_ fault: String) {
    faults.append("\(path.joined(separator: ".")): \(fault)")
  }

  /// The two forms our patterns have: `^[class]{1,max}$` and `/[class]{1,max}$`.
  private static func matches(_ text: String, _ pattern: String) -> Bool {
    var part = Substring(text)
    if pattern.hasPrefix("/") {
      guard let slash = text.lastIndex(of: "/") else { return false }
      part = text[text.index(after: slash)...]
    }
    let isWide = pattern.dropFirst().hasPrefix("[A-Za-z0-9_-]{1,")
    guard isWide || pattern.dropFirst().hasPrefix("[A-Za-z0-9]{1,"), pattern.hasSuffix("}$"),
      let comma = pattern.lastIndex(of: ","),
      let max = Int(pattern[pattern.index(after: comma)...].dropLast(2))
    else { return false }
    return (1...max).contains(part.utf8.count)
      && part.utf8.allSatisfy { byte in
        let character = Character(UnicodeScalar(byte))
        return character.isASCII && (character.isLetter || character.isNumber)
          || (isWide && (character == "_" || character == "-"))
      }
  }

  private mutating func expect(_ holds: Bool, _ keyword: String) {
    if !holds { add(keyword) }
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
