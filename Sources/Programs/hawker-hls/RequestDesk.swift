// From HTTP to the presentation and back: routes, CORS, ranges, caching, and those who wait.

import HLS
import HTTP
import Wire

/// Where an answer goes.
struct RequestTicket: Sendable {
  let connection: UInt64
  let request: UInt64
  /// The Range field, if there is one.
  let range: String?

  init(connection: UInt64, request: UInt64, _ asked: HTTPRequest) {
    self.connection = connection
    self.request = request
    range = asked.headers["range"]
  }
}

/// Answers requests for one room.
struct RequestDesk {
  private var waiting = WaitingRequests<RequestTicket>()

  /// The answer to a request that waited as long as it may.
  static let tooLate = refusal(503)

  /// The response, or nil when the request waits.
  mutating func answer(
    _ asked: HTTPRequest, _ ticket: RequestTicket, room: String, _ presentation: Presentation?,
    at now: Instant
  ) -> HTTPResponse? {
    if asked.method == .options { return RequestDesk.preflight }
    guard asked.method == .get || asked.method == .head else {
      var response = RequestDesk.refusal(405)
      response.headers.set("Allow", "GET, HEAD, OPTIONS")
      return response
    }
    let segments = asked.target.segments
    if segments == ["healthz"] { return .text(200, "ok") }
    guard segments.count >= 3, segments[0] == "hls", segments[1] == room else {
      return RequestDesk.refusal(404)
    }
    guard let presentation else { return RequestDesk.refusal(503) }
    let query = asked.target.query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    do {
      let path = segments.dropFirst(2).joined(separator: "/")
      guard let request = try presentation.request(path: path, query: query) else {
        return RequestDesk.refusal(404)
      }
      let answer = presentation.answer(request)
      if let response = RequestDesk.response(answer, ticket) { return response }
      let until = now + presentation.timing.blockingPatience
      return waiting.append(ticket, for: request, until: until) ? nil : RequestDesk.refusal(503)
    } catch {
      return RequestDesk.refusal(error.status)
    }
  }

  /// Answers everybody whose part has come.
  mutating func release(
    _ presentation: Presentation, _ body: (RequestTicket, HTTPResponse) -> Void
  ) {
    guard waiting.count > 0 else { return }
    for (group, answer) in waiting.release({ presentation.answer($0) }) {
      // Made once; those who asked for a range of a part are few.
      let whole = RequestDesk.response(answer, nil)
      for ticket in group.tickets {
        let own = ticket.range == nil ? whole : RequestDesk.response(answer, ticket)
        body(ticket, own ?? RequestDesk.refusal(503))
      }
    }
  }

  /// Those who have waited as long as they may.
  mutating func expire(at now: Instant) -> [RequestTicket] { waiting.expire(at: now) }

  // MARK: Responses

  /// nil when the request has to wait.
  private static func response(
    _ answer: LibraryAnswer, _ ticket: RequestTicket?
  ) -> HTTPResponse? {
    switch answer {
    case .wait: return nil
    case .refused(let reason): return refusal(reason.status)
    case .content(let content):
      var response = HTTPResponse(200, mediaType: content.mediaType, body: content.bytes)
      response.headers.set("Cache-Control", content.lifetime.headerValue)
      allow(&response)
      guard content.lifetime == .immutable else { return response }
      response.headers.set("Accept-Ranges", "bytes")
      return part(of: response, ticket?.range)
    }
  }

  /// The part of a response a Range names (RFC 9110 section 14); what is no single range is ignored.
  private static func part(of response: HTTPResponse, _ range: String?) -> HTTPResponse {
    guard let range, range.hasPrefix("bytes="), !response.body.isEmpty else { return response }
    let ends = range.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = Int(ends[0]), first >= 0 else { return response }
    let size = response.body.count
    guard let last = ends[1].isEmpty ? size - 1 : Int(ends[1]), last >= first else {
      return response
    }
    guard first < size else {
      var refused = refusal(416)
      refused.headers.set("Content-Range", "bytes */\(size)")
      return refused
    }
    var partial = response
    let end = min(last, size - 1)
    partial.status = 206
    partial.body = Array(response.body[first...end])
    partial.headers.set("Content-Range", "bytes \(first)-\(end)/\(size)")
    return partial
  }

  private static func refusal(_ status: Int) -> HTTPResponse {
    var response = HTTPResponse.text(status, HTTPStatus.reasonPhrase(status))
    response.headers.set("Cache-Control", "no-store")
    if status == 503 { response.headers.set("Retry-After", "1") }
    allow(&response)
    return response
  }

  /// Players of other sites may read everything: what is here is for everybody who has the address.
  private static func allow(_ response: inout HTTPResponse) {
    response.headers.set("Access-Control-Allow-Origin", "*")
    response.headers.set("Access-Control-Expose-Headers", "Content-Length, Content-Range")
  }

  private static var preflight: HTTPResponse {
    var response = HTTPResponse(204)
    response.headers.set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
    response.headers.set("Access-Control-Allow-Headers", "Range, Authorization")
    response.headers.set("Access-Control-Max-Age", "86400")
    allow(&response)
    return response
  }
}
