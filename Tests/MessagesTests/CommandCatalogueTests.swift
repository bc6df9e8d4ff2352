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
    case .pairs(_, let range): [[.integer(range.lowerBound), .integer(range.upperBound)]]
    case .objects(_, let fields): [.object(object(fields))]
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
    case .pairs(let items, let range):
      [
        1, [1], [[1]], [[1, 2, 3]], [["1", 2]], [[1, .integer(range.upperBound + 1)]],
        .array(Array(repeating: [1, 1], count: items + 1)),
      ]
    case .objects(let items, let fields):
      ["a", .array(Array(repeating: .object(object(fields)), count: items + 1))]
    }
  }

  private func object(_ command: CommandSpecification, onlyRequired: Bool = false) -> JSONObject {
    object(command.fields, onlyRequired: onlyRequired)
  }

  private func object(_ fields: [CommandField], onlyRequired: Bool = false) -> JSONObject {
    JSONObject(fields.filter { $0.isRequired || !onlyRequired }.map { ($0.name, value($0)) })
  }

  /// Every way to make an object's fields another one, one at a time.
  private func variations(_ object: JSONObject, _ fields: [CommandField]) -> [(String, JSONObject)]
  {
    fields.flatMap { field -> [(String, JSONObject)] in
      let others: [JSONValue] =
        switch field.kind {
        case .choice(let words): [.string(words.count > 1 ? words[1] : "b")]
        case .string(let range): [.string(String(repeating: "b", count: max(1, range.lowerBound)))]
        case .integer(let range): [.integer(range.lowerBound + 1)]
        case .boolean: [false]
        case .strings: [["c", "d"]]
        case .integers(_, let range): [[.integer(range.lowerBound + 1)]]
        case .pairs: [[[2, 2]]]
        case .objects(_, let inner):
          variations(self.object(inner), inner).map { [.object($0.1)] }
        }
      return others.map { other in
        var changed = object
        changed[field.name] = other
        return (field.name, changed)
      }
    }
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
        let request = try command.decode(fields)
        #expect(request.command.authority == command.authority, "\(command.name)")
        #expect(request.name == command.name && request.key == nil)
      }
    }
  }

  @Test("every field matters: with another value the command is another one")
  func meaning() throws {
    for command in CommandCatalogue.all {
      let full = object(command)
      let whole = try command.decode(JSONFields(full))
      for (name, other) in variations(full, command.fields) {
        let changed = try command.decode(JSONFields(other))
        #expect(changed.command != whole.command, "\(command.name).\(name)")
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
            _ = try command.decode(JSONFields(object))
            Issue.record("\(command.name).\(field.name) took \(value)")
          } catch {
            #expect(error.code == .badMessage)
            #expect(error.text.hasPrefix("\(field.name): expected"))
          }
        }
      }
    }
  }

  @Test("a field of an object in a list is refused by the way to it, unknown members are ignored")
  func nested() throws {
    let put = try #require(CommandCatalogue.command(named: "putListing"))
    func listing(_ variant: JSONObject) -> JSONFields {
      var listing = object(put)
      listing["variants"] = [.object(variant)]
      return JSONFields(listing)
    }
    guard case .objects(_, let fields)? = put.fields.first(where: { $0.name == "variants" })?.kind
    else {
      Issue.record("variants are objects")
      return
    }
    var variant = object(fields)
    let plain = try put.decode(listing(variant))
    variant["colour"] = "blue"
    #expect(try put.decode(listing(variant)).canonical == plain.canonical)
    variant["units"] = -1
    #expect(
      throws: MessageRefusal(
        .badMessage, "variants[0].units: expected an integer from 0 to 1000000, found -1")
    ) { try put.decode(listing(variant)) }
    var list = object(put)
    list["variants"] = [1]
    #expect(
      throws: MessageRefusal(.badMessage, "variants[0]: expected an object, found an integer")
    ) { try put.decode(JSONFields(list)) }
  }

  @Test("what does not fit a message is no request of the socket")
  func restOnly() throws {
    let large = CommandCatalogue.all.filter { !$0.isOnSocket }.map(\.name)
    #expect(large == ["importListings"])
    let import_ = try #require(CommandCatalogue.command(named: "importListings"))
    #expect(throws: MessageRefusal(.unknownType, "type: there is no request importListings")) {
      try CommandCatalogue.decode(import_.name, JSONFields(object(import_)))
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
      // A listing with everything in it goes over REST.
      #expect(
        bytes < MessageLimits.messageBytesMax || command.name == "putListing", "\(command.name)")
    }
  }

  @Test("PROTOCOL.md's table of commands is the catalogue, row by row")
  func table() throws {
    let rows = try (ProtocolDocument.roomPart() + ProtocolDocument.shopPart()).split(
      separator: "\n"
    )
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
    let part = try ProtocolDocument.roomPart() + ProtocolDocument.shopPart()
    for text in ProtocolDocument.examples(in: part) {
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
    #expect(count == 36)
  }
}
