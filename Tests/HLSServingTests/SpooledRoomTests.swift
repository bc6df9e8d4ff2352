// Old segments in files and long playlists: answered as what is in memory is, compressed to what was given.

import HLS
import HTTP
import Testing
import Wire

@testable import HLSServing

@Suite("The desk of a room with a spool")
struct SpooledRoomTests {
  /// Sound of some minutes, with and without a spool, and the spool's files.
  private struct Bench {
    var room: Presentation
    var files: [SpoolName: [UInt8]] = [:]

    init(isSpooled: Bool, seconds: Int64 = 400) throws {
      room = Presentation(
        timing: HLSTiming(window: .seconds(1000)),
        epoch: WallTime(nanoseconds: 1_700_000_000_000_000_000), run: "r1",
        spool: isSpooled ? SpoolLimits(memory: .seconds(20), bytesMax: 1 << 30) : nil)
      let format = TrackFormat.aac(
        try AACConfiguration(sampleRate: 48_000, channelCount: 2, bitsPerSecond: 96_000))
      _ = room.addRendition(
        "sound", .audio(name: "Sound", language: nil), format: format, at: .zero)
      feed(frames: 0..<seconds * 48_000 / 1024)
    }

    mutating func feed(frames: Range<Int64>) {
      for index in frames {
        let bytes = (0..<20).map { UInt8(truncatingIfNeeded: index + $0) }
        room.append(TimedSample(time: index * 1024, bytes: bytes, isSync: true), to: 0)
        for case .write(let segment) in room.takeSpoolOrders(waiting: 0) {
          files[segment.name] = segment.chunks.flatMap { $0 }
          room.noteSpooled(segment.name, isDone: true)
        }
      }
    }
  }

  private func ask(
    _ desk: inout RequestDesk, _ bench: Bench, _ path: String, _ headers: HTTPHeaders = [:]
  ) throws -> HTTPResponse {
    let asked = HTTPRequest(.get, try HTTPTarget("/hls/show/" + path), headers: headers)
    let ticket = RequestTicket(connection: 1, request: 1, asked)
    let response = desk.answer(
      asked, ticket, room: "show", bench.room, at: .zero, wall: WallTime(nanoseconds: 0))
    let reads = desk.takeReads()
    guard let read = reads.first else { return try #require(response) }
    #expect(response == nil && reads.count == 1 && read.ticket == ticket)
    return read.response(try #require(bench.files[read.name]))
  }

  private func body(_ response: HTTPResponse) -> [UInt8] { response.body + response.rest.joined() }

  @Test("a segment in a file is answered as one in memory: headers, tags, ranges, 304 and 416")
  func segments() throws {
    let (spooled, plain) = (try Bench(isSpooled: true), try Bench(isSpooled: false))
    var (desk, other) = (RequestDesk(), RequestDesk())
    let path = "sound/r1-s7.m4s"
    guard case .spooled = spooled.room.answer(.segment(rendition: 0, sequence: 7)) else {
      Issue.record("it is in memory")
      return
    }
    let tag = try #require(try ask(&other, plain, path).headers["etag"])
    let requests: [HTTPHeaders] = [
      [:], ["Range": "bytes=10-99"], ["Range": "bytes=-5"], ["Range": "bytes=99999-"],
      ["If-None-Match": tag], ["If-None-Match": "\"x\""],
      ["Range": "bytes=0-3", "If-Range": tag], ["Range": "bytes=0-3", "If-Range": "\"x\""],
    ]
    var statuses: [Int] = []
    for headers in requests {
      let one = try ask(&desk, spooled, path, headers)
      let two = try ask(&other, plain, path, headers)
      #expect(one.status == two.status && one.headers == two.headers)
      #expect(body(one) == body(two), "\(headers)")
      statuses.append(one.status)
    }
    #expect(statuses == [200, 206, 206, 416, 304, 200, 206, 200])
  }

  @Test(
    "a long playlist in gzip is what it is without, with each part, and most is not compressed again"
  )
  func playlists() throws {
    var bench = try Bench(isSpooled: true)
    var desk = RequestDesk()
    var known = GzipPieces()
    for frame in Int64(18_800)..<18_900 {
      bench.feed(frames: frame..<frame + 1)
      for path in ["sound/index.m3u8", "manifest.mpd"] {
        let plain = try ask(&desk, bench, path)
        let small = try ask(&desk, bench, path, ["Accept-Encoding": "gzip"])
        #expect(small.headers["content-encoding"] == "gzip")
        #expect(try inflated(small.body) == plain.body)
        #expect(small.body.count < plain.body.count / 4)
      }
    }
    let request = LibraryRequest.playlist(rendition: 0, DeliveryDirectives())
    guard case .content(let content) = bench.room.answer(request) else {
      Issue.record("no playlist")
      return
    }
    #expect(content.pieceNames.count { $0 != nil } >= 2)
    let first = known.compress(content) ?? []
    let again = known.compress(content)
    #expect(try inflated(first) == content.bytes && again == first)
  }
}
