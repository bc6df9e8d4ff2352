// The JSON the REST API takes and gives, as JSON Schema 2020-12.

import Access
import JSON

/// One named schema of the description.
struct APISchema: Hashable, Sendable {
  let name: String
  /// What we answer is closed: a member that is not here is never sent. Requests are open: unknown
  /// members are ignored, so that clients may be newer than we.
  let schema: JSONValue
  /// The schemas it refers to.
  var uses: [APISchema] = []
  /// Of a request: whether there must be a body.
  var isRequired = false

  /// What stands for it in another.
  var reference: JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

  static let token = APISchema(
    name: "Token",
    schema: closed(
      [
        ("token", ["type": "string", "description": "A JWT; keep it out of URLs and logs."]),
        ("identity", identity), ("name", displayName), ("role", ["const": "viewer"]),
        ("room", roomName), ("expiresAtMs", time),
      ], optional: ["name"]))

  static let tokenRequest = APISchema(
    name: "TokenRequest",
    schema: open(
      [
        ("role", ["enum": ["viewer", nil]]),
        ("name", text(max: Credential.nameMax, orNull: true)),
        ("identity", text(max: Credential.subjectMax, orNull: true)),
        ("subscriber", ["type": ["boolean", "null"]]),
      ], required: []))

  static let revocation = APISchema(
    name: "Revocation",
    schema: closed(
      [("room", roomName), ("identity", identity), ("expiresAtMs", time)],
      optional: ["expiresAtMs"]))

  static let revocationRequest = APISchema(
    name: "RevocationRequest",
    schema: open(
      [
        ("identity", identity),
        (
          "expiresAtMs",
          [
            "type": ["integer", "null"], "minimum": 0, "maximum": .integer(Revocations.untilMsMax),
            "description": "Milliseconds since 1970, UTC.",
          ]
        ),
      ], required: ["identity"]),
    isRequired: true)

  static let problem = APISchema(
    name: "Problem",
    schema: closed(
      [
        ("type", ["const": "about:blank"]), ("title", ["type": "string"]),
        ("status", ["type": "integer", "minimum": 400, "maximum": 599]),
        ("detail", ["type": "string", "description": "English, for developers."]),
        ("code", ["type": "string", "description": "For programs: a code of PROTOCOL.md."]),
        (
          "retryAfterMs",
          ["type": "integer", "minimum": 0, "description": "Retry-After, more exactly."]
        ),
      ], optional: ["retryAfterMs"]))

  static let description = APISchema(
    name: "Description",
    schema: closed(
      [
        ("openapi", ["const": "3.1.0"]), ("info", ["description": "Title and version."]),
        ("servers", ["description": "This one."]), ("paths", ["description": "All routes."]),
        ("components", ["description": "Schemas and how to authorize."]),
      ], optional: []))

  static let messageSchemas = APISchema(
    name: "MessageSchemas",
    schema: closed([
      ("$schema", ["const": "https://json-schema.org/draft/2020-12/schema"]),
      ("title", ["type": "string"]), ("description", ["type": "string"]),
      ("anyOf", ["description": "A message of the client or of the server."]),
      ("$defs", ["description": "By direction and type, and the parts they share."]),
    ]))

  // MARK: Making them

  typealias Properties = [(String, JSONValue)]

  static func closed(_ properties: Properties, optional: Set<String> = []) -> JSONValue {
    let required = properties.map(\.0).filter { !optional.contains($0) }
    var object = members(properties, required: required)
    object["additionalProperties"] = false
    return .object(object)
  }

  static func open(_ properties: Properties, required: [String]) -> JSONValue {
    .object(members(properties, required: required))
  }

  static func members(_ properties: Properties, required: [String]) -> JSONObject {
    var object: JSONObject = ["type": "object"]
    object["properties"] = .object(JSONObject(properties))
    if !required.isEmpty { object["required"] = .array(required.map { .string($0) }) }
    return object
  }

  private static func text(max: Int, orNull: Bool) -> JSONValue {
    [
      "type": orNull ? ["string", "null"] : "string", "minLength": 1,
      "maxLength": .integer(Int64(max)),
    ]
  }

  static func list(_ items: JSONValue) -> JSONValue { ["type": "array", "items": items] }

  static func orNull(_ schema: JSONValue) -> JSONValue { ["anyOf": [schema, ["type": "null"]]] }

  /// A room's name.
  static let roomName: JSONValue = ["type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"]
  static let identity = text(max: Credential.subjectMax, orNull: false)
  static let displayName: JSONValue = [
    "type": "string", "maxLength": .integer(Int64(Credential.nameMax)),
  ]
  static let time: JSONValue = [
    "type": "integer", "minimum": 0, "maximum": .integer(Revocations.untilMsMax),
    "description": "Milliseconds since 1970, UTC.",
  ]
}
