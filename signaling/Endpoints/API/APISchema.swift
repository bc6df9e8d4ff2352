// The JSON the REST API takes and gives, as JSON Schema 2020-12.

import Access
import JSON

/// One named schema of the description.
enum APISchema: String, Hashable, Sendable, CaseIterable {
  case token = "Token"
  case tokenRequest = "TokenRequest"
  case revocation = "Revocation"
  case revocationRequest = "RevocationRequest"
  case problem = "Problem"
  case description = "Description"

  /// The schema. What we answer is closed: a member that is not here is never sent.
  var schema: JSONValue {
    switch self {
    case .token:
      APISchema.closed(
        [
          ("token", ["type": "string", "description": "A JWT; keep it out of URLs and logs."]),
          ("identity", APISchema.identity), ("name", APISchema.name),
          ("role", ["const": "viewer"]), ("room", APISchema.room),
          ("expiresAtMs", APISchema.time),
        ], optional: ["name"])
    case .tokenRequest:
      APISchema.open(
        [
          ("role", ["const": "viewer"]), ("name", APISchema.name),
          ("identity", APISchema.identity),
        ], required: [])
    case .revocation:
      APISchema.closed(
        [
          ("room", APISchema.room), ("identity", APISchema.identity),
          ("expiresAtMs", APISchema.time),
        ], optional: ["expiresAtMs"])
    case .revocationRequest:
      APISchema.open(
        [("identity", APISchema.identity), ("expiresAtMs", APISchema.time)], required: ["identity"])
    case .problem:
      APISchema.closed(
        [
          ("type", ["const": "about:blank"]), ("title", ["type": "string"]),
          ("status", ["type": "integer", "minimum": 400, "maximum": 599]),
          ("detail", ["type": "string", "description": "English, for developers."]),
          ("code", ["type": "string", "description": "For programs: a code of PROTOCOL.md."]),
        ], optional: [])
    case .description:
      APISchema.closed(
        [
          ("openapi", ["const": "3.1.0"]), ("info", ["description": "Title and version."]),
          ("servers", ["description": "This one."]), ("paths", ["description": "All routes."]),
          ("components", ["description": "Schemas and how to authorize."]),
        ], optional: [])
    }
  }

  private typealias Properties = [(String, JSONValue)]

  private static func closed(_ properties: Properties, optional: Set<String>) -> JSONValue {
    let required = properties.map(\.0).filter { !optional.contains($0) }
    var object = members(properties, required: required)
    object["additionalProperties"] = false
    return .object(object)
  }

  /// Requests are open: unknown members are ignored, so that clients may be newer than we.
  private static func open(_ properties: Properties, required: [String]) -> JSONValue {
    .object(members(properties, required: required))
  }

  private static func members(_ properties: Properties, required: [String]) -> JSONObject {
    var object: JSONObject = ["type": "object"]
    object["properties"] = .object(JSONObject(properties))
    if !required.isEmpty { object["required"] = .array(required.map { .string($0) }) }
    return object
  }

  /// A room's name.
  static let room: JSONValue = ["type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"]
  private static let identity: JSONValue = [
    "type": "string", "minLength": 1, "maxLength": .integer(Int64(Credential.subjectMax)),
  ]
  private static let name: JSONValue = [
    "type": "string", "maxLength": .integer(Int64(Credential.nameMax)),
  ]
  private static let time: JSONValue = [
    "type": "integer", "minimum": 0, "maximum": .integer(Revocations.untilMsMax),
    "description": "Milliseconds since 1970, UTC.",
  ]
}
