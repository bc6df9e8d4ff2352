// Which pages may call the API, and what they may see of the answers (Fetch standard, CORS protocol).

import HTTP

/// Adds CORS headers to answers.
///
/// Nothing here uses cookies: a page needs a token, which no browser sends by itself. So without a
/// configured list any origin may call WHIP and WHEP; with one, only those listed.
struct CORSPolicy: Sendable {
  private let allowed: [String]

  init(allowing origins: [String]) { allowed = origins }

  /// What scripts may read: the session's address, its ETag, servers, what may be posted.
  static let exposed = "Location, ETag, Link, Accept-Post, Accept-Patch, Retry-After, Allow"
  static let requestHeaders = "Authorization, Content-Type, If-Match, Accept, Idempotency-Key"
  /// Seconds a browser may remember a preflight: Chromium caps it at two hours.
  static let maxAge = "7200"

  /// `response` with the headers that let `request`'s page see it.
  func apply(to response: HTTPResponse, for request: HTTPRequest) -> HTTPResponse {
    guard let origin = allowedOrigin(for: request) else { return response }
    var response = response
    response.headers.set("Access-Control-Allow-Origin", origin)
    response.headers.set("Access-Control-Expose-Headers", CORSPolicy.exposed)
    if origin != "*" { response.headers.append("Vary", "Origin") }
    return response
  }

  /// The answer to OPTIONS, preflight or not: no token is asked for.
  func preflight(_ request: HTTPRequest, methods: [HTTPMethod], extra: HTTPHeaders) -> HTTPResponse
  {
    var response = HTTPResponse(204, headers: extra)
    let names = methods.map(\.rawValue).joined(separator: ", ")
    response.headers.set("Allow", names)
    if request.headers["Access-Control-Request-Method"] != nil, allowedOrigin(for: request) != nil {
      response.headers.set("Access-Control-Allow-Methods", names)
      response.headers.set("Access-Control-Allow-Headers", CORSPolicy.requestHeaders)
      response.headers.set("Access-Control-Max-Age", CORSPolicy.maxAge)
    }
    return response
  }

  private func allowedOrigin(for request: HTTPRequest) -> String? {
    guard let origin = request.headers["Origin"] else { return allowed.isEmpty ? "*" : nil }
    if allowed.isEmpty { return "*" }
    let isAllowed = OriginPolicy(allowing: allowed).allows(
      origin: origin, host: request.headers["Host"])
    return isAllowed ? origin : nil
  }
}
