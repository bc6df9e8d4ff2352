// The bodies of commands and what they are answered, made of the catalogue.

import JSON
import Messages
import Room

extension APISchema {
  /// The body of a command: its fields but those in the path and the key, which is a header.
  static func request(of command: CommandSpecification) -> APISchema {
    let inPath = Set(command.pathFields)
    let fields =
      command.fields.filter { !inPath.contains($0.name) }
      + CommandCatalogue.commonFields.filter { $0.name != "key" }
    return APISchema(
      name: command.name.prefix(1).uppercased() + command.name.dropFirst() + "Command",
      schema: .object(members(of: fields)), isRequired: fields.contains(where: \.isRequired))
  }

  /// An object with these fields, and maybe others.
  fileprivate static func members(of fields: [CommandField]) -> JSONObject {
    members(
      fields.map { field in
        (field.name, field.kind.schema(orNull: !field.isRequired).describing(field.summary))
      }, required: fields.filter(\.isRequired).map(\.name))
  }

  /// What an accepted command is answered.
  static let commandReply = APISchema(
    name: "CommandReply",
    schema: closed(
      [
        ("cursor", sequence), ("message", sequence), ("poll", sequence), ("question", sequence),
        ("giveaway", sequence), ("listing", sequence), ("pin", sequence), ("drop", sequence),
        ("claim", sequence), ("lot", sequence), ("bid", sequence), ("order", sequence),
        ("held", ["const": true, "description": "The message waits for review."]),
      ],
      optional: [
        "message", "poll", "question", "giveaway", "listing", "pin", "drop", "claim", "lot",
        "bid", "order", "held",
      ]))

  /// What a gift, a purchase of coins or a refund is answered.
  static let transferReply = APISchema(
    name: "TransferReply",
    schema: closed(
      [
        ("transfer", sequence), ("purchase", sequence),
        ("coins", ["type": "integer"]),
        (
          "balance",
          ["type": "integer", "minimum": 0, "description": "What the wallet holds then."]
        ),
      ], optional: ["transfer", "purchase"]))

  /// A place in a room's log, or the id of what an event made.
  static let sequence: JSONValue = [
    "type": "integer", "minimum": 0, "maximum": .integer(EngineLimits.timeMsMax),
  ]
}

extension CommandField.Kind {
  /// The kind as a schema. A field that may be absent may be null too.
  func schema(orNull: Bool) -> JSONValue {
    var schema: JSONObject
    switch self {
    case .string(let range): schema = Self.text(range)
    case .integer(let range): schema = Self.number(range)
    case .boolean: schema = ["type": "boolean"]
    case .choice(let words):
      return ["enum": .array(words.map { .string($0) } + (orNull ? [.null] : []))]
    case .strings(let itemsMax, let charactersMax):
      schema = Self.array(itemsMax, of: Self.text(0...charactersMax))
    case .integers(let itemsMax, let range):
      schema = Self.array(itemsMax, of: Self.number(range))
    case .pairs(let itemsMax, let range):
      let number = JSONValue.object(Self.number(range))
      schema = Self.array(
        itemsMax,
        of: [
          "type": "array", "prefixItems": [number, number], "items": false, "minItems": 2,
        ])
    case .objects(let itemsMax, let fields):
      schema = Self.array(itemsMax, of: APISchema.members(of: fields))
    }
    if orNull, let type = schema["type"] { schema["type"] = [type, "null"] }
    return .object(schema)
  }

  private static func text(_ range: ClosedRange<Int>) -> JSONObject {
    [
      "type": "string", "minLength": .integer(Int64(range.lowerBound)),
      "maxLength": .integer(Int64(range.upperBound)),
    ]
  }

  private static func number(_ range: ClosedRange<Int64>) -> JSONObject {
    [
      "type": "integer", "minimum": .integer(range.lowerBound),
      "maximum": .integer(range.upperBound),
    ]
  }

  private static func array(_ itemsMax: Int, of items: JSONObject) -> JSONObject {
    ["type": "array", "maxItems": .integer(Int64(itemsMax)), "items": .object(items)]
  }
}

extension JSONValue {
  /// A schema with a sentence for its readers.
  fileprivate func describing(_ summary: String) -> JSONValue {
    guard case .object(var schema) = self else { return self }
    schema["description"] = .string(summary)
    return .object(schema)
  }
}
