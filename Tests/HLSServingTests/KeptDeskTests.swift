// Requests for kept shows: who may have what, and as what.

import Access
import HLS
import HTTP
import Testing
import Wire

@testable import HLSServing

@Suite("Requests for kept shows")
struct KeptDeskTests {
  private func request(_ path: String, _ headers: HTTPHeaders = HTTPHeaders()) throws -> HTTPRequest
  {
    HTTPRequest(.get, try HTTPTarget(path), headers: headers)
  }

  private func ask(
    _ desk: KeptDesk, _ path: String, wall: WallTime = WallTime(nanoseconds: 0)
  ) throws -> Result<KeptRequest, KeptRefusal>? {
    let asked = try request(path)
    return KeptDesk.takes(asked) ? desk.ask(asked, wall: wall) : nil
  }

  @Test("kept shows need the room's token like what is live")
  func token() throws {
    let access = try #require(StreamAccess(keyFile: "a-secret-of-thirty-two-characters"))
    let desk = KeptDesk(access: access)
    let end = WallTime(nanoseconds: 1_800_000_000_000_000_000)
    let token = access.token(room: "show", at: end - .seconds(6 * 3600))
    let found = KeptRequest.file(show: "show/a-r1", path: "low/r1-s0.m4s")
    #expect(try ask(desk, "/hls/show/~\(token)/kept/a-r1/low/r1-s0.m4s") == .success(found))
    #expect(try ask(desk, "/hls/show/~\(token)/kept/index.json") == .success(.list(room: "show")))
    #expect(try ask(desk, "/hls/show/kept/a-r1/low/r1-s0.m4s") == .failure(.denied))
    #expect(try ask(desk, "/hls/show/kept/index.json") == .failure(.denied))
    #expect(try ask(desk, "/hls/other/~\(token)/kept/index.json") == .failure(.denied))
    #expect(
      try ask(desk, "/hls/show/~\(token)/kept/index.json", wall: end + .seconds(61))
        == .failure(.denied))
    #expect(KeptRefusal.denied.response.status == 403)
  }

  @Test("paths that lead elsewhere are not found")
  func paths() throws {
    let desk = KeptDesk()
    for path in [
      "/hls/show/kept/a-r1/low/r1-s0.m4s", "/hls/show/kept/a-r1/index.m3u8",
      "/hls/show/~x/kept/a-r1/poster.jpg",
    ] {
      guard case .success = try ask(desk, path) else {
        Issue.record("\(path)")
        continue
      }
    }
    for path in [
      "/hls/show/kept/", "/hls/show/kept/a-r1", "/hls/show/kept/a-r1/", "/hls/show/kept//x.jpg",
      "/hls/show/kept/a-r1/low/x/r1-s0.m4s", "/hls/show/kept/a-r1/.probe",
      "/hls/show/kept/a-r1/show.json", "/hls/show/kept/a-r1/low/r1-s0.m4s.draft",
      "/hls/show/kept/a%2Fb/x.jpg", "/hls/show/kept/a-r1/%2E%2E%2Fx.jpg",
      "/hls/a.b/kept/index.json",
      "/hls/show/kept/a-r1/low%00/x.m4s",
    ] {
      let answer = try? ask(desk, path)
      #expect(answer == nil || answer == .failure(.notFound), "\(path)")
    }
    #expect(try ask(desk, "/hls/show/low/index.m3u8") == nil)
    #expect(!KeptDesk.takes(HTTPRequest(.delete, try HTTPTarget("/hls/show/kept/a/x.jpg"))))
  }

  @Test("what was read is given out with its type, its lifetime and its ranges")
  func responses() throws {
    func response(
      _ path: String, _ bytes: [UInt8]?, _ headers: HTTPHeaders = HTTPHeaders()
    ) throws -> HTTPResponse {
      let asked = try request("/hls/show/kept/a-r1/\(path)", headers)
      return KeptDesk.response(
        .file(show: "show/a-r1", path: path), bytes,
        RequestTicket(connection: 1, request: 1, asked))
    }
    let media = try response("low/r1-s0.m4s", [1, 2, 3, 4])
    #expect(media.status == 200 && media.headers["content-type"] == "video/mp4")
    #expect(media.headers["cache-control"] == "public, max-age=2592000, immutable")
    #expect(media.headers["access-control-allow-origin"] == "*")
    let part = try response("low/r1-s0.m4s", [1, 2, 3, 4], ["Range": "bytes=1-2"])
    #expect(part.status == 206 && part.body + part.rest.joined() == [2, 3])
    let tag = try #require(media.headers["etag"])
    #expect(try response("low/r1-s0.m4s", [1, 2, 3, 4], ["If-None-Match": tag]).status == 304)
    let text = [UInt8](repeating: 0x23, count: 5000)
    let small = try response("low/index.m3u8", text, ["Accept-Encoding": "gzip"])
    #expect(small.headers["content-encoding"] == "gzip" && small.body.count < 500)
    #expect(small.headers["content-type"] == "application/vnd.apple.mpegurl")
    #expect(try response("low/index.m3u8", text).body == text)
    let key = try response("low/r1-k0.key", [UInt8](repeating: 1, count: 16))
    #expect(key.headers["cache-control"] == "private, max-age=3600" && key.headers["etag"] == nil)
    let missing = try response("low/r1-s9.m4s", nil)
    #expect(missing.status == 404 && missing.headers["cache-control"] == "no-store")
    let list = KeptDesk.response(
      .list(room: "show"), Array("{}".utf8),
      RequestTicket(connection: 1, request: 1, try request("/hls/show/kept/index.json")))
    #expect(list.headers["cache-control"] == "public, max-age=1")
  }
}
