// AES-128: what is given out decrypts to what is in the store, with keys that the playlist names.

import Access
import Crypto
import HLS
import HTTP
import Testing
import Wire

@testable import HLSServing

@Suite("An encrypted room")
struct EncryptedRoomTests {
  /// The same sound with and without encryption.
  private func room(_ keys: SegmentKeys?, seconds: Double = 9) throws -> Presentation {
    var room = Presentation(
      timing: HLSTiming(window: .seconds(14)),
      epoch: WallTime(nanoseconds: 1_700_000_000_000_000_000), run: "r1", firstSequence: 258,
      keys: keys)
    let format = TrackFormat.aac(
      try AACConfiguration(sampleRate: 48_000, channelCount: 2, bitsPerSecond: 96_000))
    _ = room.addRendition("sound", .audio(name: "Sound", language: nil), format: format, at: .zero)
    for index in 0..<Int64(seconds * 48_000 / 1024) {
      let bytes = (0..<20).map { UInt8(truncatingIfNeeded: index + $0) }
      room.append(TimedSample(time: index * 1024, bytes: bytes, isSync: true), to: 0)
    }
    return room
  }

  private var keys: SegmentKeys { SegmentKeys(secret: Array("secret".utf8), segmentsEach: 2) }

  private func ask(
    _ desk: inout RequestDesk, _ room: Presentation, _ path: String, wall: WallTime? = nil
  ) throws -> HTTPResponse {
    let asked = HTTPRequest(.get, try HTTPTarget("/hls/show/" + path))
    let ticket = RequestTicket(connection: 1, request: 1, asked)
    let answer = desk.answer(
      asked, ticket, room: "show", room, at: .zero, wall: wall ?? WallTime(nanoseconds: 0))
    return try #require(answer)
  }

  private func body(_ response: HTTPResponse) -> [UInt8] { response.body + response.rest.joined() }

  @Test("segments and parts decrypt with the keys their playlist names, the number as vector")
  func media() throws {
    let clear = try room(nil)
    let sealed = try room(keys)
    var (open, desk) = (RequestDesk(), RequestDesk())
    let lines = String(
      decoding: try ask(&desk, sealed, "sound/index.m3u8").body, as: UTF8.self
    ).split(separator: "\n")
    var sequence = 258
    var key: [UInt8] = []
    var keyCount = 0
    var checked = 0
    for line in lines {
      if line.hasPrefix("#EXT-X-KEY:METHOD=AES-128,URI=\"") {
        let name = line.dropFirst(31).dropLast()
        let answer = try ask(&desk, sealed, "sound/\(name)")
        #expect(answer.status == 200 && answer.headers["cache-control"] == "private, max-age=3600")
        #expect(answer.headers["etag"] == nil && answer.body != key)
        key = answer.body
        keyCount += 1
        #expect(key.count == 16)
      }
      var name: Substring?
      if line.hasPrefix("#EXT-X-PART:"), let uri = line.split(separator: "\"").dropFirst().first {
        name = uri
      }
      if line.hasSuffix(".m4s"), !line.hasPrefix("#") { name = line }
      if let name {
        let plain = body(try ask(&open, clear, "sound/\(name)"))
        let cipher = body(try ask(&desk, sealed, "sound/\(name)"))
        #expect(cipher.count == (plain.count / 16 + 1) * 16)
        let vector =
          [UInt8](repeating: 0, count: 14) + [UInt8(sequence >> 8), UInt8(sequence & 255)]
        #expect(try decrypted(cipher, key: key, vector: vector) == plain, "\(name)")
        checked += 1
      }
      if line.hasSuffix(".m4s"), !line.hasPrefix("#") { sequence += 1 }
    }
    #expect(keyCount == 3 && checked > 12)
    // What says how to decode is in the clear, so its tag stands before the first key.
    let map = try #require(lines.firstIndex { $0.hasPrefix("#EXT-X-MAP") })
    let first = try #require(lines.firstIndex { $0.hasPrefix("#EXT-X-KEY") })
    #expect(map < first)
    #expect(
      body(try ask(&open, clear, "sound/r1-i0.mp4"))
        == body(try ask(&desk, sealed, "sound/r1-i0.mp4")))
  }

  @Test("keys of the window are given out, none of later ones, and none without the room's token")
  func secrecy() throws {
    let sealed = try room(keys)
    let access = try #require(StreamAccess(keyFile: "a-secret-of-thirty-two-characters"))
    var desk = RequestDesk(access: access)
    let wall = WallTime(nanoseconds: 1_800_000_000_000_000_000)
    let token = "~" + access.token(room: "show", at: wall)
    #expect(try ask(&desk, sealed, "sound/r1-k129.key", wall: wall).status == 403)
    #expect(try ask(&desk, sealed, "\(token)/sound/r1-k129.key", wall: wall).status == 200)
    for number in [0, 128, 132, 1_000_000] {
      #expect(
        try ask(&desk, sealed, "\(token)/sound/r1-k\(number).key", wall: wall).status == 404)
    }
    var open = RequestDesk()
    #expect(try ask(&open, try room(nil), "sound/r1-k129.key").status == 404)
  }

  @Test("a key is another one in each run and for each number")
  func derivation() {
    let all = ["r1", "r2"].flatMap { run in (0..<4).map { keys.key($0, run: run) } }
    #expect(Set(all).count == 8)
    let other = SegmentKeys(secret: Array("Secret".utf8), segmentsEach: 2)
    #expect(other.key(0, run: "r1") != keys.key(0, run: "r1"))
  }

  @Test("the example of NIST SP 800-38A, with the padding after it")
  func vector() throws {
    let key = try hex("2b7e151628aed2a6abf7158809cf4f3c")
    let vector = try hex("000102030405060708090a0b0c0d0e0f")
    let plain = try hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
    let cipher = try #require(
      AESCBC.encrypt(
        [Array(plain.prefix(5)), [], Array(plain.dropFirst(5))], key: key, vector: vector))
    #expect(
      Array(cipher.prefix(32))
        == (try hex("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2")))
    #expect(cipher.count == 48)
    #expect(AESCBC.encrypt([plain], key: Array(key.dropLast()), vector: vector) == nil)
  }

  private func hex(_ text: String) throws -> [UInt8] {
    let digits = Array(text)
    return try stride(from: 0, to: digits.count, by: 2).map {
      try #require(UInt8(String(digits[$0...($0 + 1)]), radix: 16))
    }
  }
}
