// From HTTP to the presentation and back: routes, tokens, CORS, ranges, caching, and those who wait.

package import Access
package import HLS
package import HTTP
package import Wire

/// Answers requests for one room: `/hls/{room}/…`, or `/hls/{room}/~{token}/…`.
package struct RequestDesk {
  private var waiting = WaitingRequests<RequestTicket>()
  private var bodies = BodyCache()
  private var ciphertexts = CiphertextCache()
  private let access: StreamAccess?
  /// Requests for what is in files, to be read by others.
  private var reads: [SpoolRead] = []
  /// What players are told of CDNs; nil: nothing.
  package var steering: Steering?

  /// - Parameter access: nil for rooms that everybody may load; a token in the path is passed over then.
  package init(access: StreamAccess? = nil) { self.access = access }

  /// Below a room: 204 for who may load it, and 403. For a proxy that asks before it serves from its cache.
  package static let accessName = "access"

  /// The answer to a request that waited as long as it may.
  package static let tooLate = AnswerHeaders.refusal(
    503, "part-late", "the part did not come in time")

  /// How many wait.
  package var waitingCount: Int { waiting.count }

  /// Requests since the last call that somebody has to read files for, and to answer.
  package mutating func takeReads() -> [SpoolRead] {
    defer { reads.removeAll() }
    return reads
  }

  /// The response, or nil when the request waits, for a part or in `takeReads`.
  ///
  /// - Parameter room: nil for a request that names no room we have.
  package mutating func answer(
    _ asked: HTTPRequest, _ ticket: RequestTicket, room: String?, _ presentation: Presentation?,
    at now: Instant, wall: WallTime
  ) -> HTTPResponse? {
    if asked.method == .options { return AnswerHeaders.preflight }
    guard asked.method == .get || asked.method == .head else {
      var response = AnswerHeaders.refusal(405, "method", "GET, HEAD and OPTIONS only")
      response.headers.set("Allow", "GET, HEAD, OPTIONS")
      return response
    }
    let segments = asked.target.segments
    if segments == ["healthz"] { return .text(200, "ok") }
    guard segments.count >= 3, segments[0] == "hls", segments[1] == room ?? segments[1]
    else { return RequestDesk.noRoom }
    var path = segments[2...]
    let token = path.first.flatMap { $0.hasPrefix(StreamAccess.prefix) ? $0.dropFirst() : nil }
    if token != nil { path.removeFirst() }
    if let access, !access.allows(token ?? "", room: segments[1], at: wall) {
      return AnswerHeaders.refusal(
        403, "access-denied", "this room needs a token that has not expired")
    }
    if path == [RequestDesk.accessName] { return RequestDesk.allowed }
    if room == nil { return RequestDesk.noRoom }
    if path == [Steering.name], let steering { return RequestDesk.manifest(steering) }
    guard let presentation else { return AnswerHeaders.refusal(.unavailable) }
    return answer(
      path.joined(separator: "/"), asked.target.query, ticket, presentation, at: now)
  }

  private static var noRoom: HTTPResponse {
    AnswerHeaders.refusal(404, "no-room", "no such room is live")
  }

  private static func manifest(_ steering: Steering) -> HTTPResponse {
    var response = HTTPResponse(200, mediaType: "application/json", body: steering.manifest)
    response.headers.set("Cache-Control", CacheLifetime.newest.headerValue)
    AnswerHeaders.allow(&response)
    return response
  }

  /// How long a proxy may believe it: a minute is how exact the end of a token is.
  private static var allowed: HTTPResponse {
    var response = HTTPResponse(204)
    response.headers.set("Cache-Control", "private, max-age=10")
    return response
  }

  private mutating func answer(
    _ path: String, _ query: [HTTPTarget.Parameter], _ ticket: RequestTicket,
    _ presentation: Presentation, at now: Instant
  ) -> HTTPResponse? {
    let query = query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    do {
      guard let request = try presentation.request(path: path, query: query) else {
        return AnswerHeaders.refusal(.notFound)
      }
      guard presentation.isAwaited(request) else {
        if case .segment = request,
          case .spooled(let content, let name) = presentation.answer(request)
        {
          return read(SpoolRead(name: name, content: content, ticket: ticket))
        }
        return response(request, ticket, presentation)
      }
      let until = now + presentation.timing.blockingPatience
      guard waiting.append(ticket, for: request, until: until) else {
        return AnswerHeaders.refusal(503, "too-many-waiting", "too many wait for parts already")
      }
      return nil
    } catch {
      return AnswerHeaders.refusal(error)
    }
  }

  /// Has a file read, unless the client has it.
  private mutating func read(_ read: SpoolRead) -> HTTPResponse? {
    if let known = read.ticket.known, known.matchesWeakly(EntityTag(read.content.tag)) {
      return RequestDesk.media(read.content, read.ticket)
    }
    reads.append(read)
    return nil
  }

  // MARK: Those who wait

  /// Answers everybody whose part has come: one call for all who get the same bytes.
  package mutating func release(
    _ presentation: Presentation, _ body: ([RequestTicket], HTTPResponse) -> Void
  ) {
    guard waiting.count > 0 else { return }
    for group in waiting.release({ !presentation.isAwaited($0) }) {
      for coding in ContentCoding.allCases {
        let plain = group.tickets.filter { $0.isPlain && $0.coding == coding }
        if let first = plain.first { body(plain, response(group.request, first, presentation)) }
      }
      for ticket in group.tickets where !ticket.isPlain {
        body([ticket], response(group.request, ticket, presentation))
      }
    }
  }

  /// Those who have waited as long as they may.
  package mutating func expire(at now: Instant) -> [RequestTicket] { waiting.expire(at: now) }

  // MARK: Responses

  /// The response to a request that need not wait.
  private mutating func response(
    _ request: LibraryRequest, _ ticket: RequestTicket, _ presentation: Presentation
  ) -> HTTPResponse {
    if let playlist = bodies.response(request, ticket.coding, presentation) {
      return RequestDesk.unlessKnown(playlist, ticket)
    }
    switch presentation.answer(request) {
    case .wait, .spooled: return RequestDesk.tooLate
    case .refused(let reason): return AnswerHeaders.refusal(reason)
    case .content(let content):
      guard let sealed = ciphertexts.sealed(content) else { return RequestDesk.tooLate }
      return RequestDesk.media(sealed, ticket)
    }
  }

  /// Media: its name never means other bytes, so the name is its tag.
  static func media(_ content: LibraryContent, _ ticket: RequestTicket) -> HTTPResponse {
    var response = HTTPResponse(
      200, mediaType: content.mediaType, body: content.chunks.first ?? [])
    response.rest = Array(content.chunks.dropFirst())
    response.headers.set("Cache-Control", content.lifetime.headerValue)
    response.headers.set("Accept-Ranges", "bytes")
    AnswerHeaders.allow(&response)
    // A key has no name of its own.
    guard !content.tag.isEmpty else { return response }
    let tag = EntityTag(content.tag)
    response.headers.set("ETag", tag.text)
    if let known = ticket.known, known.matchesWeakly(tag) { return unlessKnown(response, ticket) }
    if ticket.hasRangeOf, ticket.rangeOf != tag { return response }
    return ticket.range.map { part(of: response, $0) } ?? response
  }

  /// The response without its body where the client has it (RFC 9110 section 15.4.5).
  private static func unlessKnown(_ response: HTTPResponse, _ ticket: RequestTicket) -> HTTPResponse
  {
    guard let known = ticket.known, let text = response.headers["etag"],
      let tag = EntityTag(parsing: text), known.matchesWeakly(tag)
    else { return response }
    var unchanged = response
    unchanged.status = 304
    unchanged.body = []
    unchanged.rest = []
    return unchanged
  }

  /// The part of a response that a range names.
  private static func part(of response: HTTPResponse, _ range: ByteRange) -> HTTPResponse {
    let size = response.bodyByteCount
    guard let bounds = range.bounds(of: size) else {
      var refused = AnswerHeaders.refusal(416, "range", "there are no such bytes")
      refused.headers.set("Content-Range", "bytes */\(size)")
      return refused
    }
    var partial = response
    partial.status = 206
    partial.body = []
    partial.rest = []
    var offset = 0
    for chunk in [response.body] + response.rest {
      let wanted = bounds.clamped(to: offset..<offset + chunk.count)
      if !wanted.isEmpty {
        partial.rest.append(Array(chunk[wanted.lowerBound - offset..<wanted.upperBound - offset]))
      }
      offset += chunk.count
    }
    let last = bounds.upperBound - 1
    partial.headers.set("Content-Range", "bytes \(bounds.lowerBound)-\(last)/\(size)")
    return partial
  }
}
