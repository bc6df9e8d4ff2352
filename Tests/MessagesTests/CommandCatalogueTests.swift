// The command catalogue: a table that agrees with itself, the engine and PROTOCOL.md.

import JSON
import Messages
import Room
import Testing

@Suite("The command catalogue")
struct CommandCatalogueTests {
  /// A value that a field takes.
  private func value(_ field: CommandField) -> JSONValue {
    switch field.kind {
    case .string(let range): .string(String(repeating: "a", count: max(1, range.lowerBound)))
    case .integer(let range): .integer(range.lowerBound)
    case .boolean: true
    case .choice(let words): .string(words[0])
    case .strings: ["a", "b"]
    case .integers(_, let range): .array([.integer(range.lowerBound)])
    }
  }

  /// Values just out of the field's range, or of another type.
  private func badValues(_ field: CommandField) -> [JSONValue] {
    switch field.kind {
    case .string(let range):
      [1, .string(String(repeating: "a", count: range.upperBound + 1))]
        + (range.lowerBound > 0 ? [""] : [])
    case .integer(let range):
      ["1", 1.5, .integer(range.lowerBound - 1), .integer(range.upperBound + 1)]
    case .boolean: [1, "true"]
    case .choice: ["nonsense", 1]
    case .strings(let items, let characters):
      [
        "a", [1], .array(Array(repeating: "a", count: items + 1)),
        [.string(String(repeating: "a", count: characters + 1))],
      ]
    case .integers(let items, let range):
      [
        1, ["1"], .array(Array(repeating: 0, count: items + 1)),
        [.integer(range.upperBound + 1)],
      ]
    }
  }

  private func object(_ command: CommandSpecification, onlyRequired: Bool = false) -> JSONObject {
    JSONObject(
      command.fields.filter { $0.isRequired || !onlyRequired }.map { ($0.name, value($0)) })
  }

  @Test("names and REST operations are unique, and paths name required fields")
  func uniqueness() {
    let all = CommandCatalogue.all
    #expect(Set(all.map(\.name)).count == all.count)
    #expect(Set(all.map { "\($0.method) \($0.path)" }).count == all.count)
    for command in all {
      for name in command.pathFields {
        #expect(command.fields.contains { $0.name == name && $0.isRequired }, "\(command.name)")
      }
      #expect(Set(command.fields.map(\.name)).count == command.fields.count)
      #expect(!command.fields.contains { ["type", "id", "key"].contains($0.name) })
    }
  }

  @Test("every command decodes from its fields, and its authority is the engine's")
  func decoding() throws {
    for command in CommandCatalogue.all {
      for onlyRequired in [false, true] {
        let fields = JSONFields(object(command, onlyRequired: onlyRequired))
        let request = try CommandCatalogue.decode(command.name, fields)
        #expect(request.command.authority == command.authority, "\(command.name)")
        #expect(request.name == command.name && request.key == nil)
      }
    }
  }

  @Test("every field matters: with another value the command is another one")
  func meaning() throws {
    for command in CommandCatalogue.all {
      let full = object(command)
      let whole = try CommandCatalogue.decode(command.name, JSONFields(full))
      for field in command.fields {
        var other = full
        switch field.kind {
        case .string, .choice:
          if case .choice(let words) = field.kind, words.count > 1 {
            other[field.name] = .string(words[1])
          } else {
            other[field.name] = "b"
          }
        case .integer(let range): other[field.name] = .integer(range.lowerBound + 1)
        case .boolean: other[field.name] = false
        case .strings: other[field.name] = ["c", "d"]
        case .integers: other[field.name] = [1]
        }
        let changed = try CommandCatalogue.decode(command.name, JSONFields(other))
        #expect(changed.command != whole.command, "\(command.name).\(field.name)")
        #expect(changed.canonical != whole.canonical)
      }
    }
  }

  @Test("a missing field, another type and a value out of range are refused by the field's name")
  func refusals() throws {
    for command in CommandCatalogue.all {
      for field in command.fields {
        var bad = badValues(field)
        if field.isRequired { bad.append(.null) }
        for value in bad {
          var object = object(command)
          object[field.name] = value
          do throws(MessageRefusal) {
            _ = try CommandCatalogue.decode(command.name, JSONFields(object))
            Issue.record("\(command.name).\(field.name) took \(value)")
          } catch {
            #expect(error.code == .badMessage)
            #expect(error.text.hasPrefix("\(field.name): expected"))
          }
        }
      }
    }
  }

  @Test("unknown commands are refused by name, unknown fields ignored")
  func unknown() throws {
    #expect(throws: MessageRefusal(.unknownType, "type: there is no request dance")) {
      try CommandCatalogue.decode("dance", JSONFields(JSONObject()))
    }
    let plain = try CommandCatalogue.decode("leaveStage", JSONFields(JSONObject()))
    let more = try CommandCatalogue.decode("leaveStage", JSONFields(["x": 1, "key": "k"]))
    #expect(plain.command == more.command && plain.canonical == more.canonical)
    #expect(more.key == "k")
  }

  @Test("no field's text can be larger than a message")
  func sizes() {
    for command in CommandCatalogue.all {
      let bytes = command.fields.reduce(0) { sum, field in
        switch field.kind {
        case .string(let range): sum + 4 * range.upperBound
        case .strings(let items, let characters): sum + 4 * items * characters
        default: sum + 64
        }
      }
      #expect(bytes < MessageLimits.messageBytesMax, "\(command.name)")
    }
  }

  @Test("PROTOCOL.md's table of commands is the catalogue, row by row")
  func table() throws {
    let rows = try ProtocolDocument.roomPart().split(separator: "\n")
      .filter { line in
        ["anyone", "staff", "host"].contains { line.contains("` | \($0) | `") }
          && !line.contains("| `GET")
      }
    let ours = CommandCatalogue.all.map { command in
      "| `\(command.name)` | \(command.authority.rawValue) | "
        + "`\(command.method) \(command.path)` | \(command.summary) |"
    }
    #expect(rows.map { String($0) } == ours)
  }

  @Test("PROTOCOL.md's examples of commands are commands, with known fields only")
  func examples() throws {
    var count = 0
    for text in ProtocolDocument.examples(in: try ProtocolDocument.roomPart()) {
      let object = try ProtocolDocument.object(text)
      let type = try ProtocolDocument.type(of: object)
      guard object["id"] != nil, let command = CommandCatalogue.command(named: type) else {
        continue
      }
      count += 1
      _ = try command.decode(JSONFields(object))
      let known = command.fields.map(\.name) + ["type", "id", "key", "mediaTimeMs"]
      for member in object.members { #expect(known.contains(member.key), "\(type).\(member.key)") }
    }
    #expect(count == 8)
  }
}
