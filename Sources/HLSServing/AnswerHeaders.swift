// What answers have in common: who may read them, and refusals that say why.

import HLS
import HTTP

/// Headers and refusals.
enum AnswerHeaders {
  /// Players of other sites may read everything: what is here is for everybody who has the address.
  static func allow(_ response: inout HTTPResponse) {
    response.headers.set("Access-Control-Allow-Origin", "*")
    response.headers.set(
      "Access-Control-Expose-Headers", "Content-Length, Content-Range, Date, ETag, Retry-After")
  }

  static var preflight: HTTPResponse {
    var response = HTTPResponse(204)
    response.headers.set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
    response.headers.set(
      "Access-Control-Allow-Headers", "Range, If-Range, If-None-Match, Authorization")
    response.headers.set("Access-Control-Max-Age", "86400")
    allow(&response)
    return response
  }

  /// A refusal as problem+json (RFC 9457), kept by no cache.
  ///
  /// - Parameters code, detail: of our own, without characters that JSON escapes.
  static func refusal(_ status: Int, _ code: String, _ detail: String) -> HTTPResponse {
    let body =
      "{\"type\":\"about:blank\",\"title\":\"\(HTTPStatus.reasonPhrase(status))\","
      + "\"status\":\(status),\"code\":\"\(code)\",\"detail\":\"\(detail)\"}"
    var response = HTTPResponse(
      status, mediaType: "application/problem+json", body: Array(body.utf8))
    response.headers.set("Cache-Control", "no-store")
    if status == 503 { response.headers.set("Retry-After", "1") }
    allow(&response)
    return response
  }

  static func refusal(_ reason: LibraryRefusal) -> HTTPResponse {
    switch reason {
    case .badRequest: refusal(400, "bad-directives", "the delivery directives can't be meant")
    case .notFound: refusal(404, "not-found", "there is no such resource, or not any more")
    case .unavailable: refusal(503, "not-ready", "there is nothing to play yet")
    }
  }
}
