// One parameter of a route: in its path, its query or its headers.

import JSON
import Messages
import Room

/// A parameter as OpenAPI describes it.
struct APIParameter: Hashable, Sendable {
  /// Where it stands.
  enum Place: String, Hashable, Sendable {
    case path, query, header
  }

  let name: String
  let place: Place
  let isRequired: Bool
  let schema: JSONValue
  let summary: String

  init(
    _ name: String, _ place: Place, isRequired: Bool = false, _ schema: JSONValue, _ summary: String
  ) {
    self.name = name
    self.place = place
    self.isRequired = isRequired
    self.schema = schema
    self.summary = summary
  }

  /// A field of a command or a query that stands outside the body.
  init(_ field: CommandField, _ place: Place) {
    self.init(
      field.name, place, isRequired: place == .path, field.kind.schema(orNull: false), field.summary
    )
  }

  static let room = APIParameter("room", .path, isRequired: true, APISchema.roomName, "The room.")

  /// The key that makes a repeat harmless; as Stripe has it.
  static let idempotencyKey = APIParameter(
    "Idempotency-Key", .header,
    ["type": "string", "minLength": 1, "maxLength": .integer(Int64(HouseLimits.keyMax))],
    "Makes a repeat harmless for 24 h: the first one's reply is given again.")

  var json: JSONValue {
    [
      "name": .string(name), "in": .string(place.rawValue), "required": .bool(isRequired),
      "description": .string(summary), "schema": schema,
    ]
  }
}
