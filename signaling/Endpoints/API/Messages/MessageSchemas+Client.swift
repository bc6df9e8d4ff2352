// What clients send over the room socket, as schemas: open, since unknown members are ignored.

import JSON
import Messages

extension MessageSchemas {
  /// Joining, publishing and watching: the requests that no catalogue holds.
  static let media: [MessageSchema] = [
    request(
      "join",
      [
        ("version", ["const": .integer(JoinRequest.version)]), ("room", APISchema.roomName),
        ("token", ["type": "string", "minLength": 1]),
        ("resume", APISchema.nullable("string")), ("cursor", APISchema.nullable("integer")),
        ("device", APISchema.nullable("string")),
      ], required: ["version", "room", "token"]),
    request("token", [("token", APISchema.string)], required: ["token"]),
    request("leave", [], required: []),
    request("ping", [("time", APISchema.nullable("number"))], required: []),
    request(
      "publish",
      [
        (
          "stream",
          [
            "type": ["string", "null"],
            "pattern": .string("^[A-Za-z0-9_-]{1,\(MessageLimits.nameMax)}$"),
          ]
        ),
        ("sdp", APISchema.string), ("connection", connectionOrNull),
      ], required: ["sdp"]),
    request("unpublish", [("connection", connection)], required: ["connection"]),
    request(
      "subscribe",
      [
        ("sdp", APISchema.string), ("connection", connectionOrNull),
        ("map", byMID(trackReference)),
        ("layers", byMID(["enum": ["auto", "q", "h", "f", nil]])),
      ], required: ["sdp"]),
    request(
      "assign", [("connection", connection), ("mid", mid), ("track", trackReference)],
      required: ["connection", "mid", "track"]),
    request(
      "layer",
      [("connection", connection), ("mid", mid), ("layer", ["enum": ["auto", "q", "h", "f"]])],
      required: ["connection", "mid", "layer"]),
    request(
      "trickle", [("connection", connection), ("candidates", APISchema.string)],
      required: ["connection", "candidates"]),
    request(
      "watching",
      [
        ("via", APISchema.words(DeliveryWay.self)),
        (
          "delayMs",
          [
            "type": ["integer", "null"], "minimum": 0,
            "maximum": .integer(MessageLimits.delayMsMax),
          ]
        ),
        ("reason", ["enum": ["network", "asked", nil]]),
      ], required: ["via"]),
  ]

  /// The commands of the catalogue.
  static let commands = CommandCatalogue.all.filter(\.isOnSocket).map { command in
    request(command.name, fields: command.fields + CommandCatalogue.commonFields)
  }

  /// The queries of the catalogue that the socket has.
  static let queries = QueryCatalogue.all.filter(\.isOnSocket).map { query in
    request(query.name, fields: query.fields)
  }

  private static func request(_ type: String, fields: [CommandField]) -> MessageSchema {
    request(
      type, fields.map { ($0.name, $0.kind.schema(orNull: !$0.isRequired)) },
      required: fields.filter(\.isRequired).map(\.name))
  }

  private static func request(
    _ type: String, _ members: APISchema.Properties, required: [String]
  ) -> MessageSchema {
    let head: APISchema.Properties = [
      ("type", ["const": .string(type)]),
      (
        "id",
        [
          "type": ["string", "null"], "minLength": 1,
          "maxLength": .integer(Int64(MessageLimits.requestIDMax)),
        ]
      ),
    ]
    return MessageSchema(
      type: type, schema: APISchema.open(head + members, required: ["type"] + required))
  }

  // MARK: Parts

  private static let connection = text("string", max: MessageLimits.connectionMax)
  private static let connectionOrNull = text(["string", "null"], max: MessageLimits.connectionMax)
  private static let mid = text("string", max: MessageLimits.midMax)

  private static func text(_ type: JSONValue, max: Int) -> JSONValue {
    ["type": type, "minLength": 1, "maxLength": .integer(Int64(max))]
  }

  private static func byMID(_ schema: JSONValue) -> JSONValue {
    [
      "type": ["object", "null"], "maxProperties": .integer(Int64(MessageLimits.sectionsMax)),
      "propertyNames": mid, "additionalProperties": schema,
    ]
  }

  /// A publication, a track's id, or null for nothing.
  private static let trackReference = anyOf([
    ["type": ["string", "null"], "pattern": .string(trackIDPattern)],
    [
      "type": "string", "pattern": .string("/[A-Za-z0-9_-]{1,\(MessageLimits.nameMax)}$"),
      "maxLength": .integer(Int64(MessageLimits.identityMax + 1 + MessageLimits.nameMax)),
    ],
  ])

  static let trackIDPattern = "^[A-Za-z0-9]{1,\(MessageLimits.trackIDMax)}$"
}
