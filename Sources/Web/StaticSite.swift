// The pages and files the server answers with itself: which path is which file, and with what headers.

package import HTTP

/// Where a path of the site leads.
package enum StaticRoute: Sendable, Hashable {
  /// One file for a path; `{room}` stands for any one segment that is a room name.
  case page(_ path: String, file: String)
  /// All files below a folder ("" is the root) for the paths below `prefix`.
  case tree(_ prefix: String, folder: String)
}

/// Files in memory under routes.
package struct StaticSite: Sendable {
  private let files: StaticFiles
  private let routes: [(pattern: [String], route: StaticRoute)]
  private let headers: HTTPHeaders

  /// A site of `files`; the first route that matches decides.
  ///
  /// - Parameters:
  ///   - pictures: origins beside every https one whose pictures pages may show.
  ///   - media: origins beside our own that pages may fetch from and play: HLS.
  ///   - asked: origins that pages may only fetch from: licence services.
  package init(
    _ files: StaticFiles, routes: [StaticRoute], pictures: [String] = [], media: [String] = [],
    asked: [String] = []
  ) {
    self.files = files
    headers = StaticSite.headers(pictures, media, asked)
    self.routes = routes.map { route in
      switch route {
      case .page(let path, _), .tree(let path, _):
        (path.split(separator: "/").map(String.init), route)
      }
    }
  }

  /// The answer to `request`; nil when no route matches, so that the application decides.
  package func answer(_ request: HTTPRequest) -> HTTPResponse? {
    let segments = request.target.segments
    guard request.target.path != "*",
      let match = routes.first(where: { StaticSite.matches(segments, $0.pattern, $0.route) })
    else { return nil }
    guard request.method == .get || request.method == .head else {
      var response = HTTPResponse.text(405, "method not allowed")
      response.headers.append("Allow", "GET, HEAD")
      return response
    }
    guard let file = file(segments, match.pattern, match.route) else {
      return .text(404, "not found")
    }
    return response(file, to: request)
  }

  private static func matches(
    _ segments: [String], _ pattern: [String], _ route: StaticRoute
  ) -> Bool {
    switch route {
    case .page:
      segments.count == pattern.count
        && zip(segments, pattern).allSatisfy { $1 == "{room}" ? isRoom($0) : $0 == $1 }
    case .tree: segments.count > pattern.count && segments.starts(with: pattern)
    }
  }

  /// Whether `text` is a room name: `[A-Za-z0-9_-]{1,64}`.
  private static func isRoom(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
      }
  }

  private func file(
    _ segments: [String], _ pattern: [String], _ route: StaticRoute
  ) -> StaticFile? {
    switch route {
    case .page(_, let file): return files[file]
    case .tree(_, let folder):
      let rest = segments.dropFirst(pattern.count)
      // A decoded slash would make one segment look like two. Beyond that only loaded names exist.
      guard rest.allSatisfy({ !$0.contains("/") }) else { return nil }
      let path = rest.joined(separator: "/")
      return files[folder.isEmpty ? path : folder + "/" + path]
    }
  }

  private func response(_ file: StaticFile, to request: HTTPRequest) -> HTTPResponse {
    var response = HTTPResponse(200, headers: headers)
    response.headers.append("ETag", file.tag.text)
    if let condition = request.headers["if-none-match"].flatMap({ EntityTagCondition($0) }),
      condition.matchesWeakly(file.tag)
    {
      response.status = 304
    } else {
      response.headers.append("Content-Type", file.mediaType)
      response.body = file.bytes
    }
    return response
  }

  /// What every file is sent with: nothing from elsewhere runs in our pages, and nobody frames them.
  private static func headers(
    _ pictures: [String], _ media: [String], _ asked: [String]
  ) -> HTTPHeaders {
    let images = (["'self'", "data:", "blob:", "https:"] + pictures).joined(separator: " ")
    let others = media.map { " " + $0 }.joined()
    let services = asked.map { " " + $0 }.joined()
    return [
      // Kept, but asked for again each time: a new version shows at once, and 304 is cheap.
      "Cache-Control": "no-cache",
      "Content-Security-Policy":
        "default-src 'self'; connect-src 'self' ws: wss:\(others)\(services); media-src 'self' blob:\(others); "
        // Pictures of products are where their shop has them.
        + "img-src \(images); worker-src 'self'; base-uri 'none'; frame-ancestors 'none'",
      "X-Content-Type-Options": "nosniff",
      // Room names are in paths, and tokens in fragments.
      "Referrer-Policy": "no-referrer",
      "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self)",
    ]
  }
}
