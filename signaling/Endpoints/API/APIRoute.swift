// The one table of the REST API: what is served, and how it is described.

import HTTP
import JSON
import Messages

/// What the server does for itself, beside the rooms' commands and queries.
enum ServerOperation: String, Hashable, Sendable, CaseIterable {
  case getHealth, getReadiness, getMetrics, getDescription, getMessageSchemas
  case listRooms, listFollowing
  case mintToken, revokeTokens, restoreTokens
  case exportPerson, erasePerson
  case refundTransfer
  case receiveCallback
  case listHookEndpoints, makeHookEndpoint, getHookEndpoint, changeHookEndpoint
  case removeHookEndpoint, rotateHookKeys, retireHookKeys, testHookEndpoint
  case listHookDeliveries, replayHookDelivery
}

/// What a route does. Each has exactly one row in `APIRoute.all`.
enum APIOperation: Hashable, Sendable {
  case server(ServerOperation)
  /// A command of the catalogue, by its name.
  case command(String)
  /// A query of the catalogue, by its name.
  case query(String)

  /// OpenAPI's `operationId`.
  var id: String {
    switch self {
    case .server(let operation): operation.rawValue
    case .command(let name): name
    case .query(let name): "get" + name.prefix(1).uppercased() + name.dropFirst()
    }
  }

  /// Whether it is about what happens in a room: then the room is opened for it.
  var needsRoom: Bool {
    switch self {
    case .server: false
    case .command, .query: true
    }
  }

  /// Whether it is about who may be in a room: of several processes, the one that has the room does it,
  /// whose sessions it ends.
  var concernsMembers: Bool {
    self == .server(.revokeTokens) || self == .server(.restoreTokens)
  }
}

/// One method of one path.
struct APIRoute: Sendable {
  /// Whether a token is asked for.
  enum Bearer: Sendable {
    case none, optional, required
  }

  /// The body of an answer.
  enum Content: Hashable, Sendable {
    case none
    case text
    case json(APISchema)
    /// JSON Lines; a `Link` with `rel="next"` when there is more.
    case lines
    /// A table, `text/csv`; a `Link` as for lines.
    case table
    case problem
  }

  /// One status an operation may answer with.
  struct Answer: Sendable {
    let status: Int
    let meaning: String
    let content: Content

    init(_ status: Int, _ meaning: String, _ content: Content) {
      self.status = status
      self.meaning = meaning
      self.content = content
    }

    /// A refusal.
    static func problem(_ status: Int, _ meaning: String) -> Answer {
      Answer(status, meaning, .problem)
    }
  }

  let operation: APIOperation
  let method: HTTPMethod
  /// The segments of the path; `{name}` stands for any one.
  let segments: [String]
  let summary: String
  var bearer = Bearer.none
  /// In the order of the description, without the room.
  var parameters: [APIParameter] = []
  var request: APISchema?
  /// Whether the body may be a table instead (`ListingCSV`).
  var takesTable = false
  let answers: [Answer]

  /// The path as OpenAPI writes it.
  var path: String { "/" + segments.joined(separator: "/") }

  /// Whether a request's path is this one's.
  func matches(_ path: [String]) -> Bool {
    path.count == segments.count
      && zip(path, segments).allSatisfy { $0 == $1 || $1.first == "{" }
  }

  /// What stands in a request's path for the names in braces.
  func values(in path: [String]) -> [(name: String, value: String)] {
    zip(segments, path).compactMap { segment, value in
      segment.first == "{" ? (String(segment.dropFirst().dropLast()), value) : nil
    }
  }

  static let roomSegment = "{room}"
  /// Where everything of one room is.
  static let room = ["api", "v1", "rooms", roomSegment]

  /// All routes. What the server does for itself is a row in `server`; commands and queries come
  /// from their catalogues.
  static let all: [APIRoute] =
    server + hooks + QueryCatalogue.all.map { APIRoute($0) }
    + CommandCatalogue.all.map { APIRoute($0) }

  /// The routes of a path.
  static func routes(of path: [String]) -> [APIRoute] { all.filter { $0.matches(path) } }

  /// The route of a request; nil for a path or a method that is not served.
  static func route(of request: HTTPRequest) -> APIRoute? {
    // HEAD is GET without its body, which the web server leaves out.
    let method = request.method == .head ? .get : request.method
    return all.first { $0.method == method && $0.matches(request.target.segments) }
  }
}
