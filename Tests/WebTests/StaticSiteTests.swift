// Pages and files: routes, conditions, headers, and what is not to be had.

import HTTP
import Testing
import Web
import Wire

@Suite("Static files", .timeLimit(.minutes(1)))
struct StaticSiteTests {
  private func site() throws -> (TemporaryFolder, StaticSite) {
    let folder = try TemporaryFolder()
    for name in ["landing", "watch", "shared"] { folder.makeFolder(name) }
    try folder.write("landing/index.html", "landing page")
    try folder.write("watch/index.html", "watch page")
    try folder.write("shared/dom.js", "export {}")
    try folder.write("shared/icon.svg", "<svg/>")
    try folder.write("shared/font.woff2", "font")
    try folder.write("shared/notes.xyz", "of no known type")
    try folder.write(".secret.json", "hidden")
    folder.link("shared/passwords.txt", to: "/etc/passwd")
    folder.link("outside", to: "/etc")
    let routes: [StaticRoute] = [
      .page("/", file: "landing/index.html"), .page("/watch/{room}", file: "watch/index.html"),
      .page("/lost", file: "not/there.html"), .tree("/assets", folder: ""),
      .tree("/only", folder: "shared"),
    ]
    return (folder, StaticSite(try StaticFiles(root: folder.path), routes: routes))
  }

  private func get(_ site: StaticSite, _ path: String, _ method: HTTPMethod = .get) throws
    -> HTTPResponse?
  {
    try site.answer(HTTPRequest(method, HTTPTarget(path)))
  }

  @Test("routes lead to their files, with type, tag and the security headers")
  func routes() throws {
    let (_, site) = try site()
    for (path, text, type) in [
      ("/", "landing page", "text/html; charset=utf-8"),
      ("/watch/Shop_1-a", "watch page", "text/html; charset=utf-8"),
      ("/watch/shop?x=1", "watch page", "text/html; charset=utf-8"),
      ("/assets/shared/dom.js", "export {}", "text/javascript; charset=utf-8"),
      ("/assets/shared/icon.svg", "<svg/>", "image/svg+xml"),
      ("/only/font.woff2", "font", "font/woff2"),
    ] {
      let response = try #require(try get(site, path))
      #expect(response.status == 200)
      #expect(response.text == text)
      #expect(response.headers["content-type"] == type)
      #expect(response.headers["cache-control"] == "no-cache")
      #expect(response.headers["x-content-type-options"] == "nosniff")
      #expect(response.headers["referrer-policy"] == "no-referrer")
      #expect(response.headers["permissions-policy"]?.contains("camera=(self)") == true)
      let policy = try #require(response.headers["content-security-policy"])
      #expect(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"))
    }
  }

  @Test("what is not a file of the site is not found, and what is no route is the application's")
  func absent() throws {
    let (_, site) = try site()
    for path in [
      "/lost", "/assets/nothing.js", "/assets/shared", "/assets/shared/", "/assets//shared/dom.js",
      "/assets/shared%2Fdom.js", "/assets/shared/passwords.txt", "/assets/outside/passwd",
      "/assets/.secret.json", "/assets/shared/notes.xyz", "/assets/shared/dom.js/",
    ] {
      #expect(try get(site, path)?.status == 404, "\(path)")
    }
    for path in [
      "/watch", "/watch/", "/watch/a/b", "/watch/no%20room",
      "/watch/\(String(repeating: "r", count: 65))",
      "/api/v1/x", "/assets", "/whip/shop",
    ] {
      #expect(try get(site, path) == nil, "\(path)")
    }
    // The parser of targets refuses dots before any file is looked for.
    for path in ["/assets/../etc/passwd", "/assets/%2e%2e/x"] {
      #expect(throws: HTTPRefusal.self) { try get(site, path) }
    }
  }

  @Test("a known tag gets 304 without a body, another the file; other methods get 405")
  func conditions() throws {
    let (_, site) = try site()
    let tag = try #require(try get(site, "/")?.headers["etag"])
    let other = try #require(try get(site, "/watch/a")?.headers["etag"])
    #expect(tag != other)
    for (condition, status) in [
      (tag, 304), ("W/" + tag, 304), ("\"x\", " + tag, 304), ("*", 304), (other, 200),
      ("junk", 200),
    ] {
      let request = try HTTPRequest(
        .get, HTTPTarget("/"), headers: ["If-None-Match": condition])
      let response = try #require(site.answer(request))
      #expect(response.status == status)
      #expect(response.headers["etag"] == tag)
      #expect(response.body.isEmpty == (status == 304))
    }
    let refusal = try #require(try get(site, "/", .post))
    #expect(refusal.status == 405)
    #expect(refusal.headers["allow"] == "GET, HEAD")
  }

  @Test("the server answers for the site by itself, in order with the application's answers")
  func served() throws {
    let (_, site) = try site()
    let application = try TestApplication { $0.site = site }
    let client = try application.connect()
    try client.write(
      ["GET /api", "GET /", "HEAD /", "GET /assets/x"]
        .map { "\($0) HTTP/1.1\r\nHost: test\r\n\r\n" }.joined())
    application.answer(try application.asked(), .text(200, "api"))
    #expect(try client.response().text == "api\n")
    #expect(try client.response().text == "landing page")
    let head = try client.response(to: .head)
    #expect(head.headers["content-length"] == "12")
    #expect(try client.response().status == 404)
  }

  @Test("many pipelined requests for a large file are all answered, though not all at once")
  func backPressure() throws {
    var files = StaticFiles()
    let body = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    try files.add("big.png", StaticFile(body, mediaType: "image/png"))
    let site = StaticSite(files, routes: [.page("/big", file: "big.png")])
    let application = try TestApplication { $0.site = site }
    let client = try application.connect(receiveBuffer: 8192)
    try client.write(String(repeating: "GET /big HTTP/1.1\r\nHost: test\r\n\r\n", count: 40))
    for _ in 0..<40 { #expect(try client.response().body == body) }
  }

  @Test("a client that does not take its answer is closed")
  func stalled() throws {
    var files = StaticFiles()
    try files.add(
      "big.png", StaticFile([UInt8](repeating: 1, count: 20_000_000), mediaType: "image/png"))
    let site = StaticSite(files, routes: [.page("/big", file: "big.png")])
    let application = try TestApplication {
      $0.site = site
      $0.limits.stallTimeout = .milliseconds(100)
    }
    let client = try application.connect(receiveBuffer: 4096)
    try client.write("GET /big HTTP/1.1\r\nHost: test\r\n\r\n")
    #expect(application.waitUntil { $0.slowReaders == 1 && $0.connections == 0 })
  }

  @Test("files that are too large together, and roots that are not there, are refused")
  func limits() throws {
    var files = StaticFiles()
    let half = StaticFile([UInt8](repeating: 0, count: StaticFiles.bytesMax / 2), mediaType: "x/y")
    try files.add("a", half)
    try files.add("b", half)
    #expect(throws: StaticFilesFailure.tooLarge) {
      try files.add("c", StaticFile([1], mediaType: "x/y"))
    }
    #expect(throws: StaticFilesFailure.unreadable(".")) {
      try StaticFiles(root: "/nowhere/at/all")
    }
  }

  @Test("pictures come over https, and from the shops on this machine that were named")
  func pictures() throws {
    let folder = try TemporaryFolder()
    folder.makeFolder("landing")
    try folder.write("landing/index.html", "page")
    for (pictures, images) in [
      ([], "https:;"), (["http://127.0.0.1:8081"], "https: http://127.0.0.1:8081;"),
    ] {
      let site = StaticSite(
        try StaticFiles(root: folder.path), routes: [.page("/", file: "landing/index.html")],
        pictures: pictures)
      let policy = try get(site, "/")?.headers["Content-Security-Policy"]
      #expect(policy?.contains("img-src 'self' data: blob: \(images)") == true)
    }
  }

  @Test("pages may fetch from licence services and from HLS, and play the latter alone")
  func services() throws {
    let folder = try TemporaryFolder()
    folder.makeFolder("landing")
    try folder.write("landing/index.html", "page")
    let site = StaticSite(
      try StaticFiles(root: folder.path), routes: [.page("/", file: "landing/index.html")],
      media: ["https://hls.example"], asked: ["https://keys.example"])
    let policy = try #require(try get(site, "/")?.headers["Content-Security-Policy"])
    #expect(
      policy.contains("connect-src 'self' ws: wss: https://hls.example https://keys.example;"))
    #expect(policy.contains("media-src 'self' blob: https://hls.example;"))
  }
}
