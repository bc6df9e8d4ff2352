// The one table of the REST API: what is served, and how it is described.

import HTTP

/// What a route does. Each has exactly one row in `APIRoute.all`; the switch that serves them is
/// exhaustive, so a row that nobody serves does not compile.
enum APIOperation: String, Hashable, Sendable, CaseIterable {
  case getHealth, getReadiness, getMetrics, getDescription
  case mintToken, revokeTokens, restoreTokens
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
  /// The segments of the path; `{room}` stands for any one.
  let segments: [String]
  let summary: String
  var bearer = Bearer.none
  /// Names of required parameters of the query: strings.
  var query: [String] = []
  var request: APISchema?
  let answers: [Answer]

  /// The path as OpenAPI writes it.
  var path: String { "/" + segments.joined(separator: "/") }

  /// Whether a request's path is this one's.
  func matches(_ path: [String]) -> Bool {
    path.count == segments.count
      && zip(path, segments).allSatisfy { $0 == $1 || $1 == APIRoute.roomSegment }
  }

  static let roomSegment = "{room}"

  /// All routes. A new one is a row here, a case of `APIOperation`, and its schemas.
  static let all: [APIRoute] = [
    APIRoute(
      operation: .getHealth, method: .get, segments: ["healthz"],
      summary: "Whether the process lives.", answers: [Answer(200, "It does.", .text)]),
    APIRoute(
      operation: .getReadiness, method: .get, segments: ["readyz"],
      summary: "Whether new sessions are taken.",
      answers: [Answer(200, "They are.", .text), Answer(503, "The server drains.", .text)]),
    APIRoute(
      operation: .getMetrics, method: .get, segments: ["metrics"],
      summary: "The figures of the process, for Prometheus.",
      answers: [Answer(200, "Text format 0.0.4.", .text)]),
    APIRoute(
      operation: .getDescription, method: .get, segments: ["api", "v1", "openapi.json"],
      summary: "This description.", answers: [Answer(200, "OpenAPI 3.1.", .json(.description))]),
    APIRoute(
      operation: .mintToken, method: .post,
      segments: ["api", "v1", "rooms", roomSegment, "tokens"],
      summary: "A viewer's token: anonymous, the same identity again for who sends the old token, "
        + "or any identity for a host or service.",
      bearer: .optional, request: .tokenRequest,
      answers: [
        Answer(201, "The token.", .json(.token)),
        .problem(400, "The room's name or the body is wrong."),
        .problem(401, "The token sent is not accepted; without one there is an anonymous token."),
        .problem(403, "The token sent is for another room or may not name identities."),
        .problem(415, "The body is not application/json."),
        .problem(429, "Too many anonymous tokens for one address; Retry-After says when."),
      ]),
    APIRoute(
      operation: .revokeTokens, method: .post, segments: revocations,
      summary: "Revokes all tokens of an identity for the room and ends its sessions.",
      bearer: .required, request: .revocationRequest,
      answers: [
        Answer(200, "Kept on disk, and its sessions have ended.", .json(.revocation)),
        .problem(400, "The room's name or the body is wrong."),
        .problem(401, "No token, or one that is not accepted."),
        .problem(403, "Only the room's hosts and services may."),
        .problem(415, "The body is not application/json."),
        .problem(503, "Too many revocations; Retry-After says when to try again."),
      ]),
    APIRoute(
      operation: .restoreTokens, method: .delete, segments: revocations,
      summary: "Lifts a revocation: tokens of the identity count again.",
      bearer: .required, query: ["identity"],
      answers: [
        Answer(204, "Lifted.", .none), .problem(400, "The room's name or the query is wrong."),
        .problem(401, "No token, or one that is not accepted."),
        .problem(403, "Only the room's hosts and services may."),
        .problem(404, "The identity is not revoked here."),
        .problem(503, "Too many changes at once; Retry-After says when to try again."),
      ]),
  ]

  private static let revocations = ["api", "v1", "rooms", roomSegment, "tokens", "revoke"]
}
