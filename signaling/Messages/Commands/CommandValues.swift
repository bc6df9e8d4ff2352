// The fields of one command, checked against the catalogue.

import JSON

/// Checked fields. Asking for one that the catalogue does not require gives nil, empty or false.
package struct CommandValues: Hashable, Sendable {
  /// In the order of the catalogue: the same command gives the same text.
  private var object = JSONObject()

  /// Checks every field of `fields`; members that are not in the catalogue are ignored.
  init(_ fields: JSONFields, _ wanted: [CommandField]) throws(MessageRefusal) {
    for field in wanted {
      let value = fields.object[field.name] ?? .null
      if value == .null {
        guard !field.isRequired else { throw CommandValues.refusal(fields, field, "nothing") }
        continue
      }
      guard field.kind.takes(value) else {
        throw CommandValues.refusal(fields, field, field.kind.name(of: value))
      }
      if case .objects(_, let wanted) = field.kind {
        object[field.name] = .array(try CommandValues.objects(fields, field.name, wanted))
      } else {
        object[field.name] = value
      }
    }
  }

  private init(_ object: JSONObject) { self.object = object }

  /// The objects at `name`, each with its wanted fields alone; an error names the way to the field.
  private static func objects(
    _ fields: JSONFields, _ name: String, _ wanted: [CommandField]
  ) throws(MessageRefusal) -> [JSONValue] {
    let items: [JSONFields]
    do throws(JSONMismatch) {
      items = try fields.fieldsArray(name)
    } catch {
      throw MessageRefusal(error)
    }
    return try items.map { item throws(MessageRefusal) in
      .object(try CommandValues(item, wanted).object)
    }
  }

  private static func refusal(
    _ fields: JSONFields, _ field: CommandField, _ found: String
  ) -> MessageRefusal {
    MessageRefusal(
      fields.refusal(field.name, expected: field.kind.expectation, found: found))
  }

  /// What stands for these values in an idempotency record.
  var canonical: [UInt8] { JSONValue.object(object).write() }

  func string(_ name: String) -> String? {
    if case .string(let text) = object[name] { text } else { nil }
  }

  func integer(_ name: String) -> Int64? {
    if case .integer(let number) = object[name] { number } else { nil }
  }

  func bool(_ name: String) -> Bool? {
    if case .bool(let flag) = object[name] { flag } else { nil }
  }

  func choice<T: RawRepresentable<String>>(_ name: String) -> T? {
    string(name).flatMap { T(rawValue: $0) }
  }

  func strings(_ name: String) -> [String]? {
    guard case .array(let items) = object[name] else { return nil }
    return items.compactMap { item in if case .string(let text) = item { text } else { nil } }
  }

  func integers(_ name: String) -> [Int64]? {
    guard case .array(let items) = object[name] else { return nil }
    return items.compactMap { item in if case .integer(let number) = item { number } else { nil } }
  }

  /// The pairs at `name`, none when it is absent.
  func pairs(_ name: String) -> [(Int64, Int64)] {
    guard case .array(let items) = object[name] else { return [] }
    return items.compactMap { item in
      guard case .array(let pair) = item, case .integer(let first)? = pair.first,
        case .integer(let second)? = pair.last
      else { return nil }
      return (first, second)
    }
  }

  /// The objects at `name`, none when it is absent.
  func objects(_ name: String) -> [CommandValues] {
    guard case .array(let items) = object[name] else { return [] }
    return items.compactMap { item in
      if case .object(let object) = item { CommandValues(object) } else { nil }
    }
  }

  /// A required field; the check has been made.
  func text(_ name: String) -> String { string(name) ?? "" }
  func number(_ name: String) -> Int64 { integer(name) ?? 0 }
  func flag(_ name: String) -> Bool { bool(name) ?? false }
}

extension CommandField.Kind {
  /// Whether a value is of this kind and within its range.
  fileprivate func takes(_ value: JSONValue) -> Bool {
    switch (self, value) {
    case (.string(let range), .string(let text)): range.contains(text.unicodeScalars.count)
    case (.integer(let range), .integer(let number)): range.contains(number)
    case (.boolean, .bool): true
    case (.choice(let words), .string(let text)): words.contains(text)
    case (.strings(let itemsMax, let charactersMax), .array(let items)):
      items.count <= itemsMax
        && items.allSatisfy { item in
          if case .string(let text) = item {
            text.unicodeScalars.count <= charactersMax
          } else {
            false
          }
        }
    case (.integers(let itemsMax, let range), .array(let items)):
      items.count <= itemsMax
        && items.allSatisfy { item in
          if case .integer(let number) = item { range.contains(number) } else { false }
        }
    case (.pairs(let itemsMax, let range), .array(let items)):
      items.count <= itemsMax
        && items.allSatisfy { item in
          guard case .array(let pair) = item, pair.count == 2,
            case .integer(let first) = pair[0], case .integer(let second) = pair[1]
          else { return false }
          return range.contains(first) && range.contains(second)
        }
    case (.objects(let itemsMax, _), .array(let items)): items.count <= itemsMax
    default: false
    }
  }

  /// What an error says was found: the type where it is wrong, else that it is out of range.
  fileprivate func name(of value: JSONValue) -> String {
    switch (self, value) {
    case (.string, .string(let text)): "\(text.unicodeScalars.count)"
    case (.integer, .integer(let number)): "\(number)"
    case (.choice, .string): "another string"
    case (.objects, .array(let items)): "\(items.count)"
    case (.strings, .array), (.integers, .array), (.pairs, .array): "others"
    default: value.typeName
    }
  }
}
