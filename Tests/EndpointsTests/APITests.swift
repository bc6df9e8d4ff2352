import Access
import Foundation
import HTTP
import JSON
import Messages
import Testing
import Wire

@testable import Endpoints

extension HTTPResponse {
  /// The body as an object; empty when it is none.
  var json: JSONObject {
    // The description of the API is larger than what we take.
    let limits = JSONLimits(
      bytesMax: 4 << 20, depthMax: 64, elementsMax: 1 << 20, membersMax: 1024)
    guard case .object(let object)? = try? JSONValue.parse(body, limits: limits) else {
      return JSONObject()
    }
    return object
  }
}

/// Whether an answer is one of those the operation's row of the table promises.
func check(_ answer: HTTPResponse, against operation: APIOperation) throws {
  let route = try #require(APIRoute.all.first { $0.operation == operation })
  #expect(SchemaCheck.faults(of: answer, to: route) == [], "\(operation.id) \(answer.status)")
}

extension SchemaCheck {
  /// What of an answer is not as its route's row promises.
  static func faults(of answer: HTTPResponse, to route: APIRoute) -> [String] {
    guard let promised = route.answers.first(where: { $0.status == answer.status }) else {
      return ["a status that is not described"]
    }
    let type = answer.headers["Content-Type"]
    var faults: [String] = []
    var expected: String? = nil
    switch promised.content {
    case .none: if !answer.body.isEmpty { faults.append("a body") }
    case .text: expected = type?.hasPrefix("text/plain") == true ? type : "text/plain"
    case .json(let schema):
      expected = "application/json"
      faults += SchemaCheck.faults(of: .object(answer.json), schema.reference)
    case .lines: expected = "application/x-ndjson"
    case .table: expected = "text/csv"
    case .problem:
      expected = "application/problem+json"
      faults += SchemaCheck.faults(of: .object(answer.json), APISchema.problem.reference)
      if answer.json["status"] != .integer(Int64(answer.status)) { faults.append("status") }
      if [429, 503].contains(answer.status), answer.headers["Retry-After"] == nil {
        faults.append("no Retry-After")
      }
    }
    if type != expected { faults.append("Content-Type \(type ?? "none")") }
    return faults
  }
}

@Suite("The REST API and its description")
struct APITests {
  private let tokens = "/api/v1/rooms/demo/tokens"
  private let revoke = "/api/v1/rooms/demo/tokens/revoke"

  @Test("every operation is one route, no two routes are the same")
  func table() {
    let operations =
      ServerOperation.allCases.map { APIOperation.server($0) }
      + CommandCatalogue.all.map { .command($0.name) } + QueryCatalogue.all.map { .query($0.name) }
    for operation in operations {
      #expect(APIRoute.all.count { $0.operation == operation } == 1, "\(operation)")
    }
    #expect(APIRoute.all.count == operations.count)
    #expect(Set(APIRoute.all.map(\.operation.id)).count == APIRoute.all.count)
    let keys = APIRoute.all.map { "\($0.method.rawValue) \($0.path)" }
    #expect(Set(keys).count == keys.count)
  }

  @Test("no path is another one's pattern: what a request is about never depends on the order")
  func overlaps() {
    for route in APIRoute.all {
      let others = APIRoute.routes(of: route.segments.map { $0.first == "{" ? "x-1" : $0 })
      #expect(Set(others.map(\.path)) == [route.path])
    }
  }

  @Test("every described route is served, every served one is described")
  func described() throws {
    var stage = try RoomSocketStage(store: StageStore(nowMs: 1_793_248_000_000))
    let document = try #require(try stage.ask(.get, "/api/v1/openapi.json")).json
    #expect(document["openapi"] == "3.1.0")
    var described: Set<String> = []
    for path in document.object("paths").members {
      guard case .object(let item) = path.value else { continue }
      for method in item.members {
        described.insert(method.key.uppercased() + " " + path.key)
        let target = path.key.split(separator: "/").map { $0 == "{room}" ? "demo" : String($0) }
        let method = try #require(HTTPMethod(rawValue: method.key.uppercased()))
        let answer = try #require(try stage.ask(method, "/" + target.joined(separator: "/")))
        // Without what the route needs it may refuse, by another code than for what is not there.
        #expect(answer.json["code"] != "not-found" && answer.status != 405 && answer.status != 404)
      }
    }
    #expect(described == Set(APIRoute.all.map { "\($0.method.rawValue) \($0.path)" }))
  }

  @Test("what is answered is what the description says: status, media type, members")
  func truth() throws {
    var stage = try RoomSocketStage()
    let host = try stage.token("alice", .host)
    let viewer = try stage.token("vera", .viewer)
    let elsewhere = try stage.token("alice", .host, room: "other")
    let vera: JSONValue = ["identity": "vera"]
    let calls: [(HTTPMethod, String, JSONValue?, String?, ServerOperation, Int)] = [
      (.get, "/healthz", nil, nil, .getHealth, 200),
      (.get, "/readyz", nil, nil, .getReadiness, 200),
      (.get, "/metrics", nil, nil, .getMetrics, 200),
      (.get, "/api/v1/openapi.json", nil, nil, .getDescription, 200),
      (.post, tokens, nil, nil, .mintToken, 201),
      (.post, tokens, ["role": "viewer", "name": "Guest"], nil, .mintToken, 201),
      (.post, tokens, vera, host, .mintToken, 201),
      (.post, tokens, vera, nil, .mintToken, 401),
      (.post, tokens, vera, viewer, .mintToken, 403),
      (.post, tokens, ["role": "host"], nil, .mintToken, 400),
      (.post, tokens, ["name": nil, "role": nil, "identity": nil], nil, .mintToken, 201),
      (.post, tokens, ["name": 5], nil, .mintToken, 400),
      (.post, tokens, ["name": ""], nil, .mintToken, 400),
      (.post, tokens, ["name": "a\nb"], nil, .mintToken, 400),
      (.post, tokens, [1], nil, .mintToken, 400),
      (.post, tokens, nil, "x.y.z", .mintToken, 401),
      (.post, tokens, nil, elsewhere, .mintToken, 403),
      (.post, "/api/v1/rooms/a.b/tokens", nil, nil, .mintToken, 400),
      (.post, revoke, vera, host, .revokeTokens, 200),
      (.post, revoke, vera, nil, .revokeTokens, 401),
      (.post, revoke, vera, viewer, .revokeTokens, 401),
      (.post, revoke, vera, elsewhere, .revokeTokens, 403),
      (.post, revoke, nil, host, .revokeTokens, 400),
      (.post, revoke, ["identity": "x", "expiresAtMs": -1], host, .revokeTokens, 400),
      (.post, revoke, ["identity": "x", "expiresAtMs": 1], host, .revokeTokens, 200),
      (.delete, revoke + "?identity=vera", nil, host, .restoreTokens, 204),
      (.delete, revoke + "?identity=vera", nil, host, .restoreTokens, 404),
      (.delete, revoke + "?identity=vera", nil, viewer, .restoreTokens, 403),
      (.delete, revoke, nil, host, .restoreTokens, 400),
    ]
    for (method, target, body, token, operation, status) in calls {
      let answer = try #require(try stage.ask(method, target, body, token: token))
      #expect(answer.status == status, "\(method) \(target)")
      try check(answer, against: .server(operation))
    }
  }

  @Test("every reference of the description leads somewhere, every schema is used")
  func references() throws {
    let text = String(decoding: APIDescription.text, as: UTF8.self)
    for schema in APIDescription.schemas {
      #expect(text.contains("\"#/components/schemas/\(schema.name)\""))
    }
    let named = text.components(separatedBy: "\"#/components/schemas/").dropFirst()
      .compactMap { $0.split(separator: "\"").first.map { String($0) } }
    #expect(Set(named) == Set(APIDescription.schemas.map(\.name)))
    #expect(text.contains("\"operationId\":\"mintToken\""))
    #expect(text.contains("\"pattern\":\"^[A-Za-z0-9_-]{1,64}$\""))
  }

  @Test("every link of the description leads from an answer to an operation, and fills its path")
  func links() {
    var drawn: Set<String> = []
    for link in APILink.all {
      let name = "\(link.from) to \(link.to)"
      #expect(drawn.insert(name).inserted, "\(name)")
      guard let from = APIRoute.all.first(where: { $0.operation.id == link.from }),
        let to = APIRoute.all.first(where: { $0.operation.id == link.to })
      else {
        Issue.record("\(name): no such operation")
        continue
      }
      #expect(from.answers.contains { $0.status == 200 }, "\(name)")
      for parameter in link.parameters {
        #expect(to.segments.contains("{\(parameter.name)}"), "\(name)")
      }
      #expect(link.body == nil || to.request != nil, "\(name)")
    }
    #expect(drawn.contains("checkout to receiveCallback") && drawn.contains("say to deleteMessage"))
  }

  @Test("unknown paths are 404 and other methods 405 with Allow, as problem+json below /api/")
  func refusals() throws {
    var stage = try RoomSocketStage()
    let unknown = try #require(try stage.ask(.get, "/api/v1/nothing"))
    #expect(unknown.status == 404)
    #expect(unknown.headers["Content-Type"] == "application/problem+json")
    #expect(unknown.json["title"] == "Not Found" && unknown.json["type"] == "about:blank")
    let method = try #require(try stage.ask(.put, tokens))
    #expect(method.status == 405 && method.headers["Allow"] == "POST, OPTIONS")
    // Methods we know and nothing answers: 405, not the 501 of an unknown one.
    #expect(try stage.ask(.trace, tokens)?.status == 405)
    #expect(try stage.ask(.query, tokens)?.status == 405)
    let both = try #require(try stage.ask(.get, revoke))
    #expect(both.headers["Allow"] == "POST, DELETE, OPTIONS")
    let plain = try #require(try stage.ask(.post, "/healthz"))
    #expect(plain.status == 405 && plain.headers["Allow"] == "GET, HEAD, OPTIONS")
    #expect(plain.headers["Content-Type"]?.hasPrefix("text/plain") == true)
    #expect(try stage.ask(.get, "/nothing")?.status == 404)
    #expect(try stage.ask(.head, "/healthz")?.status == 200)
  }

  @Test("a body that is no JSON is 400, one of another type 415, and a refusal never quotes it")
  func bodies() throws {
    var stage = try RoomSocketStage()
    let json: HTTPHeaders = ["Content-Type": "application/json"]
    for text in ["{", "nonsense", "{\"a\":1}x", String(repeating: "[", count: 100)] {
      let answer = try #require(try stage.ask(.post, tokens, text: Array(text.utf8), nil, json))
      #expect(answer.status == 400)
      #expect(!answer.json.text("detail").contains("nonsense"))
    }
    let form = try stage.ask(
      .post, tokens, text: Array("role=viewer".utf8), nil,
      ["Content-Type": "application/x-www-form-urlencoded"])
    #expect(form?.status == 415)
    let charset = try stage.ask(
      .post, tokens, text: Array("{}".utf8), nil,
      ["Content-Type": "application/json; charset=utf-8"])
    #expect(charset?.status == 201)
  }

  @Test("a page of another origin may ask, and its preflight needs no token")
  func preflight() throws {
    var stage = try RoomSocketStage()
    let answer = try #require(
      try stage.ask(
        .options, revoke,
        headers: [
          "Origin": "https://shop.example", "Access-Control-Request-Method": "DELETE",
        ]))
    #expect(answer.status == 204)
    #expect(answer.headers["Access-Control-Allow-Methods"] == "POST, DELETE, OPTIONS")
    #expect(answer.headers["Access-Control-Allow-Origin"] == "*")
  }

  @Test("readiness ends with the drain, life does not")
  func drain() throws {
    var stage = try RoomSocketStage()
    stage.core.drain()
    #expect(try stage.ask(.get, "/readyz")?.status == 503)
    #expect(try stage.ask(.get, "/healthz")?.status == 200)
  }
}
