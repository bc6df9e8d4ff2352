// What requests to a room get as HTTP: codings, tokens, tags, ranges, and one body for all who wait.

import Access
import HLS
import HTTP
import Testing
import Wire

@testable import HLSServing

@Suite("The desk of a room")
struct RequestDeskTests {
  private static let sound = "sound/index.m3u8"

  /// A room with sound up to `seconds`.
  private func room(seconds: Double = 5) throws -> Presentation {
    var room = Presentation(
      timing: HLSTiming(window: .seconds(14)),
      epoch: WallTime(nanoseconds: 1_700_000_000_000_000_000), run: "r1")
    let format = TrackFormat.aac(
      try AACConfiguration(sampleRate: 48_000, channelCount: 2, bitsPerSecond: 96_000))
    _ = room.addRendition("sound", .audio(name: "Sound", language: nil), format: format, at: .zero)
    feed(&room, from: 0, to: seconds)
    return room
  }

  private func feed(_ room: inout Presentation, from: Int64, to seconds: Double) {
    var index = from
    while Double(index) * 1024 / 48_000 < seconds {
      let bytes = (0..<20).map { UInt8(truncatingIfNeeded: index + $0) }
      room.append(TimedSample(time: index * 1024, bytes: bytes, isSync: true), to: 0)
      index += 1
    }
  }

  /// Where an array's bytes are.
  private func address(_ bytes: [UInt8]) -> UInt {
    unsafe bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
  }

  private func ask(
    _ desk: inout RequestDesk, _ room: Presentation?, _ path: String,
    _ headers: HTTPHeaders = HTTPHeaders(), method: HTTPMethod = .get, id: UInt64 = 1,
    wall: WallTime = WallTime(nanoseconds: 0)
  ) throws -> HTTPResponse? {
    let target = try HTTPTarget("/hls/show/" + path)
    let asked = HTTPRequest(method, target, headers: headers)
    let ticket = RequestTicket(connection: id, request: 1, asked)
    return desk.answer(asked, ticket, room: "show", room, at: .zero, wall: wall)
  }

  // MARK: Codings

  @Test("playlists are compressed for who accepts it, media is not, and caches are told")
  func codings() throws {
    let room = try room()
    var desk = RequestDesk()
    let plain = try #require(try ask(&desk, room, Self.sound))
    #expect(plain.headers["content-encoding"] == nil && plain.headers["vary"] == "Accept-Encoding")
    let small = try #require(try ask(&desk, room, Self.sound, ["Accept-Encoding": "br, gzip"]))
    #expect(small.headers["content-encoding"] == "gzip")
    #expect(small.headers["vary"] == "Accept-Encoding")
    #expect(small.body.count < plain.body.count / 2)
    #expect(try inflated(small.body) == plain.body)
    #expect(small.headers["etag"] != plain.headers["etag"])
    let media = try #require(try ask(&desk, room, "sound/r1-s0.m4s", ["Accept-Encoding": "gzip"]))
    #expect(media.headers["content-encoding"] == nil && media.headers["vary"] == nil)
  }

  @Test(
    "q-values are read",
    arguments: [
      ("gzip", ContentCoding.gzip), ("GZIP;q=0.001", .gzip), ("gzip;q=0", .identity),
      ("gzip;q=0.000", .identity), ("*", .gzip), ("*;q=0", .identity), ("br", .identity),
      ("gzip;q=0.4, identity;q=0.5", .identity), ("identity;q=0.5, gzip;q=0.5", .gzip),
      ("gzip;q=x", .identity), ("gzip ; q=1.0 , br", .gzip), ("", .identity),
      ("gzip;q=-1", .identity),
      ("*;q=0, gzip", .gzip), ("gzip;q=0, *", .identity), ("gzip;level=9;q=0", .identity),
    ])
  func weights(_ field: String, _ coding: ContentCoding) {
    #expect(ContentCoding(accepted: [field]) == coding)
  }

  @Test("what is compressed is what was given, at every length")
  func gzip() throws {
    for length in [0, 1, 2, 63, 64, 4096, 70_000] {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) }
      let small = try #require(Gzip.compress(bytes))
      #expect(try inflated(small) == bytes)
    }
  }

  // MARK: One body

  @Test("all who wait for a part in one coding are answered by one call with one body")
  func release() throws {
    var room = try room(seconds: 2.7)
    var desk = RequestDesk()
    let blocked = Self.sound + "?_HLS_msn=1&_HLS_part=2"
    for id in 1...600 {
      let headers: HTTPHeaders = id % 3 == 0 ? [:] : ["Accept-Encoding": "gzip"]
      #expect(try ask(&desk, room, blocked, headers, id: UInt64(id)) == nil)
    }
    let late = ["_HLS_skip=YES"].map { blocked + "&" + $0 }
    for path in late { #expect(try ask(&desk, room, path, id: 1000) == nil) }
    desk.release(room) { _, _ in Issue.record("nothing is there yet") }
    feed(&room, from: 127, to: 3.1)
    var calls: [(count: Int, HTTPResponse)] = []
    desk.release(room) { calls.append(($0.count, $1)) }
    #expect(calls.map(\.count).sorted() == [1, 200, 400])
    #expect(calls.allSatisfy { $0.1.status == 200 })
    #expect(desk.waitingCount == 0)
    let body = try #require(calls.first { $0.count == 200 }).1.body
    // The next who asks gets the very same bytes, not the same bytes made again.
    let again = try #require(try ask(&desk, room, blocked)).body
    #expect(address(body) == address(again))
  }

  @Test("a playlist is made anew with each part, and never an old one given for it")
  func revisions() throws {
    var room = try room(seconds: 2.7)
    var desk = RequestDesk()
    let before = try #require(try ask(&desk, room, Self.sound))
    feed(&room, from: 127, to: 3.1)
    let after = try #require(try ask(&desk, room, Self.sound))
    #expect(after.body != before.body && after.headers["etag"] != before.headers["etag"])
    // Another show under the same name, as far along as the one before.
    let other = Presentation(timing: room.timing, epoch: room.epoch + .seconds(60), run: "r2")
    #expect(try ask(&desk, other, Self.sound)?.status == 404)
  }

  @Test("more than may wait are refused by name")
  func crowd() throws {
    let room = try room(seconds: 2.7)
    var desk = RequestDesk()
    let target = try HTTPTarget("/hls/show/\(Self.sound)?_HLS_msn=1&_HLS_part=2")
    let asked = HTTPRequest(.get, target)
    for id in 0..<HLSLimits.waitingMax {
      let ticket = RequestTicket(connection: UInt64(id), request: 1, asked)
      let answer = desk.answer(
        asked, ticket, room: "show", room, at: .zero, wall: WallTime(nanoseconds: 0))
      #expect(answer == nil)
    }
    #expect(HLSLimits.waitingMax >= 10_000)
    let refused = try #require(try ask(&desk, room, Self.sound + "?_HLS_msn=1&_HLS_part=2"))
    #expect(refused.status == 503 && refused.headers["retry-after"] == "1")
    #expect(String(decoding: refused.body, as: UTF8.self).contains("\"too-many-waiting\""))
    #expect(desk.expire(at: .zero + room.timing.blockingPatience).count == HLSLimits.waitingMax)
  }

  // MARK: Caches

  @Test("each resource says how long it may be kept, and refusals not at all")
  func caching() throws {
    let room = try room()
    var desk = RequestDesk()
    let expected = [
      "index.m3u8": "public, max-age=1", Self.sound: "public, max-age=1",
      Self.sound + "?_HLS_msn=1&_HLS_part=0": "public, max-age=2",
      "sound/r1-s0.m4s": "public, max-age=3600, immutable",
      "sound/r1-p0.m4s": "public, max-age=3600, immutable",
      "sound/r1-i0.mp4": "public, max-age=3600, immutable",
      "sound/r1-p999.m4s": "no-store", Self.sound + "?_HLS_msn=999": "no-store",
    ]
    for (path, value) in expected {
      let response = try #require(try ask(&desk, room, path))
      #expect(response.headers["cache-control"] == value, "\(path)")
      #expect(response.headers["access-control-allow-origin"] == "*", "\(path)")
      let hasTag = path.hasSuffix(".m3u8") || value.hasSuffix("immutable")
      #expect((response.headers["etag"] != nil) == hasTag, "\(path)")
    }
  }

  @Test("who has the bytes is told so: playlists by revision, media by name")
  func unchanged() throws {
    var room = try room()
    var desk = RequestDesk()
    for path in [Self.sound, "sound/r1-s0.m4s"] {
      let first = try #require(try ask(&desk, room, path))
      let tag = try #require(first.headers["etag"])
      let second = try #require(try ask(&desk, room, path, ["If-None-Match": tag]))
      #expect(second.status == 304 && second.bodyByteCount == 0)
      #expect(second.headers["etag"] == tag)
      #expect(try ask(&desk, room, path, ["If-None-Match": "\"x\""])?.status == 200)
    }
    let tag = try #require(try ask(&desk, room, Self.sound)?.headers["etag"])
    feed(&room, from: 235, to: 6)
    #expect(try ask(&desk, room, Self.sound, ["If-None-Match": tag])?.status == 200)
  }

  @Test("a range is cut across the parts of a segment, and what is no range is ignored")
  func ranges() throws {
    let room = try room()
    var desk = RequestDesk()
    let path = "sound/r1-s0.m4s"
    let whole = try #require(try ask(&desk, room, path))
    #expect(whole.rest.count > 3)
    let bytes = whole.body + whole.rest.joined()
    let cases: [(String, Range<Int>?)] = [
      ("bytes=0-0", 0..<1), ("bytes=10-1999", 10..<2000),
      ("bytes=-7", bytes.count - 7..<bytes.count),
      ("bytes=100-", 100..<bytes.count), ("bytes=5-99999999", 5..<bytes.count),
      ("bytes=2-1", nil), ("bytes=0-1,3-4", nil), ("lines=0-1", nil), ("bytes=-", nil),
      ("bytes=a-b", nil), ("bytes=99999999999999999999-", nil),
    ]
    for (field, range) in cases {
      let part = try #require(try ask(&desk, room, path, ["Range": field]))
      #expect(part.status == (range == nil ? 200 : 206), "\(field)")
      let got = part.body + part.rest.joined()
      #expect(got == Array(bytes[range ?? 0..<bytes.count]), "\(field)")
      if let range {
        #expect(
          part.headers["content-range"]
            == "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(bytes.count)")
      }
    }
    let beyond = try #require(try ask(&desk, room, path, ["Range": "bytes=99999999-"]))
    #expect(beyond.status == 416 && beyond.headers["content-range"] == "bytes */\(bytes.count)")
    let tag = try #require(whole.headers["etag"])
    let same: HTTPHeaders = ["Range": "bytes=0-9", "If-Range": tag]
    #expect(try ask(&desk, room, path, same)?.status == 206)
    let changed: HTTPHeaders = ["Range": "bytes=0-9", "If-Range": "\"other\""]
    #expect(try ask(&desk, room, path, changed)?.status == 200)
  }

  // MARK: Tokens

  @Test("with a key, every resource needs the room's token in its path, until the token ends")
  func tokens() throws {
    let access = try #require(StreamAccess(keyFile: "a-secret-of-thirty-two-characters"))
    let room = try room()
    var desk = RequestDesk(access: access)
    let wall = WallTime(nanoseconds: 1_800_000_000_000_000_000)
    let good = "~" + access.token(room: "show", for: .seconds(60), at: wall)
    let foreign = "~" + access.token(room: "other", for: .seconds(60), at: wall)
    for path in ["index.m3u8", Self.sound, "sound/r1-s0.m4s", "sound/r1-p0.m4s", "access"] {
      let status = path == "access" ? 204 : 200
      #expect(try ask(&desk, room, "\(good)/\(path)", wall: wall)?.status == status, "\(path)")
      for token in ["", foreign + "/", "~/", "~x/", good.dropLast() + "/"] {
        let refused = try #require(try ask(&desk, room, token + path, wall: wall))
        #expect(refused.status == 403 && refused.headers["cache-control"] == "no-store")
        #expect(refused.headers["access-control-allow-origin"] == "*")
      }
      let later = wall + .seconds(120)
      #expect(try ask(&desk, room, "\(good)/\(path)", wall: later)?.status == 403)
    }
    // Also before the first part.
    #expect(try ask(&desk, nil, "index.m3u8", wall: wall)?.status == 403)
    // A room that is not there: a proxy hears about the token all the same.
    for (path, status) in [("\(good)/access", 204), ("access", 403), ("\(good)/index.m3u8", 404)] {
      let asked = HTTPRequest(.get, try HTTPTarget("/hls/show/" + path))
      let ticket = RequestTicket(connection: 1, request: 1, asked)
      let answer = desk.answer(asked, ticket, room: nil, nil, at: .zero, wall: wall)
      #expect(answer?.status == status)
    }
    var open = RequestDesk()
    #expect(try ask(&open, room, "\(foreign)/\(Self.sound)")?.status == 200)
    #expect(try ask(&open, room, Self.sound)?.status == 200)
  }

  @Test("methods other than GET and HEAD are refused; OPTIONS tells other sites that they may")
  func methods() throws {
    var desk = RequestDesk()
    let refused = try #require(try ask(&desk, nil, "index.m3u8", method: .post))
    #expect(refused.status == 405 && refused.headers["allow"] == "GET, HEAD, OPTIONS")
    let preflight = try #require(try ask(&desk, nil, "index.m3u8", method: .options))
    #expect(preflight.status == 204 && preflight.headers["access-control-allow-origin"] == "*")
  }
}
