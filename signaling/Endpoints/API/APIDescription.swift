// The REST API as an OpenAPI 3.1 document, made of the table of routes.

import HTTP
import JSON

/// Renders `APIRoute.all`.
enum APIDescription {
  /// The document's text: always the same.
  static let text: [UInt8] = document.write()

  private static var document: JSONValue {
    [
      "openapi": "3.1.0",
      "info": [
        "title": "Hawker", "version": "1",
        "description": "Media goes over WHIP, WHEP and the room socket: see PROTOCOL.md.",
      ],
      "servers": [["url": "/"]],
      "paths": .object(paths),
      "components": [
        "schemas": .object(JSONObject(APISchema.allCases.map { ($0.rawValue, $0.schema) })),
        "securitySchemes": [
          "token": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"]
        ],
      ],
    ]
  }

  private static var paths: JSONObject {
    var paths = JSONObject()
    for route in APIRoute.all {
      var item = JSONObject()
      if case .object(let object)? = paths[route.path] { item = object }
      item[route.method.rawValue.lowercased()] = operation(route)
      paths[route.path] = .object(item)
    }
    return paths
  }

  private static func operation(_ route: APIRoute) -> JSONValue {
    var operation: JSONObject = [
      "operationId": .string(route.operation.rawValue), "summary": .string(route.summary),
    ]
    let parameters = parameters(of: route)
    if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
    switch route.bearer {
    case .none: operation["security"] = .array([])
    case .optional: operation["security"] = [JSONValue.object(JSONObject()), ["token": []]]
    case .required: operation["security"] = [["token": []]]
    }
    if let request = route.request {
      operation["requestBody"] = ["content": ["application/json": ["schema": reference(request)]]]
    }
    var responses = JSONObject()
    for answer in route.answers { responses[String(answer.status)] = response(answer) }
    operation["responses"] = .object(responses)
    return .object(operation)
  }

  private static func parameters(of route: APIRoute) -> [JSONValue] {
    let room: [JSONValue] =
      route.segments.contains(APIRoute.roomSegment)
      ? [["name": "room", "in": "path", "required": true, "schema": APISchema.room]] : []
    return room
      + route.query.map { name in
        [
          "name": .string(name), "in": "query", "required": true, "schema": ["type": "string"],
        ]
      }
  }

  private static func response(_ answer: APIRoute.Answer) -> JSONValue {
    var response: JSONObject = ["description": .string(answer.meaning)]
    switch answer.content {
    case .none: break
    case .text: response["content"] = ["text/plain": ["schema": ["type": "string"]]]
    case .json(let schema):
      response["content"] = ["application/json": ["schema": reference(schema)]]
    case .problem:
      response["content"] = ["application/problem+json": ["schema": reference(.problem)]]
    }
    return .object(response)
  }

  private static func reference(_ schema: APISchema) -> JSONValue {
    ["$ref": .string("#/components/schemas/\(schema.rawValue)")]
  }
}
