// The REST API as an OpenAPI 3.1 document, made of the table of routes.

import HTTP
import JSON

/// Renders `APIRoute.all`.
enum APIDescription {
  /// The document's text: always the same.
  static let text: [UInt8] = document.write()

  /// The schemas that routes use, and those they use, by name.
  static let schemas: [APISchema] = {
    var found: [String: APISchema] = [:]
    func add(_ schema: APISchema) {
      guard found.updateValue(schema, forKey: schema.name) == nil else { return }
      for used in schema.uses { add(used) }
    }
    add(.problem)
    for route in APIRoute.all {
      if let request = route.request { add(request) }
      for case .json(let schema) in route.answers.map(\.content) { add(schema) }
    }
    return found.values.sorted { $0.name < $1.name }
  }()

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
        "schemas": .object(JSONObject(schemas.map { ($0.name, $0.schema) })),
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
      "operationId": .string(route.operation.id), "summary": .string(route.summary),
    ]
    let parameters = parameters(of: route)
    if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
    switch route.bearer {
    case .none: operation["security"] = .array([])
    case .optional: operation["security"] = [JSONValue.object(JSONObject()), ["token": []]]
    case .required: operation["security"] = [["token": []]]
    }
    if let request = route.request {
      var content: JSONObject = ["application/json": ["schema": request.reference]]
      if route.takesTable { content[.table] = ["schema": ["type": "string"]] }
      operation["requestBody"] = [
        "required": .bool(request.isRequired), "content": .object(content),
      ]
    }
    var responses = JSONObject()
    for answer in route.answers {
      var response = response(answer)
      if answer.status == 200, let links = APILink.json(from: route.operation) {
        response["links"] = links
      }
      responses[String(answer.status)] = .object(response)
    }
    operation["responses"] = .object(responses)
    return .object(operation)
  }

  private static func parameters(of route: APIRoute) -> [JSONValue] {
    let room = route.segments.contains(APIRoute.roomSegment) ? [APIParameter.room] : []
    return (room + route.parameters).map(\.json)
  }

  private static func response(_ answer: APIRoute.Answer) -> JSONObject {
    var response: JSONObject = ["description": .string(answer.meaning)]
    switch answer.content {
    case .none: break
    case .text: response["content"] = ["text/plain": ["schema": ["type": "string"]]]
    case .json(let schema):
      response["content"] = ["application/json": ["schema": schema.reference]]
    case .lines, .table:
      response["content"] = [
        answer.content == .lines ? .lines : .table: ["schema": ["type": "string"]]
      ]
      response["headers"] = [
        "Link": [
          "description": "The next page, with `rel=\"next\"`; absent at the end.",
          "schema": ["type": "string"],
        ]
      ]
    case .problem:
      var content: JSONObject = [
        "application/problem+json": ["schema": APISchema.problem.reference]
      ]
      // What is no HTTP request we take is refused before anybody knows what it was about.
      if answer.status == 400 { content["text/plain"] = ["schema": ["type": "string"]] }
      response["content"] = .object(content)
    }
    return response
  }
}

extension String {
  /// The media type of JSON Lines.
  static let lines = "application/x-ndjson"
  /// The media type of tables (RFC 4180).
  static let table = "text/csv"
}
