// Requests for kept shows: `/hls/{room}/kept/…`, or `/hls/{room}/~{token}/kept/…`. Pure: files are read by others.

package import Access
import HLS
package import HTTP
package import Wire

/// What is to be read for a request.
package enum KeptRequest: Hashable, Sendable {
  /// The shows of a room.
  case list(room: String)
  /// A file of a show; `path` below the show's folder.
  case file(show: String, path: String)
}

/// Judges requests for kept shows and makes responses of what was read.
package struct KeptDesk: Sendable {
  private let access: StreamAccess?

  /// - Parameter access: as for what is live.
  package init(access: StreamAccess? = nil) { self.access = access }

  /// The folder of kept shows, below a room.
  package static let folder = "kept"

  /// Too many wait for the disk.
  package static let busy = AnswerHeaders.refusal(
    503, "too-many-waiting", "too many wait for files")

  /// Whether a request is one for kept shows.
  package static func takes(_ asked: HTTPRequest) -> Bool {
    guard asked.method == .get || asked.method == .head else { return false }
    let segments = asked.target.segments
    guard segments.count >= 4, segments[0] == "hls" else { return false }
    return segments[segments[2].hasPrefix(StreamAccess.prefix) ? 3 : 2] == folder
  }

  /// What is to be read for a request that `takes`, or its refusal.
  package func ask(_ asked: HTTPRequest, wall: WallTime) -> Result<KeptRequest, KeptRefusal> {
    let segments = asked.target.segments
    guard segments.count >= 4 else { return .failure(.notFound) }
    let room = segments[1]
    var path = segments[2...]
    let token = path.first.flatMap { $0.hasPrefix(StreamAccess.prefix) ? $0.dropFirst() : nil }
    if token != nil { path.removeFirst() }
    if let access, !access.allows(token ?? "", room: room, at: wall) { return .failure(.denied) }
    path.removeFirst()
    guard ResourceNames.isSafe(folder: room) else { return .failure(.notFound) }
    if path == [KeptNames.list] { return .success(.list(room: room)) }
    guard let show = path.popFirst(), ResourceNames.isSafe(folder: show),
      let file = path.last, KeptNames.isSafe(file: file), path.count <= 2,
      path.dropLast().allSatisfy({ ResourceNames.isSafe(folder: $0) })
    else { return .failure(.notFound) }
    return .success(.file(show: "\(room)/\(show)", path: path.joined(separator: "/")))
  }

  /// The response with what was read; nil for what is not there.
  package static func response(
    _ request: KeptRequest, _ bytes: [UInt8]?, _ ticket: RequestTicket
  ) -> HTTPResponse {
    guard let bytes else { return AnswerHeaders.refusal(.notFound) }
    switch request {
    case .list:
      return text(bytes, "application/json", .newest, tag: "", ticket)
    case .file(let show, let path):
      let tag = "\(show)/\(path)"
      switch path.split(separator: ".").last {
      case "m3u8": return text(bytes, Presentation.playlistType, .kept, tag: tag, ticket)
      case "mpd": return text(bytes, Presentation.manifestType, .kept, tag: tag, ticket)
      case "vtt": return text(bytes, "text/vtt", .kept, tag: tag, ticket)
      case "key":
        return media(bytes, "application/octet-stream", .personal, tag: "", ticket)
      case "jpg": return media(bytes, "image/jpeg", .kept, tag: tag, ticket)
      case _: return media(bytes, "video/mp4", .kept, tag: tag, ticket)
      }
    }
  }

  private static func media(
    _ bytes: [UInt8], _ type: String, _ lifetime: CacheLifetime, tag: String,
    _ ticket: RequestTicket
  ) -> HTTPResponse {
    RequestDesk.media(
      LibraryContent(mediaType: type, chunks: [bytes], lifetime: lifetime, tag: tag, cipher: nil),
      ticket)
  }

  private static func text(
    _ bytes: [UInt8], _ type: String, _ lifetime: CacheLifetime, tag: String,
    _ ticket: RequestTicket
  ) -> HTTPResponse {
    guard ticket.coding == .gzip, let small = Gzip.compress(bytes) else {
      var response = media(bytes, type, lifetime, tag: tag, ticket)
      response.headers.set("Vary", "Accept-Encoding")
      return response
    }
    // A range would be one of the compressed bytes, which nobody means.
    var response = HTTPResponse(200, mediaType: type, body: small)
    response.headers.set("Content-Encoding", "gzip")
    response.headers.set("Vary", "Accept-Encoding")
    response.headers.set("Cache-Control", lifetime.headerValue)
    AnswerHeaders.allow(&response)
    return response
  }
}

/// Why nothing is read.
package enum KeptRefusal: Error, Hashable, Sendable {
  case denied
  case notFound

  /// As what is live refuses it.
  package var response: HTTPResponse {
    switch self {
    case .denied:
      AnswerHeaders.refusal(
        403, "access-denied", "this room needs a token that has not expired")
    case .notFound: AnswerHeaders.refusal(.notFound)
    }
  }
}
