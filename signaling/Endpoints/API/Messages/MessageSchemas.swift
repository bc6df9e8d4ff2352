// The room socket's messages as one JSON Schema document, made of the tables that read and write them.

import JSON

/// One message of the room socket: its `type` and its members beside it.
struct MessageSchema: Sendable {
  let type: String
  let schema: JSONValue
  /// What it refers to.
  var uses: [APISchema] = []
}

/// Every message either side may send, as JSON Schema 2020-12.
///
/// What we send is closed: a member that is not described is never sent. What clients send is open:
/// unknown members are ignored.
enum MessageSchemas {
  static let path = ["api", "v1", "schemas", "room-socket.json"]

  /// The document's text: always the same.
  static let text: [UInt8] = document.write()

  /// The messages of clients, each with its own `type`.
  static let client: [MessageSchema] = media + commands + queries

  /// The messages of the server; one `type` may have one schema only.
  static let server: [MessageSchema] = replies + mediaEvents + roomEvents + envelopes

  /// The parts that messages refer to, by name.
  static let parts: [APISchema] = {
    var found: [String: APISchema] = [:]
    func add(_ schema: APISchema) {
      guard found.updateValue(schema, forKey: schema.name) == nil else { return }
      for used in schema.uses { add(used) }
    }
    for message in client + server { for used in message.uses { add(used) } }
    return found.values.sorted { $0.name < $1.name }
  }()

  private static var document: JSONValue {
    var definitions = JSONObject([
      ("ClientMessage", anyOf(client.map { reference("client", $0) })),
      ("ServerMessage", anyOf(server.map { reference("server", $0) })),
    ])
    for message in client { definitions["client.\(message.type)"] = message.schema }
    for message in server { definitions["server.\(message.type)"] = message.schema }
    for part in parts { definitions[part.name] = part.schema }
    return [
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": "Hawker's room socket, version 1",
      "description":
        "Every message of PROTOCOL.md by direction and type; a batch holds messages of the server.",
      "anyOf": [local("ClientMessage"), local("ServerMessage")],
      "$defs": .object(definitions).localized,
    ]
  }

  private static func reference(_ side: String, _ message: MessageSchema) -> JSONValue {
    local("\(side).\(message.type)")
  }

  private static func local(_ name: String) -> JSONValue { ["$ref": .string("#/$defs/\(name)")] }

  static func anyOf(_ schemas: [JSONValue]) -> JSONValue { ["anyOf": .array(schemas)] }
}

extension JSONValue {
  /// The same schema with references into this document instead of OpenAPI's.
  fileprivate var localized: JSONValue {
    let elsewhere = "#/components/schemas/"
    switch self {
    case .object(let object):
      return .object(
        JSONObject(
          object.members.map { member in
            if member.key == "$ref", case .string(let target) = member.value,
              target.hasPrefix(elsewhere)
            {
              return (member.key, .string("#/$defs/" + target.dropFirst(elsewhere.count)))
            }
            return (member.key, member.value.localized)
          }))
    case .array(let items): return .array(items.map(\.localized))
    case .null, .bool, .integer, .double, .string: return self
    }
  }
}
